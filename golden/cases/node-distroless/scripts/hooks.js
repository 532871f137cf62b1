// Stands for what sets up git hooks: installing for production must not run it, since its
// tools are development dependencies.
import "typescript";

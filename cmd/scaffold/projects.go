package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"scaffold/fleet"
)

// policyFlag adds --policy to a command that goes by policies.
func policyFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "policy", "", "the policy, whatever the repository says")
}

// expand gives the folders of projects that arguments name, in the order of paths, each once;
// DIR/... stands for every project below DIR. What cannot be found is in the error; the rest
// is found all the same.
func expand(ctx context.Context, args []string, command string) ([]string, error) {
	var (
		dirs []string
		errs []error
	)
	for _, arg := range orHere(args) {
		if !isTree(arg) {
			dirs = append(dirs, filepath.Clean(arg))
			continue
		}
		dir := filepath.Clean(strings.TrimSuffix(filepath.ToSlash(arg), "..."))
		found, err := fleet.Find(ctx, dir, nameOf(dir), true, fleet.IsProfile)
		if err == nil && len(found) == 0 {
			err = &hintedError{&usageError{fmt.Errorf("%s: there is no profile", arg), command}, "run scaffold init in a project first"}
		}
		errs = append(errs, err)
		for _, f := range found {
			dirs = append(dirs, filepath.Dir(filepath.FromSlash(f.Name)))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs), errors.Join(errs...)
}

// isTree reports whether an argument stands for everything below a folder.
func isTree(arg string) bool {
	arg = filepath.ToSlash(arg)
	return arg == "..." || strings.HasSuffix(arg, "/...")
}

// openProject opens the project in dir, under its policy, and names it as the person did.
func openProject(dir string, policies *fleet.Policies) (*fleet.Project, error) {
	p, err := fleet.Open(dir, nameOf(dir), policies)
	if errors.Is(err, fleet.ErrNoProfile) {
		return nil, &hintedError{err, "run scaffold init there first"}
	}
	return p, err
}

// nameOf is a folder as messages name it: "" for the current one.
func nameOf(dir string) string {
	if dir = filepath.ToSlash(filepath.Clean(dir)); dir == "." {
		return ""
	}
	return dir
}

// hintedError adds a next step to an error.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }
func (e *hintedError) Hint() string  { return e.hint }

func orHere(dirs []string) []string {
	if len(dirs) == 0 {
		return []string{"."}
	}
	return dirs
}

package fleet

import (
	"fmt"
	"os"
	"slices"

	"scaffold/generator"
	"scaffold/profiles"
)

// obsolete are the files that were generated once and are not any more, as long as they are
// as they were generated: the ignore file of another context, the CA of another policy.
func (p *Project) obsolete(root *os.Root, files []profiles.File) []string {
	if p.Lock == nil {
		return nil
	}
	var found []string
	for _, old := range p.Lock.Files {
		same := func(f profiles.File) bool { return f.Path == old.Path }
		if !slices.ContainsFunc(files, same) && !slices.Contains(found, old.Path) && untouched(root, old.Path) {
			found = append(found, old.Path)
		}
	}
	return found
}

// untouched reports whether there is a file as it was generated.
func untouched(root *os.Root, path string) bool {
	if info, err := root.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	text, err := profiles.ReadFile(root, path, maxFile)
	return err == nil && generator.OriginOf(string(text)) == generator.Generated
}

// removeObsolete removes them before the lock forgets them: a run that is killed here leaves
// the rest to the next.
func (plan *Plan) removeObsolete(root *os.Root) ([]string, error) {
	var removed []string
	for _, path := range plan.Obsolete {
		if !untouched(root, path) { // it was touched meanwhile
			continue
		}
		if err := root.Remove(path); err != nil {
			return removed, fmt.Errorf("removing %q: %w", plan.Project.Path(path), bare(err))
		}
		removed = append(removed, path)
	}
	return removed, nil
}

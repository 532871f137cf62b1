package fleet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"scaffold/profiles"
)

// A Mode says what becomes of what a person wrote.
type Mode int

// The modes of applying a plan.
const (
	Merge Mode = iota // edits are merged; a conflict, or a person's own file, stops the project
	Keep              // edits are merged, and stand where they conflict
	Force             // files are replaced, and copies of what a person wrote are kept
)

// Text is what the file is to be.
func (c Change) Text(mode Mode) string {
	if mode == Force && c.Edit != nil {
		return c.Edit.Generated
	}
	return c.New
}

// writes reports whether applying writes the file.
func (c Change) writes(mode Mode) bool {
	return !c.Kept() && (!c.Exists || c.Old != c.Text(mode))
}

// Done is what applying a plan did. Paths are relative to the project.
type Done struct {
	Wrote    []string          // in the order in which they were put in place
	Copies   map[string]string // by path written: where the text that a person wrote is kept
	Rejected map[string]string // by path left as it is: file that holds what could not be merged
	Unlocked error             // why the project could not be locked; nil where it was
}

// Apply writes the files that differ, each whole or not at all: all texts go to new files
// first, then each takes its place, the lock last. Where [Plan.Refused] has something it
// writes none of them, but what could not be merged goes to files
// beside ([RejectName]), which a later Apply takes away. Runs on one project wait for one
// another. Errors are those of Refused, [ErrChanged], or say what cannot be written.
func (plan *Plan) Apply(ctx context.Context, mode Mode) (*Done, error) {
	done := &Done{Copies: map[string]string{}, Rejected: map[string]string{}}
	root, err := os.OpenRoot(plan.Project.Dir)
	if err != nil {
		return done, fmt.Errorf("opening %q: %w", plan.Project.Dir, errors.Unwrap(err))
	}
	defer root.Close()
	sweep(root)
	if plan.current(root, mode) {
		return done, nil
	}
	release, unlocked, err := lockProject(ctx, plan.Project.Dir)
	defer release()
	if err != nil {
		return done, fmt.Errorf("locking %q: %w", plan.Project.Path("."), err)
	}
	done.Unlocked = unlocked
	if err := plan.unchanged(root); err != nil {
		return done, err
	}
	if len(plan.Refused(mode)) > 0 {
		return done, plan.reject(root, mode, done)
	}
	return done, plan.write(root, mode, done)
}

// current reports whether there is nothing to do.
func (plan *Plan) current(root *os.Root, mode Mode) bool {
	for _, c := range plan.Changes {
		if _, own, _ := readReject(root, RejectName(c.Path)); own || c.writes(mode) || plan.refusal(c, mode) != nil {
			return false
		}
	}
	return true
}

// unchanged holds the files on disk to what they were when the plan was made.
func (plan *Plan) unchanged(root *os.Root) error {
	p := plan.Project
	for _, c := range plan.Changes {
		was, max := c.Old, int64(maxFile)
		if c.Path == profiles.LockName {
			if was, max = p.lockText, 4*maxFile; p.draft != nil {
				continue // it was not looked at
			}
		}
		if err := p.same(root, c.Path, was, max); err != nil {
			return err
		}
	}
	if p.draft != nil {
		return nil
	}
	return p.same(root, profiles.FileName, p.text, maxFile)
}

// same holds a file to its text; "" stands for an empty one and for none.
func (p *Project) same(root *os.Root, path, was string, max int64) error {
	now, err := profiles.ReadFile(root, path, max)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return rename(err, path, p.Path(path))
	}
	if string(now) != was {
		return fmt.Errorf("%s: %w", p.Path(path), ErrChanged)
	}
	return nil
}

// write puts what keeps edits safe, then the files, in place.
func (plan *Plan) write(root *os.Root, mode Mode, done *Done) error {
	first, files, err := plan.files(root, mode, done)
	if err != nil {
		return err
	}
	wrote, err := writeAll(root, plan.Project.Path, append(first, files...))
	done.Wrote = wrote[min(len(first), len(wrote)):]
	if err != nil {
		return err
	}
	for _, c := range plan.Changes {
		if err := plan.dropReject(root, c); err != nil {
			return err
		}
	}
	return nil
}

// files are what applying writes, in order: first copies of what would be lost, or the
// interim lock. Copies that are there already are not among them, but are named in done.
func (plan *Plan) files(root *os.Root, mode Mode, done *Done) (first, files []file, err error) {
	if text := plan.interim(mode); text != "" {
		first = append(first, file{path: profiles.LockName, text: text})
	}
	for _, c := range plan.Changes {
		if !c.writes(mode) {
			continue
		}
		files = append(files, file{path: c.Path, text: c.Text(mode)})
		if mode != Force || !c.Edited() && !c.Foreign() {
			continue
		}
		name, exists, err := copyName(root, c)
		if err != nil {
			return nil, nil, fmt.Errorf("keeping a copy of %q: %w", plan.Project.Path(c.Path), err)
		}
		if done.Copies[c.Path] = name; !exists {
			first = append(first, file{path: name, text: c.Old, like: c.Path})
		}
	}
	return first, files, nil
}

// copyName names the copy of a file that is to be replaced after what it holds: the same
// text has one copy, which may exist already, and no copy replaces another file.
func copyName(root *os.Root, c Change) (name string, exists bool, err error) {
	hash := profiles.Hash([]byte(c.Old))
	for n := 8; n <= len(hash); n *= 2 {
		name := c.Path + "." + hash[:n] + ".orig"
		if _, err := root.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name, false, nil
		}
		if text, err := profiles.ReadFile(root, name, maxFile); err == nil && string(text) == c.Old {
			return name, true, nil
		}
	}
	return "", false, errors.New("other files have all of its names")
}

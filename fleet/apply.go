package fleet

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"time"

	"scaffold/generator"
)

// A LostEditError says that writing a file would lose what a person wrote.
type LostEditError struct {
	Path    string // as messages call it
	Foreign bool   // the person wrote the whole file
	Init    bool   // there is no profile yet that a difference could be shown from
}

func (e *LostEditError) Error() string {
	if e.Foreign {
		return fmt.Sprintf("%s: was not written by scaffold; it is left as it is", e.Path)
	}
	return fmt.Sprintf("%s: was edited by hand; it is left as it is", e.Path)
}

// Hint is the next step.
func (e *LostEditError) Hint() string {
	if e.Init {
		return "--force replaces the file"
	}
	return "scaffold generate --diff shows the difference; --force replaces the file"
}

// Conflicts returns an error for each file that applying the plan would take from a
// person. An edited file that is otherwise current is none.
func (plan *Plan) Conflicts() []error {
	var errs []error
	for _, c := range plan.Changes {
		if c.writes() && (c.Edited() || c.Foreign()) {
			errs = append(errs, &LostEditError{Path: plan.Project.Path(c.Path), Foreign: c.Foreign(), Init: plan.Project.draft != nil})
		}
	}
	return errs
}

// writes reports whether applying writes the file.
func (c Change) writes() bool {
	if c.Kept() {
		return false
	}
	if c.Origin == generator.Generated {
		return !c.Exists || c.Old != c.New
	}
	return c.Drift != DriftNone || !c.Exists
}

// Apply writes the files that differ, each whole or not at all: all texts go to new files
// first, then each takes its place. Without force it writes nothing where [Plan.Conflicts]
// has something. It returns the paths written, relative to the project.
func (plan *Plan) Apply(force bool) ([]string, error) {
	if errs := plan.Conflicts(); len(errs) > 0 && !force {
		return nil, errors.Join(errs...)
	}
	var files []file
	for _, c := range plan.Changes {
		if c.writes() || force && c.Exists && c.Old != c.New && !c.Kept() {
			files = append(files, file{c.Path, c.New})
		}
	}
	return writeAll(plan.Project.Dir, plan.Project.Path, files)
}

type file struct{ path, text string }

// WriteNew writes one file of a project that is in the making, whole or not at all.
func WriteNew(dir, name, text string) error {
	_, err := writeAll(dir, func(s string) string { return s }, []file{{name, text}})
	return err
}

// writeAll writes texts to temporary files beside their places and renames them. os.Root
// keeps every step inside dir, whatever links there are.
func writeAll(dir string, call func(string) string, files []file) ([]string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", dir, errors.Unwrap(err))
	}
	defer root.Close()
	sweep(root)
	var temps []string
	defer func() {
		for _, t := range temps {
			_ = root.Remove(t) // those in place are gone already
		}
	}()
	for _, f := range files {
		t := path.Join(path.Dir(f.path), ".scaffold-"+rand.Text())
		temps = append(temps, t)
		if err := writeTemp(root, t, f); err != nil {
			return nil, fmt.Errorf("writing %q: %w", call(f.path), bare(err))
		}
	}
	var written []string
	for i, f := range files {
		if err := root.Rename(temps[i], f.path); err != nil {
			return written, fmt.Errorf("writing %q: %w", call(f.path), bare(err))
		}
		written = append(written, f.path)
	}
	return written, nil
}

// tempName is that of a temporary file, and tempAge how old one is that no run works on.
var tempName = regexp.MustCompile(`^\.scaffold-[A-Z2-7]{26}$`)

const tempAge = time.Hour

// sweep removes the temporary files of runs that were killed.
func sweep(root *os.Root) {
	entries, _ := fs.ReadDir(root.FS(), ".")
	for _, e := range entries {
		if !e.Type().IsRegular() || !tempName.MatchString(e.Name()) {
			continue
		}
		if info, err := root.Lstat(e.Name()); err == nil && time.Since(info.ModTime()) > tempAge {
			_ = root.Remove(e.Name())
		}
	}
}

func writeTemp(root *os.Root, temp string, f file) error {
	mode := fs.FileMode(0o644)
	switch info, err := root.Lstat(f.path); {
	case err == nil && !info.Mode().IsRegular():
		return errors.New("there is something in its place that is no regular file")
	case err == nil:
		mode = info.Mode().Perm()
		if mode&0o200 == 0 {
			return errors.New("the file is read-only")
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	w, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.WriteString(f.text); err != nil {
		return err
	}
	if err := w.Sync(); err != nil {
		return err
	}
	return w.Close()
}

// bare is the cause of a path error: its path is a temporary name.
func bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		return le.Err
	}
	return err
}

package fleet

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"scaffold/merge"
	"scaffold/profiles"
)

// rejectHeader begins a file of changes that could not be merged; by it scaffold knows its own.
const rejectHeader = "# Written by scaffold generate: "

// maxReject is the most that is read of one, in bytes: both texts whole, and the signs.
const maxReject = 4 * maxFile

// RejectName is the name of the file that holds what could not be merged into a file.
func RejectName(path string) string { return path + ".rej" }

// Rejects is, for a person, what could not be merged: a unified diff from the text that was
// edited to the one generated now, of the places in conflict only.
func (c Change) Rejects() string {
	if c.Edit == nil || len(c.Edit.Conflicts) == 0 {
		return ""
	}
	base, theirs := lf(c.Edit.Base), lf(c.Edit.Generated)
	return string(diff.Diff(c.Path+" (as it was generated)", []byte(base),
		c.Path+" (as it would be now)", []byte(merge.Rejected(base, theirs, c.Edit.Conflicts))))
}

// rejectText is the whole file of what could not be merged.
func (c Change) rejectText() string {
	return rejectHeader + fmt.Sprintf(`changes that meet your edits of %s, so nothing was changed.
# Take over by hand what you want of them, then run "scaffold generate", or "scaffold generate --keep"
# to let your lines stand wherever the two still meet. This file is then removed.
`, c.Path) + c.Rejects()
}

// reject says why nothing is written, and writes what could not be merged beside the files.
func (plan *Plan) reject(root *os.Root, mode Mode, done *Done) error {
	var errs []error
	for _, c := range plan.Changes {
		err := plan.refusal(c, mode)
		var conflict *ConflictError
		if !errors.As(err, &conflict) {
			errs = append(errs, err, plan.dropReject(root, c))
			continue
		}
		failed := plan.writeReject(root, c)
		if failed == nil {
			done.Rejected[c.Path] = RejectName(c.Path)
			conflict.Rejected = plan.Project.Path(RejectName(c.Path))
		}
		errs = append(errs, err, failed)
	}
	return errors.Join(errs...)
}

// writeReject writes what could not be merged into a file. A person's own file of that
// name stays.
func (plan *Plan) writeReject(root *os.Root, c Change) error {
	name := RejectName(c.Path)
	there, own, err := readReject(root, name)
	switch {
	case err == nil && !own:
		return &LostEditError{Path: plan.Project.Path(name), Foreign: true, Reject: true}
	case there == c.rejectText():
		return nil
	}
	_, err = writeAll(root, plan.Project.Path, []file{{path: name, text: c.rejectText()}})
	return err
}

// dropReject removes the file of what could not be merged, where scaffold wrote it.
func (plan *Plan) dropReject(root *os.Root, c Change) error {
	name := RejectName(c.Path)
	if _, own, err := readReject(root, name); err != nil || !own {
		return nil
	}
	if err := root.Remove(name); err != nil {
		return fmt.Errorf("removing %q: %w", plan.Project.Path(name), bare(err))
	}
	return nil
}

// readReject reads the file in a reject's place, and reports whether scaffold wrote it.
// err says that there is none.
func readReject(root *os.Root, name string) (text string, own bool, err error) {
	info, err := root.Lstat(name)
	if err != nil {
		return "", false, err
	}
	if !info.Mode().IsRegular() {
		return "", false, nil
	}
	data, err := profiles.ReadFile(root, name, maxReject)
	if err != nil {
		return "", false, nil
	}
	return string(data), strings.HasPrefix(string(data), rejectHeader), nil
}

package fleet

import (
	"errors"
	"fmt"
	"strings"
)

// A LostEditError says that writing a file would lose what a person wrote.
type LostEditError struct {
	Path    string // as messages call it
	Foreign bool   // the person wrote the whole file
	NoLock  bool   // the person edited it, and there is no lock to hold what
	Init    bool   // there is no profile yet that a difference could be shown from
	Reject  bool   // the file has a place that scaffold writes to only now
}

func (e *LostEditError) Error() string {
	switch {
	case e.Foreign:
		return fmt.Sprintf("%s: was not written by scaffold; it is left as it is", e.Path)
	case e.Init:
		return fmt.Sprintf("%s: was edited by hand; it is left as it is", e.Path)
	case e.NoLock:
		return fmt.Sprintf("%s: was edited by hand, and there is no lock to merge the edit by; it is left as it is", e.Path)
	}
	return fmt.Sprintf("%s: was edited by hand, from a text that the lock does not hold; it is left as it is", e.Path)
}

// Hint is the next step.
func (e *LostEditError) Hint() string {
	const force = "--force replaces the file and keeps a copy"
	switch {
	case e.Reject:
		return "move it away; what could not be merged goes there"
	case e.Init:
		return force
	case e.Foreign:
		return "scaffold generate --diff shows the difference; " + force
	}
	return "bring scaffold.lock back; or scaffold generate --keep takes the file as it is, " + force
}

// A ConflictError says that an edit and a change of the generated text meet.
type ConflictError struct {
	Path     string // as messages call it
	Lines    []int  // where, in the file
	Rejected string // file that holds the change, as messages call it; "" where none was written
}

func (e *ConflictError) Error() string {
	lines := make([]string, len(e.Lines))
	for i, l := range e.Lines {
		lines[i] = fmt.Sprint(l)
	}
	also := ""
	if len(lines) > 1 {
		also = " (and at line " + strings.Join(lines[1:], ", ") + ")"
	}
	return fmt.Sprintf("%s:%s: an edit by hand meets a change%s; the project is left as it is", e.Path, lines[0], also)
}

// Hint is the next step.
func (e *ConflictError) Hint() string {
	const ways = "--keep lets the edit stand there, --force replaces the file and keeps a copy"
	if e.Rejected == "" {
		return "scaffold generate --diff shows the change; " + ways
	}
	return e.Rejected + " shows the change: take it over by hand and run scaffold generate again; or " + ways
}

// Refused returns an error for each file that applying the plan would take from a person,
// or could not merge, and that mode does not settle. An edited file that is otherwise
// current is none.
func (plan *Plan) Refused(mode Mode) []error {
	var errs []error
	for _, c := range plan.Changes {
		if err := plan.refusal(c, mode); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// refusal is why a file may not be written, nil where it may or need not.
func (plan *Plan) refusal(c Change, mode Mode) error {
	path := plan.Project.Path(c.Path)
	switch {
	case mode == Force:
		return nil
	case c.Foreign() && c.writes(mode):
		return &LostEditError{Path: path, Foreign: true, Init: plan.Project.draft != nil}
	case mode == Keep || !c.Conflict():
		return nil
	case !c.Edit.Known:
		return &LostEditError{Path: path, NoLock: plan.Project.Lock == nil, Init: plan.Project.draft != nil}
	}
	e := &ConflictError{Path: path}
	for _, conflict := range c.Edit.Conflicts {
		e.Lines = append(e.Lines, conflict.Ours.Line())
	}
	return e
}

// ErrChanged is in the chain of the error of [Plan.Apply] where a file is no longer what
// the plan was made for.
var ErrChanged = errors.New("changed while scaffold was at work")

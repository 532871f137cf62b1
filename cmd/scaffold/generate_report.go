package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"scaffold/fleet"
	"scaffold/profiles"
)

// generatedFile is one entry of generate --json.
type generatedFile struct {
	Path     string      `json:"path"`
	Drift    fleet.Drift `json:"drift"`
	Edited   bool        `json:"edited"`
	Conflict bool        `json:"conflict"` // the edit cannot be merged
	Wrote    bool        `json:"wrote"`
	Removed  bool        `json:"removed,omitempty"`  // it is not generated any more
	Rejected string      `json:"rejected,omitempty"` // file that holds what could not be merged
	Copy     string      `json:"copy,omitempty"`     // file that holds what --force replaced
}

// summary is what came of all projects, by number.
type summary struct {
	Projects  int                 `json:"projects"`
	Drift     map[fleet.Drift]int `json:"drift"`     // before; of those that could be planned
	Edited    int                 `json:"edited"`    // projects with a file that a person edited
	Conflicts int                 `json:"conflicts"` // projects with an edit that cannot be merged
	Wrote     int                 `json:"wrote"`     // projects of which a file was written
	Refused   int                 `json:"refused"`   // projects that could not be done, conflicts among them
}

// A teller tells what came of each project, in order, and sums up.
type teller struct {
	a     *app
	f     generateFlags
	many  bool // more than one project may be meant
	files []generatedFile
	sum   summary
	errs  []error
	told  map[error]bool // of policies that cannot be read
}

func (t *teller) tell(g generated) {
	t.count(g)
	var unread *fleet.PolicyReadError
	if !errors.As(g.err, &unread) || !t.told[unread] {
		t.errs = append(t.errs, g.err)
	}
	if unread != nil {
		t.told[unread] = true
	}
	if g.plan == nil {
		return
	}
	for _, w := range g.plan.Decision.Warnings {
		t.a.warnf("%s: %s", g.plan.Project.Path(profiles.FileName), w)
	}
	if t.f.json {
		t.files = append(t.files, entries(g.plan, g.done)...)
	}
	switch {
	case g.skipped:
	case t.f.check || t.f.diff:
		t.errs = append(t.errs, t.showDrift(g.plan))
	case !t.f.json:
		t.a.sayDone(g.plan.Project, g.done)
	}
}

func (t *teller) count(g generated) {
	t.sum.Projects++
	if g.err != nil {
		t.sum.Refused++
	}
	if t.sum.Drift == nil {
		t.sum.Drift = map[fleet.Drift]int{}
	}
	if g.plan == nil {
		return
	}
	t.sum.Drift[g.plan.Drift()]++
	if slices.ContainsFunc(g.plan.Changes, fleet.Change.Edited) {
		t.sum.Edited++
	}
	if slices.ContainsFunc(g.plan.Changes, fleet.Change.Conflict) {
		t.sum.Conflicts++
	}
	if len(g.done.Wrote) > 0 {
		t.sum.Wrote++
	}
}

// sayDone says what applying a plan did.
func (a *app) sayDone(p *fleet.Project, done *fleet.Done) {
	if done.Unlocked != nil {
		a.warnf("%s cannot be locked (%v): let no two runs work on it at once", p.Path("."), done.Unlocked)
	}
	for _, path := range done.Removed {
		a.printf("removed %s\n", p.Path(path))
	}
	for _, path := range done.Wrote {
		if name, ok := done.Copies[path]; ok {
			a.printf("wrote %s, copy kept in %s\n", p.Path(path), p.Path(name))
			continue
		}
		a.printf("wrote %s\n", p.Path(path))
	}
}

// showDrift reports what generating would change, and writes nothing.
func (t *teller) showDrift(plan *fleet.Plan) error {
	var err error
	for _, c := range plan.Changes {
		path := plan.Project.Path(c.Path)
		if t.f.diff {
			t.a.printf("%s", difference(c, path, t.f.mode()))
		}
		if !c.Differs() {
			continue
		}
		if t.f.check {
			err = errFindings
		}
		if !t.f.json && !t.f.diff {
			t.a.printf("%s: %s%s%s\n", path, c.Drift, editedNote(c), whyNote(plan, c))
		}
	}
	for _, path := range plan.Obsolete {
		if !t.f.json && !t.f.diff {
			t.a.printf("%s: %s, not generated any more\n", plan.Project.Path(path), plan.Drift())
		}
	}
	if !t.f.json {
		t.a.sayRefused(plan, t.f.mode())
	}
	return err
}

// sayRefused warns of what generating would leave as it is.
func (a *app) sayRefused(plan *fleet.Plan, mode fleet.Mode) {
	for _, err := range plan.Refused(mode) {
		a.warnf("%v", err)
		var hinted interface{ Hint() string }
		if errors.As(err, &hinted) {
			a.hintf("%s", hinted.Hint())
		}
	}
}

// difference is what generating would change in a file; where it cannot merge, what it
// could not.
func difference(c fleet.Change, path string, mode fleet.Mode) []byte {
	if mode == fleet.Merge && c.Rejects() != "" {
		return []byte(c.Rejects())
	}
	if mode == fleet.Merge && c.Conflict() {
		mode = fleet.Force
	}
	text := c.Text(mode)
	if c.Kept() {
		text = c.Old
	}
	return diff.Diff(path, []byte(c.Old), path+" (generated)", []byte(text))
}

func editedNote(c fleet.Change) string {
	switch {
	case c.Conflict():
		return ", edited by hand, in conflict"
	case c.Edited():
		return ", edited by hand"
	}
	return ""
}

func whyNote(plan *fleet.Plan, c fleet.Change) string {
	if why := plan.Why(); why != "" && c.Path == "Dockerfile" {
		return " (" + why + ")"
	}
	return ""
}

func entries(plan *fleet.Plan, done *fleet.Done) []generatedFile {
	var files []generatedFile
	for _, c := range plan.Changes {
		e := generatedFile{
			Path: plan.Project.Path(c.Path), Drift: c.Drift, Edited: c.Edited(), Conflict: c.Conflict(),
			Wrote: slices.Contains(done.Wrote, c.Path),
		}
		if name, ok := done.Rejected[c.Path]; ok {
			e.Rejected = plan.Project.Path(name)
		}
		if name, ok := done.Copies[c.Path]; ok && e.Wrote {
			e.Copy = plan.Project.Path(name)
		}
		files = append(files, e)
	}
	for _, path := range plan.Obsolete {
		files = append(files, generatedFile{Path: plan.Project.Path(path), Drift: plan.Drift(), Removed: slices.Contains(done.Removed, path)})
	}
	return files
}

// end sums up, where more than one project may be meant, and returns every error in order.
func (t *teller) end(projects int) error {
	switch {
	case t.f.json:
		if err := t.a.json(map[string]any{"schema": 1, "files": t.files, "summary": t.sum}); err != nil {
			return err
		}
	case projects > 1 || t.many:
		t.a.notef("%s", t.sum)
	}
	return errors.Join(t.errs...)
}

func (s summary) String() string {
	parts := []string{}
	for _, cause := range fleet.Causes {
		if n := s.Drift[cause]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, called(cause)))
		}
	}
	for _, p := range []struct {
		n    int
		what string
	}{{s.Edited, "edited by hand"}, {s.Conflicts, "in conflict"}, {s.Wrote, "written"}, {s.Refused, "not done"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return fmt.Sprintf("%s: %s", counted(s.Projects, "project"), strings.Join(parts, ", "))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func called(cause fleet.Drift) string {
	if cause == fleet.DriftNone {
		return "up to date"
	}
	return "drift by " + string(cause)
}

package main

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"scaffold/fleet"
)

type generateFlags struct{ check, diff, keep, force, json bool }

// mode is what becomes of what a person wrote.
func (f generateFlags) mode() fleet.Mode {
	switch {
	case f.force:
		return fleet.Force
	case f.keep:
		return fleet.Keep
	}
	return fleet.Merge
}

func (a *app) generateCommand() *cobra.Command {
	var f generateFlags
	c := &cobra.Command{
		Use:   "generate [DIR ...]",
		Short: "write the files that the profile asks for",
		Long: `generate renders the Dockerfile, the ignore file and the lock of each project and
writes those that differ.

What a person edited in a generated file is kept: the edit and what changes are merged.
Where the two meet, the project is left as it is, exit code 3, and the change that could
not be merged is in a file beside, such as Dockerfile.rej. Take it over by hand and run
generate again; or let the edit stand there (--keep), or give it up (--force, which keeps
a copy of the file). A file that a person wrote whole is left as it is without --force.`,
		RunE: func(c *cobra.Command, args []string) error { return a.generate(c.Context(), f, args) },
	}
	c.Flags().BoolVar(&f.check, "check", false, "write nothing; exit 3 where a file drifts")
	c.Flags().BoolVar(&f.diff, "diff", false, "write nothing; show what would change")
	c.Flags().BoolVar(&f.keep, "keep", false, "where an edit and a change meet, let the edit stand")
	c.Flags().BoolVar(&f.force, "force", false, "replace files that a person wrote or edited, and keep copies")
	c.Flags().BoolVar(&f.json, "json", false, "report as JSON")
	c.MarkFlagsMutuallyExclusive("keep", "force")
	return c
}

// generatedFile is one entry of generate --json.
type generatedFile struct {
	Path     string      `json:"path"`
	Drift    fleet.Drift `json:"drift"`
	Edited   bool        `json:"edited"`
	Conflict bool        `json:"conflict"` // the edit cannot be merged
	Wrote    bool        `json:"wrote"`
	Rejected string      `json:"rejected,omitempty"` // file that holds what could not be merged
	Copy     string      `json:"copy,omitempty"`     // file that holds what --force replaced
}

func (a *app) generate(ctx context.Context, f generateFlags, dirs []string) error {
	var errs []error
	files := []generatedFile{}
	for _, dir := range orHere(dirs) {
		found, err := a.generateOne(ctx, f, dir)
		files = append(files, found...)
		errs = append(errs, err)
	}
	if f.json {
		if err := a.json(map[string]any{"schema": 1, "files": files}); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

func (a *app) generateOne(ctx context.Context, f generateFlags, dir string) ([]generatedFile, error) {
	plan, err := a.plan(dir)
	if err != nil {
		return nil, err
	}
	for _, w := range plan.Decision.Warnings {
		a.warnf("%s: %s", plan.Project.Path("scaffold.toml"), w)
	}
	if f.check || f.diff {
		return a.showDrift(f, plan)
	}
	done, err := plan.Apply(ctx, f.mode())
	for range replans { // another run, or a person, was quicker
		if !errors.Is(err, fleet.ErrChanged) {
			break
		}
		if plan, err = a.plan(dir); err != nil {
			return nil, err
		}
		done, err = plan.Apply(ctx, f.mode())
	}
	if !f.json {
		a.sayDone(plan.Project, done)
	}
	return entries(plan, done), err
}

// replans is how often a project is planned anew because its files changed meanwhile.
const replans = 5

func (a *app) plan(dir string) (*fleet.Plan, error) {
	project, err := openProject(dir)
	if err != nil {
		return nil, err
	}
	return project.Plan(a.today())
}

// sayDone says what applying a plan did.
func (a *app) sayDone(p *fleet.Project, done *fleet.Done) {
	if done.Unlocked != nil {
		a.warnf("%s cannot be locked (%v): let no two runs work on it at once", p.Path("."), done.Unlocked)
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
func (a *app) showDrift(f generateFlags, plan *fleet.Plan) ([]generatedFile, error) {
	var err error
	for _, c := range plan.Changes {
		path := plan.Project.Path(c.Path)
		if f.diff {
			a.printf("%s", difference(c, path, f.mode()))
		}
		if !c.Differs() {
			continue
		}
		err = errFindings
		if !f.json && !f.diff {
			a.printf("%s: %s%s\n", path, c.Drift, editedNote(c))
		}
	}
	if !f.json {
		a.sayRefused(plan, f.mode())
	}
	if !f.check {
		err = nil
	}
	return entries(plan, &fleet.Done{}), err
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
	return files
}

// openProject opens the project in dir and names it as the person did.
func openProject(dir string) (*fleet.Project, error) {
	p, err := fleet.Open(dir, nameOf(dir))
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

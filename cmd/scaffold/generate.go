package main

import (
	"errors"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"scaffold/fleet"
)

type generateFlags struct{ check, diff, force, json bool }

func (a *app) generateCommand() *cobra.Command {
	var f generateFlags
	c := &cobra.Command{
		Use:   "generate [DIR ...]",
		Short: "write the files that the profile asks for",
		Long: `generate renders the Dockerfile, the ignore file and the lock of each project and
writes those that differ. A file that a person wrote or edited is left as it is.`,
		RunE: func(_ *cobra.Command, args []string) error { return a.generate(f, args) },
	}
	c.Flags().BoolVar(&f.check, "check", false, "write nothing; exit 3 where a file drifts")
	c.Flags().BoolVar(&f.diff, "diff", false, "write nothing; show what would change")
	c.Flags().BoolVar(&f.force, "force", false, "replace files that a person wrote or edited")
	c.Flags().BoolVar(&f.json, "json", false, "report as JSON")
	return c
}

// generatedFile is one entry of generate --json.
type generatedFile struct {
	Path   string      `json:"path"`
	Drift  fleet.Drift `json:"drift"`
	Edited bool        `json:"edited"`
	Wrote  bool        `json:"wrote"`
}

func (a *app) generate(f generateFlags, dirs []string) error {
	var errs []error
	files := []generatedFile{}
	for _, dir := range orHere(dirs) {
		found, err := a.generateOne(f, dir)
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

func (a *app) generateOne(f generateFlags, dir string) ([]generatedFile, error) {
	project, err := openProject(dir)
	if err != nil {
		return nil, err
	}
	plan, err := project.Plan(a.today())
	if err != nil {
		return nil, err
	}
	for _, w := range plan.Decision.Warnings {
		a.warnf("%s: %s", project.Path("scaffold.toml"), w)
	}
	if f.check || f.diff {
		return a.showDrift(f, plan)
	}
	wrote, err := plan.Apply(f.force)
	files := a.entries(plan, wrote)
	if !f.json {
		for _, path := range wrote {
			a.printf("wrote %s\n", project.Path(path))
		}
	}
	return files, err
}

// showDrift reports what generating would change, and writes nothing.
func (a *app) showDrift(f generateFlags, plan *fleet.Plan) ([]generatedFile, error) {
	var err error
	for _, c := range plan.Changes {
		path := plan.Project.Path(c.Path)
		if f.diff && c.Old != c.New && !c.Kept() {
			a.printf("%s", diff.Diff(path, []byte(c.Old), path+" (generated)", []byte(c.New)))
		}
		if !c.Differs() {
			continue
		}
		err = errFindings
		if !f.json && !f.diff {
			a.printf("%s: %s%s\n", path, c.Drift, editedNote(c))
		}
	}
	if !f.check {
		err = nil
	}
	return a.entries(plan, nil), err
}

func editedNote(c fleet.Change) string {
	if c.Edited() {
		return ", edited by hand"
	}
	return ""
}

func (a *app) entries(plan *fleet.Plan, wrote []string) []generatedFile {
	var files []generatedFile
	for _, c := range plan.Changes {
		e := generatedFile{Path: plan.Project.Path(c.Path), Drift: c.Drift, Edited: c.Edited()}
		for _, w := range wrote {
			e.Wrote = e.Wrote || w == c.Path
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

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"scaffold/evidence"
	"scaffold/fleet"
	"scaffold/profiles"
	"scaffold/profiles/detect"
)

type initFlags struct {
	yes, force bool
	set        []string
	policy     string
}

func (a *app) initCommand() *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init [DIR]",
		Short: "write a profile, a lock, a Dockerfile and an ignore file for a repository",
		Long: `init reads the repository, asks what it could not read (or, with --yes, takes what it
found), and writes scaffold.toml, scaffold.lock, Dockerfile and .dockerignore. A file
that a person wrote is not replaced unless --force says so, which keeps a copy; an ignore
file never is.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.init(c.Context(), f, orHere(args)[0]) },
	}
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, "ask nothing: take what was found")
	c.Flags().BoolVar(&f.force, "force", false, "replace files that a person wrote, and keep copies")
	c.Flags().StringArrayVar(&f.set, "set", nil, "`key=value`: set any key of the profile (repeatable)")
	policyFlag(c, &f.policy)
	return c
}

func (a *app) init(ctx context.Context, f initFlags, dir string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("finding %q: %w", dir, err)
	}
	told, err := parseSets(f.set)
	if err != nil {
		return err
	}
	in, out, terminal := a.terminal()
	if !f.yes && !terminal {
		return &usageError{errors.New("there is no terminal to ask on"), "scaffold init --yes takes what was found; scaffold init"}
	}
	found, err := detect.Detect(abs, detect.Options{Name: filepath.Base(abs), Stack: told.Text("stack"), Target: told.Text("build.target")})
	if err != nil {
		return err
	}
	for _, w := range found.Warnings {
		a.warnf("%s", w)
	}
	if len(found.Choices) == 0 { // what a project needs that has not been chosen is not known
		if err := draftPackages(found.Draft, abs); err != nil {
			return err
		}
	}
	for _, e := range told.Entries() {
		found.Draft.Tell(e.Path, e.Value, e.From)
	}
	if !f.yes {
		if err := ask(found, in, out); err != nil {
			return err
		}
	}
	if err := found.Undecided(); err != nil {
		return err
	}
	return a.create(ctx, f, dir, found)
}

// parseSets makes a draft of the --set arguments.
func parseSets(args []string) (*profiles.Draft, error) {
	told := new(profiles.Draft)
	for _, arg := range args {
		path, value, err := profiles.ParseSet(arg)
		if err != nil {
			return nil, err
		}
		told.Set(path, value, profiles.Told)
	}
	return told, nil
}

// draftPackages puts the OS packages into the draft that dependencies are known to need.
func draftPackages(draft *profiles.Draft, dir string) error {
	found, err := evidence.Read(dir, draft.Text("stack"), draft.Text("build.target"))
	if err != nil {
		return err
	}
	build, runtime, from := evidence.Packages(found.Facts)
	if len(build) > 0 {
		draft.Set([]string{"build", "packages"}, build, from.Source()+", "+from.Value)
	}
	if len(runtime) > 0 {
		draft.Set([]string{"runtime", "packages"}, runtime, from.Source()+", "+from.Value)
	}
	return nil
}

// create plans everything before it writes anything.
func (a *app) create(ctx context.Context, f initFlags, dir string, found *detect.Result) error {
	name := nameOf(dir)
	var policies fleet.Policies
	if err := fixPolicy(&policies, f.policy, "scaffold init"); err != nil {
		return err
	}
	project, err := fleet.New(dir, name, found.Draft.Render(), &policies)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(filepath.Join(dir, profiles.FileName)); err == nil && !f.force {
		return &fleet.LostEditError{Path: project.Path(profiles.FileName), Foreign: true, Init: true}
	}
	plan, err := project.Plan(a.today())
	if err != nil {
		return err
	}
	mode := fleet.Merge
	if f.force {
		mode = fleet.Force
	}
	done, err := plan.Apply(ctx, mode)
	if err != nil {
		return err
	}
	for _, s := range found.Saw {
		a.notef("saw %s", s)
	}
	for _, w := range plan.Decision.Warnings {
		a.warnf("%s", w)
	}
	a.sayDone(project, done)
	if marked, err := project.MarkGenerated(); err != nil {
		a.warnf("the lock is not marked as generated: %v", err)
	} else if marked {
		a.notef("%s now says that scaffold.lock is generated", project.Path(".gitattributes"))
	}
	for _, c := range plan.Changes {
		if c.Kept() {
			a.notef("%s is yours and stays as it is", project.Path(c.Path))
		}
	}
	chosen := plan.Decision.Chosen()
	a.notef("final stage %s; scaffold explain says why, scaffold verify proves that it runs", chosen.Ref)
	return nil
}

// terminal returns the two ends of the terminal where there is a person to ask.
func (a *app) terminal() (in, out *os.File, ok bool) {
	in, inOK := a.stdin.(*os.File)
	out, outOK := a.stderr.(*os.File)
	ok = inOK && outOK && term.IsTerminal(int(in.Fd())) && term.IsTerminal(int(out.Fd()))
	return in, out, ok
}

package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"scaffold/fleet"
)

type generateFlags struct {
	check, diff, force, json bool
	policy                   string
	only                     []string
}

func (a *app) generateCommand() *cobra.Command {
	var f generateFlags
	c := &cobra.Command{
		Use:   "generate [DIR | DIR/...] ...",
		Short: "write the files that the profile asks for",
		Long: `generate renders the Dockerfile, the ignore file and the lock of each project and
writes those that differ. Of DIR/... it takes every project below DIR that git does not
ignore. A file that a person wrote or edited is left as it is.

The policy is --policy, else what the profile's key policy names, else the nearest
policy.toml up to the git root.

--check and --json tell why a file differs: new, pins, profile, evidence, policy or
template; the first cause wins.`,
		RunE: func(c *cobra.Command, args []string) error { return a.generate(c.Context(), f, args) },
	}
	c.Flags().BoolVar(&f.check, "check", false, "write nothing; exit 3 where a file drifts")
	c.Flags().BoolVar(&f.diff, "diff", false, "write nothing; show what would change")
	c.Flags().BoolVar(&f.force, "force", false, "replace files that a person wrote or edited")
	c.Flags().BoolVar(&f.json, "json", false, "report as JSON")
	c.Flags().StringSliceVar(&f.only, "only", nil, "leave alone projects that drift for another cause than these, for example policy,pins")
	policyFlag(c, &f.policy)
	return c
}

// generatedFile is one entry of generate --json.
type generatedFile struct {
	Path   string      `json:"path"`
	Drift  fleet.Drift `json:"drift"`
	Edited bool        `json:"edited"`
	Wrote  bool        `json:"wrote"`
}

// generated is what came of one project.
type generated struct {
	plan    *fleet.Plan // nil where there is none, because of err
	wrote   []string
	skipped bool // by --only
	err     error
}

func (a *app) generate(ctx context.Context, f generateFlags, args []string) error {
	if err := knownCauses(f.only); err != nil {
		return err
	}
	var policies fleet.Policies
	if err := fixPolicy(&policies, f.policy, "scaffold generate"); err != nil {
		return err
	}
	defer collectLess()()
	dirs, err := expand(ctx, args, "scaffold generate")
	t := teller{a: a, f: f, many: slices.ContainsFunc(args, isTree), errs: []error{err}, told: map[error]bool{}, files: []generatedFile{}}
	fleet.InOrder(len(dirs), func(i int) generated {
		if ctx.Err() != nil {
			return generated{err: ctx.Err()}
		}
		return a.generateOne(f, dirs[i], &policies)
	}, t.tell)
	return t.end(len(dirs))
}

// collectLess has the garbage collector run at a quarter of its pace, unless GOGC says how
// often it is to: what one project takes is small, and nearly all of it is done with when the
// next is looked at. It returns what undoes that.
func collectLess() func() {
	was := debug.SetGCPercent(gcPercent)
	if was != 100 {
		debug.SetGCPercent(was)
	}
	return func() { debug.SetGCPercent(was) }
}

const gcPercent = 400

func knownCauses(only []string) error {
	for _, cause := range only {
		if !slices.Contains(fleet.Causes, fleet.Drift(cause)) {
			return &usageError{fmt.Errorf("--only: there is no cause %q", cause), "scaffold generate"}
		}
	}
	return nil
}

// generateOne plans one project and, unless only a report is asked for, applies the plan.
func (a *app) generateOne(f generateFlags, dir string, policies *fleet.Policies) generated {
	project, err := openProject(dir, policies)
	if err != nil {
		return generated{err: err}
	}
	plan, err := project.Plan(a.today())
	if err != nil {
		return generated{err: err}
	}
	g := generated{plan: plan, skipped: f.only != nil && !slices.Contains(f.only, string(plan.Drift()))}
	if !f.check && !f.diff && !g.skipped {
		g.wrote, g.err = plan.Apply(f.force)
	}
	return g
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

// summary is what came of all projects, by number.
type summary struct {
	Projects int                 `json:"projects"`
	Drift    map[fleet.Drift]int `json:"drift"` // before; of those that could be planned
	Edited   int                 `json:"edited"`
	Wrote    int                 `json:"wrote"` // projects of which a file was written
	Refused  int                 `json:"refused"`
}

func (t *teller) tell(g generated) {
	t.sum.Projects++
	if g.err != nil {
		t.sum.Refused++
	}
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
		t.a.warnf("%s: %s", g.plan.Project.Path("scaffold.toml"), w)
	}
	t.count(g)
	if t.f.json {
		t.files = append(t.files, entries(g)...)
	}
	switch {
	case g.skipped:
	case t.f.check || t.f.diff:
		t.errs = append(t.errs, t.showDrift(g.plan))
	case !t.f.json:
		for _, path := range g.wrote {
			t.a.printf("wrote %s\n", g.plan.Project.Path(path))
		}
	}
}

func (t *teller) count(g generated) {
	if t.sum.Drift == nil {
		t.sum.Drift = map[fleet.Drift]int{}
	}
	t.sum.Drift[g.plan.Drift()]++
	if slices.ContainsFunc(g.plan.Changes, fleet.Change.Edited) {
		t.sum.Edited++
	}
	if len(g.wrote) > 0 {
		t.sum.Wrote++
	}
}

// showDrift reports what generating would change, and writes nothing.
func (t *teller) showDrift(plan *fleet.Plan) error {
	var err error
	for _, c := range plan.Changes {
		path := plan.Project.Path(c.Path)
		if t.f.diff && c.Old != c.New && !c.Kept() {
			t.a.printf("%s", diff.Diff(path, []byte(c.Old), path+" (generated)", []byte(c.New)))
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
	return err
}

func editedNote(c fleet.Change) string {
	if c.Edited() {
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

func entries(g generated) []generatedFile {
	var files []generatedFile
	for _, c := range g.plan.Changes {
		files = append(files, generatedFile{
			Path: g.plan.Project.Path(c.Path), Drift: c.Drift, Edited: c.Edited(), Wrote: slices.Contains(g.wrote, c.Path),
		})
	}
	return files
}

// end sums up, where there is more than one project, and returns every error in order.
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
	}{{s.Edited, "edited by hand"}, {s.Wrote, "written"}, {s.Refused, "not done"}} {
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

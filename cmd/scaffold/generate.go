package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"scaffold/fleet"
)

type generateFlags struct {
	check, diff, keep, force, json bool
	policy                         string
	only                           []string
}

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
		Use:   "generate [DIR | DIR/...] ...",
		Short: "write the files that the profile asks for",
		Long: `generate renders the Dockerfile, the ignore file and the lock of each project and
writes those that differ. Of DIR/... it takes every project below DIR that git does not
ignore.

What a person edited in a generated file is kept: the edit and what changes are merged.
Where the two meet, the project is left as it is, exit code 3, and the change that could
not be merged is in a file beside, such as Dockerfile.rej. Take it over by hand and run
generate again; or let the edit stand there (--keep), or give it up (--force, which keeps
a copy of the file). A file that a person wrote whole is left as it is without --force.

The policy is --policy, else what the profile's key policy names, else the nearest
policy.toml up to the git root.

--check and --json tell why a file differs: new, pins, profile, evidence, policy or
template; the first cause wins.`,
		RunE: func(c *cobra.Command, args []string) error { return a.generate(c.Context(), f, args) },
	}
	c.Flags().BoolVar(&f.check, "check", false, "write nothing; exit 3 where a file drifts")
	c.Flags().BoolVar(&f.diff, "diff", false, "write nothing; show what would change")
	c.Flags().BoolVar(&f.keep, "keep", false, "where an edit and a change meet, let the edit stand")
	c.Flags().BoolVar(&f.force, "force", false, "replace files that a person wrote or edited, and keep copies")
	c.Flags().BoolVar(&f.json, "json", false, "report as JSON")
	c.Flags().StringSliceVar(&f.only, "only", nil, "leave alone projects that drift for another cause than these, for example policy,pins")
	policyFlag(c, &f.policy)
	c.MarkFlagsMutuallyExclusive("keep", "force")
	return c
}

func (a *app) generate(ctx context.Context, f generateFlags, args []string) error {
	if err := knownCauses(f.only); err != nil {
		return err
	}
	g := generating{a: a, f: f}
	if err := fixPolicy(&g.policies, f.policy, "scaffold generate"); err != nil {
		return err
	}
	dirs, err := expand(ctx, args, "scaffold generate")
	t := teller{a: a, f: f, many: slices.ContainsFunc(args, isTree), errs: []error{err}, told: map[error]bool{}, files: []generatedFile{}}
	fleet.InOrder(len(dirs), func(i int) generated { return g.one(ctx, dirs[i]) }, t.tell)
	return t.end(len(dirs))
}

func knownCauses(only []string) error {
	for _, cause := range only {
		if !slices.Contains(fleet.Causes, fleet.Drift(cause)) {
			return &usageError{fmt.Errorf("--only: there is no cause %q", cause), "scaffold generate"}
		}
	}
	return nil
}

// generating is one run of generate.
type generating struct {
	a        *app
	f        generateFlags
	policies fleet.Policies
}

// generated is what came of one project.
type generated struct {
	plan    *fleet.Plan // nil where there is none, because of err
	done    *fleet.Done // never nil where there is a plan
	skipped bool        // by --only
	err     error
}

// replans is how often a project is planned anew because its files changed meanwhile.
const replans = 5

// one plans one project and, unless only a report is asked for, applies the plan.
func (g *generating) one(ctx context.Context, dir string) generated {
	for tries := 0; ; tries++ {
		out := g.try(ctx, dir)
		if tries == replans || !errors.Is(out.err, fleet.ErrChanged) { // else another run, or a person, was quicker
			return out
		}
	}
}

func (g *generating) try(ctx context.Context, dir string) generated {
	if ctx.Err() != nil {
		return generated{err: ctx.Err()}
	}
	project, err := openProject(dir, &g.policies)
	if err != nil {
		return generated{err: err}
	}
	plan, err := project.Plan(g.a.today())
	if err != nil {
		return generated{err: err}
	}
	out := generated{plan: plan, done: &fleet.Done{}, skipped: g.f.only != nil && !slices.Contains(g.f.only, string(plan.Drift()))}
	if !g.f.check && !g.f.diff && !out.skipped {
		out.done, out.err = plan.Apply(ctx, g.f.mode())
	}
	return out
}

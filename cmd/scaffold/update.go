package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"scaffold/bases/registry"
	"scaffold/fleet"
	"scaffold/fleet/update"
	"scaffold/profiles"
)

type updateFlags struct {
	check, offline, json bool
	mirror, policy       string
	ca                   caFlag
	timeout              time.Duration
}

func (a *app) updateCommand() *cobra.Command {
	var f updateFlags
	c := &cobra.Command{
		Use:   "update [DIR | DIR/...] ...",
		Short: "refresh the lock: digests, support, evidence",
		Long: `update asks registries what the tags of each project's bases point at now, reads the
evidence again, judges support as of today, and writes the lock and the files that
follow from it. It says what changed, and why.

Registries are asked with Docker's credentials (docker login), each reference once
for all projects. The digest is that of an image index with every platform of the
project; an image of one platform is an error.

--check writes nothing and exits 3 where something is outdated. --offline asks no
registry: digests stay as they are.`,
		RunE: func(c *cobra.Command, args []string) error { return a.update(c.Context(), f, args) },
	}
	flags := c.Flags()
	flags.BoolVar(&f.check, "check", false, "write nothing; exit 3 where something is outdated")
	flags.BoolVar(&f.offline, "offline", false, "ask no registry; keep digests as they are")
	flags.BoolVar(&f.json, "json", false, "report as JSON")
	flags.StringVar(&f.mirror, "mirror", "", "ask the registry at `host` for what is on docker.io and gcr.io")
	flags.Var(&f.ca, "ca", "trust registries by the PEM certificates in `FILE` too")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Minute, "how long all registries may take together")
	policyFlag(c, &f.policy)
	c.MarkFlagsMutuallyExclusive("offline", "mirror")
	c.MarkFlagsMutuallyExclusive("offline", "ca")
	return c
}

// update --json
type (
	updateReport struct {
		Schema   int              `json:"schema"`
		Projects []updatedProject `json:"projects"`
	}
	updatedProject struct {
		Profile  string          `json:"profile"`
		Outdated bool            `json:"outdated"`
		Changes  []update.Change `json:"changes"`
		Files    []generatedFile `json:"files"`
		Warnings []string        `json:"warnings"`
		Error    string          `json:"error,omitempty"`
	}
)

func (a *app) update(ctx context.Context, f updateFlags, args []string) error {
	o, err := a.updateOptions(f)
	if err != nil {
		return err
	}
	var policies fleet.Policies
	if err := fixPolicy(&policies, f.policy, "scaffold update"); err != nil {
		return err
	}
	dirs, err := expand(ctx, args, "scaffold update")
	u := updating{a: a, f: f, errs: []error{err}, warned: map[string]bool{}, report: updateReport{Schema: 1, Projects: []updatedProject{}}}
	projects := u.open(dirs, &policies)
	asking, cancel := context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("the registries did not all answer within %s (--timeout)", f.timeout))
	defer cancel()
	for _, r := range update.Plan(asking, o, projects) {
		if ctx.Err() != nil {
			return ctx.Err() // what was written is whole
		}
		u.done(u.renew(ctx, r))
	}
	if f.json {
		if err := a.json(u.report); err != nil {
			return err
		}
	}
	return errors.Join(u.errs...)
}

// updating is one run of update.
type updating struct {
	a      *app
	f      updateFlags
	report updateReport
	errs   []error
	warned map[string]bool
}

func (u *updating) done(p updatedProject, err error) {
	u.report.Projects = append(u.report.Projects, p)
	u.errs = append(u.errs, err)
}

// open opens the projects; one that cannot be opened does not stop the others.
func (u *updating) open(dirs []string, policies *fleet.Policies) []*fleet.Project {
	var projects []*fleet.Project
	unread := map[*fleet.PolicyReadError]bool{} // told once, however many projects have it
	for _, dir := range dirs {
		p, err := openProject(dir, policies)
		if err == nil {
			projects = append(projects, p)
			continue
		}
		failed := failedProject(strings.TrimPrefix(nameOf(dir)+"/"+profiles.FileName, "/"), err)
		var same *fleet.PolicyReadError
		if errors.As(err, &same) && unread[same] {
			err = nil
		}
		unread[same] = true
		u.done(failed, err)
	}
	return projects
}

func failedProject(profile string, err error) updatedProject {
	return updatedProject{Profile: profile, Changes: []update.Change{}, Files: []generatedFile{}, Warnings: []string{}, Error: err.Error()}
}

func (a *app) updateOptions(f updateFlags) (update.Options, error) {
	o := update.Options{Today: a.today()}
	if f.offline {
		return o, nil
	}
	client := new(registry.Client)
	if f.mirror != "" {
		m, err := registry.ParseMirror(f.mirror)
		if err != nil {
			return o, misuse(fmt.Errorf("--mirror: %w", err), registry.MirrorHint)
		}
		client.Mirror = &m
	}
	roots, err := f.ca.roots()
	if err != nil {
		return o, err
	}
	client.Transport = registry.Transport(roots)
	o.Resolve = client.Resolve
	o.Asking = func(references int) { a.notef("asking registries for %s", counted(references, "reference")) }
	if tty, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(tty.Fd())) {
		o.Asked = func(done, all int) {
			end := ""
			if done == all {
				end = "\r\x1b[K"
			}
			fmt.Fprintf(tty, "\r\x1b[K%d of %d answered%s", done, all, end)
		}
	}
	return o, nil
}

// renew says what became outdated of one project, and writes it unless it is only checked.
func (u *updating) renew(ctx context.Context, r *update.Renewal) (updatedProject, error) {
	profile := r.Project.Path(profiles.FileName)
	if r.Err != nil {
		return failedProject(profile, r.Err), r.Err
	}
	done := updatedProject{
		Profile: profile, Outdated: r.Outdated(), Changes: append([]update.Change{}, r.Changes...), Warnings: u.warn(r),
	}
	if !u.f.json {
		u.a.printChanges(r)
	}
	wrote, err := new(fleet.Done), error(nil)
	if u.f.check {
		err = u.outdated(r)
	} else if wrote, err = r.Plan.Apply(ctx, fleet.Merge); err != nil {
		done.Error = err.Error()
	}
	done.Files = entries(r.Plan, wrote)
	if !u.f.json {
		u.a.sayDone(r.Project, wrote)
	}
	return done, err
}

// warn passes on the warnings of one project. What a registry said of a candidate is told
// once, however many projects have it.
func (u *updating) warn(r *update.Renewal) []string {
	warnings := []string{}
	for _, w := range r.Warnings {
		if cause := errors.Unwrap(w).Error(); !u.warned[cause] {
			u.warned[cause] = true
			u.a.warnf("%v", w)
		}
		warnings = append(warnings, w.Error())
	}
	for _, w := range r.Plan.Decision.Warnings {
		u.a.warnf("%s: %s", r.Project.Path(profiles.FileName), w)
		warnings = append(warnings, w)
	}
	return warnings
}

// outdated is the finding of --check. A file that drifts for a reason of its own is said
// to, as generate --check says it.
func (u *updating) outdated(r *update.Renewal) error {
	if !r.Outdated() {
		return nil
	}
	for _, c := range r.Plan.Changes {
		if !u.f.json && c.Differs() {
			u.a.printf("%s: %s%s\n", r.Project.Path(c.Path), c.Drift, editedNote(c))
		}
	}
	return errFindings
}

// printChanges says what changes in a lock, one line each.
func (a *app) printChanges(r *update.Renewal) {
	lock := r.Project.Path(profiles.LockName)
	for _, c := range r.Changes {
		a.printf("%s: %s\n", lock, changeLine(c))
	}
}

func changeLine(c update.Change) string {
	from, to := orNone(c.From), orNone(c.To)
	switch c.Kind {
	case update.KindDigest:
		return fmt.Sprintf("%s  %s → %s  (%s)", familiar(c.Name), short(from), short(to), c.Why)
	case update.KindBuilder, update.KindRuntime:
		return fmt.Sprintf("%s base  %s → %s: %s", c.Kind, from, to, c.Why)
	}
	return fmt.Sprintf("%s  %s → %s  (%s)", c.Kind, from, to, c.Why)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// familiar is a canonical reference as people write it.
func familiar(name string) string {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return name
	}
	return reference.FamiliarString(named)
}

// short is a digest cut for people; JSON has it whole.
func short(digest string) string {
	const most = len("sha256:") + 12
	if len(digest) <= most {
		return digest
	}
	return digest[:most] + "…"
}

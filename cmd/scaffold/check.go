package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"scaffold/fleet"
	"scaffold/policy"
	"scaffold/profiles"
)

type checkFlags struct {
	policy, format string
	strict, json   bool
}

func (a *app) checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check [DIR | Dockerfile | DIR/...] ...",
		Short: "judge Dockerfiles, generated or hand-written, by the policy",
		Long: `check judges Dockerfiles by the rules that "scaffold policy rules" lists. Of a folder
it takes each Dockerfile, Containerfile, Dockerfile.NAME and NAME.Dockerfile in it that
git does not ignore; of DIR/... those below it, too, but for node_modules and vendor.

The policy is --policy, else what the key policy of the scaffold.toml beside the
Dockerfile names, else the nearest policy.toml up to the git root. Without one only
the rules that need none judge.

It ends with 3 where a rule finds an error; warnings count with --strict.`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.check(cmd.Context(), f, orHere(args)) },
	}
	c.Flags().StringVar(&f.policy, "policy", "", "the policy, whatever the repository says")
	c.Flags().StringVar(&f.format, "format", "text", "form of the report: "+strings.Join(slices.Sorted(maps.Keys(policy.Formats)), ", "))
	c.Flags().BoolVar(&f.json, "json", false, "short for --format json")
	c.Flags().BoolVar(&f.strict, "strict", false, "warnings count as errors")
	c.MarkFlagsMutuallyExclusive("json", "format")
	return c
}

func (a *app) check(ctx context.Context, f checkFlags, args []string) error {
	if f.json {
		f.format = "json"
	}
	write, ok := policy.Formats[f.format]
	if !ok {
		return &usageError{fmt.Errorf("there is no format %q", f.format), "scaffold check"}
	}
	files, err := findDockerfiles(ctx, args)
	errs := []error{err}
	j := &judge{today: a.today(), told: map[error]bool{}}
	if err := fixPolicy(&j.policies, f.policy, "scaffold check"); err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, file := range files {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		errs = append(errs, j.judge(file))
	}
	j.found(j.waivers())
	slices.SortStableFunc(j.report.Findings, func(x, y policy.Finding) int { return strings.Compare(x.Path, y.Path) })
	if len(files) > 0 || f.format != "text" {
		errs = append(errs, write(a.stdout, &j.report))
	}
	if j.report.Count(policy.Error) > 0 || f.strict && j.report.Count(policy.Warning) > 0 {
		errs = append(errs, errFindings)
	}
	return errors.Join(errs...)
}

// A judge judges one Dockerfile after the other.
type judge struct {
	today    string
	policies fleet.Policies
	told     map[error]bool // of policies that cannot be read
	report   policy.Report
}

// judge adds what is found in one Dockerfile. The error says why it could not be judged
// though it is there.
func (j *judge) judge(file fleet.Found) error {
	root, err := os.OpenRoot(file.Top)
	if err != nil {
		return fmt.Errorf("opening %q: %w", file.Top, errors.Unwrap(err))
	}
	defer root.Close()
	p, lock, err := j.beside(root, file)
	if p == nil {
		return err
	}
	j.report.Files = append(j.report.Files, file.Name)
	subject := policy.Subject{Path: file.Name, Rel: file.Rel, Lock: lock, Today: j.today}
	text, readErr := profiles.ReadFile(root, filepath.FromSlash(file.Rel), policy.MaxDockerfile)
	var problems profiles.Problems
	switch {
	case errors.As(readErr, &problems):
		j.found(p.Unreadable(subject, errors.New(problems[0].Msg)))
	case errors.Is(readErr, fs.ErrNotExist):
		j.found(p.Unreadable(subject, errors.New("is a link to nothing")))
	case readErr != nil:
		return errors.Join(err, fmt.Errorf("%s: %w", file.Name, errors.Unwrap(readErr)))
	default:
		subject.Text = text
		j.found(p.Judge(subject))
	}
	return err
}

func (j *judge) found(f []policy.Finding) { j.report.Findings = append(j.report.Findings, f...) }

// beside reads what stands beside a Dockerfile, the profile and the lock, and finds its
// policy. No policy with an error is one that cannot be read; the error is told once.
func (j *judge) beside(root *os.Root, file fleet.Found) (*policy.Policy, *profiles.Lock, error) {
	dir, name := filepath.Dir(filepath.FromSlash(file.Rel)), strings.TrimSuffix(file.Name, filepath.Base(file.Name))
	lock, lockErr := readBeside(root, filepath.Join(dir, profiles.LockName), name+profiles.LockName, profiles.ParseLock)
	profile, err := readBeside(root, filepath.Join(dir, profiles.FileName), name+profiles.FileName, profiles.Parse)
	if err != nil {
		return nil, nil, errors.Join(err, lockErr)
	}
	p, err := j.policies.For(file.Top, filepath.Join(file.Top, dir), profile, name+profiles.FileName)
	var unread *fleet.PolicyReadError
	if errors.As(err, &unread) && j.told[unread] {
		err = nil
	}
	j.told[unread] = true
	return p, lock, errors.Join(err, lockErr)
}

// readBeside reads and parses a file that need not be there. Its size is bounded by what a
// lock may have.
func readBeside[T any](root *os.Root, path, name string, parse func(string, []byte) (*T, error)) (*T, error) {
	data, err := profiles.ReadFile(root, path, 4*policy.MaxDockerfile)
	var problems profiles.Problems
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.As(err, &problems):
		return nil, profiles.Problems{{File: name, Msg: problems[0].Msg, Hint: problems[0].Hint}}
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return parse(name, data)
}

// waivers are the findings about the policies themselves.
func (j *judge) waivers() []policy.Finding {
	var found []policy.Finding
	for _, p := range j.policies.Read() {
		for _, f := range p.JudgeWaivers(j.today) {
			if !slices.Contains(found, f) { // two policies may extend one
				found = append(found, f)
			}
		}
	}
	return found
}

// fixPolicy makes the policy that --policy names, if it names one, that of all projects.
func fixPolicy(policies *fleet.Policies, file, command string) error {
	if file == "" {
		return nil
	}
	err := policies.Fix(file)
	if errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Errorf("--policy %s: there is no such file", file), command}
	}
	return err
}

// limitSize lowers verify.size to what the project's policy allows, since only a built image
// shows its size.
func (a *app) limitSize(project *fleet.Project) {
	size := &project.Profile.Verify.Size
	*size = project.Policy.SizeLimit(*size, project.Rel("Dockerfile"), a.today())
}

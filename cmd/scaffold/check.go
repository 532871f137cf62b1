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
	j := &judge{today: a.today(), policies: map[string]*policy.Policy{}}
	if f.policy != "" {
		if j.fixed, err = j.load(f.policy, policyTop(f.policy)); err != nil {
			return errors.Join(append(errs, namedPolicy(err, f.policy))...)
		}
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

// A judge judges one Dockerfile after the other and keeps the policies that it has read.
type judge struct {
	today    string
	fixed    *policy.Policy            // --policy
	policies map[string]*policy.Policy // by path; nil for one that cannot be read
	report   policy.Report
}

// judge adds what is found in one Dockerfile. The error says why it could not be judged
// though it is there.
func (j *judge) judge(file dockerfile) error {
	root, err := os.OpenRoot(file.top)
	if err != nil {
		return fmt.Errorf("opening %q: %w", file.top, errors.Unwrap(err))
	}
	defer root.Close()
	p, lock, err := j.beside(root, file)
	if p == nil {
		return err
	}
	j.report.Files = append(j.report.Files, file.name)
	subject := policy.Subject{Path: file.name, Rel: file.rel, Lock: lock, Today: j.today}
	text, readErr := profiles.ReadFile(root, filepath.FromSlash(file.rel), policy.MaxDockerfile)
	var problems profiles.Problems
	switch {
	case errors.As(readErr, &problems):
		j.found(p.Unreadable(subject, errors.New(problems[0].Msg)))
	case errors.Is(readErr, fs.ErrNotExist):
		j.found(p.Unreadable(subject, errors.New("is a link to nothing")))
	case readErr != nil:
		return errors.Join(err, fmt.Errorf("%s: %w", file.name, errors.Unwrap(readErr)))
	default:
		subject.Text = text
		j.found(p.Judge(subject))
	}
	return err
}

func (j *judge) found(f []policy.Finding) { j.report.Findings = append(j.report.Findings, f...) }

// beside reads what stands beside a Dockerfile, the profile and the lock, and finds its
// policy. No policy with an error is one that cannot be read; the error is told once.
func (j *judge) beside(root *os.Root, file dockerfile) (*policy.Policy, *profiles.Lock, error) {
	dir, name := filepath.Dir(filepath.FromSlash(file.rel)), strings.TrimSuffix(file.name, filepath.Base(file.name))
	lock, lockErr := readBeside(root, filepath.Join(dir, profiles.LockName), name+profiles.LockName, profiles.ParseLock)
	if j.fixed != nil {
		return j.fixed, lock, lockErr
	}
	profile, err := readBeside(root, filepath.Join(dir, profiles.FileName), name+profiles.FileName, profiles.Parse)
	if err != nil {
		return nil, nil, errors.Join(err, lockErr)
	}
	found := nearestPolicy(file.top, filepath.Join(file.top, dir))
	if profile != nil && profile.Policy != "" {
		found = filepath.Join(file.top, dir, filepath.FromSlash(profile.Policy))
	}
	if found == "" {
		return policy.Default(), lock, lockErr
	}
	p, err := j.load(found, file.top)
	if errors.Is(err, fs.ErrNotExist) {
		err = profiles.Problems{{File: name + profiles.FileName, Msg: fmt.Sprintf("policy: there is no file %q", profile.Policy), Hint: "write its path relative to the profile"}}
	}
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

// load reads a policy once. A second file that wants one which cannot be read gets neither
// it nor the error again.
func (j *judge) load(path, top string) (*policy.Policy, error) {
	if p, ok := j.policies[path]; ok {
		return p, nil
	}
	p, err := loadPolicy(path, top)
	j.policies[path] = p
	return p, err
}

// waivers are the findings about the policies themselves.
func (j *judge) waivers() []policy.Finding {
	var found []policy.Finding
	for _, path := range slices.Sorted(maps.Keys(j.policies)) {
		if p := j.policies[path]; p != nil {
			for _, f := range p.JudgeWaivers(j.today) {
				if !slices.Contains(found, f) { // two policies may extend one
					found = append(found, f)
				}
			}
		}
	}
	return found
}

// namedPolicy is the error for a policy that was named on the command line.
func namedPolicy(err error, name string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Errorf("--policy %s: there is no such file", name), "scaffold check"}
	}
	return err
}

// limitSize lowers verify.size to what the project's policy allows, since only a built image
// shows its size.
func (a *app) limitSize(project *fleet.Project) error {
	abs := filepath.Join(project.Dir, "Dockerfile")
	file := place(project.Path("Dockerfile"), abs, project.Dir)
	root, err := os.OpenRoot(file.top)
	if err != nil {
		return fmt.Errorf("opening %q: %w", file.top, errors.Unwrap(err))
	}
	defer root.Close()
	j := &judge{today: a.today(), policies: map[string]*policy.Policy{}}
	p, _, err := j.beside(root, file)
	if err != nil {
		return err
	}
	size := &project.Profile.Verify.Size
	*size = p.SizeLimit(*size, file.rel, a.today())
	return nil
}

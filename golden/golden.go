// Package golden holds templates to their golden files. A case is a folder with an
// application, its profile and lock, and want/, the files that generating gives.
//
// The model: [Render] gives a case's files as scaffold generate would, [Check] compares
// them with want/ and holds them to what every generated Dockerfile must be, [Update]
// writes want/. The end-to-end test builds and runs the same cases, so that a golden
// file is of an image that ran.
package golden

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/rogpeppe/go-internal/diff"

	"scaffold/fleet"
	"scaffold/policy"
	"scaffold/policy/lint"
	"scaffold/profiles"
)

// AsOf is the day by which a case without a lock is judged.
const AsOf = "2026-11-21"

// A Case is one golden case.
type Case struct {
	Name   string
	Dir    string
	NotRun string // why its image is rendered and linted, and not built; from case.toml. Optional.
}

// Cases lists the cases below dir: each folder with a profile. No case is an error: a
// harness that compares nothing proves nothing.
func Cases(dir string) ([]Case, error) {
	found, err := filepath.Glob(filepath.Join(dir, "*", profiles.FileName))
	if err != nil {
		return nil, fmt.Errorf("listing cases in %q: %w", dir, err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("listing cases in %q: there is none", dir)
	}
	var cases []Case
	for _, f := range found {
		d := filepath.Dir(f)
		c := Case{Name: filepath.Base(d), Dir: d}
		if c.NotRun, err = notRun(d); err != nil {
			return nil, err
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// notRun reads case.toml, which only a case has that cannot be built everywhere.
func notRun(dir string) (string, error) {
	var c struct {
		NotRun string `toml:"not_run"`
	}
	file := filepath.Join(dir, "case.toml")
	meta, err := toml.DecodeFile(file, &c)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("reading %q: %w", file, err)
	case len(meta.Undecoded()) > 0 || c.NotRun == "":
		return "", fmt.Errorf("reading %q: it must hold not_run, the reason, and nothing else", file)
	}
	return c.NotRun, nil
}

// Render gives the files of a case, the lock among them. Nothing is written.
func (c Case) Render() ([]profiles.File, error) {
	p, err := fleet.Open(c.Dir, c.Name, nil)
	if err != nil {
		return nil, err
	}
	plan, err := p.Plan(AsOf)
	if err != nil {
		return nil, err
	}
	var files []profiles.File
	for _, change := range plan.Changes {
		files = append(files, profiles.File{Path: change.Path, Text: change.New})
	}
	return files, nil
}

// want is where the golden text of a file stands: the lock beside the profile, since
// generating reads it, all else in want/.
func (c Case) want(path string) string {
	if path == profiles.LockName {
		return filepath.Join(c.Dir, path)
	}
	return filepath.Join(c.Dir, "want", path)
}

// Check renders a case and returns everything that is wrong with it.
func (c Case) Check(ctx context.Context) error {
	files, err := c.Render()
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range files {
		data, err := os.ReadFile(c.want(f.Path))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading golden file %q: %w", f.Path, err)
		}
		if !bytes.Equal(data, []byte(f.Text)) {
			errs = append(errs, fmt.Errorf("%s differs from its golden file:\n%s", f.Path, diff.Diff("want/"+f.Path, data, "generated", []byte(f.Text))))
		}
		errs = append(errs, Sound(ctx, f))
	}
	return errors.Join(errs...)
}

// Update writes the golden files of a case. A file that is not sound is refused, and then
// none is written.
func (c Case) Update(ctx context.Context) error {
	files, err := c.Render()
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := Sound(ctx, f); err != nil {
			return fmt.Errorf("refusing to record %q: %w", f.Path, err)
		}
	}
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(c.want(f.Path)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(c.want(f.Path), []byte(f.Text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

var trailing = regexp.MustCompile(`(?m)[ \t]+$`)

// Sound holds one generated file to what each must be: one final newline, no trailing
// blanks, no template's left-overs; a Dockerfile also parses, names its images in whole
// literals, and is clean under every check of BuildKit's.
func Sound(ctx context.Context, f profiles.File) error {
	var errs []error
	if !strings.HasSuffix(f.Text, "\n") || strings.HasSuffix(f.Text, "\n\n") {
		errs = append(errs, fmt.Errorf("%s: must end with exactly one newline", f.Path))
	}
	if trailing.MatchString(f.Text) {
		errs = append(errs, fmt.Errorf("%s: has trailing blanks", f.Path))
	}
	if strings.Contains(f.Text, "<no value>") {
		errs = append(errs, fmt.Errorf("%s: a template printed a value that is not there", f.Path))
	}
	if f.Path != "Dockerfile" {
		return errors.Join(errs...)
	}
	refs, err := policy.References([]byte(f.Text))
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, r := range refs {
		if !strings.Contains(f.Text, r.Ref) {
			errs = append(errs, fmt.Errorf("%s:%d: %s is put together from arguments: bots cannot bump it", f.Path, r.Line, r.Ref))
		}
	}
	warnings, err := lint.Check(ctx, []byte(f.Text))
	if err != nil {
		errs = append(errs, err)
	}
	for _, w := range warnings {
		errs = append(errs, fmt.Errorf("%s:%s", f.Path, w))
	}
	return errors.Join(errs...)
}

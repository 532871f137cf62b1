package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/generator"
	"scaffold/profiles"
)

// maxFile is the most that is read of a Dockerfile or an ignore file, in bytes.
const maxFile = 1 << 20

// Drift says why a file differs from what would be generated now; the first cause wins.
type Drift string

// The causes of drift.
const (
	DriftNone     Drift = "none"
	DriftNew      Drift = "new"      // there is no such file, or no lock
	DriftPins     Drift = "pins"     // digests only
	DriftProfile  Drift = "profile"  // the profile changed
	DriftEvidence Drift = "evidence" // a source of the evidence changed
	DriftTemplate Drift = "template" // the template or the catalog changed
)

// A Change is one file of a project beside what generating makes of it.
type Change struct {
	Path   string // relative to the project, with slashes
	Drift  Drift
	Origin generator.Origin // of the text on disk
	Exists bool
	Old    string // text on disk
	New    string // text to be
}

// Edited reports whether a person edited the generated file.
func (c Change) Edited() bool { return c.Exists && c.Origin == generator.Edited }

// Foreign reports whether a person wrote the file.
func (c Change) Foreign() bool { return c.Exists && c.Origin == generator.Foreign }

// Differs reports whether the file drifts in a way that --check lets not pass.
func (c Change) Differs() bool { return c.Drift != DriftNone && c.Drift != DriftPins }

// Kept reports whether the file stays as it is although it differs, because it is a
// person's own ignore file.
func (c Change) Kept() bool { return c.Foreign() && strings.HasSuffix(c.Path, ".dockerignore") }

// A Plan is what generating would do to a project.
type Plan struct {
	Project  *Project
	Decision *bases.Decision
	Lock     *profiles.Lock // as it is to be
	Changes  []Change       // the generated files, the lock last
}

// Plan renders the project's files and compares them with those on disk. asOf (YYYY-MM-DD)
// is the day of judgement where there is no lock that states one. Nothing is written.
func (p *Project) Plan(asOf string) (*Plan, error) {
	moved, err := p.moved()
	if err != nil {
		return nil, err
	}
	lock := &profiles.Lock{Format: profiles.LockFormat, AsOf: asOf, Profile: p.Hash, Catalog: bases.Embedded().Revision}
	if p.Lock != nil {
		lock.AsOf, lock.Digests, lock.Facts, lock.Sources = p.Lock.AsOf, p.Lock.Digests, p.Lock.Facts, p.Lock.Sources
	}
	before := lock.Digests
	if lock.Digests, err = p.digests(before); err != nil {
		return nil, err
	}
	if moved || p.Lock.Profile != p.Hash { // build.target decides what is read
		found, err := evidence.Read(p.Context, p.Profile.Stack, p.Profile.Build.Target)
		if err != nil {
			return nil, p.inContext(err)
		}
		lock.Facts, lock.Sources = found.Facts, found.Sources
	}
	out, err := generator.Generate(generator.Input{
		Profile: p.Profile, Facts: lock.Facts, Digests: lock.Digests, AsOf: lock.AsOf, Catalog: bases.Embedded(),
	})
	if err != nil {
		return nil, p.inProfile(err)
	}
	lock.Template, lock.Files = out.Template, out.Files
	lock.Builder = profiles.Decided{Base: out.Decision.Builder.Base.ID, Ref: out.Decision.Builder.Ref}
	chosen := out.Decision.Chosen()
	lock.Runtime = profiles.Decided{Base: chosen.Base.ID, Ref: chosen.Ref}
	return p.compare(lock, out, moved, !maps.Equal(before, lock.Digests))
}

// inProfile says of an error of generating which file, and which line, it is about.
func (p *Project) inProfile(err error) error {
	var key *generator.KeyError
	if errors.As(err, &key) {
		return profiles.Problems{profiles.ProblemAt(p.Path(profiles.FileName), p.text, key.Key, key.Msg, key.Hint)}
	}
	return fmt.Errorf("%s: %w", p.Path(profiles.FileName), err)
}

// digests are those of the lock, and over them those that a bot has put into the
// Dockerfile on disk.
func (p *Project) digests(locked map[string]string) (map[string]string, error) {
	root, err := os.OpenRoot(p.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", p.Dir, errors.Unwrap(err))
	}
	defer root.Close()
	c, err := p.change(root, profiles.File{Path: "Dockerfile"})
	if err != nil || p.Lock == nil {
		return locked, err
	}
	merged := maps.Clone(locked)
	for ref, digest := range generator.Pins(c.Old) {
		if merged == nil {
			merged = map[string]string{}
		}
		merged[ref] = digest
	}
	return merged, nil
}

// moved reports whether the evidence has to be read again: there is none for this
// profile, or a source of it changed.
func (p *Project) moved() (bool, error) {
	if p.Lock == nil || len(p.Lock.Sources) == 0 {
		return true, nil
	}
	source, err := evidence.Moved(p.Context, p.Lock.Sources)
	return source != "", p.inContext(err)
}

// inContext names files of the context as seen from the project's parent.
func (p *Project) inContext(err error) error {
	var ps profiles.Problems
	if !errors.As(err, &ps) {
		return err
	}
	out := append(profiles.Problems(nil), ps...)
	for i := range out {
		out[i].File = p.Path(p.Profile.Context + "/" + out[i].File)
	}
	return out
}

func (p *Project) compare(lock *profiles.Lock, out *generator.Output, moved, pinned bool) (*Plan, error) {
	root, err := os.OpenRoot(p.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", p.Dir, errors.Unwrap(err))
	}
	defer root.Close()
	plan := &Plan{Project: p, Decision: out.Decision, Lock: lock}
	if p.draft != nil {
		plan.Changes = append(plan.Changes, Change{Path: profiles.FileName, Drift: DriftNew, Origin: generator.Generated, New: string(p.draft)})
	}
	for _, f := range out.Files {
		c, err := p.change(root, f)
		if err != nil {
			return nil, err
		}
		c.Drift = p.drift(c, moved)
		if c.Path == "Dockerfile" && c.Drift == DriftNone && pinned {
			c.Drift = DriftPins
		}
		plan.Changes = append(plan.Changes, c)
	}
	plan.Changes = append(plan.Changes, p.lockChange(lock, pinned))
	return plan, nil
}

func (p *Project) change(root *os.Root, f profiles.File) (Change, error) {
	c := Change{Path: f.Path, New: f.Text}
	data, err := profiles.ReadFile(root, f.Path, maxFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return c, rename(err, f.Path, p.Path(f.Path))
	default:
		c.Exists, c.Old = true, string(data)
		c.Origin = generator.OriginOf(c.Old)
		if strings.Contains(c.Old, "\r\n") {
			c.New = strings.ReplaceAll(c.New, "\n", "\r\n")
		}
	}
	return c, nil
}

// drift compares content. Of an edited file it compares what was generated then with
// what would be generated now: whether it is edited is said apart.
func (p *Project) drift(c Change, moved bool) Drift {
	old := c.Old
	if c.Edited() {
		if text, ok := p.Lock.File(c.Path); ok {
			old = text
		}
	}
	switch {
	case c.Kept():
		return DriftNone
	case !c.Exists || p.Lock == nil:
		return DriftNew
	case lf(old) == lf(c.New):
		return DriftNone
	case generator.SameButPins(old, c.New):
		return DriftPins
	case p.Lock.Profile != p.Hash:
		return DriftProfile
	case moved:
		return DriftEvidence
	}
	return DriftTemplate
}

// lockChange is the lock as a change. It drifts where what it states of the project is
// no longer so; that alone the next generate writes, too.
func (p *Project) lockChange(lock *profiles.Lock, pinned bool) Change {
	c := Change{Path: profiles.LockName, Drift: DriftNone, Origin: generator.Generated, New: string(lock.Render())}
	if p.Lock == nil {
		c.Drift = DriftNew
		return c
	}
	c.Exists, c.Old = true, string(p.Lock.Render())
	switch {
	case c.Old == c.New:
	case p.Lock.Profile != lock.Profile:
		c.Drift = DriftProfile
	case !equalFacts(p.Lock.Facts, lock.Facts) || len(p.Lock.Sources) == 0:
		c.Drift = DriftEvidence
	case pinned:
		c.Drift = DriftPins
	case !slices.Equal(p.Lock.Files, lock.Files): // content, never revisions
		c.Drift = DriftTemplate
	}
	return c
}

func equalFacts(a, b []profiles.Fact) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func lf(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }

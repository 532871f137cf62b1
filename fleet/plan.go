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
	DriftPolicy   Drift = "policy"   // the policy changed
	DriftTemplate Drift = "template" // the template or the catalog changed
)

// Causes are all causes of drift, the first that wins first.
var Causes = []Drift{DriftNone, DriftNew, DriftPins, DriftProfile, DriftEvidence, DriftPolicy, DriftTemplate}

// A Change is one file of a project beside what generating makes of it.
type Change struct {
	Path   string // relative to the project, with slashes
	Drift  Drift
	Origin generator.Origin // of the text on disk
	Exists bool
	Old    string // text on disk
	New    string // text to be; where there is an Edit, with it
	Edit   *Edit  // of a file that a person edited
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

// Drift is the project's: that of the first file that drifts in a way that --check lets not
// pass, else of the first that drifts at all.
func (plan *Plan) Drift() Drift {
	found := DriftNone
	for _, c := range plan.Changes {
		if c.Differs() {
			return c.Drift
		}
		if found == DriftNone {
			found = c.Drift
		}
	}
	return found
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
	if p.Lock != nil {
		lock.Resolved = p.Lock.Resolved
	}
	if p.renewal != nil {
		p.renewal.apply(lock)
	}
	if moved || p.renewal != nil || p.Lock.Profile != p.Hash { // build.target decides what is read
		if err := p.readEvidence(lock); err != nil {
			return nil, err
		}
	}
	out, err := p.generate(lock)
	if err != nil {
		return nil, p.inProfile(err)
	}
	if p.renewal == nil {
		p.forget(lock, before, out.Images)
	}
	lock.Policy = p.Policy.Revision()
	lock.Template, lock.Files = out.Template, out.Files
	lock.Builder = profiles.Decided{Base: out.Decision.Builder.Base.ID, Ref: out.Decision.Builder.Ref}
	chosen := out.Decision.Chosen()
	lock.Runtime = profiles.Decided{Base: chosen.Base.ID, Ref: chosen.Ref}
	return p.compare(lock, out, moved, !maps.Equal(before, lock.Digests))
}

func (p *Project) readEvidence(lock *profiles.Lock) error {
	found, err := evidence.Read(p.Context, p.Profile.Stack, p.Profile.Build.Target)
	if err != nil {
		return p.inContext(err)
	}
	lock.Facts, lock.Sources = found.Facts, found.Sources
	return nil
}

// generate renders under what the policy demands of this project on the lock's day.
func (p *Project) generate(lock *profiles.Lock) (*generator.Output, error) {
	in, inProject, err := p.input(lock)
	if err != nil {
		return nil, err
	}
	out, err := generator.Generate(in)
	if err == nil && inProject != "" {
		out.Files = append(out.Files, profiles.File{Path: inProject, Text: generator.Stamp(p.trusted)})
	}
	return out, err
}

// input is what generating depends on, and where the policy's CA is to be in the project, if
// it has one.
func (p *Project) input(lock *profiles.Lock) (in generator.Input, ca string, err error) {
	effective := p.Policy.For(p.Rel("Dockerfile"), lock.AsOf)
	inContext, inProject, err := p.policyCA(effective)
	return generator.Input{
		Profile: p.Profile, Facts: lock.Facts, Digests: lock.Digests, AsOf: lock.AsOf, Catalog: bases.Embedded(),
		Policy: effective, PolicyCA: inContext,
	}, inProject, err
}

// forget drops the digests that were taken from the Dockerfile on disk and belong to images
// that it is not to name any more: nobody would move them again.
func (p *Project) forget(lock *profiles.Lock, before map[string]string, images []string) {
	for ref := range lock.Digests {
		if _, old := before[ref]; !old && !slices.Contains(images, ref) {
			delete(lock.Digests, ref)
		}
	}
}

// checkExtras holds the instructions that the profile adds, before anything is made of it.
func (p *Project) checkExtras() error {
	if errs := generator.CheckExtras(p.Profile); errs != nil {
		return p.inProfile(errs)
	}
	return nil
}

// digests are those of the lock, and over them those that a bot has put into the
// Dockerfile on disk.
func (p *Project) digests(locked map[string]string) (map[string]string, error) {
	pins, err := p.Pins()
	if err != nil || p.Lock == nil {
		return locked, err
	}
	merged := maps.Clone(locked)
	for ref, digest := range pins {
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
		c, err := p.draftChange(root)
		if err != nil {
			return nil, err
		}
		plan.Changes = append(plan.Changes, c)
	}
	for _, f := range out.Files {
		c, err := p.change(root, f)
		if err != nil {
			return nil, err
		}
		if c.Edited() {
			p.keepEdit(&c)
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
		c.New = endsOf(c.Old, c.New)
	}
	return c, nil
}

// drift compares content. Of an edited file it compares what the edit was made in with
// what would be generated now: whether it is edited is said apart.
func (p *Project) drift(c Change, moved bool) Drift {
	old, now := c.Old, c.New
	if c.Edit != nil {
		now = c.Edit.Generated
		if c.Edit.Known {
			old = c.Edit.Base
		}
	}
	switch {
	case c.Kept():
		return DriftNone
	case !c.Exists || p.Lock == nil:
		return DriftNew
	case lf(old) == lf(now) && (c.Edit == nil || c.Old == c.New):
		return DriftNone
	case generator.SameButPins(old, now):
		return DriftPins
	case p.Lock.Profile != p.Hash:
		return DriftProfile
	case moved:
		return DriftEvidence
	case p.Lock.Policy != p.Policy.Revision():
		return DriftPolicy
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
	if p.crlf {
		c.Old, c.New = crlf(c.Old), crlf(c.New)
	}
	switch {
	case c.Old == c.New:
	case p.Lock.Profile != lock.Profile:
		c.Drift = DriftProfile
	case !equalFacts(p.Lock.Facts, lock.Facts) || len(p.Lock.Sources) == 0:
		c.Drift = DriftEvidence
	case pinned:
		c.Drift = DriftPins
	case slices.Equal(p.Lock.Files, lock.Files): // content, never revisions
	case p.Lock.Policy != lock.Policy:
		c.Drift = DriftPolicy
	default:
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

func lf(s string) string   { return strings.ReplaceAll(s, "\r\n", "\n") }
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

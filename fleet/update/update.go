// Package update renews the locks of projects: what tags point at, the day for which
// support is judged, the evidence, and with them the choice of bases.
//
// The model: which references a project needs is found as of today, with its evidence read
// again; every reference of all projects is asked for once; then each project is planned
// with the answers. Nothing is written: a [Renewal] holds a plan of package fleet, which is
// applied like that of generate. So generate --check finds nothing to do afterwards.
//
// The registry's answer is the newest there is: a digest that a bot put into the
// Dockerfile is kept where the tag points at it, and replaced where it no longer does.
package update

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"scaffold/bases/registry"
	"scaffold/fleet"
	"scaffold/generator"
	"scaffold/profiles"
)

// Options say how locks are renewed.
type Options struct {
	Today string // YYYY-MM-DD. Required.
	// Resolve asks what a reference points at; it is called from several goroutines. nil:
	// no registry is asked.
	Resolve func(ctx context.Context, ref string) (registry.Index, error)
	Jobs    int                  // references that are asked for at a time. Default: 8.
	Asking  func(references int) // called before the first is asked for. Optional.
	Asked   func(done, all int)  // called after each answer, one call at a time. Optional.
}

// A Renewal is what renewing would do to one project.
type Renewal struct {
	Project  *fleet.Project
	Plan     *fleet.Plan // nil where Err is not
	Changes  []Change
	Warnings []error // candidates of which the registry gave no digest
	Err      error
}

// Outdated reports whether the lock or a file is not what it would be today. That it was
// judged for another day is no reason.
func (r *Renewal) Outdated() bool {
	for _, c := range r.Changes {
		if c.Kind != KindAsOf && c.Kind != KindCatalog {
			return true
		}
	}
	if r.Plan != nil {
		for _, c := range r.Plan.Changes {
			if c.Differs() {
				return true
			}
		}
	}
	return false
}

// Plan plans the renewal of projects, in their order. An error of one is in its Renewal
// and does not stop the others.
func Plan(ctx context.Context, o Options, projects []*fleet.Project) []*Renewal {
	if o.Jobs == 0 {
		o.Jobs = 8
	}
	s := &session{Options: o, answers: map[string]*answer{}}
	var drafts []*draft
	fleet.InOrder(len(projects), func(i int) *draft { return s.draft(projects[i]) }, func(d *draft) {
		drafts = append(drafts, d)
		s.note(d.refs)
	})
	s.ask(ctx)
	var renewals []*Renewal
	fleet.InOrder(len(drafts), func(i int) *Renewal { return s.settle(drafts[i]) }, func(r *Renewal) {
		renewals = append(renewals, r)
	})
	return renewals
}

type session struct {
	Options
	answers map[string]*answer // by place
	places  []string           // in the order of first need
}

// An answer is what a registry said of one reference.
type answer struct {
	index registry.Index
	err   error
}

// A draft is a project whose references are known.
type draft struct {
	project *fleet.Project
	refs    []generator.Reference
	locked  map[string]string // digests of the lock
	pins    map[string]string // and of the Dockerfile
	err     error
}

func (s *session) draft(p *fleet.Project) *draft {
	d := &draft{project: p}
	if p.Lock != nil {
		d.locked = p.Lock.Digests
	}
	if d.pins, d.err = p.Pins(); d.err != nil {
		return d
	}
	d.refs, d.err = p.References(s.Today)
	return d
}

// note notes what has to be asked for.
func (s *session) note(refs []generator.Reference) {
	for _, r := range refs {
		if s.answers[r.Place] == nil {
			s.answers[r.Place] = new(answer)
			s.places = append(s.places, r.Place)
		}
	}
}

// ask asks for every reference once.
func (s *session) ask(ctx context.Context) {
	if s.Resolve == nil || len(s.places) == 0 {
		return
	}
	if s.Asking != nil {
		s.Asking(len(s.places))
	}
	var (
		jobs errgroup.Group
		mu   sync.Mutex
		done int
	)
	jobs.SetLimit(s.Jobs)
	for _, place := range s.places {
		jobs.Go(func() error {
			a := s.answers[place]
			a.index, a.err = s.Resolve(ctx, place)
			mu.Lock()
			defer mu.Unlock()
			done++
			if s.Asked != nil {
				s.Asked(done, len(s.places))
			}
			return nil // an error is the answer
		})
	}
	_ = jobs.Wait()
}

// settle plans a project with the answers.
func (s *session) settle(d *draft) *Renewal {
	r := &Renewal{Project: d.project, Err: d.err}
	if r.Err != nil {
		return r
	}
	digests, resolved := map[string]string{}, s.Today
	var errs []error
	for _, ref := range d.refs {
		c, err := s.digest(d, ref)
		switch {
		case err != nil && ref.Used:
			errs = append(errs, err)
		case err != nil:
			r.Warnings = append(r.Warnings, err)
		}
		if c.To != "" {
			digests[ref.Name] = c.To
		}
		if c.From != c.To {
			r.Changes = append(r.Changes, c)
		}
	}
	if r.Err = errors.Join(errs...); r.Err != nil {
		r.Changes = nil
		return r
	}
	r.Changes = append(r.Changes, d.dropped()...)
	if s.Resolve == nil {
		resolved = d.resolved()
	}
	if r.Plan, r.Err = d.project.Renew(s.Today, digests, resolved); r.Err == nil {
		r.Changes = append(changes(r.Plan), r.Changes...)
	}
	return r
}

// digest is what becomes of a reference's digest.
func (s *session) digest(d *draft, ref generator.Reference) (Change, error) {
	locked, pin := d.locked[ref.Name], d.pins[ref.Name]
	moved := pin != "" && pin != locked // by a bot
	now := locked
	if moved {
		now = pin
	}
	c := Change{Kind: KindDigest, Name: ref.Name, From: locked, To: now}
	if moved {
		c.Why = "as in the Dockerfile"
	}
	if s.Resolve == nil {
		return c, d.lacking(ref, now)
	}
	a := s.answers[ref.Place]
	if err := a.check(d.project, ref); err != nil {
		return c, &ReferenceError{File: d.project.Path(profiles.FileName), Name: ref.Name, Err: err}
	}
	c.To = a.index.Digest
	switch {
	case c.To == now && moved:
		c.Why = "moved; the Dockerfile has it already"
	case locked == "":
		c.Why = "was not pinned"
	case moved:
		c.From, c.Why = pin, "moved; the tag no longer points at the Dockerfile's"
	default:
		c.Why = "moved"
	}
	return c, nil
}

// check holds an answer to what a project needs of the reference.
func (a *answer) check(p *fleet.Project, ref generator.Reference) error {
	if a.err != nil || !ref.Target {
		return a.err
	}
	if missing := a.index.Lacks(p.Profile.Image.Platforms); missing != nil {
		return &lacksError{missing: missing, has: a.index.Platforms}
	}
	return nil
}

// lacking is an error where a project that is pinned would get an image that is not.
func (d *draft) lacking(ref generator.Reference, digest string) error {
	if digest != "" || !ref.Used || len(d.locked)+len(d.pins) == 0 {
		return nil
	}
	return &MissingError{File: d.project.Path(profiles.LockName), Name: ref.Name}
}

// dropped lists the digests of references that the project has no use for any more.
func (d *draft) dropped() []Change {
	var all []Change
	for _, name := range slices.Sorted(maps.Keys(d.locked)) {
		if !slices.ContainsFunc(d.refs, func(r generator.Reference) bool { return r.Name == name }) {
			all = append(all, Change{Kind: KindDigest, Name: name, From: d.locked[name], Why: "no longer needed"})
		}
	}
	return all
}

func (d *draft) resolved() string {
	if d.project.Lock == nil {
		return ""
	}
	return d.project.Lock.Resolved
}

package fleet

import (
	"errors"
	"fmt"
	"os"

	"scaffold/generator"
	"scaffold/profiles"
)

// A renewal is what a plan takes instead of the lock's own.
type renewal struct {
	asOf     string
	digests  map[string]string
	resolved string
}

func (r *renewal) apply(lock *profiles.Lock) {
	lock.AsOf, lock.Digests, lock.Resolved = r.asOf, r.digests, r.resolved
}

// Renew plans the project as of a day (YYYY-MM-DD) with digests (index digest by canonical
// name) instead of those of the lock and of the Dockerfile, which were resolved on another
// day, or never (""). The evidence is read again. Nothing is written.
func (p *Project) Renew(asOf string, digests map[string]string, resolved string) (*Plan, error) {
	renewed := *p
	renewed.renewal = &renewal{asOf: asOf, digests: digests, resolved: resolved}
	return renewed.Plan(asOf)
}

// Pins are the digests in the Dockerfile on disk, by canonical name; none where a person
// wrote or edited it. They differ from the lock's where a bot moved one.
func (p *Project) Pins() (map[string]string, error) {
	root, err := os.OpenRoot(p.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", p.Dir, errors.Unwrap(err))
	}
	defer root.Close()
	c, err := p.change(root, profiles.File{Path: "Dockerfile"})
	return generator.Pins(c.Old), err
}

// References lists the images whose digests the plan's lock is to hold.
func (plan *Plan) References() ([]generator.Reference, error) {
	refs, err := generator.References(plan.in)
	if err != nil {
		return nil, plan.Project.inProfile(err)
	}
	return refs, nil
}

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

// Pins are the digests in the Dockerfile on disk, by canonical name before any rewrite. They
// differ from the lock's where a bot moved one. Of a file that a person edited they are those
// that a bot moved, of one that a person wrote there are none.
func (p *Project) Pins() (map[string]string, error) {
	root, err := os.OpenRoot(p.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", p.Dir, errors.Unwrap(err))
	}
	defer root.Close()
	c, err := p.change(root, profiles.File{Path: "Dockerfile"})
	found := generator.Pins(c.Old)
	if text, ok := p.written(c); ok && c.Edited() {
		found = generator.Bumped(text, c.Old)
	}
	pins := map[string]string{}
	for ref, digest := range found {
		pins[p.Policy.Original(ref)] = digest
	}
	return pins, err
}

// References lists the images whose digests the lock is to hold, as of a day (YYYY-MM-DD)
// and by evidence that is read again.
func (p *Project) References(asOf string) ([]generator.Reference, error) {
	lock := &profiles.Lock{AsOf: asOf}
	if err := p.readEvidence(lock); err != nil {
		return nil, err
	}
	in, _, err := p.input(lock)
	if err != nil {
		return nil, err
	}
	refs, err := generator.References(in)
	if err != nil {
		return nil, p.inProfile(err)
	}
	return refs, nil
}

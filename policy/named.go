package policy

import (
	"sync"

	"github.com/distribution/reference"
)

// Named parses a reference as a Dockerfile has it. It remembers, within bounds: a fleet
// names the same few images in every project, and what they mean follows from the text alone.
func Named(ref string) (reference.Named, error) { return seen.parse(ref) }

var seen memory

// A memory holds references that were parsed before.
type memory struct {
	mu sync.Mutex
	of map[string]reference.Named
}

// So much is remembered: references come from anybody's files.
const (
	maxParsed     = 1000
	maxParsedSize = 256 // bytes of a reference
)

func (p *memory) parse(ref string) (reference.Named, error) {
	p.mu.Lock()
	known, ok := p.of[ref]
	p.mu.Unlock()
	if ok {
		return known, nil
	}
	found, err := reference.ParseNormalizedNamed(ref)
	if err == nil && len(ref) <= maxParsedSize {
		p.remember(ref, found)
	}
	return found, err
}

func (p *memory) remember(ref string, found reference.Named) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil || len(p.of) >= maxParsed {
		p.of = map[string]reference.Named{}
	}
	p.of[ref] = found
}

package generator

import "sync"

// canonical is a reference with its registry and without a digest.
func canonical(ref string) (string, error) { return known.canonical(ref) }

// names are canonical names that were parsed before: a fleet names the same few images in
// every project. The name follows from the reference alone.
type names struct {
	mu sync.Mutex
	of map[string]string
}

var known names

// So much is remembered: references from profiles are anybody's.
const (
	maxNames    = 1000
	maxNameSize = 256 // bytes of a reference
)

func (n *names) canonical(ref string) (string, error) {
	n.mu.Lock()
	name, ok := n.of[ref]
	n.mu.Unlock()
	if ok {
		return name, nil
	}
	name, err := parseCanonical(ref)
	if err == nil && len(ref) <= maxNameSize {
		n.remember(ref, name)
	}
	return name, err
}

func (n *names) remember(ref, name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.of == nil || len(n.of) >= maxNames {
		n.of = map[string]string{}
	}
	n.of[ref] = name
}

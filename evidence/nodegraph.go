package evidence

import (
	"slices"
	"strings"

	"scaffold/profiles/node"
)

// Locks of other managers than npm do not say which packages are for development alone:
// what the program needs is followed from the manifests.

// A lockGraph is a lock's packages by key, and how a dependency's key is found.
type lockGraph struct {
	packages map[string]*graphPackage
	order    []string // keys as the lock has them
}

// A graphPackage is a package and the keys of what it needs.
type graphPackage struct {
	lockedPackage
	needs, wants []string // keys; wants are those that it can do without
}

func newGraph() *lockGraph { return &lockGraph{packages: map[string]*graphPackage{}} }

func (g *lockGraph) add(key string, p *graphPackage) {
	if _, ok := g.packages[key]; !ok {
		g.order = append(g.order, key)
	}
	g.packages[key] = p
}

// reached are the packages that the roots lead to, in the lock's order. Those that only
// optional dependencies lead to are optional themselves.
func (g *lockGraph) reached(needs, wants []string) []lockedPackage {
	required := g.follow(needs, false)
	all := g.follow(append(slices.Clone(needs), wants...), true)
	var out []lockedPackage
	seen := map[*graphPackage]bool{} // yarn's entries have several keys
	for _, key := range g.order {
		p := g.packages[key]
		if !all[p] || seen[p] {
			continue
		}
		seen[p] = true
		p.optional = !required[p]
		out = append(out, p.lockedPackage)
	}
	return out
}

func (g *lockGraph) follow(keys []string, optional bool) map[*graphPackage]bool {
	reached := map[*graphPackage]bool{}
	keys = slices.Clone(keys)
	for len(keys) > 0 {
		key := keys[len(keys)-1]
		keys = keys[:len(keys)-1]
		p := g.packages[key]
		if p == nil || reached[p] {
			continue
		}
		reached[p] = true
		keys = append(keys, p.needs...)
		if optional {
			keys = append(keys, p.wants...)
		}
	}
	return reached
}

// roots are the keys of what the manifests need to run.
func roots(manifests []*node.Manifest, key func(name, wanted string) string) (needs, wants []string) {
	for _, m := range manifests {
		for _, d := range m.Runtime() {
			if d.Optional {
				wants = append(wants, key(d.Name, d.Wanted))
			} else {
				needs = append(needs, key(d.Name, d.Wanted))
			}
		}
	}
	return needs, wants
}

// keysOf are the keys of a group of dependencies.
func keysOf(group *node.Value, key func(name, wanted string) string) []string {
	if group == nil {
		return nil
	}
	var keys []string
	for _, name := range group.Keys {
		keys = append(keys, key(name, group.Get(name).Text()))
	}
	return keys
}

// limits reads from a variant's name what it is limited to, where a lock has no field for
// that.
func (p *lockedPackage) limits() {
	words := strings.FieldsFunc(p.name, func(r rune) bool { return r == '-' || r == '/' || r == '.' })
	for _, w := range words {
		switch {
		case arches[w] != "":
			p.cpu = []string{w}
		case w == "linuxmusl":
			p.os, p.libc = []string{"linux"}, []string{"musl"}
		case slices.Contains([]string{"linux", "darwin", "win32", "freebsd", "android"}, w):
			p.os = []string{w}
		}
	}
	if p.os == nil || p.cpu == nil {
		p.os, p.cpu, p.libc = nil, nil, nil
	}
}

package pylocks

import (
	"scaffold/evidence/markers"
	"scaffold/evidence/wheels"
)

// An edge is one dependency.
type edge struct {
	name, version string // version is empty where the lock has one only
	extras        []string
	marker        string
}

// A node is a package of the lock, or one extra of it.
type node struct {
	index int
	extra string
}

// A graph is what the packages of a lock depend on.
type graph struct {
	edges  map[node][]edge
	byName map[string][]int
	within []wheels.Where // the environments that each package may be installed in at all
	found  []string       // version of each
	chosen markers.Chosen
	memo   map[string]wheels.Where
}

func newGraph(l *Lock, chosen markers.Chosen) *graph {
	g := &graph{edges: map[node][]edge{}, byName: map[string][]int{}, memo: map[string]wheels.Where{}, chosen: chosen}
	for i, p := range l.Packages {
		name := wheels.Normalise(p.Package)
		g.byName[name] = append(g.byName[name], i)
		g.within, g.found = append(g.within, p.Where), append(g.found, p.Version)
	}
	return g
}

func (g *graph) where(marker string) wheels.Where {
	if marker == "" {
		return wheels.Everywhere
	}
	w, ok := g.memo[marker]
	if !ok {
		w = markers.Where(marker, g.chosen)
		g.memo[marker] = w
	}
	return w
}

// walk follows dependencies from the roots, and returns where each package is needed. A
// package is looked at again only when it is needed in more environments than before.
func (g *graph) walk(roots []edge) []wheels.Where {
	needed := map[node]wheels.Where{}
	var queue []node
	follow := func(edges []edge, from wheels.Where) {
		for _, e := range edges {
			for _, i := range g.targets(e) {
				w := from & g.where(e.marker) & g.within[i]
				for _, n := range e.nodes(i) {
					if w&^needed[n] != 0 {
						needed[n] |= w
						queue = append(queue, n)
					}
				}
			}
		}
	}
	follow(roots, wheels.Everywhere)
	for len(queue) > 0 {
		n := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		follow(g.edges[n], needed[n])
	}
	out := make([]wheels.Where, len(g.within))
	for n, w := range needed {
		out[n.index] |= w
	}
	return out
}

func (e edge) nodes(i int) []node {
	nodes := []node{{i, ""}}
	for _, extra := range e.extras {
		nodes = append(nodes, node{i, wheels.Normalise(extra)})
	}
	return nodes
}

// targets are the packages that an edge may mean.
func (g *graph) targets(e edge) []int {
	all := g.byName[wheels.Normalise(e.name)]
	if e.version == "" || len(all) < 2 {
		return all
	}
	for _, i := range all {
		if g.found[i] == e.version {
			return []int{i}
		}
	}
	return all
}

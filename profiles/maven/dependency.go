package maven

import "slices"

// A Dependency is one entry of a POM's dependencies.
type Dependency struct {
	Name    string // group:artifact
	Version string // "" where it comes from elsewhere
	Scope   string // compile where none is given
	At      Value
}

// Dependencies are those of the POM and of its parents in the repository.
func (p *POM) Dependencies() []Dependency {
	var all []Dependency
	for _, q := range p.chain() {
		all = append(all, p.dependencies(q, q.root.all("dependencies", "dependency"))...)
	}
	return all
}

// Imports are the BOMs that the POM and its parents import.
func (p *POM) Imports() []Dependency {
	var all []Dependency
	for _, q := range p.chain() {
		all = append(all, p.dependencies(q, q.root.all("dependencyManagement", "dependencies", "dependency"))...)
	}
	return slices.DeleteFunc(all, func(d Dependency) bool { return d.Scope != "import" })
}

func (p *POM) dependencies(q *POM, nodes []*node) []Dependency {
	var all []Dependency
	for _, n := range nodes {
		d := Dependency{
			Name:    p.Expand(n.textAt("groupId") + ":" + n.textAt("artifactId")),
			Version: p.Expand(n.textAt("version")), Scope: n.textAt("scope"),
			At: Value{Path: q.Path, Line: n.line},
		}
		if d.Scope == "" {
			d.Scope = "compile"
		}
		all = append(all, d)
	}
	return all
}

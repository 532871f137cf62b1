package maven

import (
	"slices"
	"strings"
)

// A Dependency is one entry of a POM's dependencies.
type Dependency struct {
	Name    string // group:artifact
	Version string // "" where it comes from elsewhere
	Scope   string // compile where none is given
	Host    bool   // which file it is depends on the platform that Maven runs on
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
			// https://github.com/trustin/os-maven-plugin sets the properties os.detected.*
			Host: strings.Contains(n.textAt("classifier"), "${os."),
			At:   Value{Path: q.Path, Line: n.line},
		}
		if d.Scope == "" {
			d.Scope = "compile"
		}
		all = append(all, d)
	}
	return all
}

package pylocks

import (
	"regexp"
	"strings"

	"scaffold/evidence/wheels"
)

// A Manifest is what pyproject.toml says that a lock may not.
type Manifest struct {
	Depends []string // names of the project's own dependencies, normalised
	Groups  []string // dependency groups that uv installs by default, but for dev
	Package int      // line that says that the project is a package that can be installed; 0: it is none
	Scripts int      // line of the commands that the package has; 0: it has none
}

// requirement takes the name at the start of a requirement (PEP 508).
var requirement = regexp.MustCompile(`^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)`)

// ReadManifest reads a pyproject.toml. The error is a [SyntaxError].
func ReadManifest(data []byte) (*Manifest, error) {
	m, not := new(Manifest), false
	d := newDocument(data)
	for d.next() {
		switch {
		case d.header && d.in("build-system"):
			m.Package = max(m.Package, d.line)
		case d.header && (d.in("project", "scripts") || d.in("tool", "poetry", "scripts")):
			m.Scripts = d.line
		case d.at("dependencies", "project"):
			for _, text := range d.value.texts() {
				if found := requirement.FindStringSubmatch(text); found != nil {
					m.Depends = append(m.Depends, wheels.Normalise(found[1]))
				}
			}
		case !d.header && d.in("tool", "poetry", "dependencies"):
			m.Depends = append(m.Depends, wheels.Normalise(d.key[0]))
		case d.at("package-mode", "tool", "poetry"), d.at("package", "tool", "uv"), d.at("distribution", "tool", "pdm"):
			if not = !d.value.isTrue(); !not && m.Package == 0 {
				m.Package = d.line
			}
		case d.at("default-groups", "tool", "uv"):
			m.Groups = defaultGroups(d.value.texts())
		}
	}
	if not {
		m.Package = 0
	}
	return m, d.err()
}

func defaultGroups(names []string) (groups []string) {
	for _, g := range names {
		if !strings.EqualFold(g, "dev") {
			groups = append(groups, g)
		}
	}
	return groups
}

package detect

import (
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// A pyManager is a package manager of Python: the file at the top that tells of it, and
// the one that names the project's own dependencies.
type pyManager struct {
	name     string
	marker   string
	manifest string
	add      string // command that adds a dependency; empty: a person writes it into the manifest
	reqs     func(*tree) []requirement
}

// pyManagers, the more telling first: a requirements.txt may be made of any lock.
var pyManagers = []pyManager{
	{"uv", "uv.lock", "pyproject.toml", "uv add", projectRequirements},
	{"poetry", "poetry.lock", "pyproject.toml", "poetry add", projectRequirements},
	{"pdm", "pdm.lock", "pyproject.toml", "pdm add", projectRequirements},
	{"pipenv", "Pipfile.lock", "Pipfile", "pipenv install", func(t *tree) []requirement { return tableRequirements(t, "Pipfile", "packages") }},
	{"pip", "requirements.txt", "requirements.txt", "", func(t *tree) []requirement { return requirements(t, "requirements.txt", 0) }},
}

// pyProviders are the package managers as providers.
func pyProviders() []provider {
	var all []provider
	for _, m := range pyManagers {
		all = append(all, provider{"python/" + m.name, m.marker, m.detect})
	}
	return all
}

// added is the way to a further dependency.
func (m pyManager) added(dist string) string {
	if m.add == "" {
		return "add " + dist + " to " + m.manifest
	}
	return m.add + " " + dist
}

// projectRequirements are the dependencies that pyproject.toml names: those of the project
// (https://packaging.python.org/specifications/pyproject-toml/#dependencies-optional-dependencies),
// and those of Poetry's own table.
func projectRequirements(t *tree) []requirement {
	const file = "pyproject.toml"
	data := t.data(file)
	var doc struct {
		Project struct{ Dependencies []string }
	}
	if _, err := toml.Decode(string(data), &doc); err != nil {
		return nil // project has warned of it
	}
	var reqs []requirement
	lines := strings.Split(string(data), "\n")
	from := keyLine(data, "project", "dependencies")
	for _, text := range doc.Project.Dependencies {
		if m := requirementLine.FindStringSubmatch(text); m != nil && len(reqs) < maxRequirements {
			reqs = append(reqs, newRequirement(m[1], m[2], file, lineOf(lines, text, from)))
		}
	}
	return append(reqs, tableRequirements(t, file, "tool.poetry.dependencies")...)
}

// lineOf is the line, from 1 and not before from, in which a text stands between quotes.
func lineOf(lines []string, text string, from int) int {
	for i := max(0, from-1); i < len(lines); i++ {
		if strings.Contains(lines[i], `"`+text+`"`) || strings.Contains(lines[i], "'"+text+"'") {
			return i + 1
		}
	}
	return from
}

var extrasOf = regexp.MustCompile(`extras\s*=\s*\[([^\]]*)\]`)

// tableRequirements are the keys of a table, as Poetry and pipenv write dependencies: one a
// line, or a table of its own.
func tableRequirements(t *tree, file, table string) []requirement {
	var reqs []requirement
	here := false
	for i, l := range strings.Split(string(t.data(file)), "\n") {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "[") {
			here = strings.HasPrefix(l, "["+table+"]")
			if name, ok := strings.CutPrefix(l, "["+table+"."); ok && len(reqs) < maxRequirements {
				reqs = append(reqs, newRequirement(strings.Trim(name, `]"' `), "", file, i+1))
			}
			continue
		}
		key, value, ok := strings.Cut(l, "=")
		name := strings.Trim(key, " \t\"'")
		if !here || !ok || requirementLine.FindString(name) != name || len(reqs) >= maxRequirements {
			continue
		}
		extras := ""
		if m := extrasOf.FindStringSubmatch(value); m != nil {
			extras = strings.NewReplacer(`"`, "", "'", "").Replace(m[1])
		}
		reqs = append(reqs, newRequirement(name, extras, file, i+1))
	}
	return slices.DeleteFunc(reqs, func(r requirement) bool { return r.dist == "python" })
}

// newRequirement is one with its extras, a list with commas.
func newRequirement(name, extras, file string, line int) requirement {
	req := requirement{dist: strings.ToLower(nameRun.ReplaceAllString(name, "-")), path: file, line: line}
	for e := range strings.SplitSeq(extras, ",") {
		req.extras = append(req.extras, strings.ToLower(strings.TrimSpace(e)))
	}
	return req
}

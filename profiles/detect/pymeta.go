package detect

import (
	"bytes"
	"encoding/binary"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/BurntSushi/toml"
)

// A requirement is one dependency of the project's own: a line of a requirements file, or
// an entry of a manifest.
type requirement struct {
	dist   string // normalised as PEP 503 says
	extras []string
	path   string
	line   int
}

var (
	// https://peps.python.org/pep-0508/#names, and the extras behind.
	requirementLine = regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?`)
	includeLine     = regexp.MustCompile(`^(?:-r|--requirement)[ =]?\s*(\S+)`)
	nameRun         = regexp.MustCompile(`[-_.]+`)
)

// maxIncludes is how deep a requirements file may include others, and maxRequirements
// how many lines are kept.
const (
	maxIncludes     = 4
	maxRequirements = 5000
)

// requirements reads a requirements file and those that it includes.
func requirements(t *tree, file string, depth int) []requirement {
	var reqs []requirement
	for i, l := range strings.Split(decoded(t.data(file)), "\n") {
		l = strings.TrimSpace(l)
		if m := includeLine.FindStringSubmatch(l); m != nil && depth < maxIncludes {
			reqs = append(reqs, requirements(t, path.Join(path.Dir(file), m[1]), depth+1)...)
		} else if m := requirementLine.FindStringSubmatch(l); m != nil {
			reqs = append(reqs, newRequirement(m[1], m[2], file, i+1))
		}
		if len(reqs) > maxRequirements {
			t.warn("has more requirements than were looked at", file, i+1)
			break
		}
	}
	return reqs
}

// decoded is a text file's content by its byte order mark: pip takes what PowerShell's
// "pip freeze > requirements.txt" writes.
// https://pip.pypa.io/en/stable/reference/requirements-file-format/#encoding.
func decoded(data []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return string(bytes.TrimPrefix(data, []byte("\ufeff")))
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 2; i+1 < len(data); i += 2 {
		units = append(units, order.Uint16(data[i:]))
	}
	return string(utf16.Decode(units))
}

// project reads pyproject.toml's name and requires-python.
func (p *pyProject) project() {
	data := p.t.data("pyproject.toml")
	var doc struct {
		Project struct {
			Name     string `toml:"name"`
			Requires string `toml:"requires-python"`
		} `toml:"project"`
		Build map[string]any `toml:"build-system"`
		Tool  struct {
			Poetry struct {
				Name         string
				Dependencies map[string]any
			}
		}
	}
	if data == nil {
		return
	}
	if _, err := toml.Decode(string(data), &doc); err != nil {
		p.r.warn("is no TOML, and was not read", "pyproject.toml", 0)
		return
	}
	p.name = Choice{doc.Project.Name, at("pyproject.toml", keyLine(data, "project", "name"))}
	if p.name.Value == "" {
		p.name = Choice{doc.Tool.Poetry.Name, at("pyproject.toml", keyLine(data, "tool.poetry", "name"))}
	}
	p.requires = Choice{doc.Project.Requires, at("pyproject.toml", keyLine(data, "project", "requires-python"))}
	if python, ok := doc.Tool.Poetry.Dependencies["python"].(string); ok && p.requires.Value == "" {
		p.requires = Choice{python, at("pyproject.toml", keyLine(data, "tool.poetry.dependencies", "python"))}
	}
	p.packaged = doc.Build != nil && p.manager.manifest == "pyproject.toml"
}

// keyLine is the line of a key in a table that has a header of its own, else 0.
func keyLine(data []byte, table, key string) int {
	here := false
	for i, l := range strings.Split(string(data), "\n") {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "[") {
			here = strings.HasPrefix(l, "["+table+"]")
		}
		if k, _, ok := strings.Cut(l, "="); here && ok && strings.Trim(k, " \t\"'") == key {
			return i + 1
		}
	}
	return 0
}

// A versionFile is a file that names the Python version, and the lines that do.
type versionFile struct {
	file string
	line *regexp.Regexp // its first group is major.minor
}

// versionFiles, the more binding first: what a person pins for the interpreter comes
// before what a platform or a tool manager is told.
var versionFiles = []versionFile{
	{".python-version", regexp.MustCompile(`^(?:cpython-)?(3\.[0-9]+)`)}, // pyenv, uv
	{"runtime.txt", regexp.MustCompile(`^python-(3\.[0-9]+)`)},           // Heroku
	{".tool-versions", regexp.MustCompile(`^python\s+(3\.[0-9]+)`)},      // asdf
	{"mise.toml", regexp.MustCompile(`^python\s*=\s*\[?\s*["'](3\.[0-9]+)`)},
	{"Pipfile", regexp.MustCompile(`^python_(?:full_)?version\s*=\s*["'](3\.[0-9]+)`)},
}

func (p *pyProject) version() (Choice, bool) {
	for _, v := range versionFiles {
		for i, l := range strings.Split(decoded(p.t.data(v.file)), "\n") {
			if m := v.line.FindStringSubmatch(strings.TrimSpace(l)); m != nil {
				return Choice{m[1], at(v.file, i+1)}, true
			}
		}
	}
	if v := newestOf(p.requires.Value); v != "" {
		return Choice{v, p.requires.From}, true
	}
	return Choice{}, false
}

var specifier = regexp.MustCompile(`^(===?|~=|~|<=|<|>=|>|!=)\s*3\.([0-9]+)(\.[0-9*]+)?`)

// newestOf is the newest version that a requires-python admits, where it names an
// upper bound; a lower bound alone leaves the choice to the catalog.
// https://peps.python.org/pep-0440/#version-specifiers.
func newestOf(requires string) string {
	newest := -1
	for s := range strings.SplitSeq(requires, ",") {
		m := specifier.FindStringSubmatch(strings.TrimSpace(s))
		if m == nil {
			continue
		}
		minor, _ := strconv.Atoi(m[2])
		exact := slices.Contains([]string{"==", "===", "<=", "~"}, m[1]) || m[1] == "~=" && m[3] != ""
		if m[1] == "<" && m[3] == "" || m[1] == "<" && m[3] == ".0" {
			minor, exact = minor-1, true
		} else if m[1] == "<" {
			exact = true
		}
		if exact && (newest < 0 || minor < newest) {
			newest = minor
		}
	}
	if newest < 0 {
		return ""
	}
	return "3." + strconv.Itoa(newest)
}

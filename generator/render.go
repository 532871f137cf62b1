package generator

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/sprig/v3"

	"scaffold/profiles"
	"scaffold/templates"
)

// allowed are the functions of sprig that templates may use: those that depend on their
// arguments alone. (sprig's own hermetic list is not: keys and values follow map order,
// randInt and shuffle are random.)
var allowed = []string{"join", "trim", "lower", "upper", "replace", "default", "ternary", "indent", "nindent",
	"hasPrefix", "hasSuffix", "contains", "first", "last", "initial", "rest"}

// functions are what templates may call.
var functions = sync.OnceValue(func() template.FuncMap {
	all, some := sprig.TxtFuncMap(), template.FuncMap{}
	for _, name := range allowed {
		some[name] = all[name]
	}
	return some
})

// A row of templates.toml.
type row struct {
	Name     string
	Language string
	Families []string
	Build    []string // places in the build stage, see extra.go
	Runtime  []string // places in the final stage
}

// loaded is what templates.FS holds, parsed once.
type loaded struct {
	rows   []row
	set    *template.Template
	text   map[string]string // by file
	ca     []caTool
	python []pythonManager
}

var load = sync.OnceValue(func() loaded {
	l, err := parseTemplates(templates.FS)
	if err != nil {
		panic(err) // the embedded templates are held by tests
	}
	return l
})

func parseTemplates(fsys fs.FS) (loaded, error) {
	l := loaded{set: template.New("").Option("missingkey=error").Funcs(functions()), text: map[string]string{}}
	data, err := fs.ReadFile(fsys, "templates.toml")
	if err != nil {
		return l, fmt.Errorf("reading templates.toml: %w", err)
	}
	var index struct{ Template []row }
	if _, err := toml.Decode(string(data), &index); err != nil {
		return l, fmt.Errorf("decoding templates.toml: %w", err)
	}
	l.rows = index.Template
	if data, err = fs.ReadFile(fsys, caFile); err != nil {
		return l, fmt.Errorf("reading %s: %w", caFile, err)
	}
	var tools struct{ Tool []caTool }
	if _, err := toml.Decode(string(data), &tools); err != nil {
		return l, fmt.Errorf("decoding %s: %w", caFile, err)
	}
	l.ca, l.text[caFile] = tools.Tool, string(data)
	if data, err = fs.ReadFile(fsys, pythonFile); err != nil {
		return l, fmt.Errorf("reading %s: %w", pythonFile, err)
	}
	var managers struct{ Manager []pythonManager }
	if _, err := toml.Decode(string(data), &managers); err != nil {
		return l, fmt.Errorf("decoding %s: %w", pythonFile, err)
	}
	l.python, l.text[pythonFile] = managers.Manager, string(data)
	files, err := fs.Glob(fsys, "*/*.tmpl")
	if err != nil {
		return l, fmt.Errorf("listing templates: %w", err)
	}
	for _, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return l, fmt.Errorf("reading template %q: %w", file, err)
		}
		l.text[file] = string(data)
		if _, err := l.set.New(file).Parse(string(data)); err != nil {
			return l, fmt.Errorf("parsing template %q: %w", file, err)
		}
	}
	return l, nil
}

// HasTemplate reports whether there is a template for a language on a family of base.
func HasTemplate(language, family string) bool {
	_, ok := templateFor(language, family)
	return ok
}

func templateFor(language, family string) (row, bool) {
	for _, r := range load().rows {
		if r.Language == language && slices.Contains(r.Families, family) {
			return r, true
		}
	}
	return row{}, false
}

// revision names a template by its text and that of what all share: it changes when they
// do, and not with a release.
func revision(name string) string { return revisions()[name] }

var revisions = sync.OnceValue(func() map[string]string {
	l, all := load(), map[string]string{}
	for _, r := range l.rows {
		all[r.Name] = l.revision(r.Name)
	}
	return all
})

func (l loaded) revision(name string) string {
	var parts []string
	for file, text := range l.text {
		if path.Dir(file) == "partials" || file == caFile || file == pythonFile && strings.HasPrefix(name, "python/") || file == name+".Dockerfile.tmpl" {
			parts = append(parts, file+"\x00"+text)
		}
	}
	slices.Sort(parts)
	return profiles.Hash([]byte(syntax + strings.Join(parts, "\x00")))[:12]
}

// renderDockerfile renders a template and puts the syntax line and the header before it.
func renderDockerfile(name string, plan *Plan) (string, error) {
	body, err := execute(name+".Dockerfile.tmpl", plan)
	if err != nil {
		return "", err
	}
	if plan.Syntax == "" {
		return stamp("\n" + body), nil
	}
	return stamp("# syntax=" + plan.Syntax + "\n\n\n" + body), nil
}

func execute(name string, plan *Plan) (string, error) {
	var b bytes.Buffer
	if err := load().set.ExecuteTemplate(&b, name, plan); err != nil {
		return "", fmt.Errorf("rendering template %q: %w", name, err)
	}
	return b.String(), nil
}

package standin

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed recipes.toml
var recipesTOML string

// Row is one kind of stand-in.
type Row struct {
	Ref  string // the references it answers to, for people: "python:3.13-slim[-trixie]"
	Note string // how it differs from the official image; may be empty
}

// parts is what a row or a variant contributes to a recipe.
type parts struct {
	Packages   []string
	Laid       []string
	Steps      []string
	Env        []string
	Entrypoint []string
	Cmd        []string
	User       string
	Workdir    string
	Path       string // appended to PATH
	Labels     map[string]string
	Slim       bool
}

type row struct {
	Show, Match, Note string
	Suite             string
	Exact             bool
	Sets              []string
	parts
	re *regexp.Regexp
}

type suite struct {
	Pockets  []string
	Security string
	Stale    bool // a Release past its Valid-Until is taken
}

// alternative is a link as update-alternatives makes it.
type alternative struct {
	Name, Link, Target string
	Priority           int
	Slave              struct{ Name, Link string } // another link to the same target; optional
}

type catalog struct {
	Suite       map[string]suite
	Set         map[string][]string
	Variant     map[string]parts
	Alternative []alternative
	Row         []row
}

var recipes = sync.OnceValue(func() *catalog {
	c, err := parseCatalog(recipesTOML)
	if err != nil {
		panic(err) // embedded, and held by a test
	}
	return c
})

func parseCatalog(text string) (*catalog, error) {
	c := new(catalog)
	meta, err := toml.Decode(text, c)
	if err != nil {
		return nil, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, &unknownKey{unknown[0].String()}
	}
	for i := range c.Row {
		if c.Row[i].re, err = regexp.Compile(c.Row[i].Match); err != nil {
			return nil, err
		}
	}
	return c, nil
}

type unknownKey struct{ key string }

func (e *unknownKey) Error() string { return "recipes.toml: unknown key " + e.key }

// recipe is a row with the reference's variants applied: all that decides what is built.
type recipe struct {
	Suite   string
	Pockets suite
	Exact   bool
	Version string // the group "version" of the reference
	parts
}

// Known lists the rows.
func Known() []Row {
	var rows []Row
	for _, r := range recipes().Row {
		rows = append(rows, Row{r.Show, r.Note})
	}
	return rows
}

// Supports says whether there is a stand-in for ref, as it stands in a FROM line.
func Supports(ref string) bool {
	_, ok := lookup(ref)
	return ok
}

func lookup(ref string) (recipe, bool) {
	short := shorten(ref)
	for _, r := range recipes().Row {
		if m := r.re.FindStringSubmatch(short); m != nil {
			return r.resolve(recipes(), m), true
		}
	}
	return recipe{}, false
}

func (r row) resolve(c *catalog, match []string) recipe {
	out := recipe{Suite: r.Suite, Pockets: c.Suite[r.Suite], Exact: r.Exact}
	for _, s := range r.Sets {
		out.Packages = append(out.Packages, c.Set[s]...)
	}
	out.add(r.parts)
	for i, name := range r.re.SubexpNames() {
		switch {
		case name == "" || match[i] == "":
		case name == "version":
			out.Version = match[i]
		default:
			out.add(c.Variant[name])
		}
	}
	return out
}

// add appends p's lists, and lets p's single values win.
func (r *recipe) add(p parts) {
	r.Packages = append(r.Packages, p.Packages...)
	r.Laid = append(r.Laid, p.Laid...)
	r.Steps = append(r.Steps, p.Steps...)
	r.Env = append(r.Env, p.Env...)
	if p.Entrypoint != nil {
		r.Entrypoint = p.Entrypoint
	}
	if p.Cmd != nil {
		r.Cmd = p.Cmd
	}
	if p.Labels != nil {
		r.Labels = p.Labels
	}
	r.User = first(p.User, r.User)
	r.Workdir = first(p.Workdir, r.Workdir)
	r.Path = first(p.Path, r.Path)
	r.Slim = r.Slim || p.Slim
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// shorten drops what a FROM line may carry beyond the row's own spelling: digest, docker.io/ and library/;
// and names the tag that a bare name means.
func shorten(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	for _, p := range []string{"index.docker.io/", "docker.io/", "library/"} {
		ref = strings.TrimPrefix(ref, p)
	}
	if !strings.Contains(ref[strings.LastIndex(ref, "/")+1:], ":") {
		ref += ":latest"
	}
	return ref
}

// repository returns the path and tag under which a registry that mirrors ref's own is asked for it.
func repository(ref string) (path, tag string) {
	short := shorten(ref)
	i := strings.LastIndex(short, ":")
	path, tag = short[:i], short[i+1:]
	host, rest, ok := strings.Cut(path, "/")
	switch {
	case !ok:
		return "library/" + path, tag
	case strings.ContainsAny(host, ".:"):
		return rest, tag
	}
	return path, tag
}

// at is where a registry has the stand-in of ref.
func at(registry, ref string) string {
	path, tag := repository(ref)
	return registry + "/" + path + ":" + tag
}

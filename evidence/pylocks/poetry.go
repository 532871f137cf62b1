package pylocks

import (
	"slices"
	"strings"

	"scaffold/evidence/markers"
	"scaffold/evidence/wheels"
)

// A poetryReader reads poetry.lock. Since lock version 2.1 (Poetry 2.0) each package has
// its groups and markers (https://github.com/python-poetry/poetry, packages/locker.py);
// before, what is needed follows from the dependencies.
type poetryReader struct {
	lock   *Lock
	ask    Ask
	edges  map[node][]edge
	groups bool // the lock has them
	all    map[int]poetryPackage
}

// A poetryPackage is what a package says of itself beside its files.
type poetryPackage struct {
	groups   []string
	category string
	optional bool
}

func readPoetry(data []byte, ask Ask) (*Lock, error) {
	r := &poetryReader{lock: new(Lock), ask: ask, edges: map[node][]edge{}, all: map[int]poetryPackage{}}
	d := newDocument(data)
	for d.next() {
		switch {
		case d.header && d.in("package"):
			r.lock.Packages = append(r.lock.Packages, newPackage(d.line))
		case d.at("python-versions", "metadata"):
			r.lock.Requires, r.lock.Line = d.value.text(), d.value.atLine()
		case !d.header && len(d.table) == 2 && d.table[0] == "metadata" && d.table[1] == "files":
			r.oldFiles(d)
		case !d.header && len(r.lock.Packages) > 0 && len(d.table) > 0 && d.table[0] == "package":
			r.key(d, len(r.lock.Packages)-1)
		}
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	if err := r.lock.check(); err != nil {
		return nil, err
	}
	r.needed()
	return r.lock, nil
}

func (r *poetryReader) key(d *document, i int) {
	p, about := &r.lock.Packages[i], r.all[i]
	switch {
	case d.at("name", "package"):
		p.Package, p.Line = d.value.text(), d.value.atLine()
	case d.at("version", "package"):
		p.Version = d.value.text()
	case d.at("optional", "package"):
		about.optional = d.value.isTrue()
	case d.at("category", "package"):
		about.category = d.value.text()
	case d.at("groups", "package"):
		about.groups, r.groups = d.value.texts(), true
	case d.at("markers", "package"):
		p.Where = r.markers(d.value)
	case d.at("files", "package"):
		p.files(d.value)
	case d.at("type", "package", "source"):
		kind := d.value.text()
		p.VCS, p.Local = kind == "git", kind == "directory" || kind == "file"
		if kind == "legacy" {
			return
		}
		p.From = kind
	case d.at("url", "package", "source"):
		if p.From != "" {
			p.From = d.value.text()
		}
	case d.in("package", "dependencies"):
		r.edges[node{i, ""}] = append(r.edges[node{i, ""}], poetryEdges(d.key[0], d.value)...)
	}
	r.all[i] = about
}

// markers are one for all groups, or one for each.
func (r *poetryReader) markers(v *value) wheels.Where {
	chosen := markers.Chosen{Extras: r.ask.Extras, Groups: r.ask.Groups}
	if s := v.text(); s != "" {
		return markers.Where(s, chosen)
	}
	var w wheels.Where
	for _, group := range append([]string{"main"}, r.ask.Groups...) {
		if m := v.field(group); m != nil {
			w |= markers.Where(m.text(), chosen)
		}
	}
	return w
}

// oldFiles reads the files of locks before version 2, which stand at the end, by package.
func (r *poetryReader) oldFiles(d *document) {
	for i := range r.lock.Packages {
		if p := &r.lock.Packages[i]; p.Package == d.key[0] {
			p.files(d.value)
			return
		}
	}
}

// poetryEdges reads name = "version", { version, markers, extras }, or a list of them.
func poetryEdges(name string, v *value) []edge {
	if list := v.elements(); list != nil {
		var all []edge
		for _, e := range list {
			all = append(all, poetryEdges(name, &e)...)
		}
		return all
	}
	return []edge{{name: name, extras: v.field("extras").texts(), marker: v.field("markers").text()}}
}

func (r *poetryReader) needed() {
	var where []wheels.Where
	if !r.groups && len(r.ask.Roots) > 0 {
		g := newGraph(r.lock, markers.Chosen{Extras: r.ask.Extras, Groups: r.ask.Groups})
		g.edges = r.edges
		var roots []edge
		for _, name := range r.ask.Roots {
			roots = append(roots, edge{name: name})
		}
		where = g.walk(roots)
	}
	for i := range r.lock.Packages {
		p, about := &r.lock.Packages[i], r.all[i]
		if where != nil {
			p.Where = where[i]
		}
		if about.category == "dev" || about.optional && len(r.ask.Extras) == 0 || r.groups && !inGroups(about.groups, "main", r.ask.Groups) {
			p.Where = 0
		}
	}
}

// inGroups reports whether a package is in the project's own group or in a chosen one.
func inGroups(groups []string, own string, chosen []string) bool {
	return slices.ContainsFunc(groups, func(g string) bool {
		return g == own || slices.ContainsFunc(chosen, func(c string) bool { return strings.EqualFold(g, c) })
	})
}

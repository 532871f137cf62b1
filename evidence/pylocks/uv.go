package pylocks

import (
	"slices"

	"scaffold/evidence/markers"
	"scaffold/evidence/wheels"
)

// A uvReader reads uv.lock, whose shape uv's own source states
// (https://github.com/astral-sh/uv/blob/main/crates/uv-resolver/src/lock/mod.rs).
type uvReader struct {
	lock    *Lock
	ask     Ask
	roots   []int    // packages that are the project
	members []string // of a workspace
	own     map[node][]edge
	groups  map[int]map[string][]edge
}

func readUV(data []byte, ask Ask) (*Lock, error) {
	r := &uvReader{lock: new(Lock), ask: ask, own: map[node][]edge{}, groups: map[int]map[string][]edge{}}
	d := newDocument(data)
	for d.next() {
		switch {
		case d.header && d.in("package"):
			r.lock.Packages = append(r.lock.Packages, newPackage(d.line))
		case d.at("requires-python"):
			r.lock.Requires, r.lock.Line = d.value.text(), d.value.atLine()
		case d.at("members", "manifest"):
			r.members = d.value.texts()
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

func (r *uvReader) key(d *document, i int) {
	p := &r.lock.Packages[i]
	switch {
	case d.at("name", "package"):
		p.Package, p.Line = d.value.text(), d.value.atLine()
	case d.at("version", "package"):
		p.Version = d.value.text()
	case d.at("source", "package"):
		r.source(d.value, i)
	case d.at("resolution-markers", "package"):
		p.Where = 0
		for _, m := range d.value.texts() {
			p.Where |= markers.Where(m, markers.Chosen{})
		}
	case d.at("sdist", "package"):
		if name, line := fileOf(d.value); name != "" {
			p.file(name, line)
		}
	case d.at("wheels", "package"):
		p.files(d.value)
	case d.at("dependencies", "package"):
		r.own[node{i, ""}] = edges(d.value)
	case d.in("package", "optional-dependencies"):
		r.own[node{i, wheels.Normalise(d.key[0])}] = edges(d.value)
	case d.in("package", "dev-dependencies"):
		if r.groups[i] == nil {
			r.groups[i] = map[string][]edge{}
		}
		r.groups[i][wheels.Normalise(d.key[0])] = edges(d.value)
	}
}

// source reads where a package is from. The project itself lies at ".".
func (r *uvReader) source(v *value, i int) {
	p := &r.lock.Packages[i]
	for _, kind := range []string{"editable", "virtual", "directory", "path", "git", "url"} {
		from := v.field(kind)
		if from.text() == "" {
			continue
		}
		p.From, p.VCS = from.text(), kind == "git"
		p.Local = kind != "git" && kind != "url"
		if p.From == "." && (kind == "editable" || kind == "virtual") {
			r.roots = append(r.roots, i)
			if kind == "editable" {
				r.lock.Project = from.atLine()
			}
		}
		if kind == "path" || kind == "url" {
			p.file(fileName(p.From), from.atLine())
		}
	}
}

// needed narrows the packages to what the project needs. Without a project at the top of
// the workspace, uv installs all members.
func (r *uvReader) needed() {
	g := newGraph(r.lock, markers.Chosen{Extras: r.ask.Extras, Groups: r.ask.Groups})
	g.edges = r.own
	if len(r.roots) == 0 {
		for i, p := range r.lock.Packages {
			if slices.ContainsFunc(r.members, func(m string) bool { return wheels.Normalise(m) == p.Package }) {
				r.roots = append(r.roots, i)
			}
		}
	}
	if len(r.roots) == 0 {
		return // nothing says what is needed
	}
	var from []edge
	for _, root := range r.roots {
		from = append(from, r.own[node{root, ""}]...)
		for _, extra := range r.ask.Extras {
			from = append(from, r.own[node{root, wheels.Normalise(extra)}]...)
		}
		for _, group := range r.ask.Groups {
			from = append(from, r.groups[root][wheels.Normalise(group)]...)
		}
	}
	where := g.walk(from)
	for i := range r.lock.Packages {
		r.lock.Packages[i].Where = where[i]
	}
	for _, root := range r.roots {
		if r.lock.Packages[root].From == "." {
			r.lock.Packages[root].Where = 0
			continue
		}
		r.lock.Packages[root].Where = wheels.Everywhere
	}
}

// edges are the dependencies of a list.
func edges(list *value) []edge {
	var all []edge
	for _, e := range list.elements() {
		all = append(all, edge{
			name: e.field("name").text(), version: e.field("version").text(),
			extras: e.field("extra").texts(), marker: e.field("marker").text(),
		})
	}
	return all
}

package pylocks

import "scaffold/evidence/markers"

// readPylock reads pylock.toml (https://packaging.python.org/specifications/pylock-toml/).
func readPylock(data []byte, ask Ask) (*Lock, error) {
	l := new(Lock)
	chosen := markers.Chosen{Extras: ask.Extras, Groups: ask.Groups}
	d := newDocument(data)
	for d.next() {
		if d.at("default-groups") {
			chosen.Groups = append(chosen.Groups, d.value.texts()...)
		}
		if d.at("requires-python") {
			l.Requires, l.Line = d.value.text(), d.value.atLine()
		}
		if d.header && d.in("packages") {
			l.Packages = append(l.Packages, newPackage(d.line))
		}
		if d.header || len(l.Packages) == 0 || len(d.table) == 0 || d.table[0] != "packages" {
			continue
		}
		if p := &l.Packages[len(l.Packages)-1]; d.in("packages") {
			pylockKey(d, p, chosen)
		} else if len(d.table) == 2 && len(d.key) == 1 {
			p.pylockSource(d.table[1], d.key[0], d.value)
		}
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	return l, l.check()
}

func pylockKey(d *document, p *Package, chosen markers.Chosen) {
	switch key := d.key[0]; key {
	case "name":
		p.Package, p.Line = d.value.text(), d.value.atLine()
	case "version":
		p.Version = d.value.text()
	case "marker":
		p.Where = markers.Where(d.value.text(), chosen)
	case "wheels":
		p.files(d.value)
	case "sdist":
		if name, line := fileOf(d.value); name != "" {
			p.file(name, line)
		}
	case "vcs", "directory", "archive":
		for _, field := range []string{"path", "url"} {
			p.pylockSource(key, field, d.value.field(field))
		}
	}
}

// pylockSource reads where a package is taken from that is in no index. It stands in an
// inline table, or in a table of its own; so may the files.
func (p *Package) pylockSource(kind, field string, v *value) {
	if v.text() == "" || field != "path" && field != "url" && field != "name" {
		return
	}
	switch kind {
	case "vcs":
		p.From, p.VCS = v.text(), true
	case "directory":
		p.From, p.Local = v.text(), true
	case "archive":
		p.From, p.Local = v.text(), field == "path"
		p.file(fileName(p.From), v.atLine())
	case "sdist", "wheels":
		p.file(fileName(v.text()), v.atLine())
	}
}

package pylocks

import (
	"path"
	"strings"

	"scaffold/evidence/markers"
)

// readPDM reads pdm.lock (https://pdm-project.org/latest/usage/lockfile/). Packages have
// groups and markers of their own where the strategy is inherit_metadata, the default;
// elsewhere every package is kept.
func readPDM(data []byte, ask Ask) (*Lock, error) {
	l := new(Lock)
	var groups [][]string
	extras := map[int]bool{} // packages that stand there once more, for their extras
	d := newDocument(data)
	for d.next() {
		switch {
		case d.header && d.in("package"):
			l.Packages, groups = append(l.Packages, newPackage(d.line)), append(groups, nil)
		case d.at("requires_python", "metadata", "targets") && l.Requires == "":
			l.Requires, l.Line = d.value.text(), d.value.atLine()
		case d.at("groups", "package") && len(groups) > 0:
			groups[len(groups)-1] = d.value.texts()
		case d.at("extras", "package") && len(groups) > 0:
			extras[len(groups)-1] = true
		case !d.header && d.in("package") && len(l.Packages) > 0:
			pdmKey(d, &l.Packages[len(l.Packages)-1], ask)
		}
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	for i := range l.Packages {
		if groups[i] != nil && !inGroups(groups[i], "default", ask.Groups) {
			l.Packages[i].Where = 0
		}
	}
	if err := l.check(); err != nil {
		return nil, err
	}
	l.fold(extras)
	return l, nil
}

// fold adds where the doubles are needed to the packages that they are doubles of.
func (l *Lock) fold(doubles map[int]bool) {
	first := map[string]int{}
	for i := range l.Packages {
		p := &l.Packages[i]
		key := p.Package + " " + p.Version
		if j, ok := first[key]; ok && doubles[i] {
			l.Packages[j].Where |= p.Where
			p.Where = 0
		} else if !ok {
			first[key] = i
		}
	}
}

func pdmKey(d *document, p *Package, ask Ask) {
	switch d.key[0] {
	case "name":
		p.Package, p.Line = d.value.text(), d.value.atLine()
	case "version":
		p.Version = d.value.text()
	case "marker":
		p.Where = markers.Where(d.value.text(), markers.Chosen{Extras: ask.Extras, Groups: ask.Groups})
	case "files":
		p.files(d.value)
	case "path", "git", "url":
		p.From, p.VCS, p.Local = d.value.text(), d.key[0] == "git", d.key[0] == "path"
		if d.key[0] == "url" {
			p.file(fileName(p.From), d.value.atLine())
		}
	}
}

// fileName is the last part of a path or URL.
func fileName(from string) string {
	from, _, _ = strings.Cut(from, "#")
	return path.Base(from)
}

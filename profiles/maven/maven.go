// Package maven reads Maven's POMs offline: what a project is, without running anything
// of it.
//
// The model: a [POM] is one pom.xml together with the parents that lie in the same
// repository. Every answer is a [Value], a text with the file and line where it stands,
// and its ${…} are filled in from the properties that are in reach.
//
// Limits: a parent that only a Maven repository holds is known by its name and version;
// profiles, extensions and what plugins compute are not looked at.
package maven

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"scaffold/profiles"
)

// FileName is the name of a project's POM.
const FileName = "pom.xml"

// maxParents bounds how many parents of a POM are read, and maxModules how many modules.
const (
	maxParents = 10
	maxModules = 500
)

// A Value is a text of a POM and its place.
type Value struct {
	Text string
	Path string
	Line int
}

// A POM is one pom.xml.
type POM struct {
	Path   string
	root   *node
	parent *POM // in the repository; nil for none

	properties map[string]*node   // the first of each name
	plugins    map[string][]*node // that the build runs, by group:artifact
	managed    map[string][]*node // that it would run so
}

// A Reader gives the content of a file by its path with slashes, relative to the
// repository's top.
type Reader func(name string) ([]byte, error)

// Read reads the POM at name and its parents in the repository. The error is
// [profiles.Problems] where a file is no POM, else what read gave for name itself.
func Read(read Reader, name string) (*POM, error) { return poms{}.read(read, name, 0) }

// poms are what was read by now: modules share their parents.
type poms map[string]*POM

func (seen poms) read(read Reader, name string, depth int) (*POM, error) {
	if p, ok := seen[name]; ok && p == nil {
		return nil, fmt.Errorf("reading %q: it is its own parent", name)
	} else if ok {
		return p, nil
	}
	data, err := read(name)
	if err != nil {
		return nil, err
	}
	top, err := parse(data)
	if err != nil {
		return nil, profiles.Problems{{File: name, Msg: "is no POM: " + profiles.OneLine(err.Error()), Hint: "mvn validate says more"}}
	}
	p := &POM{Path: name, root: top.one("project")}
	if p.root == nil {
		return nil, profiles.Problems{{File: name, Msg: "is no POM: it has no element project", Hint: "is it the right file?"}}
	}
	seen[name] = nil
	if file, ok := p.parentFile(); ok && depth < maxParents {
		// Maven too takes the repository's parent where no file answers to the name.
		if up, err := seen.read(read, file, depth+1); err == nil && up.root.textAt("artifactId") == p.root.textAt("parent", "artifactId") {
			p.parent = up
		}
	}
	p.index()
	seen[name] = p
	return p, nil
}

// index makes what is asked for by name quick to find: of a POM with thousands of plugins,
// each of its modules asks for some.
func (p *POM) index() {
	p.properties, p.plugins, p.managed = map[string]*node{}, map[string][]*node{}, map[string][]*node{}
	if list := p.root.one("properties"); list != nil {
		for _, n := range list.kids {
			if _, ok := p.properties[n.name]; !ok {
				p.properties[n.name] = n
			}
		}
	}
	for _, n := range p.root.all("build", "plugins", "plugin") {
		p.plugins[pluginName(n)] = append(p.plugins[pluginName(n)], n)
	}
	for _, n := range p.root.all("build", "pluginManagement", "plugins", "plugin") {
		p.managed[pluginName(n)] = append(p.managed[pluginName(n)], n)
	}
}

// parentFile is where the parent lies, if it is to be looked for in the repository
// (https://maven.apache.org/pom.html#Inheritance).
func (p *POM) parentFile() (string, bool) {
	parent := p.root.one("parent")
	if parent == nil {
		return "", false
	}
	relative := "../" + FileName
	if r := parent.one("relativePath"); r != nil {
		relative = r.text
	}
	return inside(path.Dir(p.Path), relative)
}

// inside joins a reference to another POM; it reports false for one that leads out.
func inside(dir, to string) (string, bool) {
	if to == "" || path.IsAbs(to) || strings.Contains(to, "$") {
		return "", false
	}
	name := path.Join(dir, strings.ReplaceAll(to, `\`, "/"))
	if path.Ext(name) != ".xml" {
		name = path.Join(name, FileName)
	}
	return name, name != ".." && !strings.HasPrefix(name, "../")
}

// Modules are the POMs of the modules of p and of theirs, in order. Those that are not
// there are left out.
func (p *POM) Modules(read Reader) ([]*POM, error) {
	seen, parents := map[string]bool{p.Path: true}, poms{p.Path: p}
	var all []*POM
	next := []*POM{p}
	for len(next) > 0 {
		q := next[0]
		next = next[1:]
		for _, m := range q.root.all("modules", "module") {
			file, ok := inside(path.Dir(q.Path), m.text)
			if !ok || seen[file] || len(all) == maxModules {
				continue
			}
			seen[file] = true
			module, err := parents.read(read, file, 0)
			var broken profiles.Problems
			if errors.As(err, &broken) {
				return nil, err
			}
			if err != nil {
				continue
			}
			all = append(all, module)
			next = append(next, module)
		}
	}
	return all, nil
}

// Dir is the folder of the POM, "." for the top.
func (p *POM) Dir() string { return path.Dir(p.Path) }

// chain is the POM and its parents in the repository, the nearest first.
func (p *POM) chain() []*POM {
	var all []*POM
	for q := p; q != nil; q = q.parent {
		all = append(all, q)
	}
	return all
}

// value makes a Value of an element of p, with the properties of from filled in.
func (p *POM) value(n *node, from *POM) Value {
	return Value{Text: from.Expand(n.text), Path: p.Path, Line: n.line}
}

// Own is the text at a path of this POM alone.
func (p *POM) Own(at ...string) (Value, bool) {
	if n := p.root.one(at...); n != nil && n.text != "" {
		return p.value(n, p), true
	}
	return Value{}, false
}

// Inherited is the text at a path of this POM, else of its nearest parent that has it.
func (p *POM) Inherited(at ...string) (Value, bool) {
	for _, q := range p.chain() {
		if n := q.root.one(at...); n != nil && n.text != "" {
			return q.value(n, p), true
		}
	}
	return Value{}, false
}

// Property is the value of a property.
func (p *POM) Property(name string) (Value, bool) {
	for _, q := range p.chain() {
		if n := q.properties[name]; n != nil && n.text != "" {
			return q.value(n, p), true
		}
	}
	return Value{}, false
}

// Packaging is jar, war, pom or what else the POM says.
func (p *POM) Packaging() string {
	if v, ok := p.Own("packaging"); ok {
		return v.Text
	}
	return "jar"
}

// Parent is the nearest parent that only a Maven repository holds, as group:artifact, and
// its version.
func (p *POM) Parent() (name, version Value, ok bool) {
	chain := p.chain()
	last := chain[len(chain)-1]
	n := last.root.one("parent")
	if n == nil {
		return Value{}, Value{}, false
	}
	name = Value{n.textAt("groupId") + ":" + n.textAt("artifactId"), last.Path, n.line}
	version = Value{p.Expand(n.textAt("version")), last.Path, n.line}
	if v := n.one("version"); v != nil {
		version.Line = v.line
	}
	return name, version, true
}

var reference = regexp.MustCompile(`\$\{([A-Za-z0-9_.-]+)\}`)

// Expand fills in the ${…} of a text. What is not known stays as it is.
func (p *POM) Expand(text string) string {
	budget := maxExpansions
	return p.expand(text, 0, &budget)
}

// maxExpansions bounds how many ${…} are filled in for one text: properties that name
// each other could double it without end.
const maxExpansions = 200

func (p *POM) expand(text string, depth int, budget *int) string {
	if *budget--; depth > maxParents || *budget < 0 {
		return text
	}
	return reference.ReplaceAllStringFunc(text, func(ref string) string {
		name := ref[2 : len(ref)-1]
		for _, q := range p.chain() {
			if n := q.properties[name]; n != nil {
				return p.expand(n.text, depth+1, budget)
			}
		}
		if field, ok := strings.CutPrefix(name, "project."); ok {
			if v := p.field(field); v != "" {
				return p.expand(v, depth+1, budget)
			}
		}
		return ref
	})
}

// field is a text of the project itself; version and groupId come from the parent where
// they are not given.
func (p *POM) field(name string) string {
	if t := p.root.textAt(strings.Split(name, ".")...); t != "" {
		return t
	}
	if name == "version" || name == "groupId" {
		return p.root.textAt("parent", name)
	}
	return ""
}

// Resolved reports whether nothing of a text is left to fill in.
func Resolved(text string) bool { return text != "" && !strings.Contains(text, "${") }

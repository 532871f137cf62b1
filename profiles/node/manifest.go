package node

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"scaffold/profiles"
)

// ManifestName is the file that makes a folder a Node project.
const ManifestName = "package.json"

// A Manifest is one package.json.
type Manifest struct {
	Path string
	top  *Value
}

// A Place is a text and where it stands.
type Place struct {
	Text string
	Path string
	Line int
}

// ReadManifest reads the package.json of a folder. The error wraps [fs.ErrNotExist], or is
// [profiles.Problems].
func ReadManifest(read Reader, dir string) (*Manifest, error) {
	name := path.Join(dir, ManifestName)
	data, err := read(name)
	if err != nil {
		return nil, err
	}
	top, err := Parse(data)
	var syntax *SyntaxError
	if errors.As(err, &syntax) {
		return nil, profiles.Problems{{File: name, Line: syntax.Line, Msg: "is no JSON: " + profiles.OneLine(syntax.Msg)}}
	}
	if top.kind != '{' {
		return nil, profiles.Problems{{File: name, Line: 1, Msg: "is no JSON object"}}
	}
	return &Manifest{Path: name, top: top}, nil
}

// At is the text at a path of keys.
func (m *Manifest) At(keys ...string) Place {
	v := m.top.Get(keys...)
	if v.Text() == "" {
		return Place{}
	}
	return Place{v.Text(), m.Path, v.Line}
}

// Dir is the folder of the manifest.
func (m *Manifest) Dir() string { return path.Dir(m.Path) }

// groups are the tables of dependencies that npm installs, the development ones last
// (https://docs.npmjs.com/cli/v11/configuring-npm/package-json).
var groups = []string{"dependencies", "optionalDependencies", "devDependencies"}

// Dependency is where a package is asked for, and whether only development needs it.
func (m *Manifest) Dependency(name string) (at Place, dev, ok bool) {
	for _, g := range groups {
		if v := m.top.Get(g, name); v != nil {
			return Place{v.Text(), m.Path, v.Line}, g == "devDependencies", true
		}
	}
	return Place{}, false, false
}

// A Wanted is a package that the program needs to run, or may do without.
type Wanted struct {
	Name, Wanted string // Wanted is the version, a range, or where it is to be had
	Optional     bool
}

// Runtime are the packages that the program is to be run with.
func (m *Manifest) Runtime() []Wanted {
	var all []Wanted
	for _, g := range groups[:2] {
		if v := m.top.Get(g); v != nil {
			for _, name := range v.Keys {
				all = append(all, Wanted{name, v.Get(name).Text(), g == "optionalDependencies"})
			}
		}
	}
	return all
}

// Depends reports whether the program needs a package to run.
func (m *Manifest) Depends() bool {
	for _, g := range groups[:2] {
		if v := m.top.Get(g); v != nil && len(v.Keys) > 0 {
			return true
		}
	}
	return false
}

// Script is a script of the manifest.
func (m *Manifest) Script(name string) Place { return m.At("scripts", name) }

// Lifecycle is the first script of the project's own that installing its dependencies
// runs (https://docs.npmjs.com/cli/v11/using-npm/scripts#npm-ci).
func (m *Manifest) Lifecycle() (name string, at Place) {
	for _, s := range []string{"preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"} {
		if at := m.Script(s); at.Text != "" {
			return s, at
		}
	}
	return "", Place{}
}

// Workspaces are the patterns of the folders that belong to the project.
func (m *Manifest) Workspaces() []string {
	w := m.top.Get("workspaces")
	if w != nil && w.kind == '{' {
		w = w.Get("packages") // yarn 1 with nohoist
	}
	return w.Texts()
}

// PackageManager is packageManager's name and version, without its hash
// (https://nodejs.org/api/packages.html#packagemanager).
func (m *Manifest) PackageManager() (name, version string, at Place) {
	at = m.At("packageManager")
	name, version, _ = strings.Cut(at.Text, "@")
	version, _, _ = strings.Cut(version, "+")
	return name, version, at
}

// A PackageManager is one of those that install Node's packages.
type PackageManager struct {
	Name  string // as in the stack
	Locks []string
}

// Managers, the more telling lock first: a lock of another may have been left behind.
var Managers = []PackageManager{
	{"pnpm", []string{"pnpm-lock.yaml"}},
	{"yarn", []string{"yarn.lock"}},
	{"bun", []string{"bun.lock", "bun.lockb"}},
	{"npm", []string{"npm-shrinkwrap.json", "package-lock.json"}},
}

// Manager is the package manager of a project: the one that packageManager names, else the
// one whose lock is there, else npm.
func (m *Manifest) Manager(has func(name string) bool) (name string, at Place) {
	if name, _, at := m.PackageManager(); slices.ContainsFunc(Managers, func(p PackageManager) bool { return p.Name == name }) {
		return name, at
	}
	for _, p := range Managers {
		for _, l := range p.Locks {
			if has(l) {
				return p.Name, Place{l, l, 1}
			}
		}
	}
	return "npm", Place{"", m.Path, 1}
}

// LockOf is the name of a manager's lock that is there, or "".
func LockOf(manager string, has func(name string) bool) string {
	for _, p := range Managers {
		for _, l := range p.Locks {
			if p.Name == manager && has(l) {
				return l
			}
		}
	}
	return ""
}

// missing reports whether err says that a file is not there.
func missing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

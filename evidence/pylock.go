package evidence

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"scaffold/evidence/pylocks"
	"scaffold/evidence/wheels"
	"scaffold/profiles"
)

// Manifest is the file in which every package manager but pip and pipenv takes the
// project's dependencies.
const Manifest = "pyproject.toml"

// A pyManager is what is known of a package manager that locks.
type pyManager struct {
	manifest string
	config   string   // file beside it that changes what is installed; empty: none is known
	locks    []string // the first that is there is read
	make     string   // the command that makes the first
}

var pyManagers = map[string]pyManager{
	"uv":     {Manifest, "uv.toml", []string{"uv.lock"}, "uv lock"},
	"poetry": {Manifest, "poetry.toml", []string{"poetry.lock"}, "poetry lock"},
	"pdm":    {Manifest, "pdm.toml", []string{"pdm.lock", "pylock.toml"}, "pdm lock"},
	"pipenv": {"Pipfile", "", []string{"Pipfile.lock"}, "pipenv lock"},
}

// readLocked reads the lock of a package manager.
func readLocked(manager string) reader {
	m := pyManagers[manager]
	return func(r *repo, _ string) error {
		manifest, err := readManifest(r, m)
		if err != nil {
			return err
		}
		name, data, err := m.lock(r)
		if err != nil {
			return err
		}
		lock, err := pylocks.Read(name, data, pylocks.Ask{Groups: manifest.Groups, Roots: manifest.Depends})
		if err != nil {
			return inFile(name, err)
		}
		r.fact(PyLock, name, name, 0, "%s", count(len(lock.Packages), "package", "packages"))
		if least := leastPython(lock.Requires); least != "" {
			r.fact(PyVersion, least, name, lock.Line, "is for Python %s", lock.Requires)
		}
		lockedFacts(r, name, lock)
		return nil
	}
}

// readManifest reads what the lock may not say. The manifest is a source: it is copied
// into the build.
func readManifest(r *repo, m pyManager) (*pylocks.Manifest, error) {
	data, err := r.source(m.manifest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, profiles.Problems{{File: m.manifest, Msg: "there is none in the build context", Hint: "set context to the folder that has it"}}
	case err != nil:
		return nil, err
	}
	r.fact(PyManifest, m.manifest, m.manifest, 0, "manifest")
	if m.config != "" {
		switch _, err := r.source(m.config); {
		case err == nil:
			r.fact(PyManifest, m.config, m.config, 0, "settings")
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	if m.manifest != Manifest {
		return new(pylocks.Manifest), nil
	}
	manifest, err := pylocks.ReadManifest(data)
	if err == nil {
		packageFact(r, manifest)
	}
	return manifest, inFile(m.manifest, err)
}

// packageFact notes that the project has to be installed to run: its commands are made by
// that, and code below src/ is found by nothing else.
func packageFact(r *repo, m *pylocks.Manifest) {
	info, err := r.root.Stat("src")
	switch {
	case m.Package == 0:
	case m.Scripts > 0:
		r.fact(PyPackage, "true", Manifest, m.Scripts, "the project is a package with commands")
	case err == nil && info.IsDir():
		r.fact(PyPackage, "true", Manifest, m.Package, "the project is a package below src/")
	}
}

// lock reads the first of the manager's locks that is there.
func (m pyManager) lock(r *repo) (name string, data []byte, err error) {
	for _, name := range m.locks {
		data, err := r.source(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return name, data, err
		}
	}
	return "", nil, profiles.Problems{{File: m.locks[0], Msg: "there is none in the build context", Hint: m.make + " makes it; commit it"}}
}

// inFile makes a problem of a file's error.
func inFile(name string, err error) error {
	var syntax *pylocks.SyntaxError
	if errors.As(err, &syntax) {
		return profiles.Problems{{File: name, Line: syntax.Line, Msg: syntax.Msg}}
	}
	return err
}

// lockedFacts notes the packages: each that is not the same everywhere, and how many are.
func lockedFacts(r *repo, name string, lock *pylocks.Lock) {
	pure := 0
	var unknown []string
	for _, p := range lock.Packages {
		switch {
		case p.Local:
			r.fact(PyLocal, p.Package, name, p.Line, "%s is a local path", p.Package)
		case p.VCS:
			r.fact(PyVCS, p.Package, name, p.Line, "%s is taken from a repository", p.Package)
		case p.Bare:
			if !nativeFact(r, p.Package, name, p.Line) {
				unknown = append(unknown, p.Package)
			}
		case p.Pure() && len(nativeWheels(p.Release)) == 0:
			pure++
		default:
			wheelsFact(r, name, p)
		}
	}
	if pure > 0 {
		r.fact(PyPure, strconv.Itoa(pure), name, 0, "%s for any platform", count(pure, "package has a wheel", "packages have wheels"))
	}
	if len(unknown) > 0 {
		r.fact(PyUnknown, strings.Join(unknown, " "), name, 0, "%s: whether they have native code is unknown", few(unknown))
	}
}

func wheelsFact(r *repo, name string, p pylocks.Package) {
	release := p.Release
	text := "has native code"
	switch {
	case len(release.Wheels) == 0 && release.Source < 0:
		text = "has neither a wheel for Linux nor source"
	case len(release.Wheels) == 0:
		text = "has no wheel for Linux, and is built from source"
	}
	r.fact(PyWheels, release.String(), name, p.Line, "%s %s %s", release.Package, release.Version, text)
}

// nativeWheels are those for one platform.
func nativeWheels(release wheels.Release) []wheels.Wheel {
	return slices.DeleteFunc(slices.Clone(release.Wheels), func(w wheels.Wheel) bool { return w.Tag.Platform == "any" })
}

// count is 1 thing, or n things.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// lowerBound takes a specifier that sets one (PEP 440, and Poetry's caret).
var lowerBound = regexp.MustCompile(`^\s*(?:>=|>|~=|===?|\^|~)\s*3\.([0-9]{1,2})(?:\.[0-9*]+)?\s*$`)

// leastPython is the least minor version that a set of specifiers admits, or "" where it
// sets no bound that can be told.
func leastPython(requires string) string {
	least := -1
	for s := range strings.SplitSeq(requires, ",") {
		if m := lowerBound.FindStringSubmatch(s); m != nil {
			minor, _ := strconv.Atoi(m[1])
			least = max(least, minor)
		}
	}
	if least < 0 {
		return ""
	}
	return "3." + strconv.Itoa(least)
}

// Subject is what a fact is about, as a person would call it.
func Subject(f profiles.Fact) string {
	if release, err := wheels.ParseRelease(f.Value); f.Key == PyWheels && err == nil {
		return release.Package
	}
	if n, ok := ParseNodeBinaries(f.Value); f.Key == NodeNative && ok {
		return n.Name
	}
	return f.Value
}

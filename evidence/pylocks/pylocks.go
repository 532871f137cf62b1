// Package pylocks reads the lock files of Python's package managers: uv.lock, poetry.lock,
// pdm.lock, pylock.toml (PEP 751) and Pipfile.lock.
//
// The model: a lock's bytes and what of it is to be installed go in ([Ask]); the packages
// that can be installed on Linux come out ([Lock]), each with its line, the wheels that
// the lock names for it, and the environments in which it is installed. Where a lock does
// not say what is left out, the package is kept.
//
// The work is linear in the file but for the walk along dependencies, which visits a
// package at most once for each environment that it is found to be needed in.
//
// Limits: nothing is resolved; a lock of several versions of a package has one package for
// each. Pipfile.lock, and requirements files with hashes, name no files.
package pylocks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"scaffold/evidence/wheels"
)

// Ask says what of a lock is installed: the packages that a program needs.
type Ask struct {
	Groups []string // dependency groups beside the project's own dependencies. Optional.
	Extras []string // of the project. Optional.
	Roots  []string // what the project itself names, for locks that do not say it. Optional.
}

// A Package is one package of a lock.
type Package struct {
	wheels.Release
	Line  int    // of its name, from 1
	From  string // where the source is taken from that no index has: a path or URL; "" for an index
	Local bool   // From is a path
	VCS   bool   // From is a repository
	Bare  bool   // the lock names no files
}

// A Lock is what was read of a lock file.
type Lock struct {
	Packages []Package // in the order of the file
	Requires string    // the versions of Python that it is for, a specifier set; "" where it says nothing
	Line     int       // of Requires
	Project  int       // line that says that the project is itself a package to be installed; 0: nothing does
}

// A SyntaxError is a lock that cannot be read.
type SyntaxError struct {
	Line int // from 1; 0 where none applies
	Msg  string
}

func (e *SyntaxError) Error() string { return e.Msg }

// maxPackages bounds how many packages a lock may have, and so how many facts it gives.
const maxPackages = 10_000

// readers are the formats, by the name of the file.
var readers = map[string]func([]byte, Ask) (*Lock, error){
	"uv.lock": readUV, "poetry.lock": readPoetry, "pdm.lock": readPDM, "pylock.toml": readPylock, "Pipfile.lock": readPipfile,
}

// Read reads a lock. name is the file's, without a folder. The error is a [SyntaxError], or
// says that the name is none of a lock.
func Read(name string, data []byte, ask Ask) (*Lock, error) {
	read, ok := readers[name]
	if !ok {
		return nil, fmt.Errorf("reading %q: it is no lock file that is known", name)
	}
	l, err := read(data, ask)
	if err != nil {
		return nil, err
	}
	l.Packages = slices.DeleteFunc(l.Packages, func(p Package) bool { return p.Where == 0 })
	return l, nil
}

// PEP 508 names, and versions as PEP 440 and older packages write them.
var (
	validName    = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`)
	validVersion = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.!+_-]*$`)
)

// check refuses what would be no package, so that nothing of a lock is passed on but
// names and versions.
func (l *Lock) check() error {
	if len(l.Packages) > maxPackages {
		return &SyntaxError{l.Packages[maxPackages].Line, fmt.Sprintf("there are more than %d packages", maxPackages)}
	}
	for i := range l.Packages {
		p := &l.Packages[i]
		if !validName.MatchString(p.Package) || len(p.Package) > 200 {
			return &SyntaxError{p.Line, fmt.Sprintf("%.80q is no name of a package", p.Package)}
		}
		if p.Version != "" && (!validVersion.MatchString(p.Version) || len(p.Version) > 100) {
			return &SyntaxError{p.Line, fmt.Sprintf("%.80q is no version of a package", p.Version)}
		}
		if p.Version == "" {
			p.Version = "unversioned"
		}
		p.Package = wheels.Normalise(p.Package)
	}
	return nil
}

// archives are the ends of names of source archives.
// https://packaging.python.org/specifications/source-distribution-format/ has the first
// only; older releases the rest.
var archives = []string{".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar"}

// file adds a file that the lock names at a line: a wheel, or the source archive.
func (p *Package) file(name string, line int) {
	if strings.HasSuffix(name, ".whl") {
		if n, err := wheels.Parse(name); err == nil {
			p.Add(n, line-p.Line)
		}
		return
	}
	if p.Source < 0 && slices.ContainsFunc(archives, func(end string) bool { return strings.HasSuffix(name, end) }) {
		p.Source = line - p.Line
	}
}

// newPackage is a package that is installed everywhere.
func newPackage(line int) Package {
	return Package{Line: line, Release: wheels.Release{Source: -1, Where: wheels.Everywhere}}
}

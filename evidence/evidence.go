// Package evidence reads facts about a project from its files, offline: what decides
// which base image it can be built and run on.
//
// The model: a reader per language takes the project's folder and gives facts, each
// with the file and line that shows it, and the list of files whose change would
// change the facts. Facts go into the lock as they are; package bases judges by them.
//
// Limits: only regular files inside the folder are read, each up to [MaxFile] bytes;
// of a Java project, and of a Python project with requirements.txt, only the packages that
// its files name are known, not what those bring; nothing is looked up on a network.
package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"scaffold/profiles"
)

// MaxFile is the most that is read of one file, in bytes.
const MaxFile = 8 << 20

// Keys of facts. The value of each is named after it.
const (
	GoVersion      = "go/version"          // minimum Go version, major.minor
	GoSum          = "go/sum"              // "true": there is a go.sum
	GoVendor       = "go/vendor"           // "true": dependencies are vendored
	GoCgo          = "go/cgo"              // module or file that needs cgo
	GoCXX          = "go/cxx"              // module or file that is C++
	PyRequirements = "python/requirements" // path of a requirements or constraints file
	PyLocal        = "python/local"        // requirement that names a local path
	PyNative       = "python/native"       // package with native code and wheels for both libcs
	PySource       = "python/source"       // package that is compiled on installation
	JavaVersion    = "java/version"        // Java release that the project compiles for
	JavaPOM        = "java/pom"            // path of a POM of the build
	JavaWrapper    = "java/wrapper"        // there is a Maven wrapper; its Maven's version, where that is known
	JavaUnzip      = "java/unzip"          // "true": the wrapper needs unzip
	JavaSettings   = "java/settings"       // folder with the project's settings for Maven
	JavaKind       = "java/kind"           // what packaging makes, a maven.Kind
	JavaJar        = "java/jar"            // pattern of the path of what packaging makes
	JavaMain       = "java/main"           // main class
	JavaLayers     = "java/layers"         // jarmode that takes a Spring Boot jar apart
	JavaLoader     = "java/loader"         // main class of a jar that was taken apart
	JavaSkip       = "java/skip"           // property that keeps further jars from being made
	JavaLibraries  = "java/libraries"      // "true": the program has libraries
	JavaHost       = "java/host"           // library of which Maven takes the file for the platform that it runs on
	JavaNative     = "java/native"         // library with native code
	NodeFile       = "node/file"           // path of a file that installing reads
	NodeLock       = "node/lock"           // path of the lock
	NodeSetup      = "node/setup"          // package and version of the package manager, for npm to install
	NodeBerry      = "node/berry"          // "true": yarn is 2 or newer
	NodeYarn       = "node/yarn"           // path of the yarn that the project brings
	NodeDepends    = "node/depends"        // "true": it has dependencies to run
	NodeVersion    = "node/version"        // major version that the project is developed with
	NodeEngines    = "node/engines"        // range of versions that it admits
	NodeBuild      = "node/build"          // script that builds it
	NodeLifecycle  = "node/lifecycle"      // script of its own that installing runs
	NodeNative     = "node/native"         // package, what it does without a binary, libc, architectures
	NodeScript     = "node/script"         // package with an install script that is not known
	NodeCount      = "node/count"          // how many packages the program takes
	NodeUnknown    = "node/unknown"        // why nothing is known of its packages
	PyUnknown      = "python/unknown"      // packages of which scaffold does not know whether they have native code
	PyManifest     = "python/manifest"     // path of a file that the package manager reads beside its lock
	PyLock         = "python/lock"         // path of the package manager's lock
	PyPackage      = "python/package"      // "true": the project is a package that has to be installed
	PyVersion      = "python/version"      // least version of Python that the lock is for, major.minor
	PyPure         = "python/pure"         // number of locked packages that have wheels for any platform
	PyWheels       = "python/wheels"       // locked package that has not, as a wheels.Release
	PyVCS          = "python/vcs"          // locked package that is taken from a repository
)

// Evidence is what was read of one project.
type Evidence struct {
	Facts   []profiles.Fact
	Sources []profiles.Source // sorted as read; the facts hold as long as these do
}

// A Project is what is looked at in a folder.
type Project struct {
	Language string
	Manager  string // package manager, for languages with more than one
	Target   string // the profile's build.target, for languages that have one
}

// A reader reads the facts of one language, or of one of its package managers.
type reader func(r *repo, target string) error

var readers = map[string]reader{
	"go": readGo, "java": readJava, "node": readNode, "python/pip": readPython,
	"python/uv": readLocked("uv"), "python/poetry": readLocked("poetry"), "python/pdm": readLocked("pdm"), "python/pipenv": readLocked("pipenv"),
}

// Read reads the evidence for a project from the build context at dir.
// Errors name the file, and the line where there is one.
func Read(dir string, p Project) (*Evidence, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening build context %q: %w", dir, errors.Unwrap(err))
	}
	defer root.Close()
	r := &repo{root: root, evidence: new(Evidence), manager: p.Manager}
	read, ok := readers[p.Language+"/"+p.Manager]
	if !ok {
		read, ok = readers[p.Language]
	}
	if ok {
		if err := read(r, p.Target); err != nil {
			return nil, err
		}
	}
	return r.evidence, nil
}

// Moved returns the first source whose bytes are no longer those that the evidence was
// read from, or "" where all stand.
func Moved(dir string, sources []profiles.Source) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("opening build context %q: %w", dir, errors.Unwrap(err))
	}
	defer root.Close()
	r := &repo{root: root, evidence: new(Evidence)}
	for _, s := range sources {
		data, err := r.read(s.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		sum := ""
		if err == nil {
			sum = profiles.Hash(data)
		}
		if sum != s.SHA256 {
			return s.Path, nil
		}
	}
	return "", nil
}

// repo reads files below one folder and notes what was read.
type repo struct {
	root     *os.Root
	evidence *Evidence
	manager  string // package manager of the stack
}

func (r *repo) read(name string) ([]byte, error) { return profiles.ReadFile(r.root, name, MaxFile) }

// source reads a file and notes it, with its hash, as a source of the evidence. A
// missing file is noted as such: that it is not there is a fact too.
func (r *repo) source(name string) ([]byte, error) {
	data, err := r.read(name)
	switch {
	case slices.ContainsFunc(r.evidence.Sources, func(s profiles.Source) bool { return s.Path == name }):
	case err == nil:
		r.evidence.Sources = append(r.evidence.Sources, profiles.Source{Path: name, SHA256: profiles.Hash(data)})
	case errors.Is(err, fs.ErrNotExist):
		r.evidence.Sources = append(r.evidence.Sources, profiles.Source{Path: name})
	}
	return data, err
}

// exists reports whether a file is there, without making its content a source.
func (r *repo) exists(name string) bool {
	info, err := r.root.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func (r *repo) fact(key, value, path string, line int, format string, args ...any) {
	r.evidence.Facts = append(r.evidence.Facts, profiles.Fact{
		Key: key, Value: value, Text: fmt.Sprintf(format, args...), Path: path, Line: line,
	})
}

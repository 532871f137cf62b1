package evidence

import (
	"bufio"
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"scaffold/evidence/wheels"
	"scaffold/profiles"
)

//go:embed python.toml
var pythonTOML string

// A NativePackage is what is known of one Python package with native code.
type NativePackage struct {
	Name    string
	Newest  string
	Glibc   []string // architectures with a manylinux wheel
	Musl    []string // architectures with a musllinux wheel
	Build   []string // Debian packages that compiling it needs
	Runtime []string // Debian packages that running it needs
	Instead string   // a package of the same code that has wheels
}

type nativeData struct {
	Date    string
	Version string
	Package []NativePackage
}

var native = sync.OnceValue(func() nativeData {
	var data nativeData
	if _, err := toml.Decode(pythonTOML, &data); err != nil {
		panic("decoding embedded python.toml: " + err.Error())
	}
	return data
})

// Native returns what is known of the Python package called name, normalised.
func Native(name string) (NativePackage, bool) {
	for _, p := range native().Package {
		if p.Name == name {
			return p, true
		}
	}
	return NativePackage{}, false
}

// RequirementsFile is the file that a pip project names its dependencies in.
const RequirementsFile = "requirements.txt"

// maxIncludes bounds how many files a requirements file may include.
const maxIncludes = 50

func readPython(r *repo, _ string) error {
	err := readRequirements(r, RequirementsFile, false, map[string]bool{})
	if errors.Is(err, fs.ErrNotExist) {
		return profiles.Problems{{File: RequirementsFile, Msg: "there is none in the build context",
			Hint: "pip freeze > requirements.txt, or set context to the folder that has it"}}
	}
	return err
}

// readRequirements reads a requirements file, or one of constraints: that installs nothing,
// so only the files count that it includes.
func readRequirements(r *repo, name string, constraint bool, seen map[string]bool) error {
	key := fmt.Sprint(name, constraint)
	if seen[key] || len(seen) >= maxIncludes {
		return nil
	}
	seen[key] = true
	data, err := r.source(name)
	if err != nil {
		return err
	}
	if !seen[fmt.Sprint(name, !constraint)] {
		r.fact(PyRequirements, name, name, 0, "requirements")
	}
	scan := bufio.NewScanner(bytes.NewReader(data))
	scan.Buffer(nil, MaxFile)
	var unknown []string
	for line := 1; scan.Scan(); line++ {
		pkg, err := requirement(r, name, line, strings.TrimSpace(scan.Text()), constraint, seen)
		if err != nil {
			return err
		}
		if pkg != "" {
			unknown = append(unknown, pkg)
		}
	}
	if len(unknown) > 0 {
		r.fact(PyUnknown, strings.Join(unknown, " "), name, 0, "%s: whether they, or what they bring, have native code is unknown", few(unknown))
	}
	return scan.Err()
}

// few names at most three of a list.
func few(names []string) string {
	if len(names) <= 3 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
}

// pep508 takes the name at the start of a requirement (PEP 508).
var pep508 = regexp.MustCompile(`^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[|[=<>!~;@]|$|\s)`)

// include takes -r and -c lines, whose short forms may stand before the name without a
// blank (https://pip.pypa.io/en/stable/reference/requirements-file-format/).
var include = regexp.MustCompile(`^(?:(-r)[\s=]*|(-c)[\s=]*|(--requirement|--constraint)(?:\s+|=))(\S+)`)

// local takes requirements that name a path: a project, an archive, a folder of archives.
var local = regexp.MustCompile(`^(?:(?:-e\s*|-f\s*|(?:--editable|--find-links)(?:\s+|=))(\S+)|(\.{0,2}/\S*|\.|\S+\.(?:whl|zip|tar\.gz|tgz|tar\.bz2))(?:\s|;|#|$)|\S+\s*@\s*(file:\S+))`)

// localPath is the path that a requirement names, or "".
func localPath(text string) string {
	m := local.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	path := m[1] + m[2] + m[3]
	if strings.Contains(path, "://") && !strings.HasPrefix(path, "file:") || strings.Contains(path, "git+") {
		return ""
	}
	return path
}

// requirement reads one line. It returns the name of a package that nothing is known of.
func requirement(r *repo, name string, line int, text string, constraint bool, seen map[string]bool) (unknown string, err error) {
	if i := strings.Index(text, " #"); i >= 0 {
		text = strings.TrimSpace(text[:i])
	}
	if text == "" || strings.HasPrefix(text, "#") {
		return "", nil
	}
	if m := include.FindStringSubmatch(text); m != nil {
		file, constraint := m[4], m[2] != "" || m[3] == "--constraint"
		if strings.Contains(file, "://") {
			return "", nil
		}
		if err := readRequirements(r, path.Join(path.Dir(name), file), constraint, seen); err != nil {
			return "", profiles.Problems{{File: name, Line: line, Msg: fmt.Sprintf("including %q: %v", file, err)}}
		}
		return "", nil
	}
	if constraint {
		return "", nil
	}
	if localPath(text) != "" {
		r.fact(PyLocal, text, name, line, "%s is a local path", text)
		return "", nil
	}
	m := pep508.FindStringSubmatch(text)
	if m == nil {
		return "", nil
	}
	pkg := wheels.Normalise(m[1])
	if !nativeFact(r, pkg, name, line) {
		return pkg, nil
	}
	return "", nil
}

// nativeFact notes what is known of a package; it reports false where that is nothing.
func nativeFact(r *repo, pkg, name string, line int) bool {
	p, ok := Native(pkg)
	if !ok {
		return false
	}
	date := native().Date
	if len(p.Glibc) == 0 {
		r.fact(PySource, pkg, name, line, "%s has no wheels: pip compiles it%s (%s, read %s)", pkg, p.demands(), p.Newest, date)
		return true
	}
	r.fact(PyNative, pkg, name, line, "%s has native code; wheels for %s: glibc %s, musl %s (%s, read %s)",
		pkg, native().Version, list(p.Glibc), list(p.Musl), p.Newest, date)
	return true
}

// demands says what compiling and running the package asks of the profile.
func (p NativePackage) demands() string {
	text := ""
	if len(p.Build) > 0 {
		text += ", with build.packages " + strings.Join(p.Build, " ")
	}
	if len(p.Runtime) > 0 {
		text += " and runtime.packages " + strings.Join(p.Runtime, " ")
	}
	if p.Instead != "" {
		text += ", or take " + p.Instead
	}
	return text
}

// Packages returns the OS packages that the facts ask for, by Debian name, and the fact
// that asked first; empty where none is known to be needed.
func Packages(facts []profiles.Fact) (build, runtime []string, from profiles.Fact) {
	for _, f := range facts {
		p, ok := fromSource(f)
		if !ok {
			continue
		}
		if from.Key == "" {
			from = f
		}
		for _, name := range p.Build {
			if !slices.Contains(build, name) {
				build = append(build, name)
			}
		}
		for _, name := range p.Runtime {
			if !slices.Contains(runtime, name) {
				runtime = append(runtime, name)
			}
		}
	}
	return build, runtime, from
}

// fromSource is what is known of a package that a fact says to have no wheels.
func fromSource(f profiles.Fact) (NativePackage, bool) {
	switch f.Key {
	case PySource:
		return Native(f.Value)
	case PyWheels:
		if release, err := wheels.ParseRelease(f.Value); err == nil && len(release.Wheels) == 0 {
			return Native(release.Package)
		}
	}
	return NativePackage{}, false
}

func list(arches []string) string {
	if len(arches) == 0 {
		return "none"
	}
	return strings.Join(arches, " and ")
}

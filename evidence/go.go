package evidence

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"go/build"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"golang.org/x/mod/modfile"

	"scaffold/profiles"
)

// maxGoFiles bounds how many Go files are looked at for import "C".
const maxGoFiles = 20000

//go:embed go.toml
var goTOML string

// A cgoModule is what is known of one module that needs cgo.
type cgoModule struct {
	Path, Source string
	Off          string // what happens without
	CXX          bool   // it links the C++ library
	Instead      string // a module for the same without cgo
}

// cgoModules are the modules that need cgo, by path.
var cgoModules = sync.OnceValue(func() map[string]cgoModule {
	var data struct{ Module []cgoModule }
	if _, err := toml.Decode(goTOML, &data); err != nil {
		panic("decoding embedded go.toml: " + err.Error())
	}
	m := map[string]cgoModule{}
	for _, e := range data.Module {
		m[e.Path] = e
	}
	return m
})

func readGo(r *repo, _ string) error {
	data, err := r.source("go.mod")
	if errors.Is(err, fs.ErrNotExist) {
		return profiles.Problems{{File: "go.mod", Msg: "there is none in the build context", Hint: "run go mod init, or set context to the folder that has it"}}
	}
	if err != nil {
		return err
	}
	mod, err := modfile.Parse("go.mod", data, nil)
	if err != nil { // directives of a newer Go, perhaps; ParseLax passes over them, and over the toolchain line
		mod, err = modfile.ParseLax("go.mod", data, nil)
	}
	if err != nil {
		return modProblems(err)
	}
	goVersion(r, mod)
	for _, req := range mod.Require {
		m, ok := cgoModules()[req.Mod.Path]
		if !ok {
			continue
		}
		r.fact(GoCgo, m.Path, "go.mod", req.Syntax.Start.Line, "%s needs cgo; with cgo off it %s", m.Path, m.Off)
		if m.CXX {
			r.fact(GoCXX, m.Path, "go.mod", req.Syntax.Start.Line, "%s is C++", m.Path)
		}
	}
	if r.exists("go.sum") {
		r.fact(GoSum, "true", "go.sum", 0, "module checksums")
	}
	if r.exists("vendor/modules.txt") {
		r.fact(GoVendor, "true", "vendor/modules.txt", 0, "dependencies are vendored")
	}
	return cgoImports(r)
}

// modProblems is what is wrong with a go.mod, each with its line.
func modProblems(err error) error {
	const hint = "go mod edit -fmt says the same; correct the line"
	var list modfile.ErrorList
	if !errors.As(err, &list) {
		return profiles.Problems{{File: "go.mod", Msg: "parsing it: " + err.Error(), Hint: hint}}
	}
	var all profiles.Problems
	for _, e := range list {
		msg := e.Verb
		if e.Err != nil {
			msg = strings.TrimSpace(msg + " " + e.Err.Error())
		}
		all = append(all, profiles.Problem{File: "go.mod", Line: e.Pos.Line, Msg: msg, Hint: hint})
	}
	return all
}

// goVersion notes the least Go version that go.mod demands: its toolchain line where
// there is one, else its go line (https://go.dev/doc/toolchain).
func goVersion(r *repo, mod *modfile.File) {
	switch {
	case mod.Toolchain != nil && strings.HasPrefix(mod.Toolchain.Name, "go1."):
		v := minor(strings.TrimPrefix(mod.Toolchain.Name, "go"))
		r.fact(GoVersion, v, "go.mod", mod.Toolchain.Syntax.Start.Line, "toolchain %s", mod.Toolchain.Name)
	case mod.Go != nil:
		r.fact(GoVersion, minor(mod.Go.Version), "go.mod", mod.Go.Syntax.Start.Line, "go %s", mod.Go.Version)
	}
}

// minor cuts 1.26.3 and 1.26rc1 to 1.26.
func minor(v string) string {
	major, rest, ok := strings.Cut(v, ".")
	if !ok {
		return v
	}
	end := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
	if end < 0 {
		end = len(rest)
	}
	return major + "." + rest[:end]
}

// cgoImports notes the first file of each package that imports "C", and the first C++
// file beside it.
func cgoImports(r *repo) error {
	seen, files := map[string]bool{}, 0
	cxx := map[string]string{} // the first C++ file of each folder
	err := fs.WalkDir(r.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading %q: %w", name, err)
		}
		base, dir := path.Base(name), path.Dir(name)
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "vendor" || base == "testdata" || base == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if d.Type().IsRegular() && cxx[dir] == "" && slices.Contains(cxxEndings, path.Ext(base)) {
			cxx[dir] = name
		}
		if !d.Type().IsRegular() || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") || seen[dir] {
			return nil
		}
		if files++; files > maxGoFiles {
			return fs.SkipAll
		}
		if line := importsC(r, name); line > 0 {
			seen[dir] = true
			r.fact(GoCgo, name, name, line, `imports "C"`)
		}
		return nil
	})
	for _, dir := range slices.Sorted(maps.Keys(seen)) {
		if name := cxx[dir]; name != "" {
			r.fact(GoCXX, name, name, 0, `C++ in a package that imports "C"`)
		}
	}
	return err
}

// cxxEndings are those of the files that the go command compiles as C++
// (https://pkg.go.dev/cmd/cgo).
var cxxEndings = []string{".cc", ".cpp", ".cxx"}

// importsC returns the line of the file's import "C", or 0. A file that is left out on
// Linux, or that does not parse, has none: the compiler will say what is wrong with it.
func importsC(r *repo, name string) int {
	data, err := r.read(name)
	if err != nil || !builtOnLinux(name, data) {
		return 0
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, data, parser.ImportsOnly)
	if err != nil {
		return 0
	}
	for _, imp := range f.Imports {
		if imp.Path.Value == `"C"` {
			return fset.Position(imp.Pos()).Line
		}
	}
	return 0
}

// builtOnLinux reports whether the file's name and its constraints let it into a build
// with cgo on one of the architectures that images are made for most.
func builtOnLinux(name string, data []byte) bool {
	for _, arch := range []string{"amd64", "arm64"} {
		ctx := build.Default
		ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled, ctx.BuildTags = "linux", arch, true, nil
		ctx.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
		if ok, err := ctx.MatchFile(path.Dir(name), path.Base(name)); ok || err != nil {
			return true
		}
	}
	return false
}

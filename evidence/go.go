package evidence

import (
	_ "embed"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
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

// cgoModules maps the path of a module that needs cgo to what happens without.
var cgoModules = sync.OnceValue(func() map[string]string {
	var data struct {
		Module []struct{ Path, Off, Source string }
	}
	if _, err := toml.Decode(goTOML, &data); err != nil {
		panic("decoding embedded go.toml: " + err.Error())
	}
	m := map[string]string{}
	for _, e := range data.Module {
		m[e.Path] = e.Off
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
		return fmt.Errorf("parsing go.mod: %w", err)
	}
	goVersion(r, mod)
	for _, req := range mod.Require {
		if off, ok := cgoModules()[req.Mod.Path]; ok {
			r.fact(GoCgo, req.Mod.Path, "go.mod", req.Syntax.Start.Line, "%s needs cgo; with cgo off it %s", req.Mod.Path, off)
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

// cgoImports notes the first file of each package that imports "C".
func cgoImports(r *repo) error {
	seen, files := map[string]bool{}, 0
	return fs.WalkDir(r.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading %q: %w", name, err)
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "vendor" || base == "testdata" || base == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") || seen[path.Dir(name)] {
			return nil
		}
		if files++; files > maxGoFiles {
			return fs.SkipAll
		}
		if line := importsC(r, name); line > 0 {
			seen[path.Dir(name)] = true
			r.fact(GoCgo, name, name, line, `imports "C"`)
		}
		return nil
	})
}

// importsC returns the line of the file's import "C", or 0. A file that does not parse
// has none: the compiler will say what is wrong with it.
func importsC(r *repo, name string) int {
	data, err := r.read(name)
	if err != nil {
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

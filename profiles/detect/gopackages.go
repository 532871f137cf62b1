package detect

import (
	"bytes"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"scaffold/profiles"
)

// maxPackages is how many packages of a module are read for one program.
const maxPackages = 300

// A goProgram parses the packages of one module, as the linux build would see them.
type goProgram struct {
	t     *tree
	mod   *modfile.File
	fset  *token.FileSet
	dirs  map[string][]string // folder → its .go files that are no tests
	order []string            // the folders, the shallowest first
	ctx   build.Context
}

func newGoProgram(t *tree, mod *modfile.File) *goProgram {
	p := &goProgram{t: t, mod: mod, fset: token.NewFileSet(), dirs: map[string][]string{}}
	p.ctx = build.Context{
		GOOS: "linux", GOARCH: "amd64", Compiler: "gc", ReleaseTags: build.Default.ReleaseTags,
		JoinPath: path.Join,
		OpenFile: func(name string) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(t.data(name))), nil
		},
	}
	for _, f := range t.files {
		dir := path.Dir(f)
		if path.Ext(f) != ".go" || strings.HasSuffix(f, "_test.go") || p.otherModule(dir) {
			continue
		}
		if p.dirs[dir] == nil {
			p.order = append(p.order, dir)
		}
		p.dirs[dir] = append(p.dirs[dir], f)
	}
	return p
}

// otherModule reports whether a folder belongs to a module nested in this one.
func (p *goProgram) otherModule(dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		if p.t.has(path.Join(dir, "go.mod")) {
			return true
		}
	}
	return false
}

// mains are the main packages that somebody might deploy, as values of build.target.
func (p *goProgram) mains() []Choice {
	var found []Choice
	for _, dir := range p.order {
		if slices.ContainsFunc(strings.Split(dir, "/"), func(s string) bool {
			return slices.Contains(notDeployed, s) || s[0] == '_'
		}) {
			continue
		}
		if where, ok := p.mainFunc(dir); ok {
			target := "."
			if dir != "." {
				target = "./" + dir
			}
			if _, _, err := profiles.ParseSet("build.target=" + target); err != nil {
				p.t.warn("has a main package that no profile can name", dir, 0)
				continue
			}
			found = append(found, Choice{target, at(where.Path, where.Line)})
		}
	}
	return found
}

// mainFunc finds func main in a folder whose package is main.
func (p *goProgram) mainFunc(dir string) (Finding, bool) {
	for _, name := range p.dirs[dir] {
		if ok, err := p.ctx.MatchFile(dir, path.Base(name)); err != nil || !ok {
			continue
		}
		head, err := parser.ParseFile(p.fset, name, p.t.data(name), parser.PackageClauseOnly)
		if err != nil {
			continue
		}
		if head.Name.Name != "main" {
			return Finding{}, false // a folder has one package
		}
		f := p.parse(name)
		if f == nil {
			continue
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "main" {
				return p.where("main package", fn.Pos()), true
			}
		}
	}
	return Finding{}, false
}

// parse returns a file's syntax, or nil. It keeps what a file with errors has.
func (p *goProgram) parse(name string) *ast.File {
	f, err := parser.ParseFile(p.fset, name, p.t.data(name), parser.SkipObjectResolution)
	if err != nil && (f == nil || f.Name == nil) {
		return nil
	}
	return f
}

// where ignores //line comments: they could name any file.
func (p *goProgram) where(text string, pos token.Pos) Finding {
	at := p.fset.PositionFor(pos, false)
	return Finding{text, at.Filename, at.Line}
}

// local returns the folder of a package of this module.
func (p *goProgram) local(importPath string) (string, bool) {
	if importPath == p.mod.Module.Mod.Path {
		return ".", true
	}
	return strings.CutPrefix(importPath, p.mod.Module.Mod.Path+"/")
}

// read parses the package in dir and, breadth first, those of the module that it
// imports, and gathers what they say.
func (p *goProgram) read(dir string) *goSource {
	s := newGoSource(p)
	queue, seen := []string{dir}, map[string]bool{dir: true}
	for ; len(queue) > 0 && len(seen) <= maxPackages; queue = queue[1:] {
		var files []*ast.File
		for _, name := range p.dirs[queue[0]] {
			if ok, err := p.ctx.MatchFile(queue[0], path.Base(name)); err != nil || !ok {
				continue
			}
			if f := p.parse(name); f != nil {
				files = append(files, f)
			}
		}
		for _, f := range files {
			for _, spec := range f.Imports {
				importPath := strings.Trim(spec.Path.Value, "\"`")
				s.imports[importPath] = true
				if next, ok := p.local(importPath); ok && !seen[next] {
					seen[next] = true
					queue = append(queue, next)
				}
			}
		}
		s.packages = append(s.packages, files)
	}
	s.gather()
	return s
}

// importsModule reports whether a package of the module at any major version is imported.
func (s *goSource) importsModule(modulePath string) bool {
	for i := range s.imports {
		if i == modulePath || strings.HasPrefix(i, modulePath+"/") {
			return true
		}
		if prefix, _, ok := module.SplitPathVersion(i); ok && prefix == modulePath {
			return true
		}
	}
	return false
}

// foreign reports whether anything but the standard library and the module is imported.
func (s *goSource) foreign() bool {
	for i := range s.imports {
		first, _, _ := strings.Cut(i, "/")
		if _, local := s.p.local(i); !local && strings.Contains(first, ".") {
			return true
		}
	}
	return false
}

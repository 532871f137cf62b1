package detect

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// A goSource is what the literals of a program's own packages say.
type goSource struct {
	p        *goProgram
	packages [][]*ast.File
	imports  map[string]bool

	fields  map[string]goValue // values of struct fields and package variables, by name
	ports   []goPort
	flags   map[string]goValue // defaults of flags and settings, by the flag's name
	envPort Finding            // where the variable PORT is read
	listens Finding            // a call that listens at an address that could not be read
	routes  map[string]Finding
	waits   bool
}

// A goPort is an address that the program listens at.
type goPort struct {
	port  int
	local bool
	at    Finding
}

// sidePorts are where metrics and profiles are served beside the service itself.
var sidePorts = []int{9090, 9091, 2112, 6060, 8081}

func (p goPort) order() int {
	if slices.Contains(sidePorts, p.port) {
		return 1
	}
	return 0
}

func newGoSource(p *goProgram) *goSource {
	return &goSource{p: p, imports: map[string]bool{}, fields: map[string]goValue{}, flags: map[string]goValue{}, routes: map[string]Finding{}}
}

// gather reads all constants first, then the calls: a port may be a constant of
// another package.
func (s *goSource) gather() {
	scopes := make([]goScope, len(s.packages))
	for i, files := range s.packages {
		scopes[i] = s.constants(files)
	}
	for i, files := range s.packages {
		for _, f := range files {
			for _, d := range f.Decls {
				fn, _ := d.(*ast.FuncDecl)
				s.calls(d, scopes[i], fn)
				s.findRoutes(d, map[string]string{}, 0)
			}
		}
	}
}

// calls finds what listens, and what waits.
func (s *goSource) calls(d ast.Decl, scope goScope, fn *ast.FuncDecl) {
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			s.call(n, scope, fn)
		case *ast.CompositeLit:
			if name(n.Type) == "Server" {
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok && name(kv.Key) == "Addr" {
						s.listen(kv.Value, scope, fn)
					}
				}
			}
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if sel, ok := l.(*ast.SelectorExpr); ok && sel.Sel.Name == "Addr" && i < len(n.Rhs) {
					s.listen(n.Rhs[i], scope, fn)
				}
			}
		case *ast.ForStmt:
			s.waits = s.waits || n.Cond == nil
		case *ast.SelectStmt, *ast.GoStmt:
			s.waits = true
		case *ast.SelectorExpr:
			s.waits = s.waits || slices.Contains([]string{"Notify", "NotifyContext", "Stdin", "Accept", "Serve", "Sleep", "Tick", "Args"}, n.Sel.Name)
		}
		return true
	})
}

func (s *goSource) call(c *ast.CallExpr, scope goScope, fn *ast.FuncDecl) {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	i, ok := listeners[sel.Sel.Name]
	if !ok || len(c.Args) <= i {
		return
	}
	// net.Listen("tcp", address), and ListenConfig's, which has a context before it.
	for j := 0; sel.Sel.Name == "Listen" && j < min(2, len(c.Args)-1); j++ {
		if v, ok := s.eval(c.Args[j], scope, fn, 0); ok && strings.HasPrefix(v.text, "unix") {
			return
		} else if ok && strings.HasPrefix(v.text, "tcp") {
			i = j + 1
		}
	}
	certain := strings.HasPrefix(sel.Sel.Name, "ListenAndServe") || sel.Sel.Name == "Listen"
	if !s.listen(c.Args[i], scope, fn) && certain && name(c.Args[i]) != "nil" && s.listens.Path == "" {
		s.listens = s.p.where("listens", c.Pos())
	}
}

// listen notes the port of an address, and reports whether e could be read as one.
func (s *goSource) listen(e ast.Expr, scope goScope, fn *ast.FuncDecl) bool {
	v, ok := s.eval(e, scope, fn, 0)
	if !ok {
		return false
	}
	i := strings.LastIndexByte(v.text, ':')
	if i < 0 {
		return false
	}
	port, err := strconv.Atoi(v.text[i+1:])
	if err != nil || port < 1 || port > 65535 {
		return false
	}
	host := v.text[:i]
	s.ports = append(s.ports, goPort{port, host == "localhost" || host == "[::1]" || host == "::1" || strings.HasPrefix(host, "127."), s.p.where("", v.pos)})
	return true
}

// runsWithout notes the framework's own port where its run call has no address.
func (s *goSource) runsWithout(f *goFramework) {
	for _, files := range s.packages {
		for _, file := range files {
			if !fileImports(file, f.module) || fileImports(file, "os/exec") {
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				c, ok := n.(*ast.CallExpr)
				if !ok || len(c.Args) > 0 {
					return true
				}
				if sel, ok := c.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == f.run {
					s.ports = append(s.ports, goPort{port: f.port, at: s.p.where("", c.Pos())})
				}
				return true
			})
		}
	}
}

func fileImports(f *ast.File, module string) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool {
		p := strings.Trim(i.Path.Value, "\"`")
		return p == module || strings.HasPrefix(p, module+"/")
	})
}

// serves reports whether the program has the means to answer requests.
func (s *goSource) serves() bool {
	return s.imports["net/http"] || s.imports["net"] || s.foreign()
}

// ends reports whether the program surely ends by itself: nothing in it waits, and
// no code of others could.
func (s *goSource) ends() bool {
	for i := range s.imports {
		if top, _, _ := strings.Cut(i, "/"); top == "net" || top == "database" || i == "os/exec" {
			return false
		}
	}
	return !s.waits && !s.foreign() && s.listens.Path == "" && len(s.ports) == 0 && len(s.packages) > 0 && len(s.packages[0]) > 0
}

// name is the last identifier of x or p.x, or "".
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.StarExpr:
		return name(e.X)
	}
	return ""
}

// literal is a string or number as written, and whether e is one.
func literal(e ast.Expr) (goValue, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return goValue{}, false
	}
	switch lit.Kind {
	case token.STRING:
		text, err := strconv.Unquote(lit.Value)
		return goValue{text, lit.Pos()}, err == nil
	case token.INT:
		return goValue{lit.Value, lit.Pos()}, true
	}
	return goValue{}, false
}

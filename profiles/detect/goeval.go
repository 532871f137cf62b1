package detect

import (
	"go/ast"
	"go/token"
	"reflect"
	"regexp"
	"strings"
)

// A goValue is a string or number of the source, and where its port is written.
type goValue struct {
	text string
	pos  token.Pos
}

// A goScope holds the first literal that a name is given: per function, and under nil
// for the package. It is no evaluation: of "port := os.Getenv(…)" and a default below,
// it holds the default, which is what an image without that variable does.
type goScope map[*ast.FuncDecl]map[string]goValue

func (g goScope) put(fn *ast.FuncDecl, name string, v goValue) {
	if g[fn] == nil {
		g[fn] = map[string]goValue{}
	}
	if _, ok := g[fn][name]; !ok && name != "_" && name != "" {
		g[fn][name] = v
	}
}

// constants reads what a package's names are given. Twice, since a name may be made of one
// that is declared below it.
func (s *goSource) constants(files []*ast.File) goScope {
	scope := goScope{}
	for range 2 {
		for _, f := range files {
			for _, d := range f.Decls {
				fn, _ := d.(*ast.FuncDecl)
				ast.Inspect(d, func(n ast.Node) bool {
					s.constant(n, scope, fn)
					return true
				})
			}
		}
	}
	for k, v := range scope[nil] {
		if _, ok := s.fields[k]; !ok {
			s.fields[k] = v
		}
	}
	return scope
}

func (s *goSource) constant(n ast.Node, scope goScope, fn *ast.FuncDecl) {
	give := func(to ast.Expr, e ast.Expr) {
		if v, ok := s.eval(e, scope, fn, 0); ok {
			if sel, isField := to.(*ast.SelectorExpr); isField {
				s.field(sel.Sel.Name, v)
				return
			}
			scope.put(fn, name(to), v)
		}
	}
	switch n := n.(type) {
	case *ast.ValueSpec:
		for i, id := range n.Names {
			if i < len(n.Values) {
				give(id, n.Values[i])
			}
		}
	case *ast.AssignStmt:
		for i, l := range n.Lhs {
			if i < len(n.Rhs) {
				give(l, n.Rhs[i])
			}
		}
	case *ast.KeyValueExpr:
		if v, ok := s.eval(n.Value, scope, fn, 0); ok {
			s.field(name(n.Key), v)
		}
	case *ast.Field:
		s.tagged(n)
	case *ast.CallExpr:
		s.flag(n, scope, fn)
	}
}

// flag reads flag.StringVar(&addr, "addr", ":8080", "…"), fs.Int("port", 8080, "…")
// and os.Getenv("PORT").
func (s *goSource) flag(c *ast.CallExpr, scope goScope, fn *ast.FuncDecl) {
	if len(c.Args) == 0 {
		return
	}
	called := name(c.Fun)
	lit, isLit := literal(c.Args[0])
	if isLit && lit.text == "PORT" && s.envPort.Path == "" && (called == "Getenv" || called == "LookupEnv") {
		s.envPort = s.p.where("", c.Pos())
	}
	if v, ok := s.fallback(c.Args[1:], scope, fn, 0); ok && isLit && flagCalls[called] {
		if _, there := s.flags[lit.text]; !there {
			s.flags[lit.text] = v
		}
	}
	if ptr, ok := c.Args[0].(*ast.UnaryExpr); ok && ptr.Op == token.AND && len(c.Args) > 2 {
		if v, ok := s.fallback(c.Args[1:], scope, fn, 0); ok {
			s.field(name(ptr.X), v)
			scope.put(fn, name(ptr.X), v)
		}
	}
}

func (s *goSource) field(name string, v goValue) {
	if _, ok := s.fields[name]; !ok && name != "" {
		s.fields[name] = v
	}
}

// defaultTags are the struct tags in which configuration libraries keep a default.
var defaultTags = []string{"envDefault", "default", "env-default"}

func (s *goSource) tagged(f *ast.Field) {
	if f.Tag == nil {
		return
	}
	lit, _ := literal(f.Tag)
	for _, key := range defaultTags {
		if v, ok := reflect.StructTag(lit.text).Lookup(key); ok {
			for _, id := range f.Names {
				s.field(id.Name, goValue{v, f.Tag.Pos()})
			}
		}
	}
}

// portLike is what a default must look like to be taken from among a call's arguments:
// a port, an address, or a host to listen at.
var portLike = regexp.MustCompile(`^((.*:)?[0-9]{2,5}|localhost|127\.[0-9.]+|0\.0\.0\.0|::1?)$`)

// eval reads an expression of literals, names that are given literals, +, Sprintf,
// and calls that take a default: cmp.Or(os.Getenv("PORT"), "8080"), getenv("PORT",
// "8080"), flag.Int("port", 8080, "…").
func (s *goSource) eval(e ast.Expr, scope goScope, fn *ast.FuncDecl, depth int) (goValue, bool) {
	if depth > 20 {
		return goValue{}, false
	}
	if v, ok := literal(e); ok {
		return v, true
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return s.eval(e.X, scope, fn, depth+1)
	case *ast.StarExpr:
		return s.eval(e.X, scope, fn, depth+1)
	case *ast.Ident:
		if v, ok := scope[fn][e.Name]; ok {
			return v, true
		}
		v, ok := scope[nil][e.Name]
		return v, ok
	case *ast.SelectorExpr:
		// A flag of that name tells more than some literal that a struct is made with.
		v, ok := s.flags[strings.ToLower(e.Sel.Name)]
		if !ok {
			v, ok = s.fields[e.Sel.Name]
		}
		return v, ok
	case *ast.BinaryExpr:
		a, ok := s.eval(e.X, scope, fn, depth+1)
		b, ok2 := s.eval(e.Y, scope, fn, depth+1)
		if e.Op == token.ADD && !ok && ok2 && strings.HasPrefix(b.text, ":") {
			return b, true // a host that is not known, and the port behind it
		}
		if e.Op != token.ADD || !ok || !ok2 {
			return goValue{}, false
		}
		return join(a, b)
	case *ast.CallExpr:
		return s.evalCall(e, scope, fn, depth+1)
	}
	return goValue{}, false
}

// maxText is the longest text that is put together: names that are made of one
// another double it each time.
const maxText = 1000

// join is a+b; its place is where the port is, which comes last.
func join(a, b goValue) (goValue, bool) {
	pos := b.pos
	if b.text == "" {
		pos = a.pos
	}
	if len(a.text)+len(b.text) > maxText {
		return goValue{}, false
	}
	return goValue{a.text + b.text, pos}, true
}

func (s *goSource) evalCall(c *ast.CallExpr, scope goScope, fn *ast.FuncDecl, depth int) (goValue, bool) {
	switch called := name(c.Fun); {
	case len(c.Args) == 0:
		return goValue{}, false
	case called == "Sprintf":
		return s.sprintf(c.Args, scope, fn, depth)
	case called == "JoinHostPort" && len(c.Args) == 2:
		host, _ := s.eval(c.Args[0], scope, fn, depth)
		port, ok := s.eval(c.Args[1], scope, fn, depth)
		if !ok || len(host.text) > maxText {
			return goValue{}, false
		}
		return join(goValue{host.text + ":", host.pos}, port)
	case called == "Getenv" || called == "LookupEnv":
		return goValue{}, false
	case len(c.Args) == 1: // viper.GetString("port"); strconv.Itoa, string, int
		if lit, ok := literal(c.Args[0]); ok {
			if v, ok := s.flags[lit.text]; ok {
				return v, true
			}
		}
		return s.eval(c.Args[0], scope, fn, depth)
	}
	return s.fallback(c.Args[1:], scope, fn, depth)
}

// fallback is the first argument that could be a port or an address.
func (s *goSource) fallback(args []ast.Expr, scope goScope, fn *ast.FuncDecl, depth int) (goValue, bool) {
	for _, a := range args {
		if v, ok := s.eval(a, scope, fn, depth); ok && portLike.MatchString(v.text) {
			return v, true
		}
	}
	return goValue{}, false
}

var verb = regexp.MustCompile(`%[+#]?[dsvq]`)

func (s *goSource) sprintf(args []ast.Expr, scope goScope, fn *ast.FuncDecl, depth int) (goValue, bool) {
	format, ok := s.eval(args[0], scope, fn, depth)
	if !ok || len(format.text) > maxText || len(args) > 10 {
		return goValue{}, false
	}
	out, rest := format, args[1:]
	out.text = verb.ReplaceAllStringFunc(format.text, func(string) string {
		if len(rest) == 0 {
			ok = false
			return ""
		}
		v, known := s.eval(rest[0], scope, fn, depth)
		ok = ok && (known || len(rest) > 1) // only the last, the port, must be known
		rest = rest[1:]
		if known {
			out.pos = v.pos
		}
		return v.text
	})
	return out, ok && len(out.text) <= maxText
}

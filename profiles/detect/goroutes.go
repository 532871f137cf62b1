package detect

import (
	"go/ast"
	"maps"
	"strings"
)

// findRoutes notes the paths that are bound to a handler of GET requests. prefixes has
// the prefix of each router in scope; unknown marks one that came in as a parameter.
func (s *goSource) findRoutes(n ast.Node, prefixes map[string]string, depth int) {
	if depth > maxNesting {
		return
	}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			for _, f := range n.Type.Params.List {
				if t := name(f.Type); strings.HasSuffix(t, "Group") {
					for _, id := range f.Names {
						prefixes[id.Name] = unknown
					}
				}
			}
		case *ast.AssignStmt:
			if len(n.Lhs) == 1 && len(n.Rhs) == 1 {
				if p := prefixOf(n.Rhs[0], prefixes, 0); p != "" {
					prefixes[name(n.Lhs[0])] = p
				}
			}
		case *ast.CallExpr:
			return s.route(n, prefixes, depth)
		}
		return true
	})
}

// unknown is the prefix of a router that was made elsewhere: no health path begins so.
const unknown = "\x00"

// maxNesting is how deep groups may lie in one another.
const maxNesting = 10

func (s *goSource) route(c *ast.CallExpr, prefixes map[string]string, depth int) bool {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) == 0 {
		return true
	}
	if body, ok := c.Args[len(c.Args)-1].(*ast.FuncLit); ok && groups[sel.Sel.Name] {
		inner := maps.Clone(prefixes)
		for _, f := range body.Type.Params.List {
			for _, id := range f.Names {
				inner[id.Name] = prefixOf(c, prefixes, 0)
			}
		}
		s.findRoutes(body.Body, inner, depth+1)
		return false
	}
	path, ok := literal(c.Args[0])
	if !ok || !routers[sel.Sel.Name] {
		return true
	}
	text := strings.TrimSuffix(strings.TrimPrefix(path.text, "GET "), "{$}")
	full := prefixOf(sel.X, prefixes, 0) + text
	if _, there := s.routes[full]; !there && strings.HasPrefix(text, "/") {
		s.routes[full] = s.p.where("", c.Args[0].Pos())
	}
	return true
}

// prefixOf is what a router puts before its routes: "" for one that is no group.
func prefixOf(e ast.Expr, prefixes map[string]string, depth int) string {
	if depth > maxNesting {
		return unknown
	}
	switch e := e.(type) {
	case *ast.Ident:
		return prefixes[e.Name]
	case *ast.CallExpr:
		sel, ok := e.Fun.(*ast.SelectorExpr)
		if !ok {
			return ""
		}
		before := prefixOf(sel.X, prefixes, depth+1)
		if !groups[sel.Sel.Name] || len(e.Args) == 0 {
			return before
		}
		v, ok := literal(e.Args[0])
		if _, isFunc := e.Args[0].(*ast.FuncLit); !ok && !isFunc || len(before)+len(v.text) > maxText {
			return unknown
		}
		return strings.TrimSuffix(before+v.text, "/")
	}
	return ""
}

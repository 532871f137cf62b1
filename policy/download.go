package policy

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// runsDownload finds a command that runs what another one downloads.
func runsDownload(file *syntax.File) (fetcher call, runner string, found bool) {
	inner := map[*syntax.BinaryCmd]bool{} // pipes that are the left of another
	syntax.Walk(file, func(n syntax.Node) bool {
		if found {
			return false
		}
		switch n := n.(type) {
		case *syntax.BinaryCmd:
			if isPipe(n) && !inner[n] {
				fetcher, runner, found = pipedDownload(n, inner)
			}
		case *syntax.Stmt:
			expr, ok := n.Cmd.(*syntax.CallExpr)
			if !ok || len(expr.Args) == 0 {
				break
			}
			c := callOf(expr, n)
			if fetcher = fetchedFor(c); fetcher.name != "" {
				runner, found = c.name, true
			}
		}
		return !found
	})
	return fetcher, runner, found
}

func isPipe(n *syntax.BinaryCmd) bool { return n.Op == syntax.Pipe || n.Op == syntax.PipeAll }

// pipedDownload looks along a whole pipe, a|b|c, which the parser gives as (a|b)|c.
func pipedDownload(n *syntax.BinaryCmd, inner map[*syntax.BinaryCmd]bool) (fetcher call, runner string, found bool) {
	parts := []*syntax.Stmt{n.Y}
	left := n.X
	for {
		next, ok := left.Cmd.(*syntax.BinaryCmd)
		if !ok || !isPipe(next) {
			break
		}
		inner[next] = true
		parts, left = append(parts, next.Y), next.X
	}
	parts = append(parts, left)
	slices.Reverse(parts)
	for _, part := range parts {
		if fetcher.name != "" {
			for _, c := range calls(part) {
				if readsProgram(c) {
					return fetcher, c.name, true
				}
			}
		}
		fetcher = first(fetcher, fetches(part))
	}
	return call{}, "", false
}

// fetches is the command in a node that downloads; it has no name where there is none.
func fetches(n syntax.Node) call {
	for _, c := range calls(n) {
		if slices.Contains(known().Fetchers, c.name) {
			return c
		}
	}
	return call{}
}

// readsProgram reports whether a command takes its program from stdin: an interpreter
// without a script.
func readsProgram(c call) bool {
	in, ok := known().interpreter(c.name)
	if !ok {
		return false
	}
	for i, a := range c.args {
		switch {
		case in.Shell && a == "-s" || a == "-" || a == "/dev/stdin":
			return true
		case isScriptFlag(in, a) || slices.Contains(in.Other, a):
			return false
		case a == "--":
			return i == len(c.args)-1
		case !strings.HasPrefix(a, "-"):
			return i > 0 && c.args[i-1] == "-o" && in.Shell && i == len(c.args)-1 // set -o pipefail
		}
	}
	return true
}

// fetchedFor is the command whose output a command runs by way of a substitution or a
// redirection: eval "$(curl …)", sh -c "$(curl …)", . <(curl …), bash <<<"$(curl …)".
func fetchedFor(c call) call {
	_, interprets := known().interpreter(c.name)
	if !interprets && !slices.Contains([]string{"eval", "source", "."}, c.name) {
		return call{}
	}
	for _, w := range c.expr.Args[1:] {
		if f := substituted(w); f.name != "" {
			return f
		}
	}
	if !interprets {
		return call{}
	}
	for _, r := range c.stmt.Redirs {
		for _, w := range []*syntax.Word{r.Word, r.Hdoc} {
			if w == nil || r.Op == syntax.RdrOut || r.Op == syntax.AppOut {
				continue
			}
			if f := substituted(w); f.name != "" {
				return f
			}
		}
	}
	return call{}
}

// substituted is the command in the substitutions of a word that downloads.
func substituted(w *syntax.Word) call {
	var found call
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			for _, s := range n.Stmts {
				found = first(found, fetches(s))
			}
		case *syntax.ProcSubst:
			for _, s := range n.Stmts {
				found = first(found, fetches(s))
			}
		}
		return found.name == ""
	})
	return found
}

func first(a, b call) call {
	if a.name != "" {
		return a
	}
	return b
}

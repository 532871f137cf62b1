package policy

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"mvdan.cc/sh/v3/syntax"
)

// maxScript bounds the shell text of one step: the parser descends once a nesting.
const maxScript = 16 << 10

// maxNested bounds sh -c in sh -c.
const maxNested = 4

// A script is the shell text of one RUN, parsed; what a nested sh -c runs is in it, too.
type script struct {
	texts  []parsedText
	broken bool // some of it could not be parsed
	bash   *syntax.Parser
	posix  *syntax.Parser
}

// A parsedText is shell text and what it says.
type parsedText struct {
	text string
	file *syntax.File
}

// scriptOf parses what a RUN gives to a shell: shell form, JSON form with sh -c, heredocs.
// shell is the stage's SHELL, or nil.
func (d *dockerfile) scriptOf(run *instructions.RunCommand, shell []string) *script {
	s := &script{bash: d.bash, posix: d.posix}
	text := strings.Join(run.CmdLine, " ")
	switch {
	case !run.PrependShell:
		s.exec(run.CmdLine, 0)
	case shell != nil && !isShell(shell[0]):
		return s // PowerShell or another language
	case len(run.Files) > 0:
		var b strings.Builder
		b.WriteString(text + "\n")
		for _, f := range run.Files {
			b.WriteString(f.Data + f.Name + "\n")
		}
		if first, _, _ := strings.Cut(run.Files[0].Data, "\n"); strings.HasPrefix(text, "<<") && (!strings.HasPrefix(first, "#!") || isShell(strings.Fields(first[2:] + " .")[0])) {
			s.parse(run.Files[0].Data, 0)
		} else {
			s.parse(b.String(), 0)
		}
	default:
		s.parse(text, 0)
	}
	return s
}

func isShell(name string) bool {
	in, ok := known().interpreter(path.Base(name))
	return ok && in.Shell
}

func (s *script) parse(text string, depth int) {
	if depth > maxNested || len(text) > maxScript {
		s.broken = true
		return
	}
	file, err := s.bash.Parse(strings.NewReader(text), "")
	if err != nil {
		if file, err = s.posix.Parse(strings.NewReader(text), ""); err != nil {
			s.broken = true
			return
		}
	}
	s.texts = append(s.texts, parsedText{text, file})
	for _, c := range calls(file) {
		s.nested(c.name, c.args, depth)
	}
}

// exec takes a command without a shell before it.
func (s *script) exec(words []string, depth int) {
	quoted := make([]string, 0, len(words))
	for _, w := range words {
		q, err := syntax.Quote(w, syntax.LangBash)
		if err != nil {
			s.broken = true
			return
		}
		quoted = append(quoted, q)
	}
	s.parse(strings.Join(quoted, " "), depth)
}

// nested parses the program of sh -c.
func (s *script) nested(name string, args []string, depth int) {
	in, ok := known().interpreter(name)
	if !ok || !in.Shell {
		return
	}
	for i, a := range args {
		if isScriptFlag(in, a) && i+1 < len(args) && args[i+1] != "" {
			s.parse(args[i+1], depth+1)
			return
		}
	}
}

// isScriptFlag also knows bundles such as -ec and -lc.
func isScriptFlag(in interpreter, arg string) bool {
	return arg == in.Script || in.Shell && len(arg) > 2 && arg[0] == '-' && arg[1] != '-' && strings.HasSuffix(arg, in.Script[1:])
}

// A call is one simple command: its name without folder, and its arguments, "" for one that
// is not a plain word.
type call struct {
	name string
	args []string
	expr *syntax.CallExpr
	stmt *syntax.Stmt
	rest string // the shell text from the command on, of a script's calls
}

// calls are the simple commands in a node, in order, those in substitutions too.
func calls(node syntax.Node) []call {
	var found []call
	syntax.Walk(node, func(n syntax.Node) bool {
		if stmt, ok := n.(*syntax.Stmt); ok {
			if expr, ok := stmt.Cmd.(*syntax.CallExpr); ok && len(expr.Args) > 0 {
				found = append(found, callOf(expr, stmt))
			}
		}
		return true
	})
	return found
}

func callOf(expr *syntax.CallExpr, stmt *syntax.Stmt) call {
	var words []string
	for _, w := range expr.Args {
		words = append(words, literal(w))
	}
	for len(words) > 1 && slices.Contains(known().Wrappers, path.Base(words[0])) {
		words = words[1:]
		for len(words) > 1 && (strings.HasPrefix(words[0], "-") || strings.Contains(words[0], "=") || isNumber(words[0])) {
			words = words[1:]
		}
	}
	if len(words) > 1 && path.Base(words[0]) == "busybox" {
		words = words[1:]
	}
	return call{name: path.Base(words[0]), args: words[1:], expr: expr, stmt: stmt}
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789.smhd") == "" && strings.ContainsAny(s[:1], "0123456789")
}

// literal is a word without its quotes, or "" where it holds a variable or a substitution.
func literal(w *syntax.Word) string {
	var b strings.Builder
	for _, part := range w.Parts {
		if !plain(&b, part) {
			return ""
		}
	}
	return b.String()
}

func plain(b *strings.Builder, part syntax.WordPart) bool {
	switch p := part.(type) {
	case *syntax.Lit:
		b.WriteString(strings.ReplaceAll(p.Value, "\\\n", ""))
	case *syntax.SglQuoted:
		b.WriteString(p.Value)
	case *syntax.DblQuoted:
		for _, inner := range p.Parts {
			if !plain(b, inner) {
				return false
			}
		}
	default:
		return false
	}
	return true
}

// calls are the simple commands of a script.
func (s *script) calls() []call {
	var found []call
	for _, t := range s.texts {
		for _, c := range calls(t.file) {
			c.rest = t.from(c)
			found = append(found, c)
		}
	}
	return found
}

// from is the shell text from a command on.
func (t parsedText) from(c call) string {
	return t.text[min(int(c.expr.Pos().Offset()), len(t.text)):]
}

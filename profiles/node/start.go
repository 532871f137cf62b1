package node

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"mvdan.cc/sh/v3/syntax"
)

// A Start is the process behind a start script.
type Start struct {
	Command []string // begins with node
	Env     map[string]string
	Main    string   // file that node is given; "" where the command is a tool's
	From    Place    // the script, or what named the file
	Before  []string // what the script runs before, which is no part of the process
	Dev     string   // a tool of development that the script names and that was left out
}

// A tool is a program of a package whose real file is known, so that no shell, no npx and
// no package manager stands between the signal and the process.
type tool struct {
	name string
	file string   // below node_modules
	args []string // in the place of none
}

// tools that start scripts call and that serve in production: the field bin of their
// packages' package.json, read 2026-11-21.
var tools = []tool{
	{name: "next", file: "next/dist/bin/next", args: []string{"start"}},
	{name: "serve", file: "serve/build/main.js"},
	{name: "http-server", file: "http-server/bin/http-server"},
	{name: "remix-serve", file: "@remix-run/serve/dist/cli.js"},
	{name: "tsx", file: "tsx/dist/cli.mjs"},
	{name: "ts-node", file: "ts-node/dist/bin.js"},
	{name: "pm2-runtime", file: "pm2/bin/pm2-runtime"},
	{name: "probot", file: "probot/bin/probot.js"},
	{name: "strapi", file: "@strapi/strapi/bin/strapi.js"},
	{name: "fastify", file: "fastify-cli/cli.js"},
}

// pkg is the package that a tool comes from.
func (t tool) pkg() string {
	parts := strings.SplitN(t.file, "/", 3)
	if strings.HasPrefix(t.file, "@") {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

// watchers run what follows them, again at each change: in an image nothing changes.
var watchers = []string{"nodemon", "node-dev", "supervisor"}

// conventional are the files that a project is started by where nothing names one.
var conventional = []string{"server.js", "index.js", "app.js", "main.js", "server.mjs", "index.mjs", "app.mjs", "src/index.js", "src/server.js", "src/app.js", "src/main.js", "src/index.mjs"}

// maxScripts is how many scripts may call each other.
const maxScripts = 8

// A StartError says why there is no process behind a start script.
type StartError struct {
	At  Place
	Msg string
}

func (e *StartError) Error() string { return e.Msg }

// Start follows the start script to its process; where there is none, main, then the
// conventional files. The error is a [StartError].
func (m *Manifest) Start(has func(name string) bool) (*Start, error) {
	script := m.Script("start")
	for _, name := range []string{"start:prod", "start:production", "serve:prod"} { // Nest's "start" compiles first
		if prod := m.Script(name); prod.Text != "" && script.Text != "" {
			script = prod
			break
		}
	}
	if script.Text != "" {
		s := &Start{From: script, Env: map[string]string{}}
		if err := m.follow(s, script, maxScripts); err != nil {
			return nil, err
		}
		return s, nil
	}
	if main := m.At("main"); main.Text != "" {
		if file := File(main.Text, has); file != "" {
			return &Start{Command: []string{"node", file}, Main: file, From: main}, nil
		}
	}
	for _, f := range conventional {
		if has(f) {
			return &Start{Command: []string{"node", f}, Main: f, From: Place{f, f, 1}}, nil
		}
	}
	return nil, &StartError{Place{"", m.Path, 1}, "no start script, no main, and none of " + strings.Join(conventional[:4], ", ")}
}

// File is the file that Node means by a path, or ""
// (https://nodejs.org/api/modules.html#all-together).
func File(name string, has func(string) bool) string {
	name = path.Clean(name)
	for _, f := range []string{name, name + ".js", name + ".json", path.Join(name, "index.js")} {
		if has(f) {
			return f
		}
	}
	return ""
}

// follow reads a script's last command; those before it are kept for the person.
func (m *Manifest) follow(s *Start, script Place, left int) error {
	refuse := func(format string, args ...any) error {
		return &StartError{script, fmt.Sprintf("the script %q %s", script.Text, fmt.Sprintf(format, args...))}
	}
	if left == 0 {
		return refuse("calls itself")
	}
	if strings.ContainsFunc(script.Text, unicode.IsControl) {
		return refuse("holds control characters")
	}
	calls, ok := commands(script.Text)
	if !ok || len(calls) == 0 {
		return refuse("needs a shell")
	}
	for _, c := range calls[:len(calls)-1] {
		s.Before = append(s.Before, strings.Join(c.words, " "))
	}
	last := calls[len(calls)-1]
	for k, v := range last.env {
		s.Env[k] = v
	}
	words := s.unwrap(last.words)
	if len(words) == 0 {
		return refuse("runs nothing")
	}
	if next := scriptCalled(words); next != "" {
		script := m.Script(next)
		if script.Text == "" {
			return refuse("calls %s, which is not there", next)
		}
		return m.follow(s, script, left-1)
	}
	if words[0] == "bun" || words[0] == "deno" {
		return refuse("is run by %s itself, and there is no template for that runtime yet", words[0])
	}
	if s.Command = m.process(words); s.Command == nil {
		return refuse("starts %s, and where its file is scaffold does not know", words[0])
	}
	if pkg := m.onlyForDevelopment(words[0]); pkg != "" {
		return refuse("starts %s, and %s is among the devDependencies, which an image has not", words[0], pkg)
	}
	s.Main = mainOf(s.Command)
	return nil
}

// A call is one command of a script.
type call struct {
	env   map[string]string
	words []string
}

// commands are the commands of a script that is plain words joined by && or ;.
func commands(text string) ([]call, bool) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, false
	}
	var calls []call
	ok := true
	var visit func(*syntax.Stmt)
	visit = func(st *syntax.Stmt) {
		switch cmd := st.Cmd.(type) {
		case *syntax.BinaryCmd:
			ok = ok && cmd.Op == syntax.AndStmt
			visit(cmd.X)
			visit(cmd.Y)
		case *syntax.CallExpr:
			c, plain := plainCall(cmd)
			ok = ok && plain && len(st.Redirs) == 0 && !st.Background && !st.Negated
			calls = append(calls, c)
		default:
			ok = false
		}
	}
	for _, st := range file.Stmts {
		visit(st)
	}
	return calls, ok
}

func plainCall(cmd *syntax.CallExpr) (call, bool) {
	c := call{env: map[string]string{}}
	for _, a := range cmd.Assigns {
		v, ok := literal(a.Value)
		if !ok || a.Name == nil {
			return c, false
		}
		c.env[a.Name.Value] = v
	}
	for _, w := range cmd.Args {
		v, ok := literal(w)
		if !ok {
			return c, false
		}
		c.words = append(c.words, v)
	}
	return c, true
}

// special are the characters by which a shell would make something else of a bare word.
const special = "*?[~{"

// literal is a word in which a shell would expand nothing.
func literal(w *syntax.Word) (string, bool) {
	if w == nil {
		return "", true
	}
	var b strings.Builder
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			if strings.ContainsAny(part.Value, special+`\`) {
				return "", false
			}
			b.WriteString(part.Value)
		case *syntax.SglQuoted:
			b.WriteString(part.Value)
		case *syntax.DblQuoted:
			for _, inner := range part.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok || strings.Contains(lit.Value, `\`) {
					return "", false
				}
				b.WriteString(lit.Value)
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}

var assigned = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)=(.*)$`)

// unwrap takes away what stands before the program: variables, and tools that only set
// them or watch files.
func (s *Start) unwrap(words []string) []string {
	for len(words) > 0 {
		switch m := assigned.FindStringSubmatch(words[0]); {
		case m != nil:
			s.Env[m[1]] = m[2]
		case slices.Contains(watchers, words[0]):
			s.Dev = words[0]
			if i := slices.IndexFunc(words, scriptFile.MatchString); i > 0 && !slices.Contains(words, "--exec") && !slices.Contains(words, "-x") {
				return append([]string{"node"}, words[i:]...)
			}
		case !slices.Contains([]string{"cross-env", "cross-env-shell", "env", "exec", "npx", "bunx"}, words[0]):
			return words
		}
		words = words[1:]
	}
	return nil
}

var scriptFile = regexp.MustCompile(`\.(js|mjs|cjs|ts|mts|cts)$`)

// scriptCalled is the script that words run through a package manager, or "".
func scriptCalled(words []string) string {
	if !slices.Contains([]string{"npm", "yarn", "pnpm", "bun"}, words[0]) || len(words) < 2 {
		return ""
	}
	if (words[1] == "run" || words[1] == "run-script") && len(words) > 2 {
		return words[2]
	}
	if words[0] == "npm" && words[1] != "start" || words[0] == "bun" || slices.Contains([]string{"exec", "dlx", "node"}, words[1]) {
		return ""
	}
	return words[1]
}

// process is the command with the file of its program in place of its name.
func (m *Manifest) process(words []string) []string {
	switch {
	case words[0] == "yarn" && len(words) > 2 && words[1] == "node":
		words = words[1:]
	case words[0] == "pnpm" && len(words) > 2 && words[1] == "exec", words[0] == "yarn" && len(words) > 2 && words[1] == "exec":
		return m.process(words[2:])
	}
	if words[0] == "node" || words[0] == "nodejs" {
		words = append([]string{"node"}, words[1:]...)
		if i := fileAt(words); i > 0 && (words[i] == "." || words[i] == "./") {
			main := m.At("main").Text
			if main == "" {
				main = "index.js"
			}
			words[i] = path.Clean(main)
		}
		return words
	}
	for _, t := range tools {
		if t.name == words[0] {
			args := words[1:]
			if len(args) == 0 {
				args = t.args
			}
			return append([]string{"node", "node_modules/" + t.file}, args...)
		}
	}
	return nil
}

// onlyForDevelopment is the package of a tool that is a development dependency, or "".
func (m *Manifest) onlyForDevelopment(program string) string {
	for _, t := range tools {
		if _, dev, ok := m.Dependency(t.pkg()); t.name == program && ok && dev {
			return t.pkg()
		}
	}
	return ""
}

// withValue are the options of node that take the next word
// (https://nodejs.org/api/cli.html#options).
var withValue = []string{"-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file", "--env-file-if-exists", "--title", "--icu-data-dir", "--openssl-config"}

// fileAt is where the file stands among node's arguments, or 0.
func fileAt(command []string) int {
	for i := 1; i < len(command); i++ {
		switch {
		case slices.Contains(withValue, command[i]):
			i++
		case !strings.HasPrefix(command[i], "-"):
			return i
		}
	}
	return 0
}

// mainOf is the project's own file that a command gives to node, or "".
func mainOf(command []string) string {
	i := fileAt(command)
	if i == 0 || strings.HasPrefix(path.Clean(command[i]), "node_modules/") {
		return ""
	}
	return path.Clean(command[i])
}

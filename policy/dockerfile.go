package policy

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"mvdan.cc/sh/v3/syntax"
)

// A use is one place where a Dockerfile uses an image.
type use struct {
	kind     useKind
	ref      string // with build arguments' defaults filled in
	name     string // canonical
	written  string // as it stands there
	missing  []string
	platform string
	line     int
}

type useKind string

const (
	useFrom   useKind = "FROM"
	useCopy   useKind = "COPY --from"
	useMount  useKind = "RUN --mount"
	useSyntax useKind = "# syntax"
)

// A dockerfile is a parsed Dockerfile as the rules see it.
type dockerfile struct {
	lines  []string
	escape rune
	uses   []use
	stages []stage
	names  map[string]int // of stages, in lower case

	canonicals map[string]string // by reference

	globals []instructions.ArgCommand // before the first FROM
	global  *env
	scripts map[*instructions.RunCommand]*script

	bash, posix *syntax.Parser // kept: a parser is much larger than most of what it parses
}

// A stage is one build stage; base is its FROM line, parent the stage it stands on, or -1.
type stage struct {
	instructions.Stage
	base   use
	parent int
	steps  []step
}

// A step is one instruction of a stage. trigger says that it is of an ONBUILD, which runs
// in the builds of others.
type step struct {
	instructions.Command
	line    int
	end     int
	trigger bool
}

// parse reads a Dockerfile with BuildKit's parser. Errors are the parser's, with the line.
func parse(text []byte) (*dockerfile, error) {
	d := &dockerfile{names: map[string]int{}, canonicals: map[string]string{}, lines: strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")}
	if ref, _, loc, ok := parser.DetectSyntax(text); ok {
		d.uses = append(d.uses, use{kind: useSyntax, ref: ref, name: Canonical(ref), written: ref, platform: "$BUILDPLATFORM", line: firstLine(loc)})
	}
	d.bash, d.posix = syntax.NewParser(syntax.Variant(syntax.LangBash)), syntax.NewParser(syntax.Variant(syntax.LangPOSIX))
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("parsing the Dockerfile: %w", err)
	}
	stages, metaArgs, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return nil, fmt.Errorf("parsing the Dockerfile: %w", err)
	}
	d.escape = parsed.EscapeToken
	if len(stages) == 0 {
		return nil, errors.New("parsing the Dockerfile: it has no FROM")
	}
	d.globals, d.global, d.scripts = metaArgs, newEnv(d.escape), map[*instructions.RunCommand]*script{}
	for _, arg := range metaArgs {
		d.global.arg(arg.Args, nil)
	}
	for _, s := range stages {
		d.stage(s)
	}
	return d, nil
}

// stage adds a stage and the images that it uses.
func (d *dockerfile) stage(s instructions.Stage) {
	st := stage{Stage: s, parent: -1}
	ref, missing := d.global.expand(s.BaseName)
	st.base = use{kind: useFrom, ref: ref, name: d.canonical(ref), written: s.BaseName, missing: missing, platform: s.Platform, line: firstLine(s.Location)}
	if i, ok := d.named(ref); ok {
		st.parent = i
	} else {
		d.uses = append(d.uses, st.base)
	}
	for _, c := range s.Commands {
		d.step(&st, c)
	}
	if s.Name != "" {
		d.names[strings.ToLower(s.Name)] = len(d.stages)
	}
	d.stages = append(d.stages, st)
}

func (d *dockerfile) step(st *stage, c instructions.Command) {
	s := step{Command: c, line: firstLine(c.Location()), end: lastLine(c.Location())}
	if trigger, ok := c.(*instructions.OnbuildCommand); ok {
		if inner := triggered(trigger, d.escape); inner != nil {
			s.Command, s.trigger = inner, true
		}
	}
	st.steps = append(st.steps, s)
	switch c := s.Command.(type) {
	case *instructions.CopyCommand:
		d.from(useCopy, c.From, s.line)
	case *instructions.RunCommand:
		// Until then only from= of a mount is known; what is wrong with one BuildKit says.
		_ = c.Expand(func(word string) (string, error) { return word, nil })
		for _, m := range instructions.GetMounts(c) {
			d.from(useMount, m.From, s.line)
		}
	}
}

// from adds the image that --from names, unless it is a stage.
func (d *dockerfile) from(kind useKind, from string, line int) {
	ref, missing := d.global.expand(from)
	if from == "" {
		return
	}
	if _, err := strconv.Atoi(ref); err == nil {
		return
	}
	if _, ok := d.named(ref); !ok {
		d.uses = append(d.uses, use{kind: kind, ref: ref, name: d.canonical(ref), written: from, missing: missing, line: line})
	}
}

// canonical is [Canonical], once for each reference.
func (d *dockerfile) canonical(ref string) string {
	name, ok := d.canonicals[ref]
	if !ok {
		name = Canonical(ref)
		d.canonicals[ref] = name
	}
	return name
}

// named finds the stage called name; names are not case-sensitive.
func (d *dockerfile) named(name string) (int, bool) {
	i, ok := d.names[strings.ToLower(name)]
	return i, ok
}

// triggered is the instruction of an ONBUILD, or nil where it cannot be parsed alone.
func triggered(c *instructions.OnbuildCommand, escape rune) instructions.Command {
	text := "# escape=" + string(escape) + "\n" + c.Expression + "\n"
	parsed, err := parser.Parse(strings.NewReader(text))
	if err != nil || len(parsed.AST.Children) != 1 {
		return nil
	}
	inner, err := instructions.ParseCommand(parsed.AST.Children[0])
	if err != nil {
		return nil
	}
	return inner
}

// final is the last stage, which is what a build gives, and the stages that it stands on,
// the lowest first.
func (d *dockerfile) final() []*stage {
	var chain []*stage
	for i := len(d.stages) - 1; i >= 0; i = d.stages[i].parent {
		chain = append(chain, &d.stages[i])
	}
	slices.Reverse(chain)
	return chain
}

// finalEnv is what ARG and ENV give at the end of the final image.
func (d *dockerfile) finalEnv() *env {
	e := newEnv(d.escape)
	for _, st := range d.final() {
		for _, s := range st.steps {
			switch c := s.Command.(type) {
			case *instructions.ArgCommand:
				e.arg(c.Args, d.global)
			case *instructions.EnvCommand:
				for _, kv := range c.Env {
					value, _ := e.expand(kv.Value)
					e.set(kv.Key, strings.Trim(value, `"'`))
				}
			}
		}
	}
	return e
}

// script is the parsed shell text of a RUN; each is parsed once.
func (d *dockerfile) script(run *instructions.RunCommand, shell []string) *script {
	if d.scripts[run] == nil {
		d.scripts[run] = d.scriptOf(run, shell)
	}
	return d.scripts[run]
}

// lineOf is the line of a step on which word stands, or the step's first.
func (d *dockerfile) lineOf(s step, word string) int {
	for n := s.line; word != "" && n <= s.end && n <= len(d.lines); n++ {
		if strings.Contains(d.lines[n-1], word) {
			return n
		}
	}
	return s.line
}

func firstLine(loc []parser.Range) int {
	if len(loc) == 0 {
		return 0
	}
	return loc[0].Start.Line
}

func lastLine(loc []parser.Range) int {
	if len(loc) == 0 {
		return 0
	}
	return loc[len(loc)-1].End.Line
}

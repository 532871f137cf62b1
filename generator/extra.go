package generator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"scaffold/profiles"
)

// An extra is one build.extra or runtime.extra of the profile.
type extra struct {
	table string // build or runtime
	key   string // of the lines, as [KeyError] names it
	at    string
	lines []extraLine
}

// An extraLine is one instruction of a person's own.
type extraLine struct {
	text    string
	comment bool // and nothing else
	command any  // of package instructions; nil for a comment, and where it is refused
	heredoc bool // it ends in a here-document
}

// CheckExtras holds each instruction of build.extra and runtime.extra to what can stand in
// those stages and leaves every line after it as it was. It is nil where nothing is wrong.
func CheckExtras(p *profiles.Profile) KeyErrors {
	_, errs := extrasOf(p)
	return errs
}

func extrasOf(p *profiles.Profile) ([]extra, KeyErrors) {
	var all []extra
	var errs KeyErrors
	add := func(table string, i int, at string, lines []string) {
		e := extra{table: table, key: fmt.Sprintf("%s.extra#%d", table, i), at: at}
		errs = append(errs, e.parse(lines)...)
		all = append(all, e)
	}
	for i, e := range p.Build.Extra {
		add("build", i, e.At, e.Lines)
	}
	for i, e := range p.Runtime.Extra {
		add("runtime", i, e.At, e.Lines)
	}
	return all, errs
}

func (e *extra) parse(lines []string) (errs KeyErrors) {
	for _, text := range lines {
		l := extraLine{text: strings.Trim(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
		if err := l.parse(e.table); err != nil {
			errs = append(errs, e.wrong(l.text, err))
		}
		e.lines = append(e.lines, l)
	}
	if last := len(e.lines) - 1; last >= 0 && e.lines[last].comment {
		errs = append(errs, e.wrong(e.lines[last].text, &unfit{"no instruction follows, so that it would stand over one of scaffold's", "put comments before the instruction that they are about"}))
	}
	return errs
}

// unfit is why an instruction cannot stand in an extra, and the next step.
type unfit struct{ why, hint string }

// wrong names the instruction by its first line.
func (e *extra) wrong(text string, u *unfit) *KeyError {
	first, _, more := strings.Cut(text, "\n")
	shown := first
	if runes := []rune(first); len(runes) > 60 {
		shown, more = string(runes[:60]), true
	}
	if more {
		shown += "…"
	}
	return &KeyError{Key: e.key + ".lines", Msg: fmt.Sprintf("%s.extra: %s: %s", e.table, strconv.Quote(shown), u.why), Hint: u.hint, Text: first}
}

// What stands around an instruction when it is parsed: so no comment of it is a parser
// directive, and what it swallows is missed.
const (
	before = "FROM scratch"
	after  = "LABEL after=after"
)

func (l *extraLine) parse(table string) *unfit {
	result, err := parser.Parse(strings.NewReader(before + "\n" + l.text + "\n" + after + "\n"))
	if err != nil {
		return &unfit{profiles.OneLine(err.Error()), "write it as it would stand in a Dockerfile"}
	}
	nodes := result.AST.Children
	switch last := nodes[len(nodes)-1]; {
	case last.Original != after || nodes[0].Original != before:
		return &unfit{"it does not end, and would take the next line with it", "delete the backslash at its end, or close its here-document"}
	case len(nodes) > 3:
		return &unfit{fmt.Sprintf("it is %d instructions", len(nodes)-2), "write each as a string of its own"}
	case digestPin.MatchString(l.text) || headerLine.MatchString(l.text+"\n"):
		return &unfit{"it has a line in the form of one that scaffold writes and reads back", "begin that line with a blank"}
	case len(nodes) == 2:
		l.comment = true
		return nil
	}
	return l.judge(table, nodes[1])
}

func (l *extraLine) judge(table string, node *parser.Node) *unfit {
	for _, m := range misplaced {
		if strings.EqualFold(m.instruction, node.Value) && (m.table == "" || m.table == table) {
			return &unfit{strings.ToUpper(m.instruction) + " cannot stand here", m.hint}
		}
	}
	c, err := instructions.ParseInstruction(node)
	if err != nil {
		return &unfit{profiles.OneLine(err.Error()), "write it as it would stand in a Dockerfile"}
	}
	if label, ok := c.(*instructions.LabelCommand); ok {
		for _, kv := range label.Labels {
			if strings.HasPrefix(strings.Trim(kv.Key, `"'`), "org.opencontainers.image.base.") {
				return &unfit{kv.Key + " is scaffold's own", "scaffold writes it from the base that it chose"}
			}
		}
	}
	l.command, l.heredoc = c, len(node.Heredocs) > 0
	return nil
}

// misplaced are the instructions that no extra can hold, or none of one table.
var misplaced = []struct{ instruction, table, hint string }{
	{command.From, "", "a stage of your own cannot be added; COPY --from=IMAGE takes files of another image"},
	{command.Onbuild, "", "write the instruction itself"},
	{command.Cmd, "", "runtime.command says what the image runs"},
	{command.Entrypoint, "", "runtime.command says what the image runs"},
	{command.Healthcheck, "", "runtime.health says how the process is asked"},
	{command.User, "", "runtime.user says who the process is; COPY and ADD have --chown"},
	{command.Shell, "", `name the shell where it is needed: RUN ["/bin/bash", "-c", "…"]`},
	{command.Maintainer, "", "image.labels holds org.opencontainers.image.authors"},
	{command.Workdir, "build", "the lines after it count on the working folder: use cd inside RUN, and whole paths in COPY"},
	{command.Label, "build", "no image has it from the build stage: it goes into [[runtime.extra]], or image.labels"},
	{command.Expose, "build", "no image has it from the build stage: it goes into [[runtime.extra]], or runtime.port"},
	{command.Volume, "build", "no image has it from the build stage: it goes into [[runtime.extra]]"},
	{command.StopSignal, "build", "no image has it from the build stage: it goes into [[runtime.extra]]"},
}

// addExtras puts the profile's extras at the places that the template has. The errors are
// [KeyErrors], about what depends on the template or the base.
func (p *Plan) addExtras(in Input, t row) error {
	all, errs := extrasOf(in.Profile)
	for _, e := range all {
		places := map[string][]string{"build": t.Build, "runtime": t.Runtime}[e.table]
		if !slices.Contains(places, e.at) {
			errs = append(errs, &KeyError{Key: e.key + ".at", Msg: fmt.Sprintf("%s.extra.at is %q, and the template %s has no such place", e.table, e.at, t.Name),
				Hint: "there are: " + strings.Join(places, ", ")})
		}
		for _, l := range e.lines {
			if u := p.idle(l, e.table); u != nil {
				errs = append(errs, e.wrong(l.text, u))
			}
		}
	}
	if errs != nil {
		return errs
	}
	p.extras = map[string][]string{}
	for _, place := range slices.Concat(t.Build, t.Runtime) {
		p.extras[place] = linesAt(all, place, place == t.Build[len(t.Build)-1])
	}
	return nil
}

// idle says of an instruction that it could not run on the base, or would have no effect.
func (p *Plan) idle(l extraLine, table string) *unfit {
	if table != "runtime" {
		return nil
	}
	base := p.decision.Chosen()
	switch c := l.command.(type) {
	case *instructions.RunCommand:
		if c.PrependShell && !base.Base.Shell {
			return &unfit{"it needs a shell, and " + base.Ref + " has none",
				`write RUN ["/program", "argument"], do it in [[build.extra]] and COPY the result, or choose a base with a shell (scaffold explain)`}
		}
	case *instructions.StopSignalCommand:
		if p.StopSignal != "" {
			return &unfit{"it has no effect: STOPSIGNAL " + p.StopSignal + " follows", "delete it"}
		}
	}
	return nil
}

// linesAt are the instructions at a place, and an empty line behind each here-document,
// which hadolint wants; the end of a stage has one already.
func linesAt(all []extra, place string, end bool) []string {
	var lines []string
	heredoc := false
	for _, e := range all {
		if e.at != place {
			continue
		}
		for _, l := range e.lines {
			if heredoc {
				lines = append(lines, "")
			}
			lines, heredoc = append(lines, l.text), l.heredoc
		}
	}
	if heredoc && !end {
		lines = append(lines, "")
	}
	return lines
}

// Extra is what stands at a place. A place that templates.toml does not give the template
// is an error.
func (p *Plan) Extra(place string) ([]string, error) {
	lines, ok := p.extras[place]
	if !ok {
		return nil, fmt.Errorf("finding the place %q: templates.toml does not list it for the template", place)
	}
	return lines, nil
}

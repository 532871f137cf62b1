// Package markers says in which environments the markers of dependencies hold (PEP 508,
// https://packaging.python.org/specifications/dependency-specifiers/#environment-markers).
//
// The model: a marker is not asked for one environment but for all at once, and the
// answer is a set of them ([wheels.Where]): architectures and versions of CPython on
// Linux. What a lock cannot know, such as the kernel's release, is neither true nor
// false; where the whole of a marker is left open by that, the environment is kept.
//
// Limits: of a version of Python only the minor one is known, so a marker that asks for
// a patch holds where some patch would satisfy it.
package markers

import (
	"slices"
	"strconv"
	"strings"

	"scaffold/evidence/wheels"
)

// Chosen are the extras and dependency groups that are installed.
type Chosen struct{ Extras, Groups []string }

// Where returns the environments in which a marker holds, or may hold. One that cannot be
// read may hold everywhere.
func Where(marker string, chosen Chosen) wheels.Where {
	if strings.TrimSpace(marker) == "" {
		return wheels.Everywhere
	}
	tokens, ok := scan(marker)
	if !ok {
		return wheels.Everywhere
	}
	p := &parser{tokens: tokens, chosen: chosen}
	a, ok := p.or(0)
	if !ok || len(p.tokens) > 0 {
		return wheels.Everywhere
	}
	return a.may
}

// An answer is where something may be true, and where it may be false; in an environment
// that is in both it is open.
type answer struct{ may, mayNot wheels.Where }

func yes(w wheels.Where) answer { return answer{w, wheels.Everywhere &^ w} }

// always is a leaf that no environment changes.
func always(b bool) answer {
	if b {
		return yes(wheels.Everywhere)
	}
	return yes(0)
}

var open = answer{wheels.Everywhere, wheels.Everywhere}

// The bounds of one marker, far above what tools write.
const (
	maxMarker = 64 << 10
	maxDepth  = 50
)

// A token is a word, an operator, a parenthesis, or a quoted string.
type token struct {
	text   string
	quoted bool
}

// scan takes a marker apart.
func scan(s string) (tokens []token, ok bool) {
	if len(s) > maxMarker {
		return nil, false
	}
	for s = strings.TrimLeft(s, " \t"); s != ""; s = strings.TrimLeft(s, " \t") {
		n := 1
		switch {
		case s[0] == '"' || s[0] == '\'':
			end := strings.IndexByte(s[1:], s[0])
			if end < 0 {
				return nil, false
			}
			tokens = append(tokens, token{s[1 : 1+end], true})
			s = s[end+2:]
			continue
		case s[0] == '(' || s[0] == ')':
		case strings.IndexByte("<>=!~", s[0]) >= 0:
			n = span(s, "<>=!~")
		default:
			n = max(1, span(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."))
		}
		tokens = append(tokens, token{s[:n], false})
		s = s[n:]
	}
	return tokens, true
}

func span(s, of string) int { return len(s) - len(strings.TrimLeft(s, of)) }

type parser struct {
	tokens []token
	chosen Chosen
}

func (p *parser) next() token {
	if len(p.tokens) == 0 {
		return token{}
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

// word takes the next token if it is the word.
func (p *parser) word(w string) bool {
	if len(p.tokens) == 0 || p.tokens[0].quoted || p.tokens[0].text != w {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *parser) or(depth int) (answer, bool) {
	a, ok := p.and(depth)
	for ok && p.word("or") {
		var b answer
		b, ok = p.and(depth)
		a = answer{a.may | b.may, a.mayNot & b.mayNot}
	}
	return a, ok
}

func (p *parser) and(depth int) (answer, bool) {
	a, ok := p.comparison(depth)
	for ok && p.word("and") {
		var b answer
		b, ok = p.comparison(depth)
		a = answer{a.may & b.may, a.mayNot | b.mayNot}
	}
	return a, ok
}

func (p *parser) comparison(depth int) (answer, bool) {
	if depth > maxDepth {
		return answer{}, false
	}
	if p.word("(") {
		a, ok := p.or(depth + 1)
		return a, ok && p.word(")")
	}
	left := p.next()
	op := p.next()
	if op.text == "not" && p.word("in") {
		op.text = "not in"
	}
	right := p.next()
	switch {
	case left.text == "" && !left.quoted || op.quoted || right.text == "" && !right.quoted || left.quoted == right.quoted:
		return answer{}, false
	case left.quoted:
		return p.compare(right.text, mirrored(op.text), left.text, true)
	}
	return p.compare(left.text, op.text, right.text, false)
}

// mirrored is the operator that says the same with its sides exchanged.
func mirrored(op string) string {
	if i := strings.IndexAny(op, "<>"); i == 0 {
		return map[byte]string{'<': ">", '>': "<"}[op[0]] + op[1:]
	}
	return op
}

// compare judges one comparison. literalLeft tells 'x' in extras from extras in 'x'.
func (p *parser) compare(variable, op, literal string, literalLeft bool) (answer, bool) {
	if !slices.Contains([]string{"==", "===", "!=", "<", "<=", ">", ">=", "~=", "in", "not in"}, op) {
		return answer{}, false
	}
	switch variable {
	case "python_version", "python_full_version":
		return p.python(variable, op, literal), true
	case "platform_machine":
		return machine(op, literal), true
	case "extra", "extras", "dependency_groups":
		return p.membership(variable, op, literal), true
	}
	value, ok := linux[variable]
	if !ok {
		return open, true
	}
	return compareText(value, op, literal, literalLeft), true
}

// linux are the variables that have one value on every Linux with CPython. Deprecated
// names stand beside the new ones, as in packaging's parser.
var linux = map[string]string{
	"os_name": "posix", "os.name": "posix",
	"sys_platform": "linux", "sys.platform": "linux",
	"platform_system":                "Linux",
	"platform_python_implementation": "CPython", "python_implementation": "CPython",
	"implementation_name": "cpython",
}

func compareText(value, op, literal string, literalLeft bool) answer {
	switch op {
	case "==", "===":
		return always(value == literal)
	case "!=":
		return always(value != literal)
	case "in", "not in":
		has := strings.Contains(literal, value)
		if literalLeft {
			has = strings.Contains(value, literal)
		}
		return always(has == (op == "in"))
	}
	return open
}

// machine judges platform_machine. A 32-bit container may be told the 64-bit kernel's.
func machine(op, literal string) answer {
	a := answer{}
	for _, arch := range wheels.Arches() {
		b := open
		if arch != "386" && arch != "arm/v7" {
			b = compareText(wheels.Machine(arch), op, literal, false)
		}
		for python := wheels.FirstPython; python <= wheels.LastPython; python++ {
			in := wheels.In(arch, python)
			a.may |= b.may & in
			a.mayNot |= b.mayNot & in
		}
	}
	return a
}

// membership judges what is chosen: extra == 'x', 'x' in extras, 'x' in dependency_groups.
func (p *parser) membership(variable, op, literal string) answer {
	chosen := p.chosen.Extras
	if variable == "dependency_groups" {
		chosen = p.chosen.Groups
	}
	in := slices.ContainsFunc(chosen, func(c string) bool { return wheels.Normalise(c) == wheels.Normalise(literal) })
	switch op {
	case "==", "===", "in":
		return always(in)
	case "!=", "not in":
		return always(!in)
	}
	return open
}

// somePatch is higher than any patch that there is.
const somePatch = 99

// python judges versions of Python: for each minor one with its first and a late patch.
func (p *parser) python(variable, op, literal string) answer {
	a := answer{}
	for minor := wheels.FirstPython; minor <= wheels.LastPython; minor++ {
		full := variable == "python_full_version"
		first, ok := versionHolds(minor, 0, full, op, literal)
		late, _ := versionHolds(minor, somePatch, full, op, literal)
		for _, arch := range wheels.Arches() {
			in := wheels.In(arch, minor)
			if first || late || !ok {
				a.may |= in
			}
			if !first || !late || !ok {
				a.mayNot |= in
			}
		}
	}
	return a
}

// versionHolds compares 3.minor, or 3.minor.patch, with a version as PEP 440 does. It is
// not ok where the version is none that could be Python's.
func versionHolds(minor, patch int, full bool, op, literal string) (holds, ok bool) {
	if op == "in" || op == "not in" {
		return versionListed(minor, patch, full, op, literal)
	}
	value := []int{3, minor}
	if full {
		value = append(value, patch)
	}
	number, wildcard := strings.CutSuffix(literal, ".*")
	want, ok := numbers(number)
	if !ok || wildcard && op != "==" && op != "!=" {
		return false, false
	}
	d := slices.Compare(padded(value), padded(want))
	switch op {
	case "==", "===":
		return d == 0 || wildcard && hasPrefix(value, want), true
	case "!=":
		return !(d == 0 || wildcard && hasPrefix(value, want)), true
	case "<":
		return d < 0, true
	case "<=":
		return d <= 0, true
	case ">":
		return d > 0, true
	case ">=":
		return d >= 0, true
	}
	return d >= 0 && len(want) > 1 && hasPrefix(value, want[:len(want)-1]), len(want) > 1 // ~=
}

// versionListed is for python_version in '3.11, 3.12', a list of words.
func versionListed(minor, patch int, full bool, op, literal string) (holds, ok bool) {
	listed := false
	for _, word := range strings.FieldsFunc(literal, func(r rune) bool { return r == ',' || r == ' ' || r == '|' }) {
		in, ok := versionHolds(minor, patch, full, "==", word)
		if !ok {
			return false, false
		}
		listed = listed || in
	}
	return listed == (op == "in"), true
}

func hasPrefix(value, prefix []int) bool {
	return len(prefix) <= len(value) && slices.Equal(value[:len(prefix)], prefix)
}

// padded has three numbers: 3.11 is 3.11.0.
func padded(v []int) []int { return append(slices.Clone(v), 0, 0, 0)[:max(3, len(v))] }

func numbers(s string) ([]int, bool) {
	var out []int
	for part := range strings.SplitSeq(strings.TrimSpace(s), ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 || len(out) == 4 {
			return nil, false
		}
		out = append(out, n)
	}
	return out, true
}

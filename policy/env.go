package policy

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// builtIn are the arguments that BuildKit sets, with the values that stand for any.
// https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope
var builtIn = map[string]string{
	"TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETARCH": "amd64", "TARGETVARIANT": "", "TARGETOSVERSION": "",
	"BUILDPLATFORM": "linux/amd64", "BUILDOS": "linux", "BUILDARCH": "amd64", "BUILDVARIANT": "", "BUILDOSVERSION": "",
}

// maxWord bounds a word with variables in it and the value of one: twenty arguments that
// each hold the one before twice are a megabyte.
const maxWord = 1 << 10

// lineFrom is the line of a step on which word stands for the first time in rest, the end of
// its shell text: as often before the step's end as there.
func (d *dockerfile) lineFrom(s step, word, rest string) int {
	left := strings.Count(rest, word)
	for n := min(s.end, len(d.lines)); n >= s.line && left > 0; n-- {
		if left -= strings.Count(d.lines[n-1], word); left <= 0 {
			return n
		}
	}
	return d.lineOf(s, word)
}

// An env fills in arguments and variables as BuildKit does, with defaults only.
type env struct {
	lex    *shell.Lex
	values map[string]string
}

func newEnv(escape rune) *env {
	return &env{lex: shell.NewLex(escape), values: maps.Clone(builtIn)}
}

// Get and Keys make it a [shell.EnvGetter].
func (e *env) Get(name string) (string, bool) { v, ok := e.values[name]; return v, ok }
func (e *env) Keys() []string                 { return slices.Collect(maps.Keys(e.values)) }

// expand fills in a word, and says which names in it have no value.
func (e *env) expand(word string) (string, []string) {
	if !strings.Contains(word, "$") {
		return word, nil
	}
	if len(word) > maxWord {
		return "", []string{"(too long)"}
	}
	out, err := e.lex.ProcessWordWithMatches(word, e)
	if err != nil {
		return word, nil
	}
	var missing []string
	for name := range out.Unmatched {
		// ${NAME:-word} has a value without one of NAME.
		if plain, err := regexp.Compile(`\$(\{` + regexp.QuoteMeta(name) + `\}|` + regexp.QuoteMeta(name) + `\b)`); err == nil && plain.MatchString(word) {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return out.Result, missing
}

func (e *env) set(name, value string) {
	if len(value) <= maxWord {
		e.values[name] = value
	}
}

// arg takes an ARG's defaults; one without takes the value of the global one.
func (e *env) arg(args []instructions.KeyValuePairOptional, global *env) {
	for _, a := range args {
		if a.Value != nil {
			value, _ := e.expand(*a.Value)
			e.set(a.Key, value)
		} else if global != nil {
			if value, ok := global.Get(a.Key); ok {
				e.set(a.Key, value)
			}
		}
	}
}

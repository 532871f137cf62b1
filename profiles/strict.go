package profiles

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/BurntSushi/toml"
)

// strict walks a decoded TOML tree beside the Go type it is meant for and collects
// every unknown key, wrong type and malformed string.
type strict struct {
	file     string
	lines    *locator
	problems Problems
	more     int // problems beyond those
}

// maxProblems bounds how many problems of a file are told apart, for the reader's sake.
const maxProblems = 100

func (s *strict) add(path []string, hint, format string, args ...any) {
	if len(s.problems) == maxProblems {
		s.more++
		return
	}
	s.problems = append(s.problems, Problem{
		File: s.file, Line: s.lines.line(path), Msg: fmt.Sprintf(format, args...), Hint: hint,
	})
}

// found is every problem, in the order of lines.
func (s *strict) found() Problems {
	slices.SortStableFunc(s.problems, func(a, b Problem) int { return a.Line - b.Line })
	if s.more > 0 {
		s.problems = append(s.problems, Problem{File: s.file, Msg: fmt.Sprintf("has %d more problems", s.more), Hint: "is it the right file?"})
	}
	return s.problems
}

// decodeStrict decodes data into v, a pointer to a struct, or returns every problem.
func decodeStrict(file, data string, v any) Problems {
	var parsed toml.Primitive // parsed once, taken apart twice
	meta, err := toml.Decode(data, &parsed)
	if err != nil {
		return Problems{syntaxProblem(file, err)}
	}
	var tree map[string]any
	if err := meta.PrimitiveDecode(parsed, &tree); err != nil {
		return Problems{syntaxProblem(file, err)}
	}
	s := &strict{file: file, lines: newLocator(data)}
	s.table(nil, tree, reflect.TypeOf(v).Elem())
	if problems := s.found(); problems != nil {
		return problems
	}
	if err := meta.PrimitiveDecode(parsed, v); err != nil {
		return Problems{syntaxProblem(file, err)}
	}
	return nil
}

func syntaxProblem(file string, err error) Problem {
	if pe, ok := err.(toml.ParseError); ok {
		return Problem{File: file, Line: pe.Position.Line, Msg: pe.Message, Hint: strings.TrimSpace(firstLine(pe.Usage))}
	}
	return Problem{File: file, Msg: err.Error()}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

func (s *strict) table(path []string, tree map[string]any, t reflect.Type) {
	known := fieldsIn(t)
	for _, k := range sortedKeys(tree) {
		f, ok := known.byKey[k]
		if !ok {
			s.unknown(path, k, known.keys)
			continue
		}
		s.value(append(slices.Clone(path), k), tree[k], f)
	}
	for _, k := range known.required {
		if _, ok := tree[k]; !ok {
			s.add(path, fmt.Sprintf("add %s: %s", k, known.byKey[k].Tag.Get("doc")), "missing key %q", dotted(append(slices.Clone(path), k)))
		}
	}
}

func (s *strict) unknown(path []string, k string, keys []string) {
	full := append(slices.Clone(path), k)
	hint := "there are: " + strings.Join(keys, ", ")
	if n := nearest(k, keys); n != "" {
		hint = fmt.Sprintf("did you mean %q?", n)
	}
	s.add(full, hint, "unknown key %q", dotted(full))
}

func (s *strict) value(path []string, v any, f reflect.StructField) {
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[Health]():
		s.health(path, v, f)
		return
	case reflect.TypeFor[time.Time]():
		s.day(path, v)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		if tree, ok := v.(map[string]any); ok {
			s.table(path, tree, t)
			return
		}
	case reflect.Slice:
		if s.list(path, v, t, f) {
			return
		}
	case reflect.Map:
		if tree, ok := v.(map[string]any); ok {
			s.stringMap(path, tree, f)
			return
		}
	case reflect.String:
		if str, ok := v.(string); ok {
			s.text(path, str, f)
			return
		}
	case reflect.Bool:
		if _, ok := v.(bool); ok {
			return
		}
	case reflect.Int:
		if n, ok := v.(int64); ok {
			if n < 0 || n > math.MaxInt32 {
				s.add(path, "", "%s is %d; it must be between 0 and %d", dotted(path), n, math.MaxInt32)
			}
			return
		}
	}
	s.add(path, f.Tag.Get("doc"), "%s is %s; it must be %s", dotted(path), kindOf(v), wantOf(f.Type))
}

// list checks an array of strings or an array of tables; it reports false where v
// is neither what t wants.
func (s *strict) list(path []string, v any, t reflect.Type, f reflect.StructField) bool {
	if t.Elem().Kind() == reflect.Struct {
		var tables []map[string]any
		switch v := v.(type) {
		case []map[string]any:
			tables = v
		case []any:
			for _, e := range v {
				table, ok := e.(map[string]any)
				if !ok {
					return false
				}
				tables = append(tables, table)
			}
		default:
			return false
		}
		last := len(path) - 1
		for i, table := range tables {
			s.table(append(slices.Clone(path[:last]), nth(path[last], i)), table, t.Elem())
		}
		return true
	}
	elems, ok := v.([]any)
	if !ok {
		return false
	}
	for _, e := range elems {
		str, ok := e.(string)
		if !ok {
			s.add(path, f.Tag.Get("doc"), "%s holds %s; it must hold strings", dotted(path), kindOf(e))
			continue
		}
		s.text(path, str, f)
	}
	return true
}

func (s *strict) stringMap(path []string, tree map[string]any, f reflect.StructField) {
	form := patterns[f.Tag.Get("keys")]
	for _, k := range sortedKeys(tree) {
		full := append(slices.Clone(path), k)
		str, ok := tree[k].(string)
		if !ok {
			s.add(full, fmt.Sprintf("write %s = \"…\"", k), "%s is %s; it must be a string", dotted(full), kindOf(tree[k]))
			continue
		}
		if !form.match(k) {
			s.add(full, "it must be "+form.want, "%q is no key for %s", k, dotted(path))
		}
		s.text(full, str, f)
	}
}

func (s *strict) health(path []string, v any, f reflect.StructField) {
	switch v := v.(type) {
	case string:
		if !patterns["urlpath"].match(v) {
			s.add(path, `write a path such as "/healthz", or a command as a list: ["/app", "health"]`, "%s is %q, which is no HTTP path", dotted(path), v)
		}
	case []any:
		s.list(path, v, reflect.TypeFor[[]string](), reflect.StructField{Tag: `pattern:"argument"`})
	default:
		s.add(path, f.Tag.Get("doc"), "%s is %s; it must be a string or a list of strings", dotted(path), kindOf(v))
	}
}

// day checks a date without a time, which TOML writes without quotes.
func (s *strict) day(path []string, v any) {
	if day, ok := v.(time.Time); ok && day.Location().String() == "date-local" {
		return
	}
	s.add(path, "write it without quotes and without a time, for example 2027-03-31", "%s is %s; it must be a day", dotted(path), kindOf(v))
}

func (s *strict) text(path []string, v string, f reflect.StructField) {
	if enum := f.Tag.Get("enum"); enum != "" {
		words := strings.Split(enum, ",")
		if slices.Contains(words, v) {
			return
		}
		hint := "it takes: " + strings.Join(words, ", ")
		if n := nearest(v, words); n != "" {
			hint = fmt.Sprintf("did you mean %q?", n)
		}
		s.add(path, hint, "%s is %q", dotted(path), v)
		return
	}
	if name := f.Tag.Get("pattern"); name != "" {
		if p := patterns[name]; !p.match(v) {
			s.add(path, "it must be "+p.want, "%s is %q", dotted(path), v)
		}
	}
}

func fieldByKey(t reflect.Type, key string) (reflect.StructField, bool) {
	f, ok := fieldsIn(t).byKey[key]
	return f, ok
}

func keysOf(t reflect.Type) []string { return slices.Clone(fieldsIn(t).keys) }

// fields are those of a struct that a table is decoded into.
type fields struct {
	byKey          map[string]reflect.StructField
	keys, required []string // in the order of the struct
}

// seen are the fields of each type that was asked for: the types are those of this program.
var seen sync.Map // *fields by reflect.Type

func fieldsIn(t reflect.Type) *fields {
	if found, ok := seen.Load(t); ok {
		return found.(*fields)
	}
	all := &fields{byKey: map[string]reflect.StructField{}}
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("toml")
		if _, twice := all.byKey[key]; key == "" || twice {
			continue
		}
		all.byKey[key], all.keys = f, append(all.keys, key)
		if f.Tag.Get("required") == "true" {
			all.required = append(all.required, key)
		}
	}
	seen.Store(t, all)
	return all
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// dotted is a key as people write it.
func dotted(path []string) string {
	return elementMark.ReplaceAllString(strings.Join(path, "."), "$1")
}

// elementMark is how a path names one table of a list: secrets#1 is the second.
var elementMark = regexp.MustCompile(`#[0-9]+(\.|$)`)

func nth(key string, i int) string { return fmt.Sprintf("%s#%d", key, i) }

func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "a whole number"
	case float64:
		return "a number with a fraction"
	case bool:
		return "true or false"
	case map[string]any:
		return "a table"
	case []any, []map[string]any:
		return "a list"
	}
	return "a date"
}

func wantOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return wantOf(t.Elem())
	case reflect.Struct, reflect.Map:
		return "a table"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	}
	return "a string"
}

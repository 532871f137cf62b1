package profiles

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// A SetError is a --set argument that no profile can take. Commands end with exit
// code 2 on it.
type SetError struct {
	Arg  string // as the person wrote it
	Msg  string
	hint string
}

func (e *SetError) Error() string { return fmt.Sprintf("--set %q: %s", e.Arg, e.Msg) }

// Hint is the next step, or "".
func (e *SetError) Hint() string { return e.hint }

// ParseSet parses key=value, the argument of --set, by the type that the key has in
// [Profile], so that build.version=3.10 stays a string. A list is written a,b or as a
// TOML array, a map's key behind the map's own (runtime.env.TZ=UTC, the rest of the
// argument up to "=" being the key), a whole table as a TOML inline table. The result
// goes into [Draft.Tell]. The error is a [*SetError].
func ParseSet(arg string) (path []string, value any, err error) {
	key, text, ok := strings.Cut(arg, "=")
	if !ok || key == "" {
		return nil, nil, &SetError{arg, "it has no key=value", "for example --set runtime.port=8080"}
	}
	path, f, err := fieldAt(arg, key)
	if err != nil {
		return nil, nil, err
	}
	tree, serr := parseAs(text, f.Type, arg)
	if serr != nil {
		if serr.hint == "" {
			serr.hint = f.Tag.Get("doc")
		}
		return nil, nil, serr
	}
	if key == "runtime.command" && looksUnsplit(text, tree) {
		return nil, nil, &SetError{arg, "the command is one word with spaces in it", "write its words with commas, or as a list: --set 'runtime.command=[\"python\", \"main.py\"]'"}
	}
	s := &strict{lines: new(locator)}
	s.value(path, tree, f)
	if len(s.problems) > 0 {
		return nil, nil, &SetError{arg, s.problems[0].Msg, s.problems[0].Hint}
	}
	return path, plain(tree), nil
}

// looksUnsplit tells a command line that was meant to be split.
func looksUnsplit(text string, tree any) bool {
	words, _ := tree.([]any)
	return len(words) == 1 && !strings.HasPrefix(text, "[") && strings.Contains(strings.TrimSpace(text), " ")
}

// fieldAt finds the field of Profile that a dotted key names. For a map's key it is
// a field with the map's element type and the map's tags.
func fieldAt(arg, key string) ([]string, reflect.StructField, error) {
	t := reflect.TypeFor[Profile]()
	var path []string
	rest := key
	for {
		k, deeper, more := strings.Cut(rest, ".")
		f, ok := fieldByKey(t, k)
		if !ok {
			return nil, f, unknownSet(arg, key)
		}
		path = append(path, k)
		ft := f.Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		switch {
		case !more && isTable(ft) && f.Type.Kind() == reflect.Struct:
			return nil, f, &SetError{arg, fmt.Sprintf("%q is a table; name one of its keys", key), "there are: " + strings.Join(keysOf(ft), ", ")}
		case !more:
			return path, f, nil
		case ft.Kind() == reflect.Map:
			return mapKey(arg, append(path, deeper), f)
		case !isTable(ft):
			return nil, f, &SetError{arg, fmt.Sprintf("%q has no keys below it", dotted(path)), f.Tag.Get("doc")}
		}
		t, rest = ft, deeper
	}
}

func mapKey(arg string, path []string, f reflect.StructField) ([]string, reflect.StructField, error) {
	k := path[len(path)-1]
	if form := patterns[f.Tag.Get("keys")]; !form.match(k) {
		return nil, f, &SetError{arg, fmt.Sprintf("%q is no key for %s", k, dotted(path[:len(path)-1])), "it must be " + form.want}
	}
	f.Type = f.Type.Elem()
	return path, f, nil
}

func unknownSet(arg, key string) *SetError {
	all := Settable()
	e := &SetError{arg, fmt.Sprintf("unknown key %q", key), "there are: " + strings.Join(all, ", ")}
	if n := nearest(key, all); n != "" {
		e.hint = fmt.Sprintf("did you mean %q?", n)
	}
	for _, k := range all {
		if strings.HasSuffix(k, "."+key) {
			e.hint = fmt.Sprintf("did you mean %q?", k)
			break
		}
	}
	return e
}

// Settable are the dotted keys of a profile that hold a value, as [ParseSet] takes them.
func Settable() []string { return leaves("", reflect.TypeFor[Profile]()) }

// leaves are the dotted keys of t that hold a value.
func leaves(prefix string, t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		f := t.Field(i)
		ft := f.Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		if key := prefix + f.Tag.Get("toml"); isTable(ft) {
			keys = append(keys, leaves(key+".", ft)...)
		} else {
			keys = append(keys, key)
		}
	}
	return keys
}

// parseAs turns text into the tree that the TOML decoder would give for t.
func parseAs(text string, t reflect.Type, arg string) (any, *SetError) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[Health]():
		if strings.HasPrefix(text, "[") {
			return parseTOML(text, arg)
		}
		return text, nil
	case t.Kind() == reflect.Int:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, &SetError{Arg: arg, Msg: fmt.Sprintf("%q is no whole number", text)}
		}
		return n, nil
	case t.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return nil, &SetError{Arg: arg, Msg: fmt.Sprintf("%q is neither true nor false", text)}
		}
		return text == "true", nil
	case t.Kind() == reflect.String:
		return text, nil
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String && !strings.HasPrefix(text, "["):
		list := []any{}
		for w := range strings.SplitSeq(text, ",") {
			if text != "" {
				list = append(list, w)
			}
		}
		return list, nil
	}
	return parseTOML(text, arg)
}

func parseTOML(text, arg string) (any, *SetError) {
	var tree map[string]any
	if _, err := toml.Decode("v = "+text, &tree); err != nil || len(tree) != 1 {
		return nil, &SetError{Arg: arg, Msg: fmt.Sprintf("%q is no TOML value", text), hint: `a list is written ["a", "b"], a table { a = "b" }`}
	}
	return tree["v"], nil
}

// plain turns a checked tree of the TOML decoder into what a [Draft] holds.
func plain(v any) any {
	switch v := v.(type) {
	case int64:
		return int(v)
	case []map[string]any:
		return v
	case map[string]any:
		m := map[string]any{}
		for k, e := range v {
			m[k] = plain(e)
		}
		return m
	case []any:
		if slices.ContainsFunc(v, func(e any) bool { _, ok := e.(map[string]any); return ok }) {
			var tables []map[string]any
			for _, e := range v {
				tables = append(tables, e.(map[string]any)) // the strict walk has refused mixtures
			}
			return tables
		}
		list := make([]string, 0, len(v))
		for _, e := range v {
			s, _ := e.(string)
			list = append(list, s)
		}
		return list
	}
	return v
}

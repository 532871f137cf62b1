package profiles

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// longLine is the width up to which the comments of a table are aligned; beyond it a
// comment follows its value.
const longLine = 56

// Render writes the draft as a scaffold.toml: keys and tables in the order of
// [Profile]'s fields, deeper tables inline, and behind each line where it came from.
// Any string comes back from [Parse] as it went in; bytes that are no UTF-8, which
// TOML cannot hold, become U+FFFD.
func (d *Draft) Render() []byte {
	var b bytes.Buffer
	t := reflect.TypeFor[Profile]()
	writeBlock(&b, d.lines(nil, t))
	for i := range t.NumField() {
		f := t.Field(i)
		if !isTable(f.Type) {
			continue
		}
		key := f.Tag.Get("toml")
		if lines := d.lines([]string{key}, f.Type); len(lines) > 0 {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "[%s]\n", key)
			writeBlock(&b, lines)
		}
	}
	return b.Bytes()
}

// isTable reports whether a field of Profile is written as a table of its own.
func isTable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[Health]()
}

type line struct{ key, value, from string }

func (d *Draft) lines(table []string, t reflect.Type) []line {
	var lines []line
	for i := range t.NumField() {
		f := t.Field(i)
		path := append(slices.Clone(table), f.Tag.Get("toml"))
		if table == nil && isTable(f.Type) {
			continue
		}
		if v, from, ok := d.at(path, f.Type); ok {
			lines = append(lines, line{encodeKey(path[len(path)-1]), v, from})
		}
	}
	return lines
}

// at is the text of the value at path: the entry itself, or an inline table of the
// entries below it.
func (d *Draft) at(path []string, t reflect.Type) (text, from string, ok bool) {
	if i := d.index(path); i >= 0 {
		return Inline(d.entries[i].Value), d.entries[i].From, true
	}
	var below []Entry
	for _, e := range d.entries {
		if len(e.Path) == len(path)+1 && slices.Equal(e.Path[:len(path)], path) {
			below = append(below, e)
		}
	}
	if len(below) == 0 {
		return "", "", false
	}
	if t.Kind() == reflect.Pointer {
		order := keysOf(t.Elem())
		last := func(e Entry) int { return slices.Index(order, e.Path[len(path)]) }
		slices.SortStableFunc(below, func(a, b Entry) int { return last(a) - last(b) })
	}
	var pairs, froms []string
	for _, e := range below {
		pairs = append(pairs, encodeKey(e.Path[len(path)])+" = "+Inline(e.Value))
		if e.From != "" && !slices.Contains(froms, e.From) {
			froms = append(froms, e.From)
		}
	}
	return "{ " + strings.Join(pairs, ", ") + " }", strings.Join(froms, ", "), true
}

func writeBlock(b *bytes.Buffer, lines []line) {
	keys, codes := 0, 0
	for _, l := range lines {
		keys = max(keys, utf8.RuneCountInString(l.key))
	}
	for _, l := range lines {
		if n := keys + len(" = ") + utf8.RuneCountInString(l.value); l.from != "" && n <= longLine {
			codes = max(codes, n)
		}
	}
	for _, l := range lines {
		code := fmt.Sprintf("%-*s = %s", keys, l.key, l.value)
		if l.from != "" {
			code = fmt.Sprintf("%-*s  # %s", codes, code, comment(l.from))
		}
		b.WriteString(code + "\n")
	}
}

// comment makes an origin one printable line: a file's name may hold anything.
func comment(from string) string {
	from = OneLine(from)
	if strings.HasPrefix(from, "default") || strings.HasPrefix(from, "told") {
		return from
	}
	return "from " + from
}

// OneLine makes text of a repository safe to print: what is not printable is escaped,
// so that no file's name can break a line or move a terminal's cursor, and what is
// longer than 160 characters is cut.
func OneLine(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > 160 {
			b.WriteString("…")
			break
		}
		if strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
	}
	return b.String()
}

// Inline is one value that a [Draft] may hold in TOML, on one line.
func Inline(v any) string {
	switch v := v.(type) {
	case []map[string]any:
		var tables []string
		for _, t := range v {
			tables = append(tables, encodeTable(t))
		}
		return "[" + strings.Join(tables, ", ") + "]"
	case []string:
		clean := make([]string, len(v))
		for i, s := range v {
			clean[i] = strings.ToValidUTF8(s, "\uFFFD")
		}
		return marshal(clean)
	case string:
		return marshal(strings.ToValidUTF8(v, "\uFFFD"))
	}
	return marshal(v)
}

// encodeTable writes the known keys of a secret in their order, any other after them.
func encodeTable(t map[string]any) string {
	order := keysOf(reflect.TypeFor[Secret]())
	keys := sortedKeys(t)
	slices.SortStableFunc(keys, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	var pairs []string
	for _, k := range keys {
		pairs = append(pairs, encodeKey(k)+" = "+Inline(t[k]))
	}
	return "{ " + strings.Join(pairs, ", ") + " }"
}

func encodeKey(k string) string {
	data, err := toml.Marshal(map[string]int{strings.ToValidUTF8(k, "\uFFFD"): 0})
	if err != nil {
		panic(fmt.Sprintf("profiles: encoding the key %q: %v", k, err)) // a map of ints always encodes
	}
	return strings.TrimSuffix(string(data), " = 0\n")
}

func marshal(v any) string {
	data, err := toml.Marshal(map[string]any{"v": v})
	if err != nil {
		panic(fmt.Sprintf("profiles: a draft holds a %T: %v", v, err)) // not a value that Set documents
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(data), "v = "), "\n")
}

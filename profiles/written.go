package profiles

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// A lock is nearly always as [Lock.Render] wrote it, and a fleet has thousands of them. So
// it is read line by line first. That reading is lax about the form, for it counts only
// where what was read renders to the very same text: the TOML decoder reads from that what
// Render wrote it for. Whatever else there is, the decoder judges, and tells what is wrong.

// readWritten reads a lock as Render wrote it; nil where it is not quite that.
func readWritten(text string) *Lock {
	l := new(Lock)
	r := &writtenReader{rest: text, lock: reflect.ValueOf(l).Elem()}
	r.table = r.lock
	for r.rest != "" {
		if !r.line() {
			return nil
		}
	}
	if string(l.Render()) != text {
		return nil
	}
	return l
}

// A writtenReader is on its way through a lock.
type writtenReader struct {
	rest    string
	lock    reflect.Value // a struct
	table   reflect.Value // what keys are read into now: a struct, or a map of strings
	entries writtenField  // the map's field
}

// line reads one line, or several of a text. Like all that follow, it reports false for
// what Render does not write.
func (r *writtenReader) line() bool {
	if r.rest[0] == '\n' || r.rest[0] == '#' || r.rest[0] == '[' {
		line, rest, ok := strings.Cut(r.rest, "\n")
		r.rest = rest
		return ok && (line == "" || line[0] == '#' || r.header(line))
	}
	if r.table.Kind() == reflect.Map {
		return r.entry()
	}
	key, rest, ok := strings.Cut(r.rest, " = ")
	r.rest = rest
	f, known := fieldsOf(r.table.Type())[key]
	return ok && known && r.value(r.table.Field(f.index), f)
}

// header turns to the table that a [table] or [[list]] begins.
func (r *writtenReader) header(line string) bool {
	list := strings.HasPrefix(line, "[[")
	name := strings.Trim(line, "[]")
	f, known := fieldsOf(r.lock.Type())[name]
	if !known {
		return false
	}
	v := r.lock.Field(f.index)
	switch {
	case list && v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
		r.table = v.Index(v.Len() - 1)
	case !list && v.Kind() == reflect.Struct:
		r.table = v
	case !list && v.Type() == reflect.TypeFor[map[string]string]() && v.IsNil():
		v.Set(reflect.MakeMap(v.Type()))
		r.table, r.entries = v, f
	default:
		return false
	}
	return true
}

// entry reads a line of a map.
func (r *writtenReader) entry() bool {
	key, ok := r.quoted()
	if !ok || !r.cut(" = ") {
		return false
	}
	value, ok := r.quoted()
	if !ok || !r.cut("\n") || !r.entries.key.match(key) || !r.entries.form.match(value) {
		return false
	}
	r.table.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(value))
	return true
}

// value reads what stands behind the key of f into v.
func (r *writtenReader) value(v reflect.Value, f writtenField) bool {
	switch v.Kind() {
	case reflect.String:
		text, ok := r.quoted()
		v.SetString(text)
		return ok && r.cut("\n") && f.form.match(text)
	case reflect.Int:
		digits, rest, ok := strings.Cut(r.rest, "\n")
		r.rest = rest
		n, err := strconv.ParseUint(digits, 10, 31)
		v.SetInt(int64(n))
		return ok && err == nil && n <= math.MaxInt32
	}
	return false
}

func (r *writtenReader) cut(prefix string) bool {
	rest, ok := strings.CutPrefix(r.rest, prefix)
	r.rest = rest
	return ok
}

// quoted reads a basic string, on one line or, as Render writes texts, on several.
func (r *writtenReader) quoted() (string, bool) {
	end := `"""`
	if !strings.HasPrefix(r.rest, end) || !r.cut(end+"\n") {
		end = `"`
		if !r.cut(end) {
			return "", false
		}
	}
	var b strings.Builder
	for {
		at := strings.IndexAny(r.rest, `"\`)
		if at < 0 {
			return "", false
		}
		text := r.rest[:at]
		r.rest = r.rest[at:]
		if r.rest[0] == '"' {
			if b.Len() > 0 {
				b.WriteString(text)
				text = b.String()
			}
			return text, r.cut(end)
		}
		b.WriteString(text)
		if !r.unescape(&b) {
			return "", false
		}
	}
}

// unescape reads what begins with a backslash.
func (r *writtenReader) unescape(b *strings.Builder) bool {
	for _, e := range []struct{ from, to string }{{`\"`, `"`}, {`\\`, `\`}, {`\t`, "\t"}, {`\n`, "\n"}} {
		if rest, ok := strings.CutPrefix(r.rest, e.from); ok {
			r.rest = rest
			b.WriteString(e.to)
			return true
		}
	}
	if !r.cut(`\u`) || len(r.rest) < 4 {
		return false
	}
	code, err := strconv.ParseUint(r.rest[:4], 16, 16)
	r.rest = r.rest[4:]
	b.WriteRune(rune(code))
	return err == nil
}

// A writtenField is a field that can be read from a line.
type writtenField struct {
	index     int
	key, form form
}

// A form reports whether a string may stand where it does.
type form func(string) bool

func (f form) match(s string) bool { return f == nil || f(s) }

func formOf(name string) form {
	if p, ok := patterns[name]; ok {
		return p.match
	}
	return nil
}

// fieldsOf are the fields of a lock, or of a table in it, by key. Those that have a tag
// with a demand which is not looked at here are not among them.
func fieldsOf(t reflect.Type) map[string]writtenField { return writtenFields()[t] }

var writtenFields = sync.OnceValue(func() map[reflect.Type]map[string]writtenField {
	all := map[reflect.Type]map[string]writtenField{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		all[t] = map[string]writtenField{}
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Tag.Get("enum") == "" && f.Tag.Get("stack") == "" {
				all[t][f.Tag.Get("toml")] = writtenField{i, formOf(f.Tag.Get("keys")), formOf(f.Tag.Get("pattern"))}
			}
			table := f.Type
			if table.Kind() == reflect.Slice {
				table = table.Elem()
			}
			if table.Kind() == reflect.Struct {
				walk(table)
			}
		}
	}
	walk(reflect.TypeFor[Lock]())
	return all
})

package pylocks

import (
	"bytes"
	"errors"
	"net/url"
	"path"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// A document is a TOML text that is walked through, one key after the other. Lines of keys
// and values are what a lock is read for, and go-toml's parser is the one that has them.
type document struct {
	parser unstable.Parser
	data   []byte
	offset int // up to which lines are counted
	line   int // at offset, from 1

	table  []string // the header above the key
	key    []string
	header bool   // this is a header, and there is no key
	value  *value // of the key
}

func newDocument(data []byte) *document {
	d := &document{data: data, line: 1}
	d.parser.Reset(data)
	return d
}

// next moves to the next header or key. It returns false at the end, and where the text is
// no TOML: then err says so.
func (d *document) next() bool {
	if !d.parser.NextExpression() {
		return false
	}
	e := d.parser.Expression()
	names, offset := names(e)
	d.header = e.Kind != unstable.KeyValue
	d.lineAt(offset)
	if d.header {
		d.table, d.key, d.value = names, nil, nil
		return true
	}
	d.key, d.value = names, &value{d, e.Value()}
	return true
}

func names(e *unstable.Node) (names []string, offset int) {
	for it := e.Key(); it.Next(); {
		if names == nil {
			offset = int(it.Node().Raw.Offset)
		}
		names = append(names, string(it.Node().Data))
	}
	return names, offset
}

// err is why next ended before the end of the text.
func (d *document) err() error {
	err := d.parser.Error()
	if err == nil {
		return nil
	}
	e := &SyntaxError{Msg: "it is no TOML: " + err.Error()}
	var at *unstable.ParserError
	if errors.As(err, &at) && len(at.Highlight) > 0 {
		e.Line = d.parser.Shape(d.parser.Range(at.Highlight)).Start.Line
	}
	return e
}

// lineAt is the line of an offset, and quick for offsets that are close to the last one.
func (d *document) lineAt(offset int) int {
	if offset >= d.offset {
		d.line += bytes.Count(d.data[d.offset:offset], newline)
	} else {
		d.line -= bytes.Count(d.data[offset:d.offset], newline)
	}
	d.offset = offset
	return d.line
}

var newline = []byte("\n")

// in reports whether the header above is that one.
func (d *document) in(table ...string) bool { return equal(d.table, table) }

// at reports whether this is a key, of that name and under that header.
func (d *document) at(key string, table ...string) bool {
	return !d.header && len(d.key) == 1 && d.key[0] == key && d.in(table...)
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// A value is one value of a document. It is gone when the document moves on.
type value struct {
	doc  *document
	node *unstable.Node
}

// text is a string, or "" for any other value.
func (v *value) text() string {
	if v == nil || v.node.Kind != unstable.String {
		return ""
	}
	return string(v.node.Data)
}

func (v *value) isTrue() bool {
	return v != nil && v.node.Kind == unstable.Bool && string(v.node.Data) == "true"
}

// atLine is the line of a string.
func (v *value) atLine() int { return v.doc.lineAt(int(v.node.Raw.Offset)) }

// elements are those of an array; those of any other value are none.
func (v *value) elements() (all []value) {
	if v == nil || v.node.Kind != unstable.Array {
		return nil
	}
	for it := v.node.Children(); it.Next(); {
		if it.Node().Kind != unstable.Comment {
			all = append(all, value{v.doc, it.Node()})
		}
	}
	return all
}

// field is a value of an inline table, or nil.
func (v *value) field(name string) *value {
	if v == nil || v.node.Kind != unstable.InlineTable {
		return nil
	}
	for it := v.node.Children(); it.Next(); {
		if e := it.Node(); e.Kind == unstable.KeyValue {
			if key := e.Key(); key.Next() && key.IsLast() && string(key.Node().Data) == name {
				return &value{v.doc, e.Value()}
			}
		}
	}
	return nil
}

// texts are the strings of an array, or the one string.
func (v *value) texts() (all []string) {
	if s := v.text(); s != "" {
		return []string{s}
	}
	for _, e := range v.elements() {
		all = append(all, e.text())
	}
	return all
}

// fileOf takes the name of a file from the field that has it: a name itself, or the last
// part of a path or URL.
func fileOf(v *value) (name string, line int) {
	for _, field := range []string{"file", "filename", "name", "url", "path"} {
		f := v.field(field)
		if f.text() == "" {
			continue
		}
		name = f.text()
		if field == "url" {
			name, _, _ = strings.Cut(name, "#")
			name, _, _ = strings.Cut(name, "?")
			if plain, err := url.PathUnescape(path.Base(name)); err == nil {
				name = plain
			}
		}
		return path.Base(strings.ReplaceAll(name, `\`, "/")), f.atLine()
	}
	return "", 0
}

// files adds the files of a list.
func (p *Package) files(list *value) {
	for _, f := range list.elements() {
		if name, line := fileOf(&f); name != "" {
			p.file(name, line)
		}
	}
}

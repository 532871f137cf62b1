package profiles

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// here refuses any value, so that the TOML library's error tells the value's line: the
// library keeps the positions of keys to itself, but its errors carry them.
type here struct{}

var errHere = errors.New("here")

func (*here) UnmarshalTOML(any) error { return errHere }

// A locator finds the lines of keys in one TOML text. It parses the text when it is
// asked for the first: most texts have no problem.
type locator struct {
	data   string
	parsed bool
	meta   toml.MetaData
	tree   map[string]toml.Primitive
}

// Line is where a profile's text has a dotted key, from 1; 0 where it has not.
func Line(data []byte, key string) int {
	return newLocator(string(data)).line(strings.Split(key, "."))
}

// newLocator returns a locator for data, which must be well-formed; of other text it
// finds no line.
func newLocator(data string) *locator { return &locator{data: data} }

// line returns the line (from 1) of the key at path, or of its nearest ancestor that has
// one; 0 where none has.
func (l *locator) line(path []string) int {
	if !l.parsed {
		l.parsed = true
		l.meta, _ = toml.Decode(l.data, &l.tree)
	}
	found, level := 0, l.tree
	for i, key := range path {
		if name, element, ok := strings.Cut(key, "#"); ok {
			path = slices.Clone(path)
			path[i], key = name, name
			if line := l.inElement(path[:i+1], element, path[i+1:]); line > 0 {
				return line
			}
		}
		value, ok := level[key]
		if !ok {
			break
		}
		var pe toml.ParseError
		if errors.As(l.meta.PrimitiveDecode(value, new(here)), &pe) && pe.Position.Line > 0 {
			found = pe.Position.Line
		}
		level = nil
		if err := l.meta.PrimitiveDecode(value, &level); err != nil {
			break
		}
	}
	return found
}

// ProblemAt is a problem with a key of a well-formed profile, at the key's line. file is
// the name that messages give, data the profile's text.
func ProblemAt(file, data, key, msg, hint string) Problem {
	return Problem{File: file, Line: newLocator(data).line(strings.Split(key, ".")), Msg: msg, Hint: hint}
}

// Near is the line, from line on, on which text stands as it is; line where there is none
// before the next table. So an element of a list is found whose key alone has a position.
func Near(data string, line int, text string) int {
	number := 0
	for l := range strings.Lines(data) {
		switch number++; {
		case number < line:
		case text != "" && strings.Contains(l, text):
			return number
		case number > line && strings.HasPrefix(l, "["):
			return line
		}
	}
	return line
}

// inElement returns the line of key below the n-th [[table]], or that of the table's header
// where the key is not there; 0 where the tables are not written that way. The TOML library
// keeps one position for all tables of a list.
func (l *locator) inElement(table []string, n string, key []string) int {
	header, number, seen := 0, 0, 0
	for line := range strings.Lines(l.data) {
		number++
		word := strings.Join(strings.Fields(line), "")
		switch {
		case strings.HasPrefix(word, "[["+strings.Join(table, ".")+"]]"):
			if strconv.Itoa(seen) == n {
				header = number
			} else if header > 0 {
				return header
			}
			seen++
		case header > 0 && strings.HasPrefix(word, "["):
			return header
		case header > 0 && len(key) > 0 && strings.HasPrefix(word, key[0]+"="):
			return number
		}
	}
	return header
}

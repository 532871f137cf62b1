package profiles

import (
	"errors"
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
	for _, key := range path {
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

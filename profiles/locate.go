package profiles

import (
	"errors"

	"github.com/BurntSushi/toml"
)

// here refuses any value, so that the TOML library's error tells the value's line: the
// library keeps the positions of keys to itself, but its errors carry them.
type here struct{}

var errHere = errors.New("here")

func (*here) UnmarshalTOML(any) error { return errHere }

// A locator finds the lines of keys in one TOML text.
type locator struct {
	meta toml.MetaData
	tree map[string]toml.Primitive
}

// newLocator parses data, which must be well-formed; of other text it finds no line.
func newLocator(data string) *locator {
	l := new(locator)
	l.meta, _ = toml.Decode(data, &l.tree)
	return l
}

// line returns the line (from 1) of the key at path, or of its nearest ancestor that has
// one; 0 where none has.
func (l *locator) line(path []string) int {
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

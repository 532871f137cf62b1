package profiles

import (
	"errors"
	"reflect"
	"strconv"

	"github.com/BurntSushi/toml"
)

// here stops the TOML decoder at one key, so that its error tells the key's line.
type here struct{}

var errHere = errors.New("here")

func (*here) UnmarshalTOML(any) error { return errHere }

// lineOf returns the line (from 1) of the key at path in the TOML text data, or of
// its nearest ancestor that has one; 0 where none has. It decodes data once more,
// into a type that is made to fail at that key: the library keeps positions to
// itself, but its errors carry them.
func lineOf(data string, path []string) int {
	for ; len(path) > 0; path = path[:len(path)-1] {
		_, err := toml.Decode(data, reflect.New(typeAt(path)).Interface())
		var pe toml.ParseError
		if errors.As(err, &pe) && pe.Position.Line > 0 {
			return pe.Position.Line
		}
	}
	return 0
}

// typeAt is a struct type with a [here] at path and nothing else.
func typeAt(path []string) reflect.Type {
	t := reflect.TypeFor[here]()
	for i := len(path) - 1; i >= 0; i-- {
		t = reflect.StructOf([]reflect.StructField{{
			Name: "K", Type: t, Tag: reflect.StructTag("toml:" + strconv.Quote(path[i])),
		}})
	}
	return t
}

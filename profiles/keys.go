package profiles

import (
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// Keys knows which keys one TOML file has, and where. Many goroutines may ask at once.
type Keys struct {
	File string // as messages name it
	tree map[string]any

	mu      sync.Mutex // the locator takes a text apart as it is asked
	locator *locator
	lines   map[string]int // that were asked for, by path
}

// DecodeStrict decodes TOML into v, a pointer to a struct with the tags that the package
// comment names. The error is [Problems], every one of the file.
func DecodeStrict(file string, data []byte, v any) (*Keys, error) {
	if problems := tooDeep(file, string(data)); problems != nil {
		return nil, problems
	}
	if problems := decodeStrict(file, string(data), v); problems != nil {
		return nil, problems
	}
	k := &Keys{File: file, locator: newLocator(string(data)), lines: map[string]int{}}
	if _, err := toml.Decode(string(data), &k.tree); err != nil {
		return nil, Problems{syntaxProblem(file, err)}
	}
	return k, nil
}

// Has reports whether the file has the key at path.
func (k *Keys) Has(path ...string) bool {
	level := k.tree
	for i, key := range path {
		v, ok := level[key]
		if !ok {
			return false
		}
		if i == len(path)-1 {
			return true
		}
		level, _ = v.(map[string]any)
	}
	return false
}

// Line returns the line (from 1) of the key at path, or of its nearest ancestor that has
// one. waiver#1 in a path is the second [[waiver]].
func (k *Keys) Line(path ...string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	key := strings.Join(path, "\x00")
	line, ok := k.lines[key]
	if !ok {
		line = k.locator.line(path)
		k.lines[key] = line
	}
	return line
}

// Nearest returns the word among words that w was probably meant to be, or "".
func Nearest(w string, words []string) string { return nearest(w, words) }

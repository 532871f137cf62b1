package profiles

import "github.com/BurntSushi/toml"

// Keys knows which keys one TOML file has, and where.
type Keys struct {
	File  string // as messages name it
	tree  map[string]any
	lines *locator
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
	k := &Keys{File: file, lines: newLocator(string(data))}
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
func (k *Keys) Line(path ...string) int { return k.lines.line(path) }

// Nearest returns the word among words that w was probably meant to be, or "".
func Nearest(w string, words []string) string { return nearest(w, words) }

package profiles

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Told is where an [Entry] comes from that a person gave on the command line.
const Told = "told by --set"

// An Entry is one key of a profile in the making.
type Entry struct {
	Path  []string // the key, one element a table: runtime, env, TZ. Required.
	Value any      // string, int, bool, []string, or a list of tables ([]map[string]any). Required.
	From  string   // where it was read: "go.mod:3", "default of gin", [Told]. Optional.
}

// Told reports whether a person gave the entry, rather than a file of the repository.
func (e Entry) Told() bool { return strings.HasPrefix(e.From, "told") }

// A Draft is a profile in the making: what detection found, questions answered and
// --set told, each with its origin. [Draft.Render] writes it as a scaffold.toml; only
// [Parse] of that text says whether it is a valid profile. The zero value is empty.
type Draft struct {
	entries []Entry
}

// NewDraft returns a draft that holds the schema's number and nothing else.
func NewDraft() *Draft {
	d := new(Draft)
	d.Set([]string{"schema"}, Schema, "")
	return d
}

// Set gives the key at path a value and says where that was read. It replaces what
// the draft held at path and below it. A map becomes one entry a key.
func (d *Draft) Set(path []string, value any, from string) {
	if m := reflect.ValueOf(value); m.Kind() == reflect.Map {
		d.Delete(path)
		keys := m.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			d.Set(append(slices.Clone(path), k.String()), m.MapIndex(k).Interface(), from)
		}
		return
	}
	e := Entry{Path: slices.Clone(path), Value: value, From: from}
	if i := d.index(path); i >= 0 {
		d.entries[i] = e
		return
	}
	d.Delete(path)
	d.entries = append(d.entries, e)
}

// Delete removes the key at path and everything below it.
func (d *Draft) Delete(path []string) {
	d.entries = slices.DeleteFunc(d.entries, func(e Entry) bool {
		return len(e.Path) >= len(path) && slices.Equal(e.Path[:len(path)], path)
	})
}

// Get returns the entry at a dotted key, for example "runtime.port".
func (d *Draft) Get(key string) (Entry, bool) {
	for _, e := range d.entries {
		if dotted(e.Path) == key {
			return e, true
		}
	}
	return Entry{}, false
}

// Text is the value of a key that holds a string, or "".
func (d *Draft) Text(key string) string {
	e, _ := d.Get(key)
	s, _ := e.Value.(string)
	return s
}

// Entries returns a copy of what the draft holds, in the order in which it came.
func (d *Draft) Entries() []Entry { return slices.Clone(d.entries) }

// Tell is [Draft.Set] for what a person said. What was only detected and contradicts
// it goes: a program that is to exit is not asked over HTTP, one without a port has
// no health path, one with a port does not end by itself, and a detected command follows
// to the port that was told.
func (d *Draft) Tell(path []string, value any, from string) {
	before, _ := d.Get(dotted(path))
	d.Set(path, value, from)
	for _, c := range contradictions {
		if c.key == dotted(path) && reflect.DeepEqual(c.value, value) || c.key == dotted(path) && c.value == nil {
			for _, key := range c.drop {
				d.deleteDetected(strings.Split(key, "."))
			}
		}
	}
	if port, ok := value.(int); ok && port != 0 && dotted(path) == "runtime.port" {
		d.deleteDetected([]string{"verify", "exit"})
		d.deleteDetected([]string{"verify", "args"})
		if was, ok := before.Value.(int); ok {
			d.movePort(strconv.Itoa(was), strconv.Itoa(port))
		}
	}
}

// contradictions are the detected keys that a told one makes wrong; a nil value is any.
var contradictions = []struct {
	key   string
	value any
	drop  []string
}{
	{"verify.exit", nil, []string{"verify.http"}},
	{"verify.http.path", nil, []string{"verify.exit"}},
	{"verify.run", false, []string{"verify.http", "verify.exit", "verify.args", "verify.output"}},
	{"runtime.port", 0, []string{"verify.http", "runtime.health"}},
}

func (d *Draft) deleteDetected(path []string) {
	d.entries = slices.DeleteFunc(d.entries, func(e Entry) bool {
		return !e.Told() && len(e.Path) >= len(path) && slices.Equal(e.Path[:len(path)], path)
	})
}

// movePort rewrites the port in a detected command, an argument that is the port or an
// address that ends in it, and in a detected variable PORT.
func (d *Draft) movePort(from, to string) {
	if i := d.index([]string{"runtime", "env", "PORT"}); i >= 0 && !d.entries[i].Told() && d.entries[i].Value == from {
		d.entries[i].Value = to
	}
	i := d.index([]string{"runtime", "command"})
	if i < 0 || d.entries[i].Told() {
		return
	}
	words, _ := d.entries[i].Value.([]string)
	words = slices.Clone(words)
	for j, w := range words {
		if host, ok := strings.CutSuffix(w, from); ok && (host == "" || strings.HasSuffix(host, ":") || strings.HasSuffix(host, "=")) {
			words[j] = host + to
		}
	}
	d.entries[i].Value = words
}

func (d *Draft) index(path []string) int {
	return slices.IndexFunc(d.entries, func(e Entry) bool { return slices.Equal(e.Path, path) })
}

var noName = regexp.MustCompile(`[^a-z0-9._-]+`)

// NameFrom makes a profile's name of any text: a module's last element, a folder. It
// is "" where nothing of the text can stay.
func NameFrom(s string) string {
	s = noName.ReplaceAllString(strings.ToLower(s), "-")
	if len(s) > 128 {
		s = s[:128]
	}
	return strings.Trim(s, "._-")
}

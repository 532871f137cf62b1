package bases

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"
)

// A Trap is something that people run into with a base, or believe of one.
type Trap struct {
	ID        string   `toml:"id" json:"id"`
	Text      string   `toml:"text" json:"text"`
	Libc      string   `toml:"libc" json:"-"`
	Languages []string `toml:"languages" json:"-"`
	Lines     string   `toml:"lines" json:"-"`
	Refs      string   `toml:"refs" json:"-"`
	Source    string   `toml:"source" json:"source"`
	Date      string   `toml:"date" json:"date"` // on which the source was read

	lines, refs *regexp.Regexp
}

//go:embed traps.toml
var trapsTOML string

var traps = sync.OnceValue(func() []Trap {
	all, err := decodeTraps(trapsTOML)
	if err != nil {
		panic(err) // held by tests
	}
	return all
})

func decodeTraps(text string) ([]Trap, error) {
	var file struct{ Trap []Trap }
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return nil, fmt.Errorf("decoding the traps: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("decoding the traps: unknown keys %v", extra)
	}
	for i := range file.Trap {
		t := &file.Trap[i]
		for text, re := range map[string]**regexp.Regexp{t.Lines: &t.lines, t.Refs: &t.refs} {
			if text == "" {
				continue
			}
			if *re, err = regexp.Compile(text); err != nil {
				return nil, fmt.Errorf("decoding the trap %q: %w", t.ID, err)
			}
		}
	}
	return file.Trap, nil
}

// Traps are what programs of the language meet on a candidate. A static program meets
// nothing of a libc: it uses none.
func (d *Decision) Traps(c Candidate, language string) []Trap {
	var met []Trap
	for _, t := range traps() {
		libc := t.Libc != "" && t.Libc == c.Base.Libc && (language != "go" || d.Cgo) &&
			(t.Languages == nil || slices.Contains(t.Languages, language))
		if libc || t.refs != nil && t.refs.MatchString(c.Ref) {
			met = append(met, t)
		}
	}
	return met
}

// TrapsIn are what an instruction of a Dockerfile runs into in a final stage on base.
func TrapsIn(instruction string, base Base) []Trap {
	var met []Trap
	for _, t := range traps() {
		if t.lines != nil && (t.Libc == "" || t.Libc == base.Libc) && t.lines.MatchString(instruction) {
			met = append(met, t)
		}
	}
	return met
}

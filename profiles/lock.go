package profiles

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// LockName is the lock's name beside the profile.
const LockName = "scaffold.lock"

// LockFormat is the newest lock format that this package reads, and the one it writes.
const LockFormat = 1

// A Fact is one observed fact with its source.
type Fact struct {
	Key   string `toml:"key" required:"true" doc:"What kind of fact it is, for example go/version."`
	Value string `toml:"value" doc:"The fact for rules to judge, for example 1.26."`
	Text  string `toml:"text" doc:"The fact for people."`
	Path  string `toml:"path" doc:"File that shows it, relative to the profile; empty for a fact of no file."`
	Line  int    `toml:"line" doc:"Line in that file, from 1; 0 for the file as a whole."`
}

// Source is path:line as people read it, or "" for a fact of no file.
func (f Fact) Source() string {
	if f.Line == 0 {
		return f.Path
	}
	return fmt.Sprintf("%s:%d", f.Path, f.Line)
}

// A Source is a file that evidence was read from; an absent one has no SHA256.
type Source struct {
	Path   string `toml:"path" required:"true" doc:"Path relative to the profile, with slashes."`
	SHA256 string `toml:"sha256" doc:"Hash of the file's bytes, in hex; empty where there is no such file."`
}

// A File is one generated file as it was last written.
type File struct {
	Path string `toml:"path" required:"true" doc:"Path relative to the profile, with slashes."`
	Text string `toml:"text" required:"true" doc:"The text that was generated."`
}

// Decided is what was decided for one stage.
type Decided struct {
	Base string `toml:"base" doc:"ID of the base in the catalog."`
	Ref  string `toml:"ref" doc:"Reference as it stands in FROM, without a digest."`
}

// Lock is a scaffold.lock: the evidence, what was decided on it, and what was last written.
type Lock struct {
	Format   int               `toml:"format" required:"true" doc:"Format of this file."`
	AsOf     string            `toml:"as_of" required:"true" pattern:"date" doc:"Day for which support and waivers were judged, YYYY-MM-DD."`
	Resolved string            `toml:"resolved" pattern:"date" doc:"Day on which the registries were last asked for the digests, YYYY-MM-DD; empty where they never were."`
	Profile  string            `toml:"profile" doc:"SHA-256 of the profile's bytes, in hex."`
	Catalog  string            `toml:"catalog" doc:"Revision of the catalog of bases."`
	Policy   string            `toml:"policy" doc:"Policy that generating went by, and its revision: name@revision; empty for none."`
	Template string            `toml:"template" doc:"Template that the Dockerfile was rendered from, and its revision: name@revision."`
	Builder  Decided           `toml:"builder" doc:"Base of the build stage."`
	Runtime  Decided           `toml:"runtime" doc:"Base of the final stage."`
	Digests  map[string]string `toml:"digests" keys:"argument" pattern:"digest" doc:"Index digest of each reference, by canonical name."`
	Sources  []Source          `toml:"source" doc:"Files that evidence was read from."`
	Facts    []Fact            `toml:"evidence" doc:"Facts, in the order they were read."`
	Files    []File            `toml:"file" doc:"Files as last generated; while an edit is merged, also as they are to be."`
}

// Hash is the form in which the lock holds the hash of a file.
func Hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// File returns the text last generated for path, if any.
func (l *Lock) File(path string) (string, bool) {
	if l == nil {
		return "", false
	}
	for _, f := range l.Files {
		if f.Path == path {
			return f.Text, true
		}
	}
	return "", false
}

// Texts returns the texts generated for path, the last first. There is more than one only
// while a run merges an edit, or after it was killed: the file on disk is of either.
func (l *Lock) Texts(path string) []string {
	var texts []string
	if l != nil {
		for _, f := range l.Files {
			if f.Path == path {
				texts = append(texts, f.Text)
			}
		}
	}
	return texts
}

// ParseLock reads a lock strictly. file is the name that messages give. A lock of a
// newer format is refused; so is one with unknown keys: nobody edits a lock by hand.
//
// CRLF ends, as a checkout may give them, are read as LF: the texts of files are held
// with LF ends.
func ParseLock(file string, data []byte) (*Lock, error) {
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	if line := conflictLine(text); line > 0 {
		return nil, Problems{{File: file, Line: line, Msg: "holds a merge conflict",
			Hint: "take the lock and the generated files whole from either branch (git checkout --ours or --theirs), then run scaffold generate"}}
	}
	if l := readWritten(text); l != nil {
		return l, nil
	}
	return parseLock(file, text)
}

// parseLock reads a lock in whatever TOML it is written.
func parseLock(file, data string) (*Lock, error) {
	l := new(Lock)
	problems := decodeStrict(file, data, l)
	if problems == nil && l.Format <= LockFormat {
		return l, nil
	}
	var head struct{ Format int }
	if _, err := toml.Decode(data, &head); err == nil && head.Format > LockFormat {
		return nil, Problems{{File: file, Line: 1, Hint: "use the newer scaffold that wrote it",
			Msg: fmt.Sprintf("format is %d; this scaffold reads up to %d", head.Format, LockFormat)}}
	}
	for i := range problems {
		problems[i].Hint = "the lock is the machine's; delete it and run scaffold generate"
	}
	return nil, problems
}

// conflictMarker begins a merge conflict. It may stand inside a text, where TOML sees
// nothing wrong with it.
var conflictMarker = regexp.MustCompile(`(?m)^<<<<<<< `)

// conflictLine is the line on which a merge left its first conflict; 0 where it left none.
func conflictLine(text string) int {
	if !strings.Contains(text, "<<<<<<< ") { // quicker than the expression
		return 0
	}
	at := conflictMarker.FindStringIndex(text)
	if at == nil {
		return 0
	}
	return strings.Count(text[:at[0]], "\n") + 1
}

// Render writes the lock: one key a line and one block an item, in a fixed order, so that
// branches that touch different things merge without conflict. git takes changes of lines
// that touch for one change, hence the empty lines. The bytes depend on the lock alone.
func (l *Lock) Render() []byte {
	var w lockWriter
	w.Grow(4 << 10) // most have less
	w.WriteString("# Written by scaffold; do not edit. Commit it beside scaffold.toml.\n")
	w.number("format", LockFormat)
	w.WriteString("\n")
	w.text("as_of", l.AsOf)
	if l.Resolved != "" {
		w.text("resolved", l.Resolved)
	}
	for _, kv := range [][2]string{{"profile", l.Profile}, {"catalog", l.Catalog}, {"policy", l.Policy}, {"template", l.Template}} {
		if kv[0] != "policy" || kv[1] != "" {
			w.WriteString("\n")
			w.text(kv[0], kv[1])
		}
	}
	for _, d := range []struct {
		name string
		Decided
	}{{"[builder]", l.Builder}, {"[runtime]", l.Runtime}} {
		w.table(d.name)
		w.text("base", d.Base)
		w.text("ref", d.Ref)
	}
	if len(l.Digests) > 0 {
		w.table("[digests]")
		for i, ref := range slices.Sorted(maps.Keys(l.Digests)) {
			if i > 0 {
				w.WriteString("\n")
			}
			w.text(quote(ref), l.Digests[ref])
		}
	}
	for _, s := range l.Sources {
		w.table("[[source]]")
		w.text("path", s.Path)
		w.text("sha256", s.SHA256)
	}
	for _, f := range l.Facts {
		w.table("[[evidence]]")
		w.text("key", f.Key)
		w.text("value", f.Value)
		w.text("text", f.Text)
		w.text("path", f.Path)
		w.number("line", f.Line)
	}
	for _, f := range l.Files {
		w.table("[[file]]")
		w.text("path", f.Path)
		w.lines("text", f.Text)
	}
	return []byte(w.String())
}

// A lockWriter writes TOML, a key a line.
type lockWriter struct{ strings.Builder }

func (w *lockWriter) table(header string) { w.put("\n", header, "\n") }

func (w *lockWriter) number(key string, n int) { w.put(key, " = ", strconv.Itoa(n), "\n") }

// text writes s as a basic string.
func (w *lockWriter) text(key, s string) {
	w.put(key, ` = "`)
	escape(&w.Builder, s, false)
	w.put("\"\n")
}

// lines writes s as a multi-line basic string, so that a diff of the lock shows the lines
// that changed.
func (w *lockWriter) lines(key, s string) {
	w.put(key, " = \"\"\"\n")
	escape(&w.Builder, s, true)
	w.put("\"\"\"\n")
}

func (w *lockWriter) put(words ...string) {
	for _, s := range words {
		w.WriteString(s)
	}
}

// quote writes s as a basic TOML string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	escape(&b, s, false)
	b.WriteByte('"')
	return b.String()
}

// unescaped are the bytes that stand for themselves in a basic string.
var unescaped = func() (is [256]bool) {
	for c := byte(' '); c < 0x7f; c++ {
		is[c] = c != '"' && c != '\\'
	}
	return is
}()

// escape writes s, and escapes what a basic string may not hold as it is (TOML 1.0,
// "String"): a multi-line one may hold line breaks.
func escape(b *strings.Builder, s string, multiline bool) {
	from := 0
	for i := 0; i < len(s); {
		if unescaped[s[i]] || multiline && s[i] == '\n' {
			i++
			continue
		}
		r, width := utf8.DecodeRuneInString(s[i:])
		b.WriteString(s[from:i])
		b.WriteString(escaped(r))
		i += width
		from = i
	}
	b.WriteString(s[from:])
}

func escaped(r rune) string {
	switch {
	case r == '"':
		return `\"`
	case r == '\\':
		return `\\`
	case r == '\t':
		return `\t`
	case r == '\n':
		return `\n`
	case r < 0x20 || r == 0x7f:
		return fmt.Sprintf(`\u%04X`, r)
	}
	return string(r) // of a byte that is none, U+FFFD
}

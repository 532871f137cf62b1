package profiles

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

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
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if line := conflictLine(data); line > 0 {
		return nil, Problems{{File: file, Line: line, Msg: "holds a merge conflict",
			Hint: "take the lock and the generated files whole from either branch (git checkout --ours or --theirs), then run scaffold generate"}}
	}
	l := new(Lock)
	problems := decodeStrict(file, string(data), l)
	if problems == nil && l.Format <= LockFormat {
		return l, nil
	}
	var head struct{ Format int }
	if _, err := toml.Decode(string(data), &head); err == nil && head.Format > LockFormat {
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
func conflictLine(data []byte) int {
	at := conflictMarker.FindIndex(data)
	if at == nil {
		return 0
	}
	return bytes.Count(data[:at[0]], []byte("\n")) + 1
}

// Render writes the lock: one key a line and one block an item, in a fixed order, so that
// branches that touch different things merge without conflict. git takes changes of lines
// that touch for one change, hence the empty lines. The bytes depend on the lock alone.
func (l *Lock) Render() []byte {
	var b strings.Builder
	b.WriteString("# Written by scaffold; do not edit. Commit it beside scaffold.toml.\n")
	fmt.Fprintf(&b, "format = %d\n", LockFormat)
	fmt.Fprintf(&b, "\nas_of = %s\n", quote(l.AsOf))
	if l.Resolved != "" {
		fmt.Fprintf(&b, "resolved = %s\n", quote(l.Resolved))
	}
	for _, kv := range [][2]string{{"profile", l.Profile}, {"catalog", l.Catalog}, {"policy", l.Policy}, {"template", l.Template}} {
		if kv[0] != "policy" || kv[1] != "" {
			fmt.Fprintf(&b, "\n%s = %s\n", kv[0], quote(kv[1]))
		}
	}
	for _, d := range []struct {
		name string
		Decided
	}{{"builder", l.Builder}, {"runtime", l.Runtime}} {
		fmt.Fprintf(&b, "\n[%s]\nbase = %s\nref = %s\n", d.name, quote(d.Base), quote(d.Ref))
	}
	if len(l.Digests) > 0 {
		b.WriteString("\n[digests]\n")
		refs := make([]string, 0, len(l.Digests))
		for ref := range l.Digests {
			refs = append(refs, ref)
		}
		slices.Sort(refs)
		for i, ref := range refs {
			if i > 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "%s = %s\n", quote(ref), quote(l.Digests[ref]))
		}
	}
	for _, s := range l.Sources {
		fmt.Fprintf(&b, "\n[[source]]\npath = %s\nsha256 = %s\n", quote(s.Path), quote(s.SHA256))
	}
	for _, f := range l.Facts {
		fmt.Fprintf(&b, "\n[[evidence]]\nkey = %s\nvalue = %s\ntext = %s\npath = %s\nline = %d\n",
			quote(f.Key), quote(f.Value), quote(f.Text), quote(f.Path), f.Line)
	}
	for _, f := range l.Files {
		fmt.Fprintf(&b, "\n[[file]]\npath = %s\ntext = %s\n", quote(f.Path), quoteLines(f.Text))
	}
	return []byte(b.String())
}

// quote writes s as a basic TOML string.
func quote(s string) string {
	return `"` + escape(s) + `"`
}

// quoteLines writes s as a multi-line basic TOML string, so that a diff of the lock
// shows the lines that changed.
func quoteLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = escape(lines[i])
	}
	return "\"\"\"\n" + strings.Join(lines, "\n") + `"""`
}

// escape escapes what a basic string may not hold as it is (TOML 1.0, "String").
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\n':
			b.WriteString(`\n`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

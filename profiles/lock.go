package profiles

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
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
	Profile  string            `toml:"profile" doc:"SHA-256 of the profile's bytes, in hex."`
	Catalog  string            `toml:"catalog" doc:"Revision of the catalog of bases."`
	Policy   string            `toml:"policy" doc:"Policy that generating went by, and its revision: name@revision; empty for none."`
	Template string            `toml:"template" doc:"Template that the Dockerfile was rendered from, and its revision: name@revision."`
	Builder  Decided           `toml:"builder" doc:"Base of the build stage."`
	Runtime  Decided           `toml:"runtime" doc:"Base of the final stage."`
	Digests  map[string]string `toml:"digests" keys:"argument" pattern:"digest" doc:"Index digest of each reference, by canonical name."`
	Sources  []Source          `toml:"source" doc:"Files that evidence was read from."`
	Facts    []Fact            `toml:"evidence" doc:"Facts, in the order they were read."`
	Files    []File            `toml:"file" doc:"Files as last generated."`
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

// ParseLock reads a lock strictly. file is the name that messages give. A lock of a
// newer format is refused; so is one with unknown keys: nobody edits a lock by hand.
func ParseLock(file string, data []byte) (*Lock, error) {
	if l := readWritten(string(data)); l != nil {
		return l, nil
	}
	return parseLock(file, data)
}

// parseLock reads a lock in whatever TOML it is written.
func parseLock(file string, data []byte) (*Lock, error) {
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

// Render writes the lock: one key a line and one block an item, sorted by path, so that
// branches that touch different things merge without conflict. The bytes depend on the
// lock alone.
func (l *Lock) Render() []byte {
	var b strings.Builder
	b.Grow(4 << 10) // most have less
	b.WriteString("# Written by scaffold; do not edit. Commit it beside scaffold.toml.\n")
	fmt.Fprintf(&b, "format = %d\n", LockFormat)
	for _, kv := range [][2]string{{"as_of", l.AsOf}, {"profile", l.Profile}, {"catalog", l.Catalog}, {"policy", l.Policy}, {"template", l.Template}} {
		if kv[0] != "policy" || kv[1] != "" {
			fmt.Fprintf(&b, "%s = %s\n", kv[0], quote(kv[1]))
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
		for _, ref := range refs {
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
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	escape(&b, s, false)
	b.WriteByte('"')
	return b.String()
}

// quoteLines writes s as a multi-line basic TOML string, so that a diff of the lock
// shows the lines that changed.
func quoteLines(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/16 + 7)
	b.WriteString("\"\"\"\n")
	escape(&b, s, true)
	b.WriteString(`"""`)
	return b.String()
}

// escape writes s, and escapes what a basic string may not hold as it is (TOML 1.0,
// "String"): a multi-line one may hold line breaks.
func escape(b *strings.Builder, s string, multiline bool) {
	from := 0
	for i, r := range s {
		width, as := 1, ""
		switch {
		case r == '"' || r == '\\':
			as = `\` + s[i:i+1]
		case r == '\t':
			as = `\t`
		case r == '\n' && multiline:
			continue
		case r == '\n':
			as = `\n`
		case r < 0x20 || r == 0x7f:
			as = fmt.Sprintf(`\u%04X`, r)
		case r == utf8.RuneError: // perhaps a byte that is none
			as = string(r)
			_, width = utf8.DecodeRuneInString(s[i:])
		default:
			continue
		}
		b.WriteString(s[from:i])
		b.WriteString(as)
		from = i + width
	}
	b.WriteString(s[from:])
}

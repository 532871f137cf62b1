package bases

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/distribution/reference"

	"scaffold/evidence/wheels"
)

var day = regexp.MustCompile(`^20[0-9]{2}-[01][0-9]-[0-3][0-9]$`)

// TestCatalogRows holds every row of the catalog to what rules and readers rely on.
func TestCatalogRows(t *testing.T) {
	c := Embedded()
	if !day.MatchString(c.Revision) || len(c.Bases) == 0 || len(c.Languages) == 0 {
		t.Fatalf("revision %q, %d bases, %d languages", c.Revision, len(c.Bases), len(c.Languages))
	}
	sources := map[string]bool{}
	for _, s := range c.Sources {
		if s.ID == "" || s.Text == "" || !day.MatchString(s.Date) || sources[s.ID] {
			t.Errorf("source %+v: incomplete, or there twice", s)
		}
		sources[s.ID] = true
	}
	seen := map[string]bool{}
	for _, b := range c.Bases {
		if seen[b.ID] || b.ID == "" || b.ID == "custom" {
			t.Errorf("%q: no ID of its own", b.ID)
		}
		seen[b.ID] = true
		for what, ok := range map[string]bool{
			"source":       sources[b.Source],
			"role":         slices.Contains([]string{"builder", "runtime"}, b.Role),
			"family":       slices.Contains(Families, b.Family),
			"libc":         slices.Contains([]string{"glibc", "musl", "none"}, b.Libc),
			"libc version": (b.LibcVersion == "") == (b.Libc == "none"),
			"packages":     slices.Contains([]string{"", "apt", "apk"}, b.Packages),
			"shell":        b.Shell == (b.Packages != ""),
			"platforms":    slices.Contains(b.Platforms, "linux/amd64") && slices.Contains(b.Platforms, "linux/arm64") && slices.IsSorted(b.Platforms),
			"runs":         (b.Role == "runtime") == (len(b.Runs) > 0),
			"end of life":  b.EOL == "" || day.MatchString(b.EOL),
			"language":     b.Language == "" || known(c, b.Language),
			"classes":      b.Surface >= 0 && b.Surface <= 5 && b.Size >= 0 && b.Size <= 4,
			"debug shell":  (b.Debug.Ref == "") == (b.Shell || b.Role == "builder") && (b.Debug.Ref == "" || isReference(b.Debug.Ref)) && (b.Debug.Dir == "") == (b.Debug.Ref == ""),
			"reference":    b.Ref == "scratch" || isReference(strings.ReplaceAll(b.Ref, "{version}", "1.2")),
		} {
			if !ok {
				t.Errorf("%s: its %s is wrong: %+v", b.ID, what, b)
			}
		}
	}
}

// TestCatalogNames holds what the catalog says of names.
func TestCatalogNames(t *testing.T) {
	c := Embedded()
	if len(c.Releases) == 0 || len(c.Debian) == 0 {
		t.Fatalf("%d releases, %d names of Debian's", len(c.Releases), len(c.Debian))
	}
	for _, r := range c.Releases {
		if len(r.Words) == 0 || r.Libc == "" || !slices.ContainsFunc(c.Sources, func(s Source) bool { return s.ID == r.Source }) {
			t.Errorf("release %+v is incomplete", r)
		}
	}
	for _, b := range c.Bases { // the two tables agree
		if v := c.glibcOf(b.Ref); v != "" && b.Libc == "glibc" && v != b.LibcVersion {
			t.Errorf("%s: its release has glibc %s, its row says %s", b.ID, v, b.LibcVersion)
		}
	}
}

func known(c *Catalog, language string) bool { _, ok := c.Language(language); return ok }

func isReference(s string) bool { _, err := reference.ParseNormalizedNamed(s); return err == nil }

func TestCatalogLanguages(t *testing.T) {
	c := Embedded()
	for _, l := range c.Languages {
		i := slices.IndexFunc(l.Versions, func(v Version) bool { return v.Version == l.Default })
		if i < 0 || l.Versions[i].EOL != "" && l.Versions[i].EOL <= c.Revision {
			t.Errorf("%s: its default %q is no supported version", l.Name, l.Default)
		}
		if !slices.IsSortedFunc(l.Versions, func(a, b Version) int { return compareVersions(b.Version, a.Version) }) {
			t.Errorf("%s: its versions do not go from new to old", l.Name)
		}
		for _, role := range []string{"builder", "runtime"} {
			if len(c.candidates(role, l.Name)) == 0 {
				t.Errorf("%s: there is no base for its %s", l.Name, role)
			}
		}
	}
	if _, ok := c.Language("cobol"); ok {
		t.Error("the catalog has a language that it has not")
	}
}

// TestLockedPythons holds that facts about locked wheels tell all versions of Python apart
// that there are images of.
func TestLockedPythons(t *testing.T) {
	python, _ := Embedded().Language("python")
	for _, v := range python.Versions {
		minor, err := strconv.Atoi(strings.TrimPrefix(v.Version, "3."))
		if err != nil || minor < wheels.FirstPython || minor > wheels.LastPython {
			t.Errorf("Python %s is not told apart in facts", v.Version)
		}
	}
	if len(Embedded().Compilers) == 0 {
		t.Error("nothing is a compiler")
	}
}

func TestDecodeIsStrict(t *testing.T) {
	const good = "revision = \"2026-11-21\"\n[[base]]\nid = \"a\"\n"
	if c, err := decode(good); err != nil || len(c.Bases) != 1 || c.Bases[0].ID != "a" {
		t.Fatalf("decode gives %+v, %v", c, err)
	}
	for text, want := range map[string]string{
		good + "shel = true\n":         "unknown keys [base.shel]",
		good + "[[bse]]\nid = \"b\"\n": "unknown keys [bse",
		good + "shell = \"yes\"\n":     "incompatible types",
		good + "eol = 2028-08-09\n":    "incompatible types",
		good + "id = \"b\"\n":          "already been defined",
	} {
		if _, err := decode(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("decode(%q) ends with %v, want %q", text, err, want)
		}
	}
}

func TestReferences(t *testing.T) {
	for ref, want := range map[string]string{
		"debian:trixie-slim": "debian", "docker.io/library/debian": "debian", "docker.io/x/y:1": "x/y", "localhost:5000/x": "localhost:5000/x",
		"gcr.io/distroless/static-debian13:nonroot@sha256:00": "gcr.io/distroless/static-debian13",
	} {
		if got := repository(ref); got != want {
			t.Errorf("repository(%q) = %q, want %q", ref, got, want)
		}
	}
	for base, want := range map[string]bool{"auto": false, "slim": false, "debian": false, "debian:12": true, "a/b": true, "a@sha256:00": true} {
		if got := IsReference(base); got != want {
			t.Errorf("IsReference(%q) = %t", base, got)
		}
	}
}

// TestByReference holds what is taken over for a reference that a person wrote.
func TestByReference(t *testing.T) {
	for _, c := range []struct {
		ref, language, libc, packages string
		surface                       int
		noted                         bool
		version                       string
	}{
		{"debian:bookworm-slim", "go", "glibc", "apt", 4, false, "2.36"},
		{"docker.io/library/debian:bookworm", "go", "glibc", "apt", 5, false, "2.36"},
		{"alpine:3.20", "go", "musl", "apk", 4, false, ""},
		{"python:3.12-alpine", "python", "musl", "apk", 4, true, ""},
		{"python:3.12-slim", "python", "glibc", "apt", 4, false, ""},
		{"registry.example/debian:1", "go", "unknown", "apt", 5, true, ""},
		{"scratch:1", "go", "unknown", "apt", 5, true, ""},
	} {
		b := Embedded().byReference(c.ref, &Input{Language: c.language, kind: c.language})
		if b.ID != "custom" || b.Ref != c.ref || b.EOL != "" || b.LibcVersion != c.version {
			t.Errorf("%s: it states what belongs to another tag: %+v", c.ref, b)
		}
		if b.Libc != c.libc || b.Packages != c.packages || b.Surface != c.surface || (b.Note != "") != c.noted {
			t.Errorf("%s: libc %s, packages %s, surface %d, note %q", c.ref, b.Libc, b.Packages, b.Surface, b.Note)
		}
	}
}

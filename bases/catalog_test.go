package bases

import (
	"reflect"
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
	seen := map[string]bool{}
	for _, b := range c.Bases {
		if seen[b.ID] || b.ID == "" || b.ID == "custom" {
			t.Errorf("%q: no ID of its own", b.ID)
		}
		seen[b.ID] = true
		_, source := c.Source(b.Source)
		_, contents := c.Source(b.Contents)
		chosen := len(b.Roles) > 0
		final := slices.Contains(b.Roles, "runtime")
		for what, ok := range map[string]bool{
			"sources":      source && contents,
			"roles":        !slices.ContainsFunc(b.Roles, func(r string) bool { return r != "builder" && r != "runtime" }),
			"family":       slices.Contains(Families, b.Family) || !chosen && slices.Contains(listedFamilies, b.Family),
			"libc":         slices.Contains([]string{"glibc", "musl", "none"}, b.Libc),
			"libc version": (b.LibcVersion == "") == (b.Libc == "none") || !chosen,
			"packages":     slices.Contains([]string{"", "apt", "apk", "dnf"}, b.Packages) && (b.Packages == "" || b.Shell),
			"shell":        !chosen || b.Shell == (b.Packages != ""),
			"platforms":    slices.Contains(b.Platforms, "linux/amd64"),
			"runs":         !final || len(b.Runs) > 0,
			"end of life":  b.EOL == "" || day.MatchString(b.EOL),
			"support":      (b.EOL == "") == (b.Support != "") || b.On == "",
			"language":     b.Language == "" || known(c, b.Language) || !chosen,
			"classes":      b.Surface >= 0 && b.Surface < len(surfaces) && b.Size >= 0 && b.Size < len(sizes),
			"debug shell":  (b.Debug.Ref == "") == (b.Debug.Dir == "") && (b.Debug.Ref == "" || isReference(b.Debug.Ref)) && (!final || (b.Debug.Ref == "") == b.Shell),
			"user":         b.User != "",
			"publisher":    slices.Contains([]string{"official", "verified", "other"}, b.Publisher) && b.By != "",
			"tags":         len(b.Tags) > 0,
			"memory":       len(b.Doubtful) > 0 || b.Source != "memory" && b.Contents != "memory",
		} {
			if !ok {
				t.Errorf("%s: its %s is wrong: %+v", b.ID, what, b)
			}
		}
		for _, tag := range b.Tags {
			if !slices.IsSorted(tag.Platforms) || !slices.Contains(tag.Platforms, "linux/amd64") || tag.Ref != "scratch" && !isReference(tag.Ref) || strings.Contains(tag.Ref, "{") {
				t.Errorf("%s: its tag is wrong: %+v", b.ID, tag)
			}
		}
	}
}

// TestDoubtsAreOfFields holds that what a row calls doubtful is a key of it.
func TestDoubtsAreOfFields(t *testing.T) {
	keys := map[string]bool{}
	for i := range reflect.TypeFor[Base]().NumField() {
		keys[reflect.TypeFor[Base]().Field(i).Tag.Get("toml")] = true
	}
	for _, b := range Embedded().Bases {
		for _, key := range b.Doubtful {
			if !keys[key] || key == "-" {
				t.Errorf("%s: it has no field %q to be doubtful", b.ID, key)
			}
		}
	}
}

// TestUpstreamAgrees holds the rows that are written by hand to what upstream builds and
// supports, and that a row which contradicts it is found.
func TestUpstreamAgrees(t *testing.T) {
	if found := Embedded().Disagreements(); found != nil {
		t.Errorf("rows and upstream disagree; look at them, or run go run ./cmd/refresh-bases:\n%s", strings.Join(found, "\n"))
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"a tag that is not built":    {"ref      = \"python:{version}-slim-{codename}\"", "ref      = \"python:{version}-slimmer-{codename}\"", "base python-slim: python:3.13-slimmer-trixie: it is not among the tags"},
		"a release without tags":     {"on       = \"alpine 3.24\"\nref      = \"python:", "on       = \"alpine 3.22\"\nref      = \"python:", "base python-alpine: python:3.13-alpine3.22: it is not among the tags"},
		"a release past its end":     {"on       = \"alpine 3.24\"\nref      = \"alpine:", "on       = \"alpine 3.21\"\nref      = \"alpine:", "base alpine: alpine 3.21 is past its end since 2026-11-01"},
		"platforms":                  {"ref      = \"golang:{version}-{codename}\"", "platforms = [\"linux/amd64\"]\nref      = \"golang:{version}-{codename}\"", "base golang: golang:1.27-trixie is for linux/386"},
		"a version that is not kept": {"versions = [\"3.14\", \"3.13\"", "versions = [\"3.13\"", "language python: 3.14 is built, and it has 3.13 at most"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(catalogTOML, c.old) {
				t.Fatalf("the catalog has no %q to change", c.old)
			}
			wrong, err := decode(strings.Replace(catalogTOML, c.old, c.new, 1), namesTOML, upstreamTOML)
			if err != nil {
				t.Fatal(err)
			}
			if found := strings.Join(wrong.Disagreements(), "\n"); !strings.Contains(found, c.want) {
				t.Errorf("found:\n%s\nwant %q", found, c.want)
			}
		})
	}
}

// TestEveryFamilyIsThere holds the families that the field uses.
func TestEveryFamilyIsThere(t *testing.T) {
	var ids []string
	for _, b := range Embedded().Bases {
		ids = append(ids, b.ID)
	}
	for _, id := range strings.Fields(`scratch
		distroless-static distroless-base distroless-base-nossl distroless-cc distroless-java distroless-python3 distroless-nodejs
		distroless-static-debug distroless-base-debug distroless-base-nossl-debug distroless-cc-debug distroless-java-debug distroless-python3-debug distroless-nodejs-debug
		debian debian-slim ubuntu alpine golang golang-alpine python python-slim python-alpine node node-slim node-alpine
		temurin-jdk temurin-jdk-alpine temurin-jre temurin-jre-alpine maven maven-alpine gradle gradle-alpine
		rust rust-slim rust-alpine php php-fpm php-apache php-alpine php-fpm-alpine composer nginx nginx-alpine caddy
		cuda-base cuda-runtime cuda-devel dhi-static dhi-python dhi-node chainguard-static chainguard-python wolfi
		chiselled-jre chiselled-python ubi ubi-minimal ubi-micro`) {
		if !slices.Contains(ids, id) {
			t.Errorf("there is no base %q", id)
		}
	}
}

// TestListedAreNotChosen holds that a row without a role is a candidate of nothing.
func TestListedAreNotChosen(t *testing.T) {
	c, listed := Embedded(), 0
	for _, b := range c.Bases {
		if len(b.Roles) > 0 {
			continue
		}
		listed++
		for _, language := range []string{"go", "java", "node", "php", "python", "rust", ""} {
			for _, role := range []string{"builder", "runtime"} {
				if slices.ContainsFunc(c.candidates(role, language), func(o Base) bool { return o.ID == b.ID }) {
					t.Errorf("%s is a candidate for %s %s", b.ID, language, role)
				}
			}
		}
	}
	if listed < 40 {
		t.Errorf("only %d rows are listed", listed)
	}
}

// TestCatalogSources holds that every source says what was read and when, and is cited.
func TestCatalogSources(t *testing.T) {
	c := Embedded()
	cited := map[string]bool{tagsSource: true, endsSource: true}
	for _, b := range c.Bases {
		cited[b.Source], cited[b.Contents] = true, true
	}
	for _, d := range c.Distributions {
		cited[d.Source] = true
	}
	seen := map[string]bool{}
	for _, s := range c.Sources {
		if s.ID == "" || s.Text == "" || !day.MatchString(s.Date) || seen[s.ID] || !cited[s.ID] {
			t.Errorf("source %+v: incomplete, there twice, or of nothing", s)
		}
		seen[s.ID] = true
	}
	for id := range cited {
		if !seen[id] {
			t.Errorf("no source is called %q", id)
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
	const good = "revision = \"2026-11-21\"\n[[base]]\nid = \"a\"\nref = \"a\"\n"
	if c, err := decode(good); err != nil || len(c.Bases) != 1 || c.Bases[0].ID != "a" {
		t.Fatalf("decode gives %+v, %v", c, err)
	}
	if _, err := decode(catalogTOML, namesTOML, upstreamTOML); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		good + "shel = true\n":                                  "unknown keys [base.shel]",
		good + "[[bse]]\nid = \"b\"\n":                          "unknown keys [bse",
		good + "[[image]]\nnam = \"x\"\n":                       "unknown keys [image.nam]",
		good + "[built]\nx = \"a | 1\"\n":                       "is not of tags, versions and platforms",
		good + "[ends]\nx = \"1\"\n":                            "has no day",
		good + "shell = \"yes\"\n":                              "incompatible types",
		good + "eol = 2028-08-09\n":                             "incompatible types",
		good + "id = \"b\"\n":                                   "already been defined",
		good + "on = \"debian 99\"\n":                           "base \"a\": no distribution is called \"debian\"",
		good + "on = \"d 2\"\n[[distribution]]\nname = \"d\"\n": "base \"a\": d has no release \"2\"",
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
		{"alpine:3.22", "go", "musl", "apk", 4, false, "1.2"},
		{"alpine:3.20", "go", "musl", "apk", 4, false, ""},
		{"eclipse-temurin:21", "java", "glibc", "apt", 5, true, ""},
		{"eclipse-temurin:21-jre-jammy", "java", "glibc", "apt", 4, false, "2.35"},
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

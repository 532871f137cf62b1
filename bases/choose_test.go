package bases

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/evidence"
	"scaffold/profiles"
)

func goVersion(v string) []profiles.Fact {
	return []profiles.Fact{{Key: evidence.GoVersion, Value: v, Text: "go " + v, Path: "go.mod", Line: 3}}
}

func input(language string, change func(*Input)) Input {
	in := Input{Language: language, Platforms: []string{"linux/amd64", "linux/arm64"}, Base: "auto", Prefer: "compatibility", AsOf: "2026-11-21"}
	if change != nil {
		change(&in)
	}
	return in
}

// TestChoose changes one thing of a project at a time, and the choice follows.
func TestChoose(t *testing.T) {
	for name, c := range map[string]struct {
		in               Input
		builder, runtime string
	}{
		"go":                          {input("go", nil), "golang:1.27-trixie", "scratch"},
		"go, shell":                   {input("go", func(in *Input) { in.Shell = true }), "golang:1.27-trixie", "debian:trixie-slim"},
		"go, shell and size":          {input("go", func(in *Input) { in.Shell = true; in.Prefer = "size" }), "golang:1.27-trixie", "alpine:3.24"},
		"go, packages":                {input("go", func(in *Input) { in.Packages = []string{"tini"} }), "golang:1.27-trixie", "debian:trixie-slim"},
		"go, cgo":                     {input("go", func(in *Input) { in.Facts = []profiles.Fact{sqlite} }), "golang:1.27-trixie", "gcr.io/distroless/base-debian13:nonroot"},
		"go, cgo off":                 {input("go", func(in *Input) { in.Facts = []profiles.Fact{sqlite}; in.Cgo = "off" }), "golang:1.27-trixie", "scratch"},
		"go, cgo on":                  {input("go", func(in *Input) { in.Cgo = "on" }), "golang:1.27-trixie", "gcr.io/distroless/base-debian13:nonroot"},
		"go, C++":                     {input("go", func(in *Input) { in.Facts = []profiles.Fact{sqlite, opencv} }), "golang:1.27-trixie", "gcr.io/distroless/cc-debian13:nonroot"},
		"go, cgo, packages":           {input("go", func(in *Input) { in.Cgo = "on"; in.Packages = []string{"libpq5"} }), "golang:1.27-trixie", "debian:trixie-slim"},
		"go, distroless":              {input("go", func(in *Input) { in.Base = "distroless" }), "golang:1.27-trixie", "gcr.io/distroless/static-debian13:nonroot"},
		"go, full":                    {input("go", func(in *Input) { in.Base = "full" }), "golang:1.27-trixie", "debian:trixie"},
		"go, reference":               {input("go", func(in *Input) { in.Base = "registry.example/x:1" }), "golang:1.27-trixie", "registry.example/x:1"},
		"go, no template":             {input("go", func(in *Input) { in.Templates = func(_, f string) bool { return f == "full" } }), "golang:1.27-trixie", "debian:trixie"},
		"python":                      {input("python", nil), "python:3.13-slim-trixie", "gcr.io/distroless/python3-debian13:nonroot"},
		"python, 3.12":                {input("python", func(in *Input) { in.Version = "3.12" }), "python:3.12-slim-trixie", "python:3.12-slim-trixie"},
		"python, patch":               {input("python", func(in *Input) { in.Version = "3.12.7" }), "python:3.12-slim-trixie", "python:3.12-slim-trixie"},
		"python, unknown":             {input("python", func(in *Input) { in.Facts = []profiles.Fact{unknown} }), "python:3.13-slim-trixie", "python:3.13-slim-trixie"},
		"python, unknown and size":    {input("python", func(in *Input) { in.Facts = []profiles.Fact{unknown}; in.Prefer = "size" }), "python:3.13-slim-trixie", "gcr.io/distroless/python3-debian13:nonroot"},
		"python, unknown, distroless": {input("python", func(in *Input) { in.Facts = []profiles.Fact{unknown}; in.Base = "distroless" }), "python:3.13-slim-trixie", "gcr.io/distroless/python3-debian13:nonroot"},
		"python, needs a library":     {input("python", func(in *Input) { in.Facts = []profiles.Fact{pylibs} }), "python:3.13-slim-trixie", "python:3.13-slim-trixie"},
		"python, shell":               {input("python", func(in *Input) { in.Shell = true }), "python:3.13-slim-trixie", "python:3.13-slim-trixie"},
		"python, s390x":               {input("python", func(in *Input) { in.Platforms = []string{"linux/s390x"} }), "python:3.13-slim-trixie", "python:3.13-slim-trixie"},
		"go, policy prefers":          {input("go", func(in *Input) { in.Demands.Families = []string{"distroless", "scratch"} }), "golang:1.27-trixie", "gcr.io/distroless/static-debian13:nonroot"},
		"go, policy prefers Alpine":   {input("go", func(in *Input) { in.Shell = true; in.Demands.Families = []string{"alpine"} }), "golang:1.27-trixie", "alpine:3.24"},
		"go, size, policy prefers":    {input("go", func(in *Input) { in.Shell, in.Prefer, in.Demands.Families = true, "size", []string{"slim"} }), "golang:1.27-trixie", "debian:trixie-slim"},
		"python, unknown, preferred":  {input("python", func(in *Input) { in.Facts = []profiles.Fact{unknown}; in.Demands.Families = []string{"distroless"} }), "python:3.13-slim-trixie", "python:3.13-slim-trixie"},
		"java, support":               {input("java", func(in *Input) { in.Facts = []profiles.Fact{{Key: evidence.JavaVersion, Value: "11"}} }), "maven:3.9-eclipse-temurin-17-noble", "gcr.io/distroless/java17-debian13:nonroot"},
		"java, long support": {input("java", func(in *Input) {
			in.Facts, in.Demands.SupportDays = []profiles.Fact{{Key: evidence.JavaVersion, Value: "11"}}, 365
		}), "maven:3.9-eclipse-temurin-21-noble", "gcr.io/distroless/java21-debian13:nonroot"},
		"python, native": {input("python", func(in *Input) { in.Shell = true; in.Facts = []profiles.Fact{numpy} }), "python:3.13-slim-trixie", "python:3.13-slim-trixie"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Choose(Embedded(), c.in)
			if err != nil {
				t.Fatal(err)
			}
			if d.Builder.Ref != c.builder || d.Chosen().Ref != c.runtime {
				t.Errorf("chosen are %s and %s, want %s and %s", d.Builder.Ref, d.Chosen().Ref, c.builder, c.runtime)
			}
			for i, r := range d.Runtime {
				if (i == 0 || r.Verdict == Out) != (r.Behind == "") {
					t.Errorf("%s (%s) says of its place: %q", r.Base.ID, r.Verdict, r.Behind)
				}
				if r.Verdict == Out && i == 0 || strings.Contains(r.Ref, "{") {
					t.Errorf("%s: %s, %s", r.Base.ID, r.Verdict, r.Ref)
				}
			}
		})
	}
}

// TestCgoWarnings holds what a person is told of their own decision about cgo.
func TestCgoWarnings(t *testing.T) {
	for name, c := range map[string]struct {
		in   Input
		want []string
	}{
		"nothing needs it":   {input("go", func(in *Input) { in.Cgo = "off" }), nil},
		"on by the evidence": {input("go", func(in *Input) { in.Facts = []profiles.Fact{sqlite} }), nil},
		"off all the same": {input("go", func(in *Input) { in.Facts = []profiles.Fact{sqlite}; in.Cgo = "off" }),
			[]string{"build.cgo is off: m needs cgo (go.mod:7)"}},
		"unknown glibc": {input("go", func(in *Input) { in.Cgo = "on"; in.Base = "registry.example/x:1" }),
			[]string{"registry.example/x:1: the version of its glibc is not known; the program is linked against 2.41 and starts on no older one"}},
		"unknown base, static": {input("go", func(in *Input) { in.Base = "registry.example/x:1" }), nil},
		"known glibc":          {input("go", func(in *Input) { in.Cgo = "on"; in.Base = "debian:trixie-20260803-slim" }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Choose(Embedded(), c.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, d.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			if want := c.in.Cgo == "on" || c.in.Cgo == "" && c.in.Facts != nil; d.Cgo != want {
				t.Errorf("cgo is %t", d.Cgo)
			}
		})
	}
	// An older glibc is refused, also in a reference that a person wrote.
	for _, ref := range []string{"debian:bookworm-slim", "gcr.io/distroless/base-debian12:nonroot"} {
		_, err := Choose(Embedded(), input("go", func(in *Input) { in.Cgo = "on"; in.Base = ref }))
		if err == nil || !strings.Contains(err.Error(), "custom: its glibc is 2.36, and the build stage links against 2.41") {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

func javaRelease(v string) []profiles.Fact {
	return []profiles.Fact{{Key: evidence.JavaVersion, Value: v, Text: "compiles for Java " + v, Path: "pom.xml", Line: 3}, {Key: evidence.JavaWrapper}}
}

func TestVersions(t *testing.T) {
	for name, c := range map[string]struct {
		in        Input
		want, why string
		warning   string
	}{
		"go, old go.mod":      {input("go", func(in *Input) { in.Facts = goVersion("1.22") }), "1.26", "go 1.22 (go.mod:3)", ""},
		"go, before 1.25 end": {input("go", func(in *Input) { in.Facts = goVersion("1.22"); in.AsOf = "2026-08-18" }), "1.25", "go 1.22 (go.mod:3)", ""},
		"go, newest":          {input("go", func(in *Input) { in.Facts = goVersion("1.27") }), "1.27", "go 1.27 (go.mod:3)", ""},
		"go, asked for":       {input("go", func(in *Input) { in.Facts = goVersion("1.22"); in.Version = "1.27.1" }), "1.27", "build.version", ""},
		"go, past its end": {input("go", func(in *Input) { in.Facts = goVersion("1.22"); in.Version = "1.25" }), "1.25", "build.version",
			"go 1.25 is past its end of life since 2026-08-19 (build.version); 1.27 is supported"},
		"go, no fact":           {input("go", nil), "1.27", "the catalog's default", ""},
		"java, no fact":         {input("java", nil), "21", "the catalog's default", ""},
		"java, an old release":  {input("java", func(in *Input) { in.Facts = javaRelease("8") }), "17", "compiles for Java 8 (pom.xml:3)", ""},
		"java, between lines":   {input("java", func(in *Input) { in.Facts = javaRelease("19") }), "21", "compiles for Java 19 (pom.xml:3)", ""},
		"java, 17 past its end": {input("java", func(in *Input) { in.Facts = javaRelease("17"); in.AsOf = "2027-10-31" }), "21", "compiles for Java 17 (pom.xml:3)", ""},
		"python":                {input("python", nil), "3.13", "the catalog's default", ""},
		"python, newest":        {input("python", func(in *Input) { in.Version = "3.14" }), "3.14", "build.version", ""},
		"python, past its end": {input("python", func(in *Input) { in.Version = "3.10" }), "3.10", "build.version",
			"python 3.10 is past its end of life since 2026-10-31 (build.version); 3.13 is supported"},
		"python, the day before": {input("python", func(in *Input) { in.Version = "3.10"; in.AsOf = "2026-10-30" }), "3.10", "build.version", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Choose(Embedded(), c.in)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{d.Version, d.VersionWhy, strings.Join(d.Warnings, "\n")}
			if d := cmp.Diff([]string{c.want, c.why, c.warning}, got); d != "" {
				t.Errorf("version, why, warning (-want +got):\n%s", d)
			}
		})
	}
}

func TestVersionErrors(t *testing.T) {
	for name, c := range map[string]struct {
		in         Input
		text, hint string
	}{
		"unknown in go.mod": {input("go", func(in *Input) { in.Facts = goVersion("1.99") }),
			"choosing a base: the catalog has no image for go 1.99 (go.mod:3)", "set build.version to one of: 1.27, 1.26, 1.25"},
		"unknown in the profile": {input("python", func(in *Input) { in.Version = "2.7" }),
			"choosing a base: the catalog has no image for python 2.7 (build.version)", "set build.version to one of: 3.14, 3.13, 3.12, 3.11, 3.10"},
		"no minor": {input("python", func(in *Input) { in.Version = "3" }),
			"choosing a base: the catalog has no image for python 3 (build.version)", "set build.version to one of: 3.14, 3.13, 3.12, 3.11, 3.10"},
		"older than demanded": {input("go", func(in *Input) { in.Facts = goVersion("1.27"); in.Version = "1.26" }),
			"choosing a base: go 1.26 (build.version) is older than the project demands: go 1.27 (go.mod:3)", "set build.version to one of: 1.27, 1.26, 1.25"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Choose(Embedded(), c.in)
			var ve *VersionError
			if !errors.As(err, &ve) {
				t.Fatalf("error is %v, want a VersionError", err)
			}
			if d := cmp.Diff([]string{c.text, c.hint}, []string{ve.Error(), ve.Hint()}); d != "" {
				t.Errorf("text and hint (-want +got):\n%s", d)
			}
		})
	}
}

func TestNoBase(t *testing.T) {
	_, err := Choose(Embedded(), input("go", func(in *Input) { in.Base = "scratch"; in.Shell = true }))
	var nb *NoBaseError
	if !errors.As(err, &nb) {
		t.Fatalf("error is %v, want a NoBaseError", err)
	}
	want := `choosing a base: none fits
  scratch: has no shell, and the profile wants one (runtime.shell)
  distroless-static: has no shell, and the profile wants one (runtime.shell)
  distroless-base: has no shell, and the profile wants one (runtime.shell)
  distroless-cc: has no shell, and the profile wants one (runtime.shell)
  debian-slim: runtime.base = "scratch" asks for another (runtime.base)
  debian: runtime.base = "scratch" asks for another (runtime.base)
  alpine: runtime.base = "scratch" asks for another (runtime.base)`
	if d := cmp.Diff(want, nb.Error()); d != "" {
		t.Errorf("text (-want +got):\n%s", d)
	}
	if !strings.Contains(nb.Hint(), "scaffold explain") {
		t.Errorf("hint is %q", nb.Hint())
	}

	// A build stage past its end of life is said of the build stage.
	_, err = Choose(Embedded(), input("go", func(in *Input) { in.AsOf = "2030-01-01" }))
	if !errors.As(err, &nb) || !strings.Contains(err.Error(), "golang: past its end of life since 2028-08-09 (catalog: official-images)") {
		t.Errorf("error is %v", err)
	}
	if _, err := Choose(Embedded(), input("cobol", nil)); err == nil || !strings.Contains(err.Error(), `no language "cobol"`) {
		t.Errorf("error is %v", err)
	}
}

// TestChooseKeepsItsInput holds that choosing twice from one input gives one decision.
func TestChooseKeepsItsInput(t *testing.T) {
	in := input("python", func(in *Input) { in.Facts = []profiles.Fact{numpy, pylibs} })
	text := func() (s []string) {
		d, err := Choose(Embedded(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range d.Runtime {
			s = append(s, c.Ref+" "+string(c.Verdict)+" "+c.Behind)
		}
		return s
	}
	first := text()
	for range 20 {
		if d := cmp.Diff(first, text()); d != "" {
			t.Fatalf("chosen differently (-first +again):\n%s", d)
		}
	}
}

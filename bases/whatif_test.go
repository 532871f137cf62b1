package bases

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/evidence"
	"scaffold/profiles"
)

// briefly are outcomes as "change [source] → chosen, lets in IDs".
func briefly(outcomes []Outcome) []string {
	var all []string
	for _, o := range outcomes {
		s := fmt.Sprintf("%s [%s] → %s", o.Text, o.Source, o.Chosen.Base.ID)
		for _, l := range o.LetsIn {
			s += ", lets in " + l.Base.ID
		}
		all = append(all, s)
	}
	return all
}

// TestWhatIf asks of one project at a time which single changes would lead elsewhere.
func TestWhatIf(t *testing.T) {
	cgo := func(value, path string, line int) profiles.Fact {
		return profiles.Fact{Key: evidence.GoCgo, Value: value, Text: value + " needs cgo", Path: path, Line: line}
	}
	local := profiles.Fact{Key: evidence.PyLocal, Value: "-e .", Text: "a local path", Path: "requirements.txt", Line: 1}
	for name, c := range map[string]struct {
		in   Input
		want []string
	}{
		"go": {input("go", nil), []string{"runtime.shell = true [runtime.shell] → debian-slim"}},
		"go, a module with another of its kind": {input("go", func(in *Input) { in.Facts = []profiles.Fact{cgo("github.com/mattn/go-sqlite3", "go.mod", 5)} }),
			[]string{"modernc.org/sqlite instead of github.com/mattn/go-sqlite3 [go.mod:5] → scratch",
				"runtime.shell = true [runtime.shell] → debian-slim", `build.cgo = "off" [build.cgo] → scratch`}},
		"go, two that only count together": {input("go", func(in *Input) { in.Facts = []profiles.Fact{cgo("a", "go.mod", 5), cgo("b.go", "b.go", 3)} }),
			[]string{"without a and 1 more like it [go.mod:5] → scratch", "runtime.shell = true [runtime.shell] → debian-slim", `build.cgo = "off" [build.cgo] → scratch`}},
		"go, C++ and C of one module": {input("go", func(in *Input) { in.Facts = []profiles.Fact{cgo("m", "go.mod", 7), opencv} }),
			[]string{"without m [go.mod:7] → scratch", "runtime.shell = true [runtime.shell] → debian-slim", `build.cgo = "off" [build.cgo] → scratch`}},
		"go, cgo off": {input("go", func(in *Input) { in.Cgo = "off"; in.Base = "distroless" }),
			[]string{`runtime.base = "auto" [runtime.base] → scratch`, `build.cgo = "on" [build.cgo] → distroless-base`}},
		"go, packages": {input("go", func(in *Input) { in.Packages = []string{"tini"} }),
			[]string{"without runtime.packages (tini) [runtime.packages] → scratch"}},
		"python, sources that have wheels elsewhere": {input("python", func(in *Input) { in.Facts = []profiles.Fact{pylibs} }),
			[]string{"psycopg2-binary instead of psycopg2 [requirements.txt:3] → python-slim, lets in distroless-python3",
				"without psycopg2 [requirements.txt:3] → distroless-python3"}},
		"python, a source with an OS package": {input("python", func(in *Input) { in.Facts = []profiles.Fact{pylibs}; in.Packages = []string{"libpq5"} }),
			[]string{"psycopg2-binary instead of psycopg2, then also without libpq5 [requirements.txt:3] → python-slim, lets in distroless-python3",
				"without psycopg2, then also without libpq5 [requirements.txt:3] → distroless-python3"}},
		"python, one of two would do": {input("python", func(in *Input) {
			in.Facts = []profiles.Fact{pylibs, {Key: evidence.PySource, Value: "uwsgi", Path: "requirements.txt", Line: 4}}
		}), []string{"psycopg2-binary instead of psycopg2 [requirements.txt:3] → python-slim, lets in distroless-python3",
			"without psycopg2 [requirements.txt:3] → distroless-python3"}},
		"python, unknown": {input("python", func(in *Input) { in.Facts = []profiles.Fact{unknown} }),
			[]string{"were it known that there is no native code in x [requirements.txt] → distroless-python3",
				`runtime.prefer = "size" [runtime.prefer] → distroless-python3`}},
		"python, a local path": {input("python", func(in *Input) { in.Facts = []profiles.Fact{local} }),
			[]string{"without -e . [requirements.txt:1] → distroless-python3", `runtime.prefer = "size" [runtime.prefer] → distroless-python3`}},
		"python, a version that distroless lacks": {input("python", func(in *Input) { in.Version = "3.12" }),
			[]string{`build.version = "3.13" [build.version] → distroless-python3`}},
		"python, a platform that distroless lacks": {input("python", func(in *Input) { in.Platforms = []string{"linux/amd64", "linux/s390x"} }),
			[]string{"image.platforms without linux/s390x [image.platforms] → distroless-python3"}},
		"nothing fits": {input("go", func(in *Input) { in.Base, in.Shell = "scratch", true }),
			[]string{`runtime.base = "auto" [runtime.base] → debian-slim`, "runtime.shell = false [runtime.shell] → scratch"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Choose(Embedded(), c.in)
			if d == nil {
				t.Fatal(err)
			}
			got := briefly(WhatIf(Embedded(), c.in, d))
			if c.in.Language == "python" { // a shell leads from distroless to slim for each
				got = slices.DeleteFunc(got, func(s string) bool { return s == "runtime.shell = true [runtime.shell] → python-slim" })
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("outcomes (-want +got):\n%s", d)
			}
			for range 5 {
				if again := WhatIf(Embedded(), c.in, d); !slices.Equal(briefly(again), briefly(WhatIf(Embedded(), c.in, d))) {
					t.Error("outcomes differ from run to run")
				}
			}
		})
	}
}

// TestWhatIfOfAPolicy takes a policy's demands away, one at a time.
func TestWhatIfOfAPolicy(t *testing.T) {
	deny := func(id, family string) Rule {
		return Rule{ID: id, Judge: func(b Base, _ *Input) []Reason {
			if b.Family != family {
				return nil
			}
			return []Reason{{Verdict: Out, Fact: "denied", Source: "policy.toml:4", Policy: true}}
		}}
	}
	in := input("go", func(in *Input) {
		in.Demands.Rules = []Rule{deny("base/deny", "scratch"), deny("base/support", "alpine")}
		in.Demands.Families, in.Demands.FamiliesFrom = []string{"slim"}, "policy.toml:5"
	})
	d, err := Choose(Embedded(), in)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"without base/deny of the policy [policy.toml:4] → debian-slim, lets in scratch", "without base.prefer of the policy [policy.toml:5] → distroless-static"}
	if diff := cmp.Diff(want, briefly(WhatIf(Embedded(), in, d))); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// TestWhatIfIsBounded holds the work, and what is told, for a project of many dependencies.
func TestWhatIfIsBounded(t *testing.T) {
	in := input("python", func(in *Input) {
		for i := range 1000 {
			in.Facts = append(in.Facts, profiles.Fact{Key: evidence.PySource, Value: fmt.Sprintf("p%d", i), Text: "no wheels", Path: "requirements.txt", Line: i + 1})
		}
	})
	d, err := Choose(Embedded(), in)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(dependencyChanges(&in, d)); n != maxTried+1 {
		t.Errorf("%d changes of dependencies are tried, want %d and all together", n, maxTried)
	}
	if n := len(WhatIf(Embedded(), in, d)); n > maxTold {
		t.Errorf("%d outcomes are told, want at most %d", n, maxTold)
	}
}

func TestLetsIn(t *testing.T) {
	in := input("go", func(in *Input) { in.Shell = true; in.Packages = []string{"tini"} })
	d, err := Choose(Embedded(), in)
	if err != nil {
		t.Fatal(err)
	}
	if found := LetsIn(Embedded(), in, d, "scratch"); found != nil {
		t.Errorf("no single change lets scratch in, and found are %v", found)
	}
	in.Packages = nil
	var got []string
	for _, c := range LetsIn(Embedded(), in, d, "scratch") {
		got = append(got, c.Text)
	}
	if d := cmp.Diff([]string{"runtime.shell = false"}, got); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
}

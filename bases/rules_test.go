package bases

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/evidence"
	"scaffold/profiles"
)

func TestRulesAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules {
		family, thing, ok := strings.Cut(r.ID, "/")
		if !ok || family == "" || thing == "" || seen[r.ID] {
			t.Errorf("rule %q: no ID of the form family/thing of its own", r.ID)
		}
		seen[r.ID] = true
		if !strings.HasSuffix(r.Doc, ".") || r.Judge == nil || !strings.HasPrefix(r.URL, "https://") {
			t.Errorf("rule %s: doc %q, URL %q", r.ID, r.Doc, r.URL)
		}
	}
	for _, id := range builderRules {
		if !seen[id] {
			t.Errorf("the build stage is judged by %q, which is no rule", id)
		}
	}
}

// rule finds a rule by its ID.
func rule(t *testing.T, id string) Rule {
	t.Helper()
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		t.Fatalf("there is no rule %q", id)
	}
	return Rules[i]
}

var (
	numpy   = profiles.Fact{Key: evidence.PyNative, Value: "numpy", Text: "numpy is native", Path: "requirements.txt", Line: 2}
	pylibs  = profiles.Fact{Key: evidence.PySource, Value: "psycopg2", Text: "psycopg2 has no wheels", Path: "requirements.txt", Line: 3}
	unknown = profiles.Fact{Key: evidence.PyUnknown, Value: "x", Text: "x is unknown", Path: "requirements.txt"}
	opencv  = profiles.Fact{Key: evidence.GoCXX, Value: "m", Text: "m is C++", Path: "go.mod", Line: 7}
	sqlite  = profiles.Fact{Key: evidence.GoCgo, Value: "m", Text: "m needs cgo", Path: "go.mod", Line: 7}
)

// A ruleCase is one rule on one base, and the reasons that it gives.
type ruleCase struct {
	rule, name string
	base       Base
	in         Input
	want       []Reason
}

// ruleCases are the cases of all rules. Those of a rule differ in one thing, which flips
// the verdict.
func ruleCases() []ruleCase {
	mvnw := profiles.Fact{Key: evidence.JavaWrapper, Text: "it brings its own", Path: "mvnw"}
	jni := func(name string) []profiles.Fact {
		return []profiles.Fact{{Key: evidence.JavaNative, Value: name, Path: "pom.xml", Line: 9}}
	}
	static := Base{Runs: []string{"static"}, Source: "src"}
	both := Base{Runs: []string{"static", "glibc"}}
	goInput := Input{Language: "go", kind: "static", kindText: "it is static", kindFrom: "go.mod"}
	cgoInput := Input{Language: "go", kind: "glibc", kindText: "it links glibc", kindFrom: "go.mod:7", cgo: sqlite, libc: "2.41"}
	cxxInput := Input{Language: "go", kind: "c++", cgo: opencv, libc: "2.41"}
	amd, both64 := []string{"linux/amd64"}, []string{"linux/amd64", "linux/arm64"}
	on := func(platform string, rs []Reason) []Reason {
		rs[0].Platform = platform
		return rs
	}
	pyGlibc, pyMusl := Base{Role: "runtime", Libc: "glibc", Runs: []string{"python"}}, Base{Role: "runtime", Libc: "musl", Runs: []string{"python"}}
	py := func(change func(*Input)) Input {
		in := Input{Language: "python", kind: "python", Platforms: both64, Facts: []profiles.Fact{numpy}, builderLibc: []string{"glibc"}}
		if change != nil {
			change(&in)
		}
		return in
	}
	priced := func(does, thing, of string, rs []Reason) []Reason {
		rs[0].Price = Price{does, thing, of}
		return rs
	}
	return []ruleCase{
		{"program/kind", "static on static", static, goInput, one(Fits, "it is static", "go.mod")},
		{"program/kind", "cgo on static", static, cgoInput, one(Out, "holds no glibc, which the program links: m needs cgo", "go.mod:7")},
		{"program/kind", "cgo on glibc", both, cgoInput, one(Fits, "it links glibc", "go.mod:7")},
		{"program/kind", "python on static", static, Input{Language: "python", kind: "python"}, one(Out, "holds no python", "catalog: src")},
		{"program/version", "no version", Base{}, Input{Version: "3.12"}, nil},
		{"program/version", "the same", Base{Versions: []string{"3.13"}}, Input{Version: "3.13"}, nil},
		{"program/version", "another", Base{Versions: []string{"3.13"}}, Input{Language: "python", Version: "3.12", VersionFrom: "build.version"}, one(Out, "has python 3.13 only, and the project builds with 3.12", "build.version")},
		{"program/kind", "C++ on glibc", both, cxxInput, one(Out, "holds no glibc and libstdc++, which the program links: m is C++", "go.mod:7")},
		{"program/libc-version", "static", Base{Runs: []string{"static"}, LibcVersion: "2.36"}, goInput, nil},
		{"program/libc-version", "cannot run it anyway", static, cgoInput, nil},
		{"program/libc-version", "the same", Base{Runs: []string{"glibc"}, LibcVersion: "2.41", Source: "src"}, cgoInput, one(Fits, "its glibc is 2.41, and the build stage links against 2.41", "catalog: src")},
		{"program/libc-version", "older", Base{Runs: []string{"glibc"}, LibcVersion: "2.9", Source: "src"}, cgoInput, one(Out, "its glibc is 2.9, and the build stage links against 2.41", "catalog: src")},
		{"program/libc-version", "unknown", Base{Runs: []string{"glibc"}}, cgoInput, []Reason{{Verdict: Cost, Source: "build stage", Warn: true,
			Fact: "the version of its glibc is not known; the program is linked against 2.41 and starts on no older one"}}},
		{"packages/unknown", "apt", Base{Packages: "apt"}, Input{Language: "python", Facts: []profiles.Fact{pylibs, unknown}}, nil},
		{"packages/unknown", "native", Base{}, Input{Language: "python", Facts: []profiles.Fact{numpy}}, []Reason{{Verdict: Fits, Doubt: true, Source: numpy.Source(),
			Fact: "numpy has native code; an OS library that it lacks could not be installed"}}},
		{"packages/unknown", "unknown", Base{}, Input{Language: "python", Facts: []profiles.Fact{unknown}}, []Reason{{Verdict: Fits, Doubt: true, Source: "requirements.txt",
			Fact: "x is unknown; an OS library that they need could not be installed"}}},
		{"packages/unknown", "needs a library", Base{}, Input{Language: "python", Facts: []profiles.Fact{pylibs}},
			one(Out, "psycopg2 needs libpq5, and there is no package manager to install it", "requirements.txt:3")},
		{"platform/missing", "there", Base{Platforms: both64}, Input{Platforms: both64}, nil},
		{"platform/missing", "one missing", Base{Platforms: amd, Source: "src"}, Input{Platforms: both64}, on("linux/arm64", one(Out, "does not exist for linux/arm64", "catalog: src"))},
		{"platform/missing", "a build stage that cross-compiles", Base{Role: "builder", Platforms: amd}, Input{Language: "go", Platforms: both64}, nil},
		{"platform/missing", "a build stage that is emulated", Base{Role: "builder", Platforms: amd, Source: "src"}, Input{Language: "python", Platforms: both64}, on("linux/arm64", one(Out, "does not exist for linux/arm64", "catalog: src"))},
		{"platform/missing", "unknown", Base{}, Input{Platforms: both64}, nil},
		{"shell/wanted", "not wanted", Base{}, Input{}, nil},
		{"shell/wanted", "wanted, there", Base{Shell: true}, Input{Shell: true}, nil},
		{"shell/wanted", "wanted, none", Base{}, Input{Shell: true}, one(Out, "has no shell, and the profile wants one", "runtime.shell")},
		{"packages/manager", "no packages", Base{}, Input{}, nil},
		{"packages/manager", "apt", Base{Packages: "apt"}, Input{Packages: []string{"libpq5"}}, priced("installs", "OS package", "libpq5", one(Cost, "installs libpq5", "runtime.packages"))},
		{"packages/manager", "none", Base{}, Input{Packages: []string{"libpq5", "tini"}}, one(Out, "has no package manager to install libpq5, tini", "runtime.packages")},
		{"packages/names", "no packages", Base{Packages: "apk"}, Input{}, nil},
		{"packages/names", "apt", Base{Packages: "apt"}, Input{Packages: []string{"libpq5"}}, nil},
		{"packages/names", "apk", Base{Packages: "apk"}, Input{Packages: []string{"libpq5", "tini"}}, one(Out, "installs packages by Alpine's names, and libpq5, tini are Debian's", "runtime.packages")},
		{"build/maven", "another language", Base{Role: "builder"}, Input{Language: "go"}, nil},
		{"build/maven", "a final stage", Base{Role: "runtime"}, Input{Language: "java"}, nil},
		{"build/maven", "no wrapper, Maven", Base{Role: "builder", Holds: []string{"maven"}}, Input{Language: "java"}, one(Fits, "has Maven, and the project brings no wrapper", "pom.xml")},
		{"build/maven", "no wrapper, no Maven", Base{Role: "builder"}, Input{Language: "java"}, one(Out, "has no Maven, and the project brings no wrapper", "pom.xml")},
		{"build/maven", "wrapper, Maven", Base{Role: "builder", Holds: []string{"maven"}}, Input{Language: "java", Facts: []profiles.Fact{mvnw}}, one(Cost, "its Maven would not be used: it brings its own", "mvnw")},
		{"build/maven", "wrapper, no Maven", Base{Role: "builder"}, Input{Language: "java", Facts: []profiles.Fact{mvnw}}, one(Fits, "it brings its own", "mvnw")},
		{"libc/jni", "no library", Base{Libc: "musl"}, Input{Platforms: both64}, nil},
		{"libc/jni", "glibc", Base{Libc: "glibc"}, Input{Platforms: both64, Facts: jni("org.conscrypt:conscrypt-openjdk-uber")}, one(Fits, "org.conscrypt:conscrypt-openjdk-uber has a native library for glibc", "pom.xml:9")},
		{"libc/jni", "glibc, another platform", Base{Libc: "glibc"}, Input{Platforms: []string{"linux/s390x"}, Facts: jni("org.conscrypt:conscrypt-openjdk-uber")}, one(Cost, "org.conscrypt:conscrypt-openjdk-uber: no native library for glibc is known", "pom.xml:9")},
		{"libc/jni", "musl", Base{Libc: "musl"}, Input{Platforms: both64, Facts: jni("org.xerial:sqlite-jdbc")}, one(Fits, "org.xerial:sqlite-jdbc has a native library for musl", "pom.xml:9")},
		{"libc/jni", "musl, one platform", Base{Libc: "musl"}, Input{Platforms: amd, Facts: jni("org.xerial.snappy:snappy-java")}, one(Fits, "org.xerial.snappy:snappy-java has a native library for musl", "pom.xml:9")},
		{"libc/jni", "musl, unverified", Base{Libc: "musl"}, Input{Platforms: both64, Facts: jni("org.xerial.snappy:snappy-java")}, append(on("linux/amd64", one(Fits, "org.xerial.snappy:snappy-java has a native library for musl", "pom.xml:9")),
			on("linux/arm64", one(Cost, "org.xerial.snappy:snappy-java: no native library for musl is known; whether the one for glibc loads was not tried", "pom.xml:9"))...)},
		{"libc/jni", "musl, fails", Base{Libc: "musl"}, Input{Platforms: both64, Facts: jni("org.conscrypt:conscrypt-openjdk-uber")}, one(Out, "org.conscrypt:conscrypt-openjdk-uber: no native library for musl is known, and the one for glibc cannot be loaded", "pom.xml:9")},
		{"libc/jni", "musl, falls back", Base{Libc: "musl"}, Input{Platforms: amd, Facts: jni("at.yawk.lz4:lz4-java")}, one(Cost, "at.yawk.lz4:lz4-java: no native library for musl is known, so it goes on in Java", "pom.xml:9")},
		{"libc/wheels", "go", Base{Libc: "musl"}, Input{Language: "go", Facts: []profiles.Fact{numpy}}, nil},
		{"libc/wheels", "wheels", Base{Libc: "glibc"}, Input{Language: "python", Platforms: both64, Facts: []profiles.Fact{numpy}}, one(Fits, "numpy has glibc wheels for every platform", "requirements.txt:2")},
		{"libc/wheels", "musl wheels", Base{Libc: "musl"}, Input{Language: "python", Platforms: both64, Facts: []profiles.Fact{numpy}}, one(Fits, "numpy has musl wheels for every platform", "requirements.txt:2")},
		{"libc/wheels", "no wheel", Base{Libc: "glibc"}, Input{Language: "python", Platforms: []string{"linux/amd64", "linux/s390x"}, Facts: []profiles.Fact{numpy}}, priced("compiles", "package", "numpy", one(Cost, "numpy: no glibc wheel is known for s390x, so pip compiles it", "requirements.txt:2"))},
		{"libc/wheels", "source only", Base{Libc: "glibc"}, Input{Language: "python", Platforms: amd, Facts: []profiles.Fact{pylibs}}, priced("compiles", "package", "psycopg2", one(Cost, "psycopg2 has no wheels", "requirements.txt:3"))},
		{"support/eol", "none announced", Base{}, Input{AsOf: "2026-11-21"}, nil},
		{"support/eol", "the day before", Base{EOL: "2028-08-09", Source: "src"}, Input{AsOf: "2028-08-08"}, one(Fits, "supported until 2028-08-09", "catalog: src")},
		{"support/eol", "a person's own", Base{ID: "custom", EOL: "2026-07-11", Source: "src"}, Input{AsOf: "2026-11-21"}, []Reason{{Verdict: Cost, Warn: true, Fact: "past its end of life since 2026-07-11: it gets no security fixes", Source: "catalog: releases"}}},
		{"support/eol", "the day", Base{EOL: "2028-08-09", Source: "src"}, Input{AsOf: "2028-08-09"}, one(Out, "past its end of life since 2028-08-09", "catalog: src")},
		{"base/note", "none", Base{}, Input{}, nil},
		{"base/note", "a note", Base{Note: "it is slower", Source: "src"}, Input{}, one(Cost, "it is slower", "catalog: src")},
		{"base/note", "an aside", Base{Aside: "it is blue", Source: "src"}, Input{}, one(Fits, "it is blue", "catalog: src")},
		{"person/asked", "auto", Base{Family: "slim"}, Input{Base: "auto"}, nil},
		{"person/asked", "this", Base{Family: "slim"}, Input{Base: "slim"}, nil},
		{"person/asked", "another", Base{Family: "slim"}, Input{Base: "scratch"}, one(Out, `runtime.base = "scratch" asks for another`, "runtime.base")},
		{"person/asked", "the person's own", Base{ID: "custom", Family: "custom"}, Input{Base: "custom"}, nil},
		{"template/none", "all", Base{Family: "slim"}, Input{}, nil},
		{"template/none", "there", Base{Family: "slim"}, Input{Language: "go", Templates: func(l, f string) bool { return l == "go" && f == "slim" }}, nil},
		{"template/none", "none", Base{Family: "alpine"}, Input{Language: "go", Templates: func(l, f string) bool { return f == "slim" }}, one(Out, "scaffold has no template for go on alpine yet", "templates")},
		{"build/libc", "nothing native", pyMusl, py(func(in *Input) { in.Facts = nil }), nil},
		{"build/libc", "final stage, there is a build stage", pyGlibc, py(nil), nil},
		{"build/libc", "final stage, there is none", pyMusl, py(nil), one(Out, "is of musl, and no build stage makes numpy for it", "requirements.txt:2")},
		{"build/libc", "final stage, several", pyMusl, py(func(in *Input) { in.Facts[0].Value = "x y" }), one(Out, "is of musl, and no build stage makes what pip installs for it", "requirements.txt:2")},
		{"build/libc", "final stage that cannot run it", Base{Role: "runtime", Libc: "musl"}, py(nil), nil},
		{"build/libc", "build stage, none chosen", Base{Role: "builder", Libc: "glibc"}, py(nil), nil},
		{"build/libc", "build stage, the same", Base{Role: "builder", Libc: "glibc"}, py(func(in *Input) { in.runtimeLibc = "glibc" }), one(Fits, "is of glibc, as the final stage is", "requirements.txt:2")},
		{"build/libc", "build stage, another", Base{Role: "builder", Libc: "musl"}, py(func(in *Input) { in.runtimeLibc = "glibc" }), one(Out, "is of musl, and numpy is to run on glibc", "requirements.txt:2")},
		{"build/libc", "build stage, unknown", Base{Role: "builder", Libc: "glibc"}, py(func(in *Input) { in.runtimeLibc = "unknown" }), one(Fits, "is of glibc, as the final stage is", "requirements.txt:2")},
		{"build/libc", "cgo, build stage, another", Base{Role: "builder", Libc: "musl"}, Input{Language: "go", kind: "glibc", cgo: sqlite, runtimeLibc: "glibc"}, one(Out, "is of musl, and the binary is to run on glibc", "go.mod:7")},
		{"build/libc", "jars are for any", Base{Role: "builder", Libc: "musl"}, Input{Language: "java", runtimeLibc: "glibc"}, nil},
		{"build/emulated", "one platform", Base{Role: "builder"}, Input{Language: "python", Platforms: amd}, nil},
		{"build/emulated", "two", Base{Role: "builder"}, py(nil), one(Cost, "other platforms than the builder's own are built under emulation: dependencies are installed for the interpreter that installs them", "image.platforms")},
		{"build/emulated", "a final stage", Base{Role: "runtime"}, py(nil), nil},
		{"build/emulated", "Go cross-compiles", Base{Role: "builder"}, Input{Language: "go", Platforms: both64}, nil},
	}
}

// TestRules tests each rule alone.
func TestRules(t *testing.T) {
	for _, c := range append(ruleCases(), nodeCases()...) {
		t.Run(c.rule+" "+c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, rule(t, c.rule).Judge(c.base, &c.in)); d != "" {
				t.Errorf("reasons (-want +got):\n%s", d)
			}
		})
	}
}

// TestEveryRuleIsTested holds that each rule has cases of its own, at least one in which it
// speaks and one in which it says something else.
func TestEveryRuleIsTested(t *testing.T) {
	said := map[string]map[string]bool{}
	for _, c := range append(ruleCases(), nodeCases()...) {
		if said[c.rule] == nil {
			said[c.rule] = map[string]bool{}
		}
		said[c.rule][fmt.Sprint(c.want)] = true
	}
	for _, r := range Rules {
		if len(said[r.ID]) < 2 {
			t.Errorf("rule %s: %d different answers are tested, want at least 2", r.ID, len(said[r.ID]))
		}
	}
}

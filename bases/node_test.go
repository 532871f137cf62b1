package bases

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/evidence"
	"scaffold/profiles"
)

// prebuilt is a fact about a package's binaries for one libc.
func prebuilt(line int, value string) profiles.Fact {
	return profiles.Fact{Key: evidence.NodeNative, Value: value, Text: value, Path: "package-lock.json", Line: line}
}

// nodeCases are the cases of the rules about Node.
func nodeCases() []ruleCase {
	amd, both64 := []string{"linux/amd64"}, []string{"linux/amd64", "linux/arm64"}
	sharp := []profiles.Fact{prebuilt(5, "sharp fails glibc amd64 arm64"), prebuilt(9, "sharp fails musl amd64")}
	bcrypt := []profiles.Fact{prebuilt(3, "bcrypt compiles glibc amd64"), prebuilt(3, "bcrypt compiles musl")}
	script := profiles.Fact{Key: evidence.NodeScript, Value: "odd", Text: "odd runs a script", Path: "package-lock.json", Line: 7}
	unlocked := profiles.Fact{Key: evidence.NodeUnknown, Text: "there is no lock", Path: "package.json"}
	slim := Base{Role: "builder", Libc: "glibc", Packages: "apt"}
	full := Base{Role: "builder", Libc: "glibc", Packages: "apt", Holds: []string{"gcc"}}
	alpine := Base{Role: "builder", Libc: "musl", Packages: "apk", Family: "alpine"}
	node := func(facts []profiles.Fact, platforms []string) Input {
		return Input{Language: "node", Facts: facts, Platforms: platforms}
	}
	on := func(libc string, in Input) Input { in.runtimeLibc = libc; return in }
	return []ruleCase{
		{"libc/prebuilds", "none", Base{Libc: "musl"}, node(nil, both64), nil},
		{"libc/prebuilds", "for glibc", Base{Libc: "glibc"}, node(sharp, both64), one(Fits, "sharp has binaries for glibc on every platform", "package-lock.json:5")},
		{"libc/prebuilds", "for musl, this platform", Base{Libc: "musl"}, node(sharp, amd), one(Fits, "sharp has binaries for musl on every platform", "package-lock.json:9")},
		{"libc/prebuilds", "for musl, not this platform", Base{Libc: "musl"}, node(sharp, both64), one(Out, "sharp has no binary for musl on arm64, and it does not work without", "package-lock.json:9")},
		{"libc/prebuilds", "compiles", Base{Libc: "glibc"}, node(bcrypt, both64), one(Cost, "bcrypt has no binary for glibc on arm64, so it is compiled with node-gyp", "package-lock.json:3")},
		{"libc/prebuilds", "downloads", Base{Libc: "musl"}, node([]profiles.Fact{prebuilt(2, "x downloads musl")}, amd), one(Cost, "x has no binary for musl on amd64, so its install script downloads one from outside the registry, or compiles with node-gyp", "package-lock.json:2")},
		{"libc/prebuilds", "optional", Base{Libc: "musl"}, node([]profiles.Fact{prebuilt(2, "x nothing musl")}, amd), one(Cost, "x has no binary for musl on amd64, and it is left out", "package-lock.json:2")},
		{"libc/prebuilds", "not said", Base{Libc: "musl"}, node([]profiles.Fact{prebuilt(2, "x else musl")}, amd), one(Out, "x has no binary for musl on amd64, and it does not work without", "package-lock.json:2")},
		{"libc/prebuilds", "a script, apt", Base{Libc: "glibc", Packages: "apt"}, node([]profiles.Fact{script}, amd), one(Fits, "odd runs a script", "package-lock.json:7")},
		{"libc/prebuilds", "a script, no packages", Base{Libc: "glibc"}, node([]profiles.Fact{script}, amd), []Reason{{Verdict: Fits, Doubt: true, Fact: "odd runs a script", Source: "package-lock.json:7"}}},
		{"libc/prebuilds", "no lock, musl", Base{Libc: "musl"}, node([]profiles.Fact{unlocked}, amd), one(Cost, "there is no lock, so binaries for musl are in doubt", "package.json")},
		{"libc/prebuilds", "no lock, glibc", Base{Libc: "glibc"}, node([]profiles.Fact{unlocked}, amd), []Reason{{Verdict: Fits, Doubt: true, Fact: "there is no lock", Source: "package.json"}}},
		{"build/node-gyp", "another language", slim, Input{Language: "go"}, nil},
		{"build/node-gyp", "nothing to compile, slim", slim, node(sharp, both64), one(Fits, "nothing is compiled", "evidence")},
		{"build/node-gyp", "nothing to compile, full", full, node(sharp, both64), one(Cost, "its compiler would not be used: nothing is compiled", "evidence")},
		{"build/node-gyp", "compiles, slim", slim, node(bcrypt, both64), one(Out, "bcrypt is compiled, and it has no compiler", "package-lock.json:3")},
		{"build/node-gyp", "compiles, full", full, node(bcrypt, both64), one(Fits, "bcrypt is compiled", "package-lock.json:3")},
		{"build/node-gyp", "compiles nowhere asked", slim, node(bcrypt, amd), one(Fits, "nothing is compiled", "evidence")},
		{"build/node-gyp", "a script, slim", slim, node([]profiles.Fact{script}, amd), one(Out, "odd runs an install script, which may compile, and it has no compiler", "package-lock.json:7")},
		{"build/node-gyp", "Alpine has packages", alpine, node(bcrypt, amd), one(Fits, "bcrypt is compiled", "package-lock.json:3")},
		{"build/libc", "not chosen yet", alpine, node(sharp, amd), nil},
		{"build/libc", "the same, Node", slim, on("glibc", node(sharp, amd)), one(Fits, "is of glibc, as the final stage is", "package-lock.json:5")},
		{"build/libc", "another", slim, on("musl", node(sharp, amd)), one(Out, "is of glibc, and sharp is to run on musl", "package-lock.json:5")},
		{"build/libc", "a script, another", slim, on("musl", node([]profiles.Fact{script}, amd)), one(Out, "is of glibc, and odd is to run on musl", "package-lock.json:7")},
		{"build/libc", "nothing native", slim, on("musl", node(nil, amd)), nil},
		{"build/libc", "nothing native, Alpine", alpine, on("musl", node(nil, amd)), one(Cost, "nothing has to be made for musl", "evidence")},
		{"build/libc", "an unknown base, Node", slim, on("unknown", node(sharp, amd)), one(Fits, "is of glibc, as the final stage is", "package-lock.json:5")},
		{"program/shell", "node", Base{}, Input{Language: "node", Command: []string{"node", "x.js"}}, nil},
		{"program/shell", "npm, a shell", Base{Shell: true}, Input{Language: "node", Command: []string{"npm", "start"}}, nil},
		{"program/shell", "npm, no shell", Base{}, Input{Language: "node", Command: []string{"npm", "start"}}, one(Out, "has neither a shell nor npm to start npm", "runtime.command")},
		{"program/shell", "another language", Base{}, Input{Language: "python", Command: []string{"sh"}}, nil},
	}
}

// TestNodeVersion holds which line a project gets.
func TestNodeVersion(t *testing.T) {
	pin := func(v string) profiles.Fact {
		return profiles.Fact{Key: evidence.NodeVersion, Value: v, Text: "pinned", Path: ".nvmrc", Line: 1}
	}
	engines := func(v string) profiles.Fact {
		return profiles.Fact{Key: evidence.NodeEngines, Value: v, Text: "engines", Path: "package.json", Line: 3}
	}
	for name, c := range map[string]struct {
		version string
		facts   []profiles.Fact
		want    string // or what the error says
		why     string
		warns   int
	}{
		"nothing":            {"", nil, "24", "the catalog's default", 0},
		"the profile's":      {"22.12.0", []profiles.Fact{pin("26")}, "22", "build.version", 0},
		"a pin":              {"", []profiles.Fact{pin("22"), engines(">=24")}, "22", "pinned (.nvmrc:1)", 0},
		"a pin past its end": {"", []profiles.Fact{pin("20")}, "20", "pinned (.nvmrc:1)", 1},
		"a pin of no image":  {"", []profiles.Fact{pin("19")}, "the catalog has no image for node 19 (.nvmrc:1)", "", 0},
		"a lower bound":      {"", []profiles.Fact{engines(">=18.17")}, "24", "engines (package.json:3)", 0},
		"an upper bound":     {"", []profiles.Fact{engines(">=18 <23")}, "22", "engines (package.json:3)", 0},
		"a caret":            {"", []profiles.Fact{engines("^22.12.0 || ^26")}, "26", "engines (package.json:3)", 0},
		"wildcards":          {"", []profiles.Fact{engines("22.x || 20.x")}, "22", "engines (package.json:3)", 0},
		"only past its end":  {"", []profiles.Fact{engines("^20.0.0")}, "20", "engines (package.json:3)", 1},
		"none":               {"", []profiles.Fact{engines("16.x")}, "the catalog has no image for node 16.x (package.json:3)", "", 0},
		"no range":           {"", []profiles.Fact{engines("lts")}, "24", "engines (package.json:3)", 0},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Choose(Embedded(), Input{Language: "node", Version: c.version, Platforms: []string{"linux/amd64"}, Base: "auto", AsOf: "2026-11-21", Facts: c.facts})
			if err != nil {
				if d := cmp.Diff("choosing a base: "+c.want, err.Error()); d != "" {
					t.Errorf("error (-want +got):\n%s", d)
				}
				return
			}
			if d.Version != c.want || d.VersionWhy != c.why || len(d.Warnings) != c.warns {
				t.Errorf("version %s, %s, warnings %q; want %s, %s", d.Version, d.VersionWhy, d.Warnings, c.want, c.why)
			}
		})
	}
}

// TestNodeBases holds which bases a project gets by its native packages, and that the build
// stage follows the final one.
func TestNodeBases(t *testing.T) {
	sharp := []profiles.Fact{prebuilt(5, "sharp fails glibc amd64 arm64"), prebuilt(9, "sharp fails musl amd64 arm64")}
	noMusl := []profiles.Fact{prebuilt(5, "sharp fails glibc amd64 arm64"), prebuilt(5, "sharp fails musl")}
	gyp := []profiles.Fact{prebuilt(3, "node-pty compiles glibc"), prebuilt(3, "node-pty compiles musl")}
	for name, c := range map[string]struct {
		facts            []profiles.Fact
		base             string
		runtime, builder string // or what the error says
	}{
		"pure":              {nil, "auto", "distroless-nodejs", "node-slim"},
		"pure on Alpine":    {nil, "alpine", "node-alpine", "node-slim"},
		"sharp":             {sharp, "auto", "distroless-nodejs", "node-slim"},
		"sharp on Alpine":   {sharp, "alpine", "node-alpine", "node-alpine"},
		"no musl binary":    {noMusl, "alpine", "", ""},
		"compiles":          {gyp, "slim", "node-slim", "node"},
		"compiles, Alpine":  {gyp, "alpine", "node-alpine", "node-alpine"},
		"compiles, no base": {gyp, "auto", "distroless-nodejs", "node"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Choose(Embedded(), Input{Language: "node", Platforms: []string{"linux/amd64", "linux/arm64"}, Base: c.base, AsOf: "2026-11-21", Facts: c.facts})
			if (err != nil) != (c.runtime == "") {
				t.Fatalf("error %v", err)
			}
			if err == nil && (d.Chosen().Base.ID != c.runtime || d.Builder.Base.ID != c.builder) {
				t.Errorf("%s, built on %s; want %s on %s", d.Chosen().Base.ID, d.Builder.Base.ID, c.runtime, c.builder)
			}
		})
	}
}

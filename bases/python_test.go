package bases

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/evidence"
	"scaffold/evidence/wheels"
	"scaffold/profiles"
)

// locked is the fact about a package whose line is 10.
func locked(value string) profiles.Fact {
	r, _ := wheels.ParseRelease(value)
	return profiles.Fact{Key: evidence.PyWheels, Value: value, Text: r.Package + " is native", Path: "uv.lock", Line: 10}
}

const numpyLocked = "numpy 2.3.1; manylinux_2_27_aarch64 cp313@4 cp314@9; manylinux_2_28_x86_64 cp313@5 cp314@8; musllinux_1_2_x86_64 cp313@6; source@2"

// TestLockedWheels judges one locked package on one base.
func TestLockedWheels(t *testing.T) {
	slim := Base{Libc: "glibc", LibcVersion: "2.41", Packages: "apt"}
	alpine := Base{Libc: "musl", LibcVersion: "1.2", Packages: "apk"}
	amd, both := []string{"linux/amd64"}, []string{"linux/amd64", "linux/arm64"}
	gcc := []string{"gcc"}
	for name, c := range map[string]struct {
		base      Base
		fact      string
		python    string
		platforms []string
		packages  []string // of the build stage
		want      []Reason
	}{
		"a wheel for each platform": {slim, numpyLocked, "3.13", both, nil, one(Fits, "numpy 2.3.1 has a manylinux_2_28_x86_64 wheel and a manylinux_2_27_aarch64 one (uv.lock:14)", "uv.lock:15")},
		"of another Python":         {slim, numpyLocked, "3.14", both, nil, one(Fits, "numpy 2.3.1 has a manylinux_2_28_x86_64 wheel and a manylinux_2_27_aarch64 one (uv.lock:19)", "uv.lock:18")},
		"musl":                      {alpine, numpyLocked, "3.13", amd, nil, one(Fits, "numpy 2.3.1 has a musllinux_1_2_x86_64 wheel", "uv.lock:16")},
		"not musl on that platform": {alpine, numpyLocked, "3.13", both, nil, one(Cost, "numpy 2.3.1 has no wheel for musl 1.2 on arm64 with Python 3.13, so it is compiled", "uv.lock:12")},
		"an older glibc": {Base{Libc: "glibc", LibcVersion: "2.27", Packages: "apt"}, numpyLocked, "3.13", both, nil,
			one(Out, "numpy 2.3.1: the manylinux_2_28_x86_64 wheel that the build stage takes needs glibc 2.28, and the base has 2.27", "uv.lock:15")},
		"an older glibc that does": {Base{Libc: "glibc", LibcVersion: "2.28", Packages: "apt"}, numpyLocked, "3.13", amd, nil, one(Fits, "numpy 2.3.1 has a manylinux_2_28_x86_64 wheel", "uv.lock:15")},
		"an unknown glibc": {Base{Libc: "glibc", Packages: "apt"}, numpyLocked, "3.13", both, nil, []Reason{
			{Verdict: Fits, Fact: "numpy 2.3.1 has a manylinux_2_28_x86_64 wheel and a manylinux_2_27_aarch64 one (uv.lock:14)", Source: "uv.lock:15"},
			{Verdict: Cost, Fact: "the version of its glibc is not known; the wheel of numpy 2.3.1 needs 2.28", Source: "uv.lock:15", Warn: true}}},
		"no compiler": {slim, numpyLocked, "3.12", amd, nil,
			one(Out, "numpy 2.3.1 has no wheel for glibc 2.41 on amd64 with Python 3.12, and the build stage has no compiler: name what it needs in build.packages", "uv.lock:12")},
		"a compiler": {slim, numpyLocked, "3.12", amd, gcc, one(Cost, "numpy 2.3.1 has no wheel for glibc 2.41 on amd64 with Python 3.12, so it is compiled", "uv.lock:12")},
		"no source": {slim, "torch 2.7; manylinux_2_28_x86_64 cp313@3", "3.13", both, nil,
			one(Out, "torch 2.7 has no wheel for glibc 2.41 on arm64 with Python 3.13, and no source", "uv.lock:10")},
		"nothing for Linux":        {alpine, "pywin 1", "3.13", amd, nil, one(Out, "pywin 1 has no wheel for Linux, and no source", "uv.lock:10")},
		"only where it has wheels": {slim, "torch 2.7; manylinux_2_28_x86_64 cp313@3; on amd64/*", "3.13", both, nil, one(Fits, "torch 2.7 has a manylinux_2_28_x86_64 wheel", "uv.lock:13")},
		"not for that Python":      {slim, "tomli 2; source@1; on */3.10", "3.13", both, nil, nil},
		"source alone":             {slim, "docopt 0.6; source@1", "3.13", both, nil, one(Cost, "docopt 0.6 has no wheel for Linux, so it is built from source, which may need a compiler", "uv.lock:11")},
		"source that is known": {slim, "psycopg2 2.9; source@1", "3.13", amd, gcc,
			one(Out, "psycopg2 2.9 has no wheel for Linux, and compiling it needs libc6-dev, libpq-dev in build.packages", "uv.lock:11")},
		"source that is provided for": {slim, "psycopg2 2.9; source@1", "3.13", amd, []string{"gcc", "libc6-dev", "libpq-dev"}, one(Cost, "psycopg2 2.9 has no wheel for Linux, so it is compiled", "uv.lock:11")},
		"the stable ABI":              {slim, "cryptography 45; manylinux_2_34_x86_64 cp311-abi3@3 cp37-abi3@1", "3.13", amd, nil, one(Fits, "cryptography 45 has a manylinux_2_34_x86_64 wheel", "uv.lock:13")},
		"a wheel for any platform":    {alpine, "markupsafe 3; any py3-none@2; manylinux_2_17_x86_64 cp313@3", "3.13", amd, nil, nil},
		"an older musl":               {Base{Libc: "musl", LibcVersion: "1.1"}, numpyLocked, "3.13", amd, nil, one(Cost, "numpy 2.3.1 has no wheel for musl 1.1 on amd64 with Python 3.13, so it is compiled", "uv.lock:12")},
		"not to be read":              {slim, "numpy", "3.13", amd, nil, one(Cost, " is native, and which wheels it has cannot be read from the lock", "uv.lock:10")},
	} {
		t.Run(name, func(t *testing.T) {
			in := Input{Language: "python", Version: c.python, Platforms: c.platforms, BuildPackages: c.packages, Facts: []profiles.Fact{locked(c.fact)},
				builder: Base{Libc: "glibc", LibcVersion: "2.41"}, compilers: []string{"clang", "gcc"}}
			got := rule(t, "libc/wheels").Judge(c.base, &in)
			for i, r := range got {
				compiled := strings.HasSuffix(r.Fact, "so it is compiled") || strings.Contains(r.Fact, "built from source")
				if (r.Price.Does == "compiles") != (r.Verdict == Cost && compiled) {
					t.Errorf("%s: the price is %v", r.Fact, r.Price)
				}
				got[i].Price = Price{}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("reasons (-want +got):\n%s", d)
			}
		})
	}
}

func TestLockedFacts(t *testing.T) {
	pure := profiles.Fact{Key: evidence.PyPure, Value: "9", Text: "9 packages have wheels for any platform", Path: "uv.lock"}
	vcs := profiles.Fact{Key: evidence.PyVCS, Value: "x", Text: "x is taken from a repository", Path: "uv.lock", Line: 3}
	doubt := func(fact, source string) []Reason {
		return []Reason{{Verdict: Fits, Doubt: true, Fact: fact, Source: source}}
	}
	apt, none := Base{Libc: "glibc", LibcVersion: "2.41", Packages: "apt"}, Base{Libc: "glibc", LibcVersion: "2.41"}
	for name, c := range map[string]struct {
		rule  string
		base  Base
		facts []profiles.Fact
		build []string
		want  []Reason
	}{
		"pure":            {"libc/wheels", apt, []profiles.Fact{pure}, nil, one(Fits, "9 packages have wheels for any platform", "uv.lock")},
		"git":             {"libc/wheels", apt, []profiles.Fact{vcs}, []string{"git"}, one(Cost, "x is taken from a repository and built from source", "uv.lock:3")},
		"no git":          {"libc/wheels", apt, []profiles.Fact{vcs}, nil, one(Out, "x is taken from a repository, and the build stage has no git: name it in build.packages", "uv.lock:3")},
		"a library, git":  {"packages/unknown", none, []profiles.Fact{vcs}, nil, doubt("x is taken from a repository; an OS library that they need could not be installed", "uv.lock:3")},
		"a library, pure": {"packages/unknown", none, []profiles.Fact{pure, locked("six 1; any py3-none@1; musllinux_1_2_x86_64 cp313@2")}, nil, nil},
		"a library, apt":  {"packages/unknown", apt, []profiles.Fact{locked(numpyLocked)}, nil, nil},
		"a library":       {"packages/unknown", none, []profiles.Fact{locked(numpyLocked)}, nil, doubt("numpy has native code; an OS library that is lacking could not be installed", "uv.lock:10")},
		"libraries": {"packages/unknown", none, []profiles.Fact{locked("a 1; source@1"), locked("b 1; source@1"), locked("c 1; source@1"), locked("d 1; source@1")}, nil,
			doubt("a, b, c and 1 more have native code; an OS library that is lacking could not be installed", "uv.lock:10")},
		"a library that is known": {"packages/unknown", none, []profiles.Fact{locked("psycopg2 2.9; source@1")}, nil, one(Out, "psycopg2 needs libpq5, and there is no package manager to install it", "uv.lock:10")},
	} {
		t.Run(name, func(t *testing.T) {
			in := Input{Language: "python", Version: "3.13", Platforms: []string{"linux/amd64"}, BuildPackages: c.build, Facts: c.facts, builder: apt}
			if d := cmp.Diff(c.want, rule(t, c.rule).Judge(c.base, &in)); d != "" {
				t.Errorf("reasons (-want +got):\n%s", d)
			}
		})
	}
}

// TestOneWheelLine flips one line of a lock at a time: the verdict follows, and so does the
// line that it cites.
func TestOneWheelLine(t *testing.T) {
	lock := strings.Split(`requires-python = ">=3.12"
[[package]]
name = "app"
source = { virtual = "." }
dependencies = [{ name = "orjson" }]
[[package]]
name = "orjson"
version = "3.11"
sdist = { url = "https://x/orjson-3.11.tar.gz" }
wheels = [
    { url = "https://x/orjson-3.11-cp313-cp313-manylinux_2_28_aarch64.whl" },
    { url = "https://x/orjson-3.11-cp313-cp313-manylinux_2_28_x86_64.whl" },
    { url = "https://x/orjson-3.11-cp313-cp313-musllinux_1_2_aarch64.whl" },
    { url = "https://x/orjson-3.11-cp313-cp313-musllinux_1_2_x86_64.whl" },
    { url = "https://x/orjson-3.11-cp313-cp313-win_amd64.whl" },
]`, "\n")
	for name, c := range map[string]struct {
		line int // to be changed, from 1
		text string
		want map[string]string // base → verdict, fact and source
	}{
		"as it is": {0, "", map[string]string{
			"python-slim":   "fits: orjson 3.11 has a manylinux_2_28_x86_64 wheel and a manylinux_2_28_aarch64 one (uv.lock:11) [uv.lock:12]",
			"python-alpine": "fits: orjson 3.11 has a musllinux_1_2_x86_64 wheel and a musllinux_1_2_aarch64 one (uv.lock:13) [uv.lock:14]"}},
		"no musl wheel for arm64": {13, "", map[string]string{
			"python-slim":   "fits: orjson 3.11 has a manylinux_2_28_x86_64 wheel and a manylinux_2_28_aarch64 one (uv.lock:11) [uv.lock:12]",
			"python-alpine": "cost: orjson 3.11 has no wheel for musl 1.2 on arm64 with Python 3.13, so it is compiled [uv.lock:9]"}},
		"a glibc that is too new": {12, `    { url = "https://x/orjson-3.11-cp313-cp313-manylinux_2_42_x86_64.whl" },`, map[string]string{
			"python-slim":   "out: orjson 3.11 has no wheel for glibc 2.41 on amd64 with Python 3.13, and the build stage has no compiler: name what it needs in build.packages [uv.lock:9]",
			"python-alpine": "fits: orjson 3.11 has a musllinux_1_2_x86_64 wheel and a musllinux_1_2_aarch64 one (uv.lock:13) [uv.lock:14]"}},
		"no source": {9, "", map[string]string{
			"python-slim": "fits: orjson 3.11 has a manylinux_2_28_x86_64 wheel and a manylinux_2_28_aarch64 one (uv.lock:11) [uv.lock:12]"}},
		"another line": {1, "requires-python = \">=3.12\"\n", map[string]string{
			"python-slim": "fits: orjson 3.11 has a manylinux_2_28_x86_64 wheel and a manylinux_2_28_aarch64 one (uv.lock:12) [uv.lock:13]"}},
		"another Python": {1, `requires-python = ">=3.14"`, map[string]string{
			"python-slim": "out: orjson 3.11 has no wheel for glibc 2.41 on amd64 with Python 3.14, and the build stage has no compiler: name what it needs in build.packages [uv.lock:9]"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := append([]string(nil), lock...)
			if c.line > 0 {
				text[c.line-1] = c.text
			}
			got := wheelsReasons(t, strings.Join(text, "\n"))
			for base, want := range c.want {
				if d := cmp.Diff(want, got[base]); d != "" {
					t.Errorf("%s (-want +got):\n%s", base, d)
				}
			}
		})
	}
}

// wheelsReasons are what libc/wheels says of each base for a project with one package.
func wheelsReasons(t *testing.T, lock string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"uv.lock": lock, "pyproject.toml": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	found, err := evidence.Read(dir, evidence.Project{Language: "python", Manager: "uv"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Choose(Embedded(), input("python", func(in *Input) { in.Facts = found.Facts }))
	if d == nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, c := range d.Runtime {
		for _, r := range c.Reasons {
			if r.Rule == "libc/wheels" {
				said[c.Base.ID] = string(r.Verdict) + ": " + r.Fact + " [" + r.Source + "]"
			}
		}
	}
	return said
}

package profiles

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// valid is the least profile; tests append to it. It ends inside no table.
const valid = "schema = 1\nname = \"a\"\nstack = \"go/modules\"\n"

func TestParseProblems(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // problem, then its hint
	}{
		"unknown key": {
			valid + "[runtme]\nport = 1\n",
			[]string{`scaffold.toml:4: unknown key "runtme"`, `did you mean "runtime"?`},
		},
		"unknown key in a table": {
			valid + "[runtime]\nprot = 1\n",
			[]string{`scaffold.toml:5: unknown key "runtime.prot"`, `did you mean "port"?`},
		},
		"wrong type": {
			valid + "[runtime]\nport = \"8080\"\n",
			[]string{`scaffold.toml:5: runtime.port is a string; it must be a whole number`, "TCP port that the process listens on; 0 for none."},
		},
		"wrong type in a list": {
			valid + "[runtime]\ncommand = [\"a\", 1]\n",
			[]string{`scaffold.toml:5: runtime.command holds a whole number; it must hold strings`, "The process to run, one argument an element. Default for Go: the binary; for Java: what the build makes, if that names its main class."},
		},
		"several at once, by line": {
			"schema = 1\nname = \"UPPER\"\nstack = \"go\"\n[runtime]\nuser = \"bob\"\nshel = true\n[image]\nplatforms = [\"windows/amd64\"]\n",
			[]string{
				`scaffold.toml:2: name is "UPPER"`, "it must be lower-case letters, digits, dots, dashes and underscores",
				`scaffold.toml:5: runtime.user is "bob"`, "it must be nonroot, root, uid or uid:gid (numbers)",
				`scaffold.toml:6: unknown key "runtime.shel"`, `did you mean "shell"?`,
				`scaffold.toml:8: image.platforms is "windows/amd64"`, "it must be linux/amd64, linux/arm64 or another linux platform",
			},
		},
		"missing keys": {
			"schema = 1\n",
			[]string{
				`scaffold.toml: missing key "name"`, "add name: Name of the project; the binary's name where one is built.",
				`scaffold.toml: missing key "stack"`, "add stack: language/package manager/framework, for example go/modules or python/pip/fastapi.",
			},
		},
		"syntax": {
			"schema = 1\nname = \n",
			[]string{`scaffold.toml:2: expected value but found '\n' instead`, ""},
		},
		"newer schema": {
			strings.Replace(valid, "1", "2", 1),
			[]string{`scaffold.toml:1: schema is 2; this scaffold reads 1`, "a newer scaffold may read it"},
		},
		"stack not built yet": {
			strings.Replace(valid, "go/modules", "rust/cargo", 1),
			[]string{`scaffold.toml:3: stack "rust/cargo": there is no template for rust yet`, "there are: go/modules, java/maven, node/npm, node/pnpm, node/yarn, node/bun, python/pip, python/uv, python/poetry, python/pdm, python/pipenv"},
		},
		"manager not built yet": {
			strings.Replace(valid, "go/modules", "python/conda/fastapi", 1) + "[runtime]\ncommand = [\"a\"]\n",
			[]string{`scaffold.toml:3: stack "python/conda/fastapi": there is no template for python with conda yet`, "there are: go/modules, java/maven, node/npm, node/pnpm, node/yarn, node/bun, python/pip, python/uv, python/poetry, python/pdm, python/pipenv"},
		},
		"unknown stack": {
			strings.Replace(valid, "go/modules", "pyton", 1),
			[]string{`scaffold.toml:3: stack "pyton": unknown language "pyton"`, `did you mean "python"?`},
		},
		"key of another stack": {
			strings.Replace(valid, "go/modules", "python/pip", 1) + "[build]\ntarget = \"./cmd/a\"\n[runtime]\ncommand = [\"a\"]\n",
			[]string{`scaffold.toml:5: build.target belongs to go, java, node, and the stack is python/pip`, "delete the line"},
		},
		"two shells": {
			valid + "[runtime]\nshell = true\n[image]\ndebug = true\n",
			[]string{`scaffold.toml:7: image.debug has no effect: runtime.shell = true keeps a shell in the image itself`, "keep one of them"},
		},
		"line break in env": {
			valid + "[runtime]\nenv = { A = \"x\\ny\" }\n",
			[]string{`scaffold.toml:5: runtime.env.A is "x\ny"`, "it must be one line of text: ENV and LABEL have no way to write a line break or a control character"},
		},
		"env name": {
			valid + "[runtime.env]\n\"A B\" = \"x\"\n",
			[]string{`scaffold.toml:5: "A B" is no key for runtime.env`, "it must be a variable name: letters, digits and underscores"},
		},
		"needs": {
			valid + "[runtime]\nneeds = [\"ca-certificate\"]\n",
			[]string{`scaffold.toml:5: runtime.needs is "ca-certificate"`, `did you mean "ca-certificates"?`},
		},
		"command of python": {
			strings.Replace(valid, "go/modules", "python/pip", 1),
			[]string{`scaffold.toml: missing key "runtime.command": what the image runs`, `for example command = ["python", "main.py"]`},
		},
		"secret without place": {
			valid + "[build]\nsecrets = [{ id = \"a\" }]\n",
			[]string{`scaffold.toml:5: secret "a" needs exactly one of target and env`, "give target (a file) or env (a variable)"},
		},
		"keys without effect": {
			valid + "[verify]\nrun = false\noutput = \"x\"\n",
			[]string{`scaffold.toml:6: verify.output has no effect with verify.run = false`, "delete it, or run = false"},
		},
		"contradiction": {
			valid + "[runtime]\nport = 1\n[verify]\nexit = 0\nhttp = { path = \"/\" }\n",
			[]string{`scaffold.toml:7: verify.http and verify.exit contradict each other: a program that ends answers nothing`, "keep one"},
		},
		"shell in a path": {
			valid + "[build]\ntarget = \"./cmd; rm -rf /\"\n",
			[]string{`scaffold.toml:5: build.target is "./cmd; rm -rf /"`, "it must be a Go package, a Maven module or a script, such as ./cmd/orders, services/orders or build:prod"},
		},
		"extra without its keys": {
			valid + "[[build.extra]]\nat = \"before-build\"\n[[build.extra]]\nlines = [\"RUN a\"]\n",
			[]string{
				`scaffold.toml:4: missing key "build.extra.lines"`, "add lines: Instructions of a Dockerfile, one whole instruction or comment a string.",
				`scaffold.toml:6: missing key "build.extra.at"`, "add at: Where in the build stage.",
			},
		},
		"extra at no place": {
			valid + "[[build.extra]]\nat = \"before-build\"\nlines = [\"RUN a\"]\n[[build.extra]]\nat = \"befor-build\"\nlines = []\n",
			[]string{`scaffold.toml:8: build.extra.at is "befor-build"`, `did you mean "before-build"?`},
		},
		"place of the other stage": {
			valid + "[[runtime.extra]]\nat = \"before-build\"\nlines = [\"RUN a\"]\n",
			[]string{`scaffold.toml:5: runtime.extra.at is "before-build"`, "it takes: before-files, after-files"},
		},
		"extra without lines": {
			valid + "[[runtime.extra]]\nat = \"before-files\"\nlines = [\"RUN a\"]\n[[runtime.extra]]\nat = \"before-files\"\nlines = []\n",
			[]string{`scaffold.toml:9: runtime.extra.lines is empty`, "give at least one instruction, or delete the table"},
		},
		"extra with control characters": {
			valid + "[[build.extra]]\nat = \"before-build\"\nlines = [\"RUN a\\u001b\", \"RUN\\ta\\r\\nb\", \" \\n\", \"a\\rb\"]\n",
			[]string{
				`scaffold.toml:6: build.extra.lines is "RUN a\x1b"`, "it must be one instruction of a Dockerfile, or a comment, without control characters",
				`scaffold.toml:6: build.extra.lines is " \n"`, "it must be one instruction of a Dockerfile, or a comment, without control characters",
				`scaffold.toml:6: build.extra.lines is "a\rb"`, "it must be one instruction of a Dockerfile, or a comment, without control characters",
			},
		},
		"package with a space": {
			valid + "[runtime]\npackages = [\"curl && evil\"]\n",
			[]string{`scaffold.toml:5: runtime.packages is "curl && evil"`, "it must be a Debian package name"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("scaffold.toml", []byte(c.text))
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("Parse gave %v, want Problems", err)
			}
			var got []string
			for _, p := range problems {
				got = append(got, p.String(), p.Hint)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("problems differ (-want +got):\n%s", d)
			}
		})
	}
}

func TestParseDefaults(t *testing.T) {
	p, err := Parse("scaffold.toml", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	want := &Profile{
		Schema: 1, Name: "a", Stack: "go/modules", Context: ".",
		Build:   Build{Target: "."},
		Runtime: Runtime{Base: "auto", Prefer: "compatibility", User: "nonroot", Needs: []string{"ca-certificates", "tzdata"}},
		Image:   Image{Platforms: []string{"linux/amd64", "linux/arm64"}},
		Verify:  Verify{Timeout: "60s"},
	}
	if d := cmp.Diff(want, p); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// full is a lock with every field.
var full = &Lock{
	Format: 1, AsOf: "2026-11-21", Resolved: "2026-11-20", Profile: "p", Catalog: "c", Policy: "acme@1", Template: "go/scratch@1",
	Builder: Decided{"golang", "golang:1.26-trixie"}, Runtime: Decided{"scratch", "scratch"},
	Digests: map[string]string{"docker.io/library/golang:1.26-trixie": "sha256:" + strings.Repeat("0", 64)},
	Sources: []Source{{"go.mod", "ff"}, {"odd \"name\"\n", ""}},
	Facts:   []Fact{{"go/version", "1.26", "go 1.26", "go.mod", 3}},
	Files:   []File{{"Dockerfile", "FROM a\nENV A=\"\\$\\\"'''\"\"\"\"\t\x01\n"}, {"empty", "x"}},
}

func TestLockRoundTrip(t *testing.T) {
	want := full
	got, err := ParseLock("scaffold.lock", want.Render())
	if err != nil {
		t.Fatalf("%v\n%s", err, want.Render())
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestLockRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"newer format":  {"format = 2\nas_of = \"2026-11-21\"\nunknown = 1\n", "scaffold.lock:1: format is 2; this scaffold reads up to 1"},
		"edited":        {"format = 1\nas_of = \"2026-11-21\"\nextra = 1\n", `scaffold.lock:3: unknown key "extra"`},
		"injection":     {"format = 1\nas_of = \"2026-11-21\"\n[digests]\na = \"sha256:0\\nRUN evil\"\n", "scaffold.lock:4: digests.a is"},
		"merge markers": {"format = 1\n<<<<<<< a\n", "scaffold.lock:2:"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseLock("scaffold.lock", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("ParseLock gave %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestPolicyStaysRelative(t *testing.T) {
	const text = "schema = 1\nname = \"x\"\nstack = \"go/modules\"\npolicy = \"/etc/policy.toml\"\n"
	want := "p:4: policy \"/etc/policy.toml\" is an absolute path\n  hint: write it relative to this file"
	if _, err := Parse("p", []byte(text)); err == nil || err.Error() != want {
		t.Errorf("Parse = %v, want %s", err, want)
	}
}

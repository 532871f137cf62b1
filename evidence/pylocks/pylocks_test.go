package pylocks

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// brief is a package on one line.
func brief(p Package) string {
	s := fmt.Sprintf("%d: %s", p.Line, p.Release)
	for _, about := range []struct {
		is   bool
		text string
	}{{p.From != "", " from " + p.From}, {p.Local, " local"}, {p.VCS, " vcs"}, {p.Bare, " bare"}} {
		if about.is {
			s += about.text
		}
	}
	return s
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		ask        Ask
		want       []string
	}{
		"uv: what the project needs": {"uv.lock", `
[[package]]
name = "app"
version = "1"
source = { editable = "." }
dependencies = [
    { name = "a", extra = ["fast"] },
    { name = "w", marker = "sys_platform == 'win32'" },
]
[package.optional-dependencies]
web = [{ name = "e" }]
[package.dev-dependencies]
dev = [{ name = "d" }]
docs = [{ name = "s" }]
[[package]]
name = "a"
version = "1"
dependencies = [{ name = "b", marker = "python_full_version < '3.12'" }, { name = "a" }]
[package.optional-dependencies]
fast = [{ name = "c", version = "2" }]
slow = [{ name = "x" }]
[[package]]
name = "b"
version = "1"
dependencies = [{ name = "b2", marker = "platform_machine == 'x86_64'" }]
[[package]]
name = "b2"
version = "1"
[[package]]
name = "c"
version = "1"
[[package]]
name = "c"
version = "2"
[[package]]
name = "d"
version = "1"
[[package]]
name = "e"
version = "1"
[[package]]
name = "s"
version = "1"
[[package]]
name = "w"
version = "1"
[[package]]
name = "x"
version = "1"
`, Ask{Groups: []string{"docs"}}, []string{"16: a 1", "23: b 1; on */3.10,3.11", "27: b2 1; on amd64,386,arm/v7/3.10,3.11", "33: c 2", "42: s 1"}},
		"uv: an extra of the project": {"uv.lock", `
[[package]]
name = "app"
source = { virtual = "." }
[package.optional-dependencies]
web = [{ name = "e" }]
[[package]]
name = "e"
version = "1"
`, Ask{Extras: []string{"Web"}}, []string{"8: e 1"}},
		"uv: sources": {"uv.lock", `
[manifest]
members = ["app", "lib"]
[[package]]
name = "app"
source = { editable = "app" }
dependencies = [{ name = "g" }, { name = "z" }, { name = "f" }, { name = "x" }, { name = "v" }]
[[package]]
name = "lib"
version = "1"
source = { virtual = "lib" }
[[package]]
name = "g"
version = "1"
source = { git = "https://example.org/g.git?rev=1#abc" }
[[package]]
name = "z"
version = "1"
source = { url = "https://example.org/z-1.tar.gz" }
sdist = { hash = "sha256:aa" }
[[package]]
name = "f"
version = "1"
source = { path = "wheels/f-1-cp313-cp313-linux_x86_64.whl" }
wheels = [{ filename = "f-1-cp313-cp313-linux_x86_64.whl", hash = "sha256:aa" }]
[[package]]
name = "v"
version = "1"
source = { registry = "wheels" }
wheels = [{ path = "v-1%2Bcpu-py3-none-any.whl" }, { url = "https://example.org/v-1%2Bcpu-cp313-cp313-musllinux_1_2_aarch64.whl#x" }]
`, Ask{}, []string{"5: app unversioned from app local", "9: lib 1 from lib local", "13: g 1 from https://example.org/g.git?rev=1#abc vcs",
			"17: z 1; source@2 from https://example.org/z-1.tar.gz", "22: f 1; linux_x86_64 cp313@2 cp313@3 from wheels/f-1-cp313-cp313-linux_x86_64.whl local",
			"27: v 1; musllinux_1_2_aarch64 cp313@3"}},
		"uv: a fork": {"uv.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\nresolution-markers = [\n\"python_full_version < '3.12'\",\n\"sys_platform == 'win32'\",\n]\n", Ask{}, []string{"2: a 1; on */3.10,3.11"}},
		"poetry 2": {"poetry.lock", `
[[package]]
name = "A"
version = "1"
optional = false
groups = ["main", "dev"]
markers = {main = "python_version < \"3.12\"", dev = "python_version < \"3.11\""}
files = [
    {file = "a-1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", hash = "sha256:aa"},
    {file = "a-1.tar.gz", hash = "sha256:bb"},
]

[[package]]
name = "d"
version = "1"
groups = ["dev"]

[[package]]
name = "o"
version = "1"
optional = true
groups = ["main"]
markers = "extra == \"web\""

[[package]]
name = "g"
version = "1"
groups = ["main"]
[package.source]
type = "git"
url = "https://example.org/g.git"

[[package]]
name = "l"
version = "1"
groups = ["main"]
[package.source]
type = "legacy"
url = "https://example.org/simple"

[[package]]
name = "p"
version = "1"
groups = ["main"]
[package.source]
type = "directory"
url = "../p"
`, Ask{}, []string{"3: a 1; manylinux_2_17_x86_64 cp313@6; source@7; on */3.10,3.11", "26: g 1 from https://example.org/g.git vcs", "34: l 1", "42: p 1 from ../p local"}},
		"poetry 1": {"poetry.lock", `
[[package]]
name = "a"
version = "1"
[package.dependencies]
b = [{version = ">=1", markers = "python_version < \"3.11\""}, {version = "<1", markers = "python_version >= \"3.17\""}]
"c.c" = {version = "*", extras = ["x"]}
[[package]]
name = "b"
version = "1"
[[package]]
name = "c-c"
version = "1"
[[package]]
name = "d"
version = "1"
[[package]]
name = "e"
version = "1"
category = "dev"
[metadata]
python-versions = "^3.10"
[metadata.files]
a = [{file = "a-1-py3-none-any.whl", hash = "sha256:aa"}]
`, Ask{Roots: []string{"A", "python", "e"}}, []string{"3: a 1; any py3-none@21", "9: b 1; on */3.10,3.17", "12: c-c 1"}},
		"pdm": {"pdm.lock", `
[metadata]
groups = ["default", "dev"]
[[metadata.targets]]
requires_python = ">=3.11"
[[package]]
name = "a"
version = "1"
groups = ["default"]
marker = "python_version < \"3.11\""
files = [{url = "https://example.org/a-1-py3-none-any.whl", hash = "sha256:aa"}]
[[package]]
name = "a"
version = "1"
extras = ["x"]
groups = ["default"]
marker = "python_version == \"3.12\""
[[package]]
name = "d"
version = "1"
groups = ["dev"]
[[package]]
name = "g"
version = "1"
git = "https://example.org/g.git"
groups = ["default"]
[[package]]
name = "l"
version = "1"
path = "./l"
[[package]]
name = "u"
version = "1"
url = "https://example.org/u-1.zip#sha256=aa"
`, Ask{}, []string{"7: a 1; any py3-none@4; on */3.10,3.12", "23: g 1 from https://example.org/g.git vcs", "28: l 1 from ./l local", "32: u 1; source@2 from https://example.org/u-1.zip#sha256=aa"}},
		"pylock": {"pylock.toml", `
lock-version = "1.0"
default-groups = ["server"]
[[packages]]
name = "a"
version = "1"
marker = "'server' in dependency_groups and 'x' not in extras"
sdist = { name = "a-1.tar.gz", url = "https://example.org/a" }
wheels = [
  { name = "a-1-cp313-abi3-musllinux_1_2_x86_64.whl", url = "https://example.org/b" },
]
[[packages]]
name = "b"
marker = "'dev' in dependency_groups"
[[packages]]
name = "c"
[[packages.wheels]]
url = "https://example.org/c-1-py3-none-any.whl"
[packages.sdist]
path = "c-1.tar.gz"
[[packages]]
name = "d"
[packages.vcs]
type = "git"
url = "https://example.org/d.git"
[[packages]]
name = "e"
directory = { path = "e", editable = true }
[[packages]]
name = "f"
archive = { path = "f.zip" }
`, Ask{}, []string{"5: a 1; musllinux_1_2_x86_64 cp313-abi3@5; source@3", "16: c unversioned; any py3-none@2; source@4", "22: d unversioned from https://example.org/d.git vcs",
			"27: e unversioned from e local", "30: f unversioned; source@1 from f.zip local"}},
		"pipenv": {"Pipfile.lock", `{
  "_meta": {"requires": {}},
  "default": {
    "a": {"version": "==1", "markers": "python_version < '3.11'", "hashes": ["sha256:aa"]},
    "b": {"git": "https://example.org/b.git", "ref": "abc"},
    "c": {"path": "./c", "editable": true},
    "d": {"file": "https://example.org/d.tar.gz"},
    "w": {"version": "==1", "markers": "sys_platform == 'win32'"}
  },
  "develop": {"x": {"version": "==1"}}
}`, Ask{}, []string{"4: a 1; on */3.10 bare", "5: b unversioned from https://example.org/b.git vcs bare", "6: c unversioned from ./c local bare", "7: d unversioned from https://example.org/d.tar.gz bare"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := Read(c.file, []byte(c.text), c.ask)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range l.Packages {
				got = append(got, brief(p))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("packages (-want +got):\n%s", d)
			}
		})
	}
}

// TestRefused holds that a lock that is none says so, with a line.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		line       int
		want       string
	}{
		"no TOML":       {"uv.lock", "version = 1\n\n[[package]\n", 3, "it is no TOML: "},
		"no JSON":       {"Pipfile.lock", "{\n\"default\": {\n\"a\": }", 3, "it is no Pipfile.lock: "},
		"a JSON list":   {"Pipfile.lock", "[]", 1, "it is no Pipfile.lock: an object is missing"},
		"cut off":       {"Pipfile.lock", `{"default": {"a": {"version": "==1"}`, 1, "it is no Pipfile.lock: "},
		"no name":       {"uv.lock", "[[package]]\nversion = \"1\"\n", 1, `"" is no name of a package`},
		"a bad name":    {"pdm.lock", "[[package]]\n\nname = \"a b\\n\"\n", 3, `"a b\n" is no name of a package`},
		"a bad version": {"poetry.lock", "[[package]]\nname = \"a\"\nversion = \"1 $(x)\"\n", 2, `"1 $(x)" is no version of a package`},
		"too deep":      {"uv.lock", "a = " + strings.Repeat("[", 1_000_000), 1, "it is no TOML: "},
		"too many":      {"pylock.toml", strings.Repeat("[[packages]]\nname = \"a\"\n", maxPackages+1), 2*maxPackages + 2, "there are more than 10000 packages"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(c.file, []byte(c.text), Ask{})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line != c.line || !strings.HasPrefix(syntax.Msg, c.want) {
				t.Errorf("reading gives %v (%+v), want line %d, %q", err, syntax, c.line, c.want)
			}
		})
	}
	if _, err := Read("requirements.txt", nil, Ask{}); err == nil {
		t.Error("a file that is no lock is read")
	}
}

// TestALongWalkEnds holds that a lock in which all depends on all costs no more than its
// edges, times the environments.
func TestALongWalkEnds(t *testing.T) {
	const n = 300
	var b strings.Builder
	b.WriteString("[[package]]\nname = \"app\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"p0\" }]\n")
	for i := range n {
		fmt.Fprintf(&b, "[[package]]\nname = \"p%d\"\nversion = \"1\"\ndependencies = [", i)
		for j := range n {
			fmt.Fprintf(&b, "{ name = \"p%d\", marker = \"python_full_version == '3.%d.*'\" },", j, 10+(i+j)%8)
		}
		b.WriteString("]\n")
	}
	l, err := Read("uv.lock", []byte(b.String()), Ask{})
	if err != nil || len(l.Packages) != n {
		t.Fatalf("%v, %d packages", err, len(l.Packages))
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range append(tomlLocks, "Pipfile.lock") {
		f.Add(name, "[[package]]\nname = \"a\"\nversion = \"1\"\nwheels = [{ url = \"https://x/a-1-py3-none-any.whl\" }]\n[package.dependencies]\nb = [{ markers = \"x\" }]\n")
		f.Add(name, "{\"default\": {\"a\": {\"version\": \"==1\"}}}")
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		l, err := Read(name, []byte(text), Ask{})
		if err != nil {
			return
		}
		for _, p := range l.Packages {
			if p.Line < 1 || p.Line > strings.Count(text, "\n")+1 || !validName.MatchString(p.Package) {
				t.Errorf("%q has %+v", text, p)
			}
		}
	})
}

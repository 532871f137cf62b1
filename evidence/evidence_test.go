package evidence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/evidence/wheels"
	"scaffold/profiles"
)

// write makes a folder of files.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var pip = Project{Language: "python", Manager: "pip"}

// brief are facts as "key value source".
func brief(facts []profiles.Fact) []string {
	var out []string
	for _, f := range facts {
		out = append(out, fmt.Sprintf("%s %s %s", f.Key, f.Value, f.Source()))
	}
	return out
}

func TestGo(t *testing.T) {
	const mod = "module m\n\ngo 1.22.3\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"go line":        {map[string]string{"go.mod": mod}, []string{"go/version 1.22 go.mod:3"}},
		"toolchain line": {map[string]string{"go.mod": mod + "\ntoolchain go1.26.1\n"}, []string{"go/version 1.26 go.mod:5"}},
		"default chain":  {map[string]string{"go.mod": mod + "\ntoolchain default\n"}, []string{"go/version 1.22 go.mod:3"}},
		"release candidate": {map[string]string{"go.mod": "module m\ngo 1.27rc2\n"},
			[]string{"go/version 1.27 go.mod:2"}},
		"no go line": {map[string]string{"go.mod": "module m\n"}, nil},
		"go.sum":     {map[string]string{"go.mod": "module m\n", "go.sum": "x"}, []string{"go/sum true go.sum"}},
		"vendored":   {map[string]string{"go.mod": "module m\n", "vendor/modules.txt": "x"}, []string{"go/vendor true vendor/modules.txt"}},
		"cgo module": {map[string]string{"go.mod": "module m\n\nrequire (\n\texample.com/x v1.0.0\n\tgithub.com/mattn/go-sqlite3 v1.14.0\n)\n"},
			[]string{"go/cgo github.com/mattn/go-sqlite3 go.mod:5"}},
		"major version": {map[string]string{"go.mod": "module m\nrequire github.com/confluentinc/confluent-kafka-go/v2 v2.0.0\n"},
			[]string{"go/cgo github.com/confluentinc/confluent-kafka-go/v2 go.mod:2"}},
		"a longer path": {map[string]string{"go.mod": "module m\nrequire github.com/mattn/go-sqlite3x v1.14.0\n"}, nil},
		"import C": {map[string]string{"go.mod": "module m\n", "c.go": "package m\n\n// int f();\nimport \"C\"\n", "d.go": "package m\n\nimport \"C\"\n",
			"sub/e.go": "package sub\n\nimport (\n\t\"fmt\"\n\t\"C\"\n)\n"}, []string{"go/cgo c.go c.go:4", "go/cgo sub/e.go sub/e.go:5"}},
		"C++ module": {map[string]string{"go.mod": "module m\nrequire gocv.io/x/gocv v0.40.0\n"}, []string{"go/cgo gocv.io/x/gocv go.mod:2", "go/cxx gocv.io/x/gocv go.mod:2"}},
		"C++ beside import C": {map[string]string{"go.mod": "module m\n", "c/c.go": "package c\n\nimport \"C\"\n", "c/a.cc": "", "c/b.cpp": "", "other/x.cpp": ""},
			[]string{"go/cgo c/c.go c/c.go:3", "go/cxx c/a.cc c/a.cc"}},
		"C beside import C": {map[string]string{"go.mod": "module m\n", "c.go": "package c\n\nimport \"C\"\n", "a.c": ""}, []string{"go/cgo c.go c.go:3"}},
		"import C for others": {map[string]string{"go.mod": "module m\n", "c_darwin.go": "package m\nimport \"C\"\n", "w.go": "//go:build windows || ignore\n\npackage m\nimport \"C\"\n",
			"off.go": "//go:build !cgo\n\npackage m\nimport \"C\"\n"}, nil},
		"import C for one architecture": {map[string]string{"go.mod": "module m\n", "c_arm64.go": "package m\nimport \"C\"\n"}, []string{"go/cgo c_arm64.go c_arm64.go:2"}},
		"import C where nothing is built": {map[string]string{"go.mod": "module m\n", "c_test.go": "package m\nimport \"C\"\n", "vendor/v/c.go": "package v\nimport \"C\"\n",
			"testdata/c.go": "package m\nimport \"C\"\n", "_x/c.go": "package m\nimport \"C\"\n", ".x/c.go": "package m\nimport \"C\"\n", "node_modules/c.go": "package m\nimport \"C\"\n",
			"broken.go": "package\nimport \"C\"\n", "text.go": "package m\n\nvar s = `import \"C\"`\n"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Read(write(t, c.files), Project{Language: "go"})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, brief(e.Facts)); d != "" {
				t.Errorf("facts (-want +got):\n%s", d)
			}
			if d := cmp.Diff([]profiles.Source{{Path: "go.mod", SHA256: profiles.Hash([]byte(c.files["go.mod"]))}}, e.Sources); d != "" {
				t.Errorf("sources (-want +got):\n%s", d)
			}
		})
	}
}

func TestGoText(t *testing.T) {
	e, err := Read(write(t, map[string]string{"go.mod": "module m\nrequire github.com/mattn/go-sqlite3 v1.14.0\n", "c.go": "package m\nimport \"C\"\n"}), Project{Language: "go"})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, f := range e.Facts {
		texts = append(texts, f.Text)
	}
	want := []string{"github.com/mattn/go-sqlite3 needs cgo; with cgo off it compiles to a stub that fails at run time", `imports "C"`}
	if d := cmp.Diff(want, texts); d != "" {
		t.Errorf("texts (-want +got):\n%s", d)
	}
}

func TestRequirements(t *testing.T) {
	const file = "python/requirements requirements.txt requirements.txt"
	native := func(pkg string, line int) string {
		return fmt.Sprintf("python/native %s requirements.txt:%d", pkg, line)
	}
	for name, c := range map[string]struct {
		text  string
		files map[string]string
		want  []string
	}{
		"nothing":      {"", nil, nil},
		"names":        {"numpy\nNumPy==2.0\nnumpy>=1,<3\nnumpy ~= 2.0\nnumpy!=1\nnumpy===2\nnumpy@ https://example.org/x.whl\n", nil, []string{native("numpy", 1), native("numpy", 2), native("numpy", 3), native("numpy", 4), native("numpy", 5), native("numpy", 6), native("numpy", 7)}},
		"normalised":   {"Pydantic_Core\npydantic.core\npsycopg2.binary\n", nil, []string{native("pydantic-core", 1), native("pydantic-core", 2), native("psycopg2-binary", 3)}},
		"extras":       {"numpy[dev,test]>=2\npandas [x]\n", nil, []string{native("numpy", 1), native("pandas", 2)}},
		"markers":      {"numpy; python_version < \"3.13\"\npandas>=1 ; sys_platform == 'linux'\n", nil, []string{native("numpy", 1), native("pandas", 2)}},
		"comments":     {"# numpy\n  # pandas\nnumpy # pandas\nnumpy==2.0  # via x\nnumpy\t# x\n", nil, []string{native("numpy", 3), native("numpy", 4), native("numpy", 5)}},
		"CRLF":         {"numpy\r\npandas==1\r\n", nil, []string{native("numpy", 1), native("pandas", 2)}},
		"no newline":   {"numpy", nil, []string{native("numpy", 1)}},
		"hashes":       {"numpy==2.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\npandas==1 --hash=sha256:cc\n", nil, []string{native("numpy", 1), native("pandas", 4)}},
		"options":      {"--index-url https://example.org/simple\n-i https://example.org\n--extra-index-url=https://example.org\n--no-binary :all:\n--prefer-binary\n--pre\nnumpy\n", nil, []string{native("numpy", 7)}},
		"source only":  {"psycopg2==2.9\n", nil, []string{"python/source psycopg2 requirements.txt:1"}},
		"no such name": {"-\n???\n==2.0\n", nil, nil},
		"local": {"-e .\n--editable ./lib\n--editable=../lib\n.\n./lib\n../lib\n/opt/lib\nlib @ file:///opt/lib\n./lib[x]\n", nil,
			[]string{"python/local -e . requirements.txt:1", "python/local --editable ./lib requirements.txt:2", "python/local --editable=../lib requirements.txt:3",
				"python/local . requirements.txt:4", "python/local ./lib requirements.txt:5", "python/local ../lib requirements.txt:6", "python/local /opt/lib requirements.txt:7",
				"python/local lib @ file:///opt/lib requirements.txt:8", "python/local ./lib[x] requirements.txt:9"}},
		"local archives": {"-f ./wheels\n--find-links=wheels\n-fwheels\nx-1.0-py3-none-any.whl\nwheels/x.tar.gz; python_version>'3'\n-f https://example.org/w\nhttps://example.org/x.whl\n-e git+https://example.org/x.git\n", nil,
			[]string{"python/local -f ./wheels requirements.txt:1", "python/local --find-links=wheels requirements.txt:2", "python/local -fwheels requirements.txt:3",
				"python/local x-1.0-py3-none-any.whl requirements.txt:4", "python/local wheels/x.tar.gz; python_version>'3' requirements.txt:5"}},
		"attached": {"-rbase.txt\n-cpins.txt\n", map[string]string{"base.txt": "numpy\n", "pins.txt": "pandas==1\npsycopg2==2\n-rmore.txt\n", "more.txt": "scipy\n"},
			[]string{"python/requirements base.txt base.txt", "python/native numpy base.txt:1", "python/requirements pins.txt pins.txt", "python/requirements more.txt more.txt", "python/native scipy more.txt:1"}},
		"both": {"-c pins.txt\n-r pins.txt\n", map[string]string{"pins.txt": "pandas==1\n"},
			[]string{"python/requirements pins.txt pins.txt", "python/native pandas pins.txt:1"}},
		"includes": {"-r req/base.txt\n--requirement=more.txt\n-c req/base.txt\n-r https://example.org/r.txt\nnumpy\n",
			map[string]string{"req/base.txt": "-r deep.txt\n", "req/deep.txt": "pandas\n", "more.txt": "--constraint req/c.txt # why\n", "req/c.txt": ""},
			[]string{"python/requirements req/base.txt req/base.txt", "python/requirements req/deep.txt req/deep.txt", "python/native pandas req/deep.txt:1",
				"python/requirements more.txt more.txt", "python/requirements req/c.txt req/c.txt", native("numpy", 5)}},
		"a loop": {"-r a.txt\nnumpy\n", map[string]string{"a.txt": "-r b.txt\n", "b.txt": "-r requirements.txt\n-r a.txt\n-r b.txt\n-r ./a.txt\n"},
			[]string{"python/requirements a.txt a.txt", "python/requirements b.txt b.txt", native("numpy", 2)}},
		"unknown": {"flask\nFlask-Login==1\nnumpy\n", nil, []string{native("numpy", 3), "python/unknown flask flask-login requirements.txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"requirements.txt": c.text}
			for k, v := range c.files {
				files[k] = v
			}
			e, err := Read(write(t, files), pip)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(append([]string{file}, c.want...), brief(e.Facts)); d != "" {
				t.Errorf("facts (-want +got):\n%s", d)
			}
			if len(e.Sources) != len(files) {
				t.Errorf("%d sources of %d files: %v", len(e.Sources), len(files), e.Sources)
			}
			for _, s := range e.Sources {
				if s.SHA256 != profiles.Hash([]byte(files[s.Path])) {
					t.Errorf("source %s has another file's hash", s.Path)
				}
			}
		})
	}
}

// TestRefused holds that what cannot be read is said with file and line, and as a problem
// of the project rather than of the machine.
func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		stack string
		files map[string]string
		links map[string]string
		want  string
	}{
		"no go.mod":          {"go", nil, nil, "go.mod: there is none in the build context"},
		"no requirements":    {"python", nil, nil, "requirements.txt: there is none in the build context"},
		"include missing":    {"python", map[string]string{"requirements.txt": "numpy\n-r base.txt\n"}, nil, `requirements.txt:2: including "base.txt": reading "base.txt": no such file or directory`},
		"include of include": {"python", map[string]string{"requirements.txt": "-r a.txt\n", "a.txt": "\n\n-r b.txt\n"}, nil, `requirements.txt:1: including "a.txt": a.txt:3: including "b.txt": reading "b.txt": no such`},
		"include outside":    {"python", map[string]string{"requirements.txt": "-r ../outside.txt\n"}, nil, `requirements.txt:1: including "../outside.txt": ../outside.txt: is outside`},
		"include absolute":   {"python", map[string]string{"requirements.txt": "\n-r /etc/hostname\n"}, nil, "requirements.txt:2: including \"/etc/hostname\": "},
		"include a folder":   {"python", map[string]string{"requirements.txt": "-r req\n", "req/a.txt": ""}, nil, `requirements.txt:1: including "req": req: is no regular file`},
		"link outside":       {"python", nil, map[string]string{"requirements.txt": "../outside.txt"}, "requirements.txt: is outside: a link"},
		"go.mod outside":     {"go", nil, map[string]string{"go.mod": "../outside.txt"}, "go.mod: is outside: a link"},
		"no manifest":        {"python/uv", map[string]string{"uv.lock": ""}, nil, "pyproject.toml: there is none in the build context"},
		"no lock":            {"python/poetry", map[string]string{"pyproject.toml": ""}, nil, "poetry.lock: there is none in the build context"},
		"a broken manifest":  {"python/pdm", map[string]string{"pyproject.toml": "[project]\nname =\n", "pdm.lock": ""}, nil, "pyproject.toml:2: it is no TOML: "},
		"a broken lock":      {"python/uv", map[string]string{"pyproject.toml": "", "uv.lock": "[[package]]\nname = 'a b'\n"}, nil, `uv.lock:2: "a b" is no name of a package`},
		"a broken Pipfile":   {"python/pipenv", map[string]string{"Pipfile": "not read", "Pipfile.lock": "{\n1"}, nil, "Pipfile.lock:2: it is no Pipfile.lock: "},
		"a lock outside":     {"python/uv", map[string]string{"pyproject.toml": ""}, map[string]string{"uv.lock": "../outside.txt"}, "uv.lock: is outside: a link"},
		"go.mod too large":   {"go", map[string]string{"go.mod": strings.Repeat("a", MaxFile+1)}, nil, "go.mod: is larger than 8388608 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, c.files)
			language, manager, _ := profiles.SplitStack(c.stack)
			if err := os.WriteFile(filepath.Join(dir, "..", "outside.txt"), []byte("numpy\nmodule m\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			for from, to := range c.links {
				if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
					t.Fatal(err)
				}
			}
			e, err := Read(dir, Project{Language: language, Manager: manager})
			var problems profiles.Problems
			if e != nil || !errors.As(err, &problems) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("Read gives %v, %v; want problems that begin %q", e, err, c.want)
			}
		})
	}
}

// TestLinksAreNotFollowed holds that a Go file outside, reached by a link, is no evidence.
func TestLinksAreNotFollowed(t *testing.T) {
	dir := write(t, map[string]string{"go.mod": "module m\n"})
	if err := os.WriteFile(filepath.Join(dir, "..", "c.go"), []byte("package c\nimport \"C\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"c.go": "../c.go", "up": "..", "loop": "."} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}
	e, err := Read(dir, Project{Language: "go"})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string(nil), brief(e.Facts)); d != "" {
		t.Errorf("facts (-want +got):\n%s", d)
	}
}

func TestMoved(t *testing.T) {
	files := map[string]string{"requirements.txt": "-r a.txt\n", "a.txt": "numpy\n"}
	for name, c := range map[string]struct {
		change func(dir string) error
		want   string
	}{
		"nothing": {func(string) error { return nil }, ""},
		"touched": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "a.txt"), []byte("numpy\n"), 0o600) }, ""},
		"changed": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "a.txt"), []byte("pandas\n"), 0o644) }, "a.txt"},
		"gone":    {func(dir string) error { return os.Remove(filepath.Join(dir, "requirements.txt")) }, "requirements.txt"},
		"another": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "b.txt"), nil, 0o644) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, files)
			e, err := Read(dir, pip)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.change(dir); err != nil {
				t.Fatal(err)
			}
			if got, err := Moved(dir, e.Sources); err != nil || got != c.want {
				t.Errorf("Moved gives %q, %v; want %q", got, err, c.want)
			}
		})
	}
	if got, err := Moved(write(t, nil), []profiles.Source{{Path: "absent"}}); err != nil || got != "" {
		t.Errorf("a source that was absent and is: %q, %v", got, err)
	}
	if _, err := Moved(write(t, nil), []profiles.Source{{Path: "../x"}}); err == nil {
		t.Error("a lock's source outside is read")
	}
}

// TestTables holds what is known of packages to be whole.
func TestTables(t *testing.T) {
	if len(cgoModules()) < 3 || len(native().Package) < 10 || native().Date == "" || native().Version == "" {
		t.Fatalf("%d modules, %d packages of %q for %q", len(cgoModules()), len(native().Package), native().Date, native().Version)
	}
	for path, m := range cgoModules() {
		if path == "" || m.Off == "" || !strings.HasPrefix(m.Source, "https://") {
			t.Errorf("module %q is incomplete: %+v", path, m)
		}
	}
	seen := map[string]bool{}
	for _, p := range native().Package {
		if p.Name != wheels.Normalise(p.Name) || seen[p.Name] || p.Newest == "" {
			t.Errorf("package %+v: its name is not normalised, is there twice, or has no version", p)
		}
		seen[p.Name] = true
		if len(p.Glibc) == 0 && len(p.Build) == 0 {
			t.Errorf("package %s: it has no wheels, and what compiling it needs is not said", p.Name)
		}
	}
	if _, ok := Native("flask"); ok {
		t.Error("flask has native code")
	}
}

// TestGoModOfANewerGo holds that an unknown directive hides nothing but the toolchain line.
func TestGoModOfANewerGo(t *testing.T) {
	e, err := Read(write(t, map[string]string{"go.mod": "module m\ngo 1.26\nfrobnicate x\nrequire github.com/mattn/go-sqlite3 v1.14.0\n"}), Project{Language: "go"})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"go/version 1.26 go.mod:2", "go/cgo github.com/mattn/go-sqlite3 go.mod:4"}, brief(e.Facts)); d != "" {
		t.Errorf("facts (-want +got):\n%s", d)
	}
	_, err = Read(write(t, map[string]string{"go.mod": "module m\ngo 1.26\nrequire (\n"}), Project{Language: "go"})
	if err == nil || !strings.Contains(err.Error(), "go.mod:4") {
		t.Errorf("a go.mod that does not parse: %v", err)
	}
}

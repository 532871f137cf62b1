package evidence

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

const lockedUV = `version = 1
requires-python = ">=3.12, <4"

[[package]]
name = "app"
source = { virtual = "." }
dependencies = [{ name = "numpy" }, { name = "six" }, { name = "psycopg2" }, { name = "lib" }, { name = "odd" }, { name = "git" }, { name = "markupsafe" }]
[package.dev-dependencies]
dev = [{ name = "ruff" }]
bench = [{ name = "asv" }]

[[package]]
name = "asv"
version = "1"
wheels = [{ url = "https://x/asv-1-py3-none-any.whl" }]

[[package]]
name = "git"
version = "1"
source = { git = "https://user:secret@example.org/git.git" }

[[package]]
name = "lib"
source = { editable = "lib" }

[[package]]
name = "markupsafe"
version = "3"
wheels = [{ url = "https://x/markupsafe-3-cp313-cp313-musllinux_1_2_x86_64.whl" }, { url = "https://x/markupsafe-3-py3-none-any.whl" }]

[[package]]
name = "numpy"
version = "2"
sdist = { url = "https://x/numpy-2.tar.gz" }
wheels = [
    { url = "https://x/numpy-2-cp313-cp313-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl" },
    { url = "https://x/numpy-2-cp313-cp313-win_amd64.whl" },
]

[[package]]
name = "odd"
version = "1"
wheels = [{ url = "https://x/odd-1-cp313-cp313-win_amd64.whl" }]

[[package]]
name = "psycopg2"
version = "2.9"
sdist = { url = "https://x/psycopg2-2.9.tar.gz" }

[[package]]
name = "ruff"
version = "1"

[[package]]
name = "six"
version = "1"
wheels = [{ url = "https://x/six-1-py2.py3-none-any.whl" }]
`

func TestLocked(t *testing.T) {
	for name, c := range map[string]struct {
		manager string
		files   map[string]string
		want    []string
	}{
		"uv": {"uv", map[string]string{"pyproject.toml": "", "uv.lock": lockedUV}, []string{"python/manifest pyproject.toml pyproject.toml",
			"python/lock uv.lock uv.lock", "python/version 3.12 uv.lock:2", "python/vcs git uv.lock:18", "python/local lib uv.lock:23",
			"python/wheels markupsafe 3; any py3-none@2; musllinux_1_2_x86_64 cp313@2 uv.lock:27",
			"python/wheels numpy 2; manylinux_2_27_x86_64 cp313@4; source@2 uv.lock:32",
			"python/wheels odd 1 uv.lock:41", "python/wheels psycopg2 2.9; source@2 uv.lock:46", "python/pure 1 uv.lock"}},
		"uv, a group that is installed by default": {"uv", map[string]string{"pyproject.toml": "[tool.uv]\ndefault-groups = [\"dev\", \"bench\"]\n",
			"uv.lock": "[[package]]\nname = \"app\"\nsource = { virtual = \".\" }\n[package.dev-dependencies]\ndev = [{ name = \"d\" }]\nbench = [{ name = \"b\" }]\n" +
				"[[package]]\nname = \"b\"\nversion = \"1\"\n[[package]]\nname = \"d\"\nversion = \"1\"\n"}, []string{"python/manifest pyproject.toml pyproject.toml", "python/lock uv.lock uv.lock", "python/wheels b 1 uv.lock:8"}},
		"pdm, pylock.toml": {"pdm", map[string]string{"pyproject.toml": "", "pylock.toml": "requires-python = \"==3.13.*\"\n[[packages]]\nname = \"a\"\nwheels = [{ name = \"a-1-py3-none-any.whl\" }]\n"},
			[]string{"python/manifest pyproject.toml pyproject.toml", "python/lock pylock.toml pylock.toml", "python/version 3.13 pylock.toml:1", "python/pure 1 pylock.toml"}},
		"poetry 1": {"poetry", map[string]string{"pyproject.toml": "[tool.poetry.dependencies]\npython = \"^3.11\"\nA_b = \"*\"\n[tool.poetry.group.dev.dependencies]\nd = \"*\"\n",
			"poetry.lock": "[[package]]\nname = \"a-b\"\nversion = \"1\"\n[[package]]\nname = \"d\"\nversion = \"1\"\n[metadata]\npython-versions = \"^3.11\"\n"},
			[]string{"python/manifest pyproject.toml pyproject.toml", "python/lock poetry.lock poetry.lock", "python/version 3.11 poetry.lock:8", "python/wheels a-b 1 poetry.lock:2"}},
		"pdm": {"pdm", map[string]string{"pyproject.toml": "", "pdm.lock": "[[package]]\nname = \"a\"\nversion = \"1\"\ngroups = [\"default\"]\nfiles = [{file = \"a-1.tar.gz\"}]\n"},
			[]string{"python/manifest pyproject.toml pyproject.toml", "python/lock pdm.lock pdm.lock", "python/wheels a 1; source@3 pdm.lock:2"}},
		"settings": {"uv", map[string]string{"pyproject.toml": "", "uv.toml": "", "uv.lock": ""}, []string{"python/manifest pyproject.toml pyproject.toml", "python/manifest uv.toml uv.toml", "python/lock uv.lock uv.lock"}},
		"a package in src": {"uv", map[string]string{"pyproject.toml": "[project]\n[build-system]\n", "src/a/__init__.py": "", "uv.lock": ""},
			[]string{"python/manifest pyproject.toml pyproject.toml", "python/package true pyproject.toml:2", "python/lock uv.lock uv.lock"}},
		"a package with commands": {"poetry", map[string]string{"pyproject.toml": "[build-system]\n[tool.poetry.scripts]\na = 'a:main'\n", "poetry.lock": ""},
			[]string{"python/manifest pyproject.toml pyproject.toml", "python/package true pyproject.toml:2", "python/lock poetry.lock poetry.lock"}},
		"a package beside its code": {"pdm", map[string]string{"pyproject.toml": "[build-system]\n", "a.py": "", "pdm.lock": ""},
			[]string{"python/manifest pyproject.toml pyproject.toml", "python/lock pdm.lock pdm.lock"}},
		"no package, and src": {"poetry", map[string]string{"pyproject.toml": "[tool.poetry]\npackage-mode = false\n[build-system]\n", "src/a.py": "", "poetry.lock": ""},
			[]string{"python/manifest pyproject.toml pyproject.toml", "python/lock poetry.lock poetry.lock"}},
		"pipenv": {"pipenv", map[string]string{"Pipfile": "", "Pipfile.lock": "{\"_meta\": {\"requires\": {\"python_version\": \"3.13\"}},\n\"default\": {\n\"numpy\": {\"version\": \"==2\"},\n\"flask\": {\"version\": \"==3\"}}}"},
			[]string{"python/manifest Pipfile Pipfile", "python/lock Pipfile.lock Pipfile.lock", "python/version 3.13 Pipfile.lock:1", "python/native numpy Pipfile.lock:3", "python/unknown flask Pipfile.lock"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Read(write(t, c.files), Project{Language: "python", Manager: c.manager})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, brief(e.Facts)); d != "" {
				t.Errorf("facts (-want +got):\n%s", d)
			}
			for _, s := range e.Sources {
				if text, there := c.files[s.Path]; there != (s.SHA256 != "") || there && s.SHA256 != profiles.Hash([]byte(text)) {
					t.Errorf("source %+v", s)
				}
			}
		})
	}
}

// TestLockedText holds what people read, and that nothing of a URL is passed on: it may
// hold a password.
func TestLockedText(t *testing.T) {
	e, err := Read(write(t, map[string]string{"pyproject.toml": "", "uv.lock": lockedUV}), Project{Language: "python", Manager: "uv"})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, f := range e.Facts {
		texts = append(texts, f.Text)
	}
	want := []string{"manifest", "7 packages", "is for Python >=3.12, <4", "git is taken from a repository", "lib is a local path", "markupsafe 3 has native code", "numpy 2 has native code",
		"odd 1 has neither a wheel for Linux nor source", "psycopg2 2.9 has no wheel for Linux, and is built from source", "1 package has a wheel for any platform"}
	if d := cmp.Diff(want, texts); d != "" {
		t.Errorf("texts (-want +got):\n%s", d)
	}
	build, runtime, from := Packages(e.Facts)
	if len(build) != 3 || len(runtime) != 1 || Subject(from) != "psycopg2" || from.Line != 46 {
		t.Errorf("packages are %q and %q, from %+v", build, runtime, from)
	}
}

func TestLeastPython(t *testing.T) {
	for requires, want := range map[string]string{
		">=3.11": "3.11", ">=3.11,<4.0": "3.11", ">=3.11, !=3.12.0": "3.11", "^3.10": "3.10", "~=3.12.1": "3.12", "==3.13.*": "3.13", ">3.9,>=3.12.4": "3.12",
		"": "", "<3.13": "", "*": "", ">=2.7": "", ">=3": "", ">=3.10 || >=3.12": "",
	} {
		if got := leastPython(requires); got != want {
			t.Errorf("%q admits %q at least, want %q", requires, got, want)
		}
	}
}

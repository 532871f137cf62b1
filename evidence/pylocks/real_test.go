package pylocks

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"scaffold/evidence/wheels"
)

// tomlLocks are the locks of one project, made by the package managers themselves.
var tomlLocks = []string{"uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"}

func realLock(t testing.TB, name string) (*Lock, []byte) {
	t.Helper()
	data, err := os.ReadFile("testdata/orders/" + name)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Read(name, data, Ask{})
	if err != nil {
		t.Fatal(err)
	}
	return l, data
}

// TestNeededIsTheirs holds what is read as needed, and where, to what the package manager
// exports from the same lock (testdata/orders/needed.py).
func TestNeededIsTheirs(t *testing.T) {
	data, err := os.ReadFile("testdata/orders/needed.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		entry := strings.Join(f[1:], " ")
		want[f[0]] = append(want[f[0]], entry)
		if f[0] == "uv.lock" { // which pylock.toml was exported from
			want["pylock.toml"] = append(want["pylock.toml"], entry)
		}
	}
	for _, name := range tomlLocks {
		l, _ := realLock(t, name)
		var got []string
		for _, p := range l.Packages {
			entry := p.Package + " " + p.Version
			for _, arch := range []string{"amd64", "arm64"} {
				for python := 11; python <= 15; python++ {
					if p.Where.Has(arch, python) {
						entry += fmt.Sprintf(" %s/3.%d", arch, python)
					}
				}
			}
			got = append(got, entry)
		}
		slices.Sort(got)
		slices.Sort(want[name])
		if d := cmp.Diff(want[name], got); len(got) < 15 || d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// TestFilesAreThoseOfAnotherParser holds the files, and their lines, to what another TOML
// library reads: each package's wheels are the same, and the line named holds the file.
func TestFilesAreThoseOfAnotherParser(t *testing.T) {
	for _, name := range tomlLocks {
		l, data := realLock(t, name)
		lines := strings.Split(string(data), "\n")
		other := otherFiles(t, string(data))
		native := 0
		for _, p := range l.Packages {
			if want := fmt.Sprintf("name = %q", p.Package); !strings.EqualFold(strings.NewReplacer("_", "-", ".", "-").Replace(lines[p.Line-1]), want) {
				t.Errorf("%s:%d: is %q, want %s", name, p.Line, lines[p.Line-1], want)
			}
			files := other[p.Package+" "+p.Version]
			want := wheels.Release{Package: p.Package, Version: p.Version, Source: -1, Where: p.Where}
			source := false
			for i, file := range files {
				if n, err := wheels.Parse(file); err == nil {
					want.Add(n, i)
				} else {
					source = true
				}
			}
			if d := cmp.Diff(tags(want), tags(p.Release)); d != "" || source != (p.Source >= 0) {
				t.Errorf("%s: %s: source %t (-want +got):\n%s", name, p.Package, p.Source >= 0, d)
			}
			for i, w := range p.Wheels {
				file := files[want.Wheels[i].Line]
				if !strings.Contains(decoded(lines[p.Line+w.Line-1]), file) {
					t.Errorf("%s:%d: holds no %s", name, p.Line+w.Line, file)
				}
			}
			if p.Source >= 0 && !strings.Contains(lines[p.Line+p.Source-1], ".tar.gz") {
				t.Errorf("%s:%d: holds no source", name, p.Line+p.Source)
			}
			if !p.Pure() {
				native++
			}
		}
		if native < 4 || l.Requires == "" || !strings.Contains(lines[l.Line-1], l.Requires) {
			t.Errorf("%s: %d native packages; for Python %q, line %d", name, native, l.Requires, l.Line)
		}
	}
}

func decoded(line string) string {
	if s, err := url.PathUnescape(line); err == nil {
		return s
	}
	return line
}

func tags(r wheels.Release) (all []wheels.Tag) {
	for _, w := range r.Wheels {
		all = append(all, w.Tag)
	}
	return all
}

// otherFiles are the files of each package, by name and version, as BurntSushi/toml reads
// them.
func otherFiles(t *testing.T, text string) map[string][]string {
	type file struct{ File, URL string }
	type entry struct {
		Name, Version string
		Sdist         file
		Files, Wheels []file
		Extras        any
	}
	var doc struct{ Package, Packages []entry }
	if _, err := toml.Decode(text, &doc); err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, e := range append(doc.Package, doc.Packages...) {
		key := wheels.Normalise(e.Name) + " " + e.Version
		if _, list := e.Extras.([]any); list {
			continue // pdm's double of a package
		}
		for _, f := range append(append(e.Files, e.Wheels...), e.Sdist) {
			name := f.File
			if f.URL != "" {
				name = decoded(path.Base(f.URL))
			}
			if name != "" {
				all[key] = append(all[key], name)
			}
		}
	}
	return all
}

func TestPipfile(t *testing.T) {
	l, data := realLock(t, "Pipfile.lock")
	lines := strings.Split(string(data), "\n")
	var names []string
	for _, p := range l.Packages {
		names = append(names, p.Package+" "+p.Version)
		if !p.Bare || !strings.Contains(lines[p.Line-1], `"`+p.Package+`": {`) {
			t.Errorf("%s stands in line %d: %q", p.Package, p.Line, lines[p.Line-1])
		}
	}
	if !slices.Contains(names, "psycopg2 2.9.13") || slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "pytest ") || strings.HasPrefix(n, "pywin32 ") }) || len(names) < 10 {
		t.Errorf("packages are %q", names)
	}
	if l.Requires != "==3.13.*" {
		t.Errorf("it is for Python %q, line %d", l.Requires, l.Line)
	}
}

// BenchmarkRead reads locks of 20,000 lines.
func BenchmarkRead(b *testing.B) {
	for _, name := range tomlLocks {
		_, data := realLock(b, name)
		data = long(data, 20_000)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Read(name, data, Ask{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// long repeats the packages of a lock, each time under other names.
func long(data []byte, lines int) []byte {
	text := string(data)
	start := strings.Index(text, "[[package")
	if i := strings.Index(text, "\n[extras]"); i > 0 {
		text = text[:i+1]
	}
	out := text
	for i := 0; strings.Count(out, "\n") < lines; i++ {
		out += strings.ReplaceAll(text[start:], `name = "`, fmt.Sprintf(`name = "x%d-`, i))
	}
	return []byte(out)
}

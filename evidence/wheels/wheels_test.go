package wheels

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for file, want := range map[string]*Name{
		"numpy-2.3.1-cp313-cp313-musllinux_1_2_x86_64.whl": {Package: "numpy", Version: "2.3.1", Tags: []Tag{{"cp313", "cp313", "musllinux_1_2_x86_64"}}},
		"six-1.17.0-py2.py3-none-any.whl":                  {Package: "six", Version: "1.17.0", Tags: []Tag{{"py2", "none", "any"}, {"py3", "none", "any"}}},
		"Py_YAML-6.0-1-CP313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl": {Package: "py-yaml", Version: "6.0", Build: "1",
			Tags: []Tag{{"cp313", "cp313", "manylinux_2_17_x86_64"}, {"cp313", "cp313", "manylinux2014_x86_64"}}},
		"torch-2.7.1+cpu-cp313-none-any.whl":                       {Package: "torch", Version: "2.7.1+cpu", Tags: []Tag{{"cp313", "none", "any"}}},
		"x-1!2.0.post1-py3-none-any.whl":                           {Package: "x", Version: "1!2.0.post1", Tags: []Tag{{"py3", "none", "any"}}},
		"numpy-2.3.1.tar.gz":                                       nil,
		"numpy-2.3.1-cp313-cp313.whl":                              nil,
		"a-b-c-d-e-f-g.whl":                                        nil,
		"-1-py3-none-any.whl":                                      nil,
		"x--py3-none-any.whl":                                      nil,
		"x-1-b1-py3-none-any.whl":                                  nil,
		"x-1-py3-none-.whl":                                        nil,
		"x-1-py3..py2-none-any.whl":                                nil,
		"x-1-py3-none-a/b.whl":                                     nil,
		"x y-1-py3-none-any.whl":                                   nil,
		"x-1-py3-none-any.whl\n":                                   nil,
		"x-1-" + strings.Repeat("py3.", 99) + "py3-none-a.b.c.whl": nil,
	} {
		got, err := Parse(file)
		if want == nil {
			if err == nil {
				t.Errorf("%q is parsed as %+v", file, got)
			}
			continue
		}
		if d := cmp.Diff(*want, got); err != nil || d != "" {
			t.Errorf("%q: %v (-want +got):\n%s", file, err, d)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("numpy-2.3.1-1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
	f.Add("a-1-py3-none-any.whl")
	f.Fuzz(func(t *testing.T, file string) {
		n, err := Parse(file)
		if err != nil {
			return
		}
		if len(n.Tags) == 0 || len(n.Tags) > maxTags || n.Package != Normalise(n.Package) {
			t.Fatalf("%q gives %+v", file, n)
		}
		r := Release{Package: n.Package, Version: n.Version, Source: -1, Where: Everywhere}
		r.Add(n, 3)
		again, err := ParseRelease(r.String())
		if err != nil || again.String() != r.String() {
			t.Fatalf("%q is kept as %q, which is read as %q, %v", file, r, again, err)
		}
	})
}

// A truth is what one of testdata's files says: the target, and the tags that installers
// take on it, the best first.
type truth struct {
	name   string
	target Target
	old    bool // written by a pip that puts linux_ARCH behind what it is compatible with
	tags   []Tag
}

// truths reads testdata, which tags.py wrote.
func truths(t *testing.T) []truth {
	files, err := filepath.Glob("testdata/3.*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files of tags, %v", len(files), err)
	}
	var all []truth
	for _, file := range files {
		all = append(all, readTruth(t, file))
	}
	return all
}

func readTruth(t *testing.T, file string) truth {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(filepath.Base(file), ".txt")
	words := strings.SplitN(name, "_", 4) // 3.13, glibc, 2.36, machine
	minor, _ := strconv.Atoi(strings.TrimPrefix(words[0], "3."))
	since, _ := ParseVersion(words[2])
	machine, old := strings.CutSuffix(words[3], "_pip")
	tr := truth{name: name, old: old, target: Target{Python: minor, Libc: words[1], Since: since, Arch: archOf(machine)}}
	var platforms []string
	scan := bufio.NewScanner(strings.NewReader(string(data)))
	for scan.Scan() {
		line := scan.Text()
		if list, ok := strings.CutPrefix(line, "platforms "); ok {
			platforms = strings.Fields(list)
			continue
		}
		parts := strings.Split(line, "-")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(parts) == 3 {
			tr.tags = append(tr.tags, Tag{parts[0], parts[1], parts[2]})
			continue
		}
		for _, p := range platforms {
			tr.tags = append(tr.tags, Tag{parts[0], parts[1], p})
		}
	}
	if len(tr.tags) < 90 || tr.target.Arch == "" {
		t.Fatalf("%s: %d tags for %+v", file, len(tr.tags), tr.target)
	}
	return tr
}

// TestRankIsPips holds the tags that are taken, and their order, to what pip and
// packaging say: every tag of every target is asked of each target.
func TestRankIsPips(t *testing.T) {
	all := truths(t)
	var universe []Tag
	for _, tr := range all {
		universe = append(universe, tr.tags...)
	}
	universe = append(universe, Tag{"cp313", "cp313t", "manylinux_2_17_x86_64"}, Tag{"pp310", "pypy310_pp73", "manylinux_2_17_x86_64"}, Tag{"py2", "none", "any"},
		Tag{"cp313", "cp313", "win_amd64"}, Tag{"cp313", "cp313", "macosx_11_0_arm64"}, Tag{"cp313", "cp313", "any"}, Tag{"cp27", "cp27mu", "manylinux1_x86_64"},
		Tag{"cp313", "cp313", "manylinux_2_42_x86_64"}, Tag{"cp313", "cp313", "musllinux_2_0_x86_64"}, Tag{"cp313", "abi3", "any"}, Tag{"cp3", "none", "any"})
	for _, tr := range all {
		t.Run(tr.name, func(t *testing.T) {
			last := -1
			for _, tag := range tr.tags {
				n, ok := tr.target.Rank(tag)
				if !ok {
					t.Fatalf("%s is not taken", tag)
				}
				if tr.old && strings.HasPrefix(tag.Platform, "linux_") {
					continue
				}
				if n <= last {
					t.Fatalf("%s has rank %d, and the one before it %d", tag, n, last)
				}
				last = n
			}
			taken := map[Tag]bool{}
			for _, tag := range tr.tags {
				taken[tag] = true
			}
			for _, tag := range universe {
				if _, ok := tr.target.Rank(tag); ok && !taken[tag] {
					t.Errorf("%s is taken, and pip does not", tag)
				}
			}
		})
	}
}

func release(t *testing.T, files ...string) Release {
	r := Release{Source: -1, Where: Everywhere}
	for i, file := range files {
		n, err := Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		r.Package, r.Version = n.Package, n.Version
		r.Add(n, i+1)
	}
	return r
}

func TestPick(t *testing.T) {
	amd := func(python int, libc string, major, minor int) Target {
		return Target{Python: python, Libc: libc, Since: Version{major, minor}, Arch: "amd64"}
	}
	both := []string{"x-1-cp313-cp313-manylinux_2_28_x86_64.whl", "x-1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
		"x-1-cp313-cp313-musllinux_1_2_x86_64.whl", "x-1-cp312-cp312-manylinux_2_28_x86_64.whl"}
	for name, c := range map[string]struct {
		files  []string
		target Target
		line   int // 0: none
		needs  Version
	}{
		"the newest glibc that fits": {both, amd(13, "glibc", 2, 41), 1, Version{2, 28}},
		"an older glibc":             {both, amd(13, "glibc", 2, 27), 2, Version{2, 17}},
		"too old":                    {both, amd(13, "glibc", 2, 12), 0, Version{}},
		"unknown glibc":              {both, Target{Python: 13, Libc: "glibc", Arch: "amd64"}, 1, Version{2, 28}},
		"musl":                       {both, amd(13, "musl", 1, 2), 3, Version{1, 2}},
		"older musl":                 {both, amd(13, "musl", 1, 1), 0, Version{}},
		"another python":             {both, amd(14, "glibc", 2, 41), 0, Version{}},
		"another architecture":       {both, Target{Python: 13, Libc: "glibc", Since: Version{2, 41}, Arch: "arm64"}, 0, Version{}},
		"stable ABI":                 {[]string{"x-1-cp38-abi3-manylinux_2_17_x86_64.whl", "x-1-cp311-abi3-manylinux_2_17_x86_64.whl"}, amd(13, "glibc", 2, 41), 2, Version{2, 17}},
		"stable ABI of later":        {[]string{"x-1-cp314-abi3-manylinux_2_17_x86_64.whl"}, amd(13, "glibc", 2, 41), 0, Version{}},
		"two versions in one name":   {[]string{"x-1-cp313-cp313-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl"}, amd(13, "glibc", 2, 41), 1, Version{2, 24}},
		"any for python alone":       {[]string{"x-1-py3-none-manylinux_2_17_x86_64.whl", "x-1-py3-none-any.whl"}, amd(13, "musl", 1, 2), 2, Version{}},
		"free threading":             {[]string{"x-1-cp313-cp313t-manylinux_2_17_x86_64.whl"}, amd(13, "glibc", 2, 41), 0, Version{}},
		"linux says no libc":         {[]string{"x-1-cp313-cp313-linux_x86_64.whl"}, amd(13, "musl", 1, 2), 1, Version{}},
	} {
		t.Run(name, func(t *testing.T) {
			r := release(t, c.files...)
			w, ok := r.Pick(c.target)
			if ok != (c.line > 0) || w.Line != c.line || ok && w.Needs() != c.needs {
				t.Errorf("picked is line %d (%t), which needs %s; want line %d, %s", w.Line, ok, w.Needs(), c.line, c.needs)
			}
		})
	}
}

func TestRelease(t *testing.T) {
	files := []string{"numpy-2.3.1-cp313-cp313-manylinux_2_28_x86_64.manylinux_2_27_x86_64.whl", "numpy-2.3.1-cp313-cp313-win_amd64.whl", "numpy-2.3.1-cp39-cp39-musllinux_1_2_x86_64.whl",
		"numpy-2.3.1-cp39-abi3-musllinux_1_2_aarch64.whl", "numpy-2.3.1-cp314-cp314-manylinux_2_27_x86_64.whl", "numpy-2.3.1-cp314-cp314t-manylinux_2_27_x86_64.whl",
		"numpy-2.3.1-py3-none-manylinux1_i686.whl", "numpy-2.3.1-pp311-pypy311_pp73-manylinux_2_27_x86_64.whl", "numpy-2.3.1-py312-none-any.whl"}
	r := release(t, files...)
	r.Source = 0
	r.Where = In("amd64", 13) | In("amd64", 14) | In("arm/v7", 13) | In("arm/v7", 14)
	want := "numpy 2.3.1; any py312-none@9; manylinux_2_27_x86_64 cp313@1 cp314@5; manylinux_2_5_i686 py3-none@7; " +
		"musllinux_1_2_aarch64 cp39-abi3@4; source@0; on amd64,arm/v7/3.13,3.14"
	if d := cmp.Diff(want, r.String()); d != "" {
		t.Errorf("the release is kept as (-want +got):\n%s", d)
	}
	again, err := ParseRelease(want)
	if err != nil || again.String() != want || again.Where != r.Where || again.Source != 0 {
		t.Errorf("it is read as %+v, %v", again, err)
	}
	if r.Pure() || !release(t, "x-1-py2.py3-none-any.whl").Pure() || release(t, "x-1-cp313-none-any.whl").Pure() {
		t.Error("pure is what has a wheel of any platform for every Python")
	}
	for _, s := range []string{"", "numpy", "numpy 1; x", "numpy 1; manylinux_2_27_x86_64", "numpy 1; manylinux_2_27_x86_64 cp313", "numpy 1; manylinux_2_27_x86_64 cp313@-1",
		"numpy 1; win_amd64 cp313@1", "numpy 1; source@", "numpy 1; on amd64", "numpy 1; on mips/*", "numpy 1; on amd64/3.9", "numpy 1; on amd64/"} {
		if r, err := ParseRelease(s); err == nil {
			t.Errorf("%q is read as %+v", s, r)
		}
	}
}

func TestWhere(t *testing.T) {
	if len(machines) != 7 || len(machines)*pythons > 64 {
		t.Fatalf("%d environments", len(machines)*pythons)
	}
	var all Where
	for _, arch := range Arches() {
		for python := FirstPython; python <= LastPython; python++ {
			all |= In(arch, python)
		}
	}
	if all != Everywhere || Everywhere.String() != "*/*" {
		t.Errorf("everywhere is %s, and all of them %s", Everywhere, all)
	}
	for w, want := range map[Where]string{0: "", In("arm64", 13): "arm64/3.13", all &^ In("s390x", 10): "amd64,arm64,386,arm/v7,ppc64le,riscv64/*+s390x/3.11,3.12,3.13,3.14,3.15,3.16,3.17"} {
		if w.String() != want {
			t.Errorf("%d is written %q, want %q", w, w, want)
		}
		if again, ok := ParseWhere(want); w != 0 && (!ok || again != w) {
			t.Errorf("%q is read as %d, %t", want, again, ok)
		}
	}
	if !Where(0).Has("mips", 13) || Where(0).Has("amd64", 13) || !slices.Contains(Arches(), "amd64") {
		t.Error("an environment that is not told apart is in every set")
	}
}

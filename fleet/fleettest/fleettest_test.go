package fleettest_test

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/fleet"
	"scaffold/fleet/fleettest"
	"scaffold/profiles"
)

const seed = 7

func makeFleet(t *testing.T, n int, o fleettest.Options) (*fleettest.Fleet, map[string]string) {
	t.Helper()
	f, err := fleettest.Make(filepath.Join(t.TempDir(), "fleet"), n, seed, o)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	err = filepath.WalkDir(f.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		texts[strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(f.Dir)+"/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return f, texts
}

// TestMake holds that a fleet follows from its seed, that a smaller one is its beginning,
// and that it is as it says: current, but for the edits.
func TestMake(t *testing.T) {
	f, all := makeFleet(t, 200, fleettest.Options{})
	_, again := makeFleet(t, 200, fleettest.Options{})
	if d := cmp.Diff(all, again); d != "" {
		t.Errorf("the same seed gave another fleet:\n%s", d)
	}
	_, some := makeFleet(t, 50, fleettest.Options{})
	for name, text := range some {
		if all[name] != text {
			t.Errorf("%s is not that of the larger fleet", name)
		}
	}
	if len(f.Projects) != 200 || len(f.Edited) != 4 {
		t.Errorf("%d projects, %d edited; want 200 and 4", len(f.Projects), len(f.Edited))
	}
	for _, dir := range f.Projects {
		if drifts, edited := state(t, f, dir); drifts || edited != slices.Contains(f.Edited, dir) {
			t.Errorf("%s: drifts %v, edited %v", dir, drifts, edited)
		}
	}
}

func state(t *testing.T, f *fleettest.Fleet, dir string) (drifts, edited bool) {
	t.Helper()
	p, err := fleet.Open(filepath.Join(f.Dir, dir), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := p.Plan(fleettest.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plan.Changes {
		drifts = drifts || c.Drift != fleet.DriftNone
		edited = edited || c.Edited()
	}
	return drifts, edited
}

// TestVariety holds that a fleet of some size has every stack, several bases, and trees of
// others with profiles in them.
func TestVariety(t *testing.T) {
	f, texts := makeFleet(t, 300, fleettest.Options{Edited: -1})
	templates, foreign := map[string]int{}, map[string]int{}
	for name, text := range texts {
		switch dir := strings.TrimSuffix(name, "/"+filepath.Base(name)); {
		case strings.HasSuffix(name, "/"+profiles.LockName):
			_, template, _ := strings.Cut(text, "\ntemplate = \"")
			template, _, _ = strings.Cut(template, "@")
			templates[template]++
		case strings.HasSuffix(name, "/"+profiles.FileName) && !slices.Contains(f.Projects, dir):
			for _, tree := range []string{"vendor", "node_modules", ".venv", "target"} {
				if strings.Contains(dir, "/"+tree+"/") {
					foreign[tree]++
				}
			}
		}
	}
	if len(templates) < 7 {
		t.Errorf("templates: %v", templates)
	}
	if len(foreign) != 4 {
		t.Errorf("trees of others: %v", foreign)
	}
	if len(f.Edited) > 0 {
		t.Errorf("edited: %v", f.Edited)
	}
}

func TestApart(t *testing.T) {
	f, texts := makeFleet(t, 3, fleettest.Options{Apart: true})
	for _, dir := range f.Projects {
		if _, ok := texts[dir+"/.git/HEAD"]; !ok {
			t.Errorf("%s is no repository", dir)
		}
	}
	if _, err := fleettest.Make(f.Dir, 1, seed, fleettest.Options{}); err == nil {
		t.Error("a fleet was made where there was one")
	}
}

// TestEdit holds that an edit adds lines and takes none.
func TestEdit(t *testing.T) {
	const text = "# syntax=x\nFROM a\nCOPY . .\nUSER 1\nENTRYPOINT [\"/a\"]\n"
	r := rand.New(rand.NewPCG(1, 2))
	seen := map[string]bool{}
	for range 100 {
		edited := fleettest.Edit(text, r)
		seen[edited] = true
		for line := range strings.Lines(text) {
			if !strings.Contains(edited, line) {
				t.Errorf("%q is lost in\n%s", line, edited)
			}
		}
		if len(edited) <= len(text) {
			t.Errorf("nothing was added:\n%s", edited)
		}
	}
	if len(seen) < 20 {
		t.Errorf("%d edits in a hundred differ", len(seen))
	}
}

// TestFind holds that the projects of a fleet are found, and none in the trees of others.
func TestFind(t *testing.T) {
	for _, apart := range []bool{false, true} {
		f, _ := makeFleet(t, 100, fleettest.Options{Apart: apart})
		found, err := fleet.Find(t.Context(), f.Dir, "", true, fleet.IsProfile)
		if err != nil {
			t.Fatal(err)
		}
		var dirs []string
		for _, file := range found {
			dirs = append(dirs, path.Dir(file.Name))
		}
		slices.Sort(dirs)
		if d := cmp.Diff(f.Projects, dirs); d != "" {
			t.Errorf("apart %v: found (-made +found):\n%s", apart, d)
		}
	}
}

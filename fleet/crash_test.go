package fleet

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

// killed does of an Apply what it would have done before its n-th rename, as a run that is
// killed then leaves it, temporary files and all. It reports whether there is such a rename.
func killed(t *testing.T, p *Plan, mode Mode, n int) bool {
	t.Helper()
	root, err := os.OpenRoot(p.Project.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	copies, files, err := p.files(root, mode, &Done{Copies: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	files = append(copies, files...)
	if n >= len(files) {
		return false
	}
	temps, err := stage(root, p.Project.Path, files)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := root.Rename(temps[i], files[i].path); err != nil {
			t.Fatal(err)
		}
	}
	return true
}

// texts are a project's files without what killed runs and copies leave.
func texts(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := snapshot(t, dir)
	for name := range files {
		if strings.HasPrefix(name, ".scaffold-") || strings.HasSuffix(name, ".orig") {
			delete(files, name)
		}
	}
	return files
}

// TestKilled kills a run before each of its renames. Then each file is the old or the new
// one, and the next run ends where the killed one would have.
func TestKilled(t *testing.T) {
	port := func(t *testing.T, dir string) {
		put(t, dir, profiles.FileName, strings.Replace(profile, "8080", "9090", 1)+"user = \"root\"\n")
	}
	edit := func(t *testing.T, dir string) {
		put(t, dir, "Dockerfile", strings.Replace(snapshot(t, dir)["Dockerfile"], "WORKDIR /src\n", "WORKDIR /src\nENV BY=hand\n", 1))
		add(t, dir, ".dockerignore", "mine/\n")
	}
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string)
		mode    Mode // of the killed run
		renames int
	}{
		"generated":       {port, Merge, 2},
		"all new":         {none, Merge, 3},
		"edited":          {func(t *testing.T, dir string) { edit(t, dir); port(t, dir) }, Merge, 3},
		"edited, digests": {func(t *testing.T, dir string) { edit(t, dir); bump(t, dir); port(t, dir) }, Merge, 3},
		"kept": {func(t *testing.T, dir string) {
			edit(t, dir)
			put(t, dir, "Dockerfile", strings.Replace(snapshot(t, dir)["Dockerfile"], "EXPOSE 8080", "EXPOSE 53", 1))
			port(t, dir)
		}, Keep, 3},
		"forced":         {func(t *testing.T, dir string) { edit(t, dir); port(t, dir) }, Force, 5},
		"forced, anew":   {func(t *testing.T, dir string) { put(t, dir, "Dockerfile", "FROM scratch\n") }, Force, 2},
		"kept, no lock":  {func(t *testing.T, dir string) { edit(t, dir); remove(t, dir, profiles.LockName) }, Keep, 1},
		"forced, a lock": {func(t *testing.T, dir string) { edit(t, dir); remove(t, dir, profiles.LockName) }, Force, 5},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			for ; ; n++ {
				dir := project(t, t.TempDir())
				generate(t, dir)
				c.prepare(t, dir)
				before := texts(t, dir)
				if !killed(t, plan(t, dir), c.mode, n) {
					break
				}
				between := texts(t, dir)
				if _, err := plan(t, dir).Apply(t.Context(), c.mode); err != nil {
					t.Fatalf("after %d renames: %v", n, err)
				}
				current(t, dir)
				want := whole(t, c.prepare, c.mode)
				if d := cmp.Diff(want, texts(t, dir)); d != "" {
					t.Errorf("after %d renames it ends otherwise (-want +got):\n%s", n, d)
				}
				if c.mode == Force && !slices.Contains(slices.Collect(maps.Values(snapshot(t, dir))), before["Dockerfile"]) {
					t.Errorf("after %d renames there is no copy of what was replaced", n)
				}
				for name, text := range between {
					if name != profiles.LockName && text != before[name] && text != want[name] {
						t.Errorf("after %d renames %s is neither old nor new:\n%s", n, name, text)
					}
				}
			}
			if n != c.renames {
				t.Errorf("there are %d renames, want %d", n, c.renames)
			}
		})
	}
}

// whole is what a run that is not killed ends with.
func whole(t *testing.T, prepare func(*testing.T, string), mode Mode) map[string]string {
	t.Helper()
	dir := project(t, t.TempDir())
	generate(t, dir)
	prepare(t, dir)
	if _, err := plan(t, dir).Apply(t.Context(), mode); err != nil {
		t.Fatal(err)
	}
	return texts(t, dir)
}

// TestKilledThenChanged kills a run that merges before each of its renames, and changes the
// profile before the next one: that merges the edit all the same.
func TestKilledThenChanged(t *testing.T) {
	for _, port := range []string{"8080", "7070"} {
		n := 0
		for ; ; n++ {
			dir := project(t, t.TempDir())
			generate(t, dir)
			add(t, dir, "Dockerfile", "# mine\n")
			put(t, dir, profiles.FileName, strings.Replace(profile, "8080", "9090", 1))
			if !killed(t, plan(t, dir), Merge, n) {
				break
			}
			put(t, dir, profiles.FileName, strings.Replace(profile, "8080", port, 1))
			generate(t, dir)
			current(t, dir)
			if text := snapshot(t, dir)["Dockerfile"]; !strings.HasSuffix(text, "\n# mine\n") || !strings.Contains(text, "EXPOSE "+port+"\n") {
				t.Errorf("after %d renames and a change to port %s the Dockerfile is\n%s", n, port, text)
			}
			if lock := plan(t, dir).Project.Lock; len(lock.Texts("Dockerfile")) != 1 {
				t.Errorf("after %d renames the lock holds %d texts", n, len(lock.Texts("Dockerfile")))
			}
		}
		if n != 3 {
			t.Errorf("there are %d renames, want 3", n)
		}
	}
}

// bump gives the first FROM another digest, as a bot does.
func bump(t *testing.T, dir string) {
	t.Helper()
	text := snapshot(t, dir)["Dockerfile"]
	put(t, dir, "Dockerfile", strings.Replace(text, "golang:1.26-trixie", "golang:1.26-trixie@sha256:"+strings.Repeat("4", 64), 1))
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// none removes what was generated.
func none(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"Dockerfile", ".dockerignore", profiles.LockName} {
		remove(t, dir, name)
	}
}

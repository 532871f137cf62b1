package fleet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/generator"
	"scaffold/profiles"
)

const (
	today   = "2026-11-21"
	profile = "schema = 1\nname = \"x\"\nstack = \"go/modules\"\n[runtime]\nport = 8080\n"
	goMod   = "module m\n\ngo 1.26\n"
)

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// project is a folder with a profile and a go.mod.
func project(t *testing.T, dir string) string {
	t.Helper()
	put(t, dir, profiles.FileName, profile)
	put(t, dir, "go.mod", goMod)
	return dir
}

func plan(t *testing.T, dir string) *Plan {
	t.Helper()
	p, err := Open(dir, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := p.Plan(today)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func generate(t *testing.T, dir string) {
	t.Helper()
	if _, err := plan(t, dir).Apply(t.Context(), Merge); err != nil {
		t.Fatal(err)
	}
}

// snapshot is every file below dir: its text, or where its link leads.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir+"/")] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestApply(t *testing.T) {
	dir := project(t, t.TempDir())
	done, err := plan(t, dir).Apply(t.Context(), Merge)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"Dockerfile", ".dockerignore", "scaffold.lock"}, done.Wrote); d != "" {
		t.Errorf("wrote (-want +got):\n%s", d)
	}
	want := snapshot(t, dir)
	if len(want) != 5 {
		t.Errorf("there are %d files, want 5: %v", len(want), want)
	}
	again := plan(t, dir)
	for _, c := range again.Changes {
		if c.Drift != DriftNone || c.Differs() || c.Edited() || c.Foreign() {
			t.Errorf("%s drifts (%s) from what was just written", c.Path, c.Drift)
		}
	}
	if done, err := again.Apply(t.Context(), Force); err != nil || len(done.Wrote) > 0 {
		t.Errorf("a second Apply wrote %v, %v", done.Wrote, err)
	}
	if d := cmp.Diff(want, snapshot(t, dir)); d != "" {
		t.Errorf("files changed (-before +after):\n%s", d)
	}
}

// TestRefused holds that no person's text is lost, and that one file refused keeps every
// file as it is.
func TestRefused(t *testing.T) {
	root := func(t *testing.T, dir string) { put(t, dir, profiles.FileName, profile+"user = \"root\"\n") }
	for name, c := range map[string]struct {
		change func(t *testing.T, dir string)
		want   []LostEditError
	}{
		"none":            {root, nil},
		"edited, current": {func(t *testing.T, dir string) { add(t, dir, "Dockerfile", "# mine\n") }, nil},
		"edited, then drift": {func(t *testing.T, dir string) {
			add(t, dir, "Dockerfile", "# mine\n")
			root(t, dir)
		}, nil},
		"another's":          {func(t *testing.T, dir string) { put(t, dir, "Dockerfile", "FROM x\n") }, []LostEditError{{Path: "Dockerfile", Foreign: true}}},
		"emptied":            {func(t *testing.T, dir string) { put(t, dir, "Dockerfile", "") }, []LostEditError{{Path: "Dockerfile", Foreign: true}}},
		"own ignore file":    {func(t *testing.T, dir string) { put(t, dir, ".dockerignore", "x\n") }, nil},
		"edited ignore file": {func(t *testing.T, dir string) { add(t, dir, ".dockerignore", "x\n") }, nil},
		"edited, no lock": {func(t *testing.T, dir string) {
			add(t, dir, "Dockerfile", "# mine\n")
			if err := os.Remove(filepath.Join(dir, profiles.LockName)); err != nil {
				t.Fatal(err)
			}
		}, []LostEditError{{Path: "Dockerfile", NoLock: true}}},
		"edited, an old lock": {func(t *testing.T, dir string) {
			lock := snapshot(t, dir)[profiles.LockName]
			root(t, dir)
			generate(t, dir)
			add(t, dir, "Dockerfile", "# mine\n")
			put(t, dir, profiles.LockName, lock)
			put(t, dir, profiles.FileName, profile+"shell = true\n")
		}, []LostEditError{{Path: "Dockerfile"}}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := project(t, t.TempDir())
			generate(t, dir)
			c.change(t, dir)
			before := snapshot(t, dir)
			p := plan(t, dir)
			var got []LostEditError
			for _, err := range p.Refused(Merge) {
				var lost *LostEditError
				if !errors.As(err, &lost) || !strings.HasPrefix(err.Error(), "Dockerfile: ") || !strings.Contains(lost.Hint(), "--force") {
					t.Fatalf("refused with %v", err)
				}
				got = append(got, *lost)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("refused (-want +got):\n%s", d)
			}
			_, err := p.Apply(t.Context(), Merge)
			if (err != nil) != (len(c.want) > 0) {
				t.Errorf("Apply ends with %v", err)
			}
			if err != nil {
				if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
					t.Errorf("files changed all the same (-before +after):\n%s", d)
				}
			}
			if _, err := plan(t, dir).Apply(t.Context(), Force); err != nil {
				t.Fatal(err)
			}
			if left := plan(t, dir).Refused(Merge); len(left) > 0 {
				t.Errorf("after force: %v", left)
			}
			current(t, dir)
		})
	}
}

// current holds a project to have no drift.
func current(t *testing.T, dir string) {
	t.Helper()
	p := plan(t, dir)
	for _, c := range p.Changes {
		if c.Drift != DriftNone || c.writes(Merge) {
			t.Errorf("%s drifts (%s)", c.Path, c.Drift)
		}
	}
	if errs := p.Refused(Merge); len(errs) > 0 {
		t.Errorf("refused: %v", errs)
	}
}

func add(t *testing.T, dir, name, text string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, name, string(data)+text)
}

func TestContext(t *testing.T) {
	top := t.TempDir()
	for _, d := range []string{"repo/.git", "repo/a/b", "outside"} {
		if err := os.MkdirAll(filepath.Join(top, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{"repo/a/out": "../../outside", "repo/a/in": "b", "link": "repo"} {
		if err := os.Symlink(to, filepath.Join(top, from)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, top, "repo/a/file", "")
	for _, c := range []struct{ dir, context, want, problem string }{
		{"repo/a", ".", "repo/a", ""},
		{"repo/a", "..", "repo", ""},
		{"repo/a", "b", "repo/a/b", ""},
		{"repo/a", "in", "repo/a/b", ""},
		{"repo/a", "b/../..", "repo", ""},
		{"link/a", "..", "repo", ""},
		{"repo/a", "../..", "", `f: context "../.." leads out of the repository`},
		{"repo/a", "../../outside", "", `f: context "../../outside" leads out of the repository`},
		{"repo/a", "out", "", `f: context "out" leads out of the repository`},
		{"repo/a", "file", "", `f: context "file" is no folder`},
		{"repo/a", "none", "", `f: context "none": there is no such folder`},
		{"outside", ".", "outside", ""},
		{"outside", "..", "", `f: context ".." leads out of the repository`},
	} {
		got, err := contextDir(filepath.Join(top, c.dir), c.context, "f")
		var problems profiles.Problems
		switch {
		case c.problem == "" && (err != nil || got != filepath.Join(top, c.want)):
			t.Errorf("%s in %s is %q, %v", c.context, c.dir, got, err)
		case c.problem != "" && (!errors.As(err, &problems) || problems[0].String() != c.problem || problems[0].Hint == ""):
			t.Errorf("%s in %s: error is %v", c.context, c.dir, err)
		}
	}
}

// TestAtOnce runs generates beside one another, between two profiles: what is there at
// the end was written by one of them, whole.
func TestAtOnce(t *testing.T) {
	dir := project(t, t.TempDir())
	texts := map[string]bool{}
	var plans []*Plan
	for i := range 8 {
		put(t, dir, profiles.FileName, strings.Replace(profile, "8080", fmt.Sprint(8080+i), 1))
		p := plan(t, dir)
		texts[p.Changes[0].New] = true
		plans = append(plans, p)
	}
	var wait sync.WaitGroup
	wrote, stale := make([]int, len(plans)), make([]int, len(plans))
	errs := make([]error, len(plans))
	for i, p := range plans {
		wait.Go(func() {
			for range 20 {
				switch _, err := p.Apply(t.Context(), Merge); {
				case err == nil:
					wrote[i]++
				case errors.Is(err, ErrChanged):
					stale[i]++
				default:
					errs[i] = err
				}
			}
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	// Only the last plan is of the profile on disk, and only one Apply finds the files as planned.
	for i := range plans {
		if last := i == len(plans)-1; last && (wrote[i] != 1 || stale[i] != 19) || !last && stale[i] != 20 {
			t.Errorf("plan %d was applied %d times and refused as stale %d times", i, wrote[i], stale[i])
		}
	}
	got := snapshot(t, dir)
	if len(got) != 5 {
		t.Errorf("files are left over: %v", got)
	}
	if !texts[got["Dockerfile"]] || generator.OriginOf(got["Dockerfile"]) != generator.Generated {
		t.Errorf("the Dockerfile is of no single run:\n%s", got["Dockerfile"])
	}
	if _, err := profiles.ParseLock("scaffold.lock", []byte(got[profiles.LockName])); err != nil {
		t.Error(err)
	}
	put(t, dir, profiles.FileName, profile)
	generate(t, dir)
	for _, c := range plan(t, dir).Changes {
		if c.Drift != DriftNone {
			t.Errorf("%s: %s after a generate alone", c.Path, c.Drift)
		}
	}
}

func TestWriteKeepsModeAndRefusesLinks(t *testing.T) {
	dir := project(t, t.TempDir())
	generate(t, dir)
	file := filepath.Join(dir, "Dockerfile")
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, dir, profiles.FileName, profile+"user = \"root\"\n")
	generate(t, dir)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}

	if err := os.Chmod(file, 0o444); err != nil {
		t.Fatal(err)
	}
	put(t, dir, profiles.FileName, profile)
	before := snapshot(t, dir)
	if _, err := plan(t, dir).Apply(t.Context(), Force); err == nil || err.Error() != `writing "Dockerfile": the file is read-only` {
		t.Errorf("error is %v", err)
	}
	if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
		t.Errorf("files changed (-before +after):\n%s", d)
	}
}

func TestNew(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "go.mod", goMod)
	p, err := New(dir, "", []byte(profile), nil)
	if err != nil {
		t.Fatal(err)
	}
	pl, err := p.Plan(today)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(dir, profiles.FileName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("planning wrote the profile: %v", err)
	}
	done, err := pl.Apply(t.Context(), Merge)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"scaffold.toml", "Dockerfile", ".dockerignore", "scaffold.lock"}, done.Wrote); d != "" {
		t.Errorf("wrote (-want +got):\n%s", d)
	}
	if got := snapshot(t, dir)[profiles.FileName]; got != profile {
		t.Errorf("the profile is %q", got)
	}
	if _, err := Open(filepath.Join(dir, ".."), "..", nil); !errors.Is(err, ErrNoProfile) {
		t.Errorf("a folder without a profile: %v", err)
	}
}

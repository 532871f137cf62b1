package main

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestGenerateKilled kills generate with SIGKILL at random moments: each file is the old
// one or the new one, never half of either, and the next run brings all up to date. Where a
// person edited the Dockerfile, the lock may hold what both are made of.
func TestGenerateKilled(t *testing.T) {
	t.Run("generated", func(t *testing.T) { generateKilled(t, "", "Dockerfile", ".dockerignore", "scaffold.lock") })
	t.Run("edited", func(t *testing.T) { generateKilled(t, "# by hand\n", "Dockerfile", ".dockerignore") })
}

func generateKilled(t *testing.T, edit string, names ...string) {
	dir := project(t, printer)
	mustRun(t, dir, "init", "--yes")
	dockerfile, err := os.OpenFile(filepath.Join(dir, "Dockerfile"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dockerfile.WriteString(edit); err != nil {
		t.Fatal(err)
	}
	if err := dockerfile.Close(); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	profile := read("scaffold.toml")
	versions := map[string]map[string]bool{}
	remember := func() {
		mustRun(t, dir, "generate")
		for _, name := range names {
			if versions[name] == nil {
				versions[name] = map[string]bool{}
			}
			versions[name][read(name)] = true
		}
	}
	put := func(more string) {
		if err := os.WriteFile(filepath.Join(dir, "scaffold.toml"), []byte(profile+more), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	both := []string{"\n[image]\nlabels = { a = \"b\" }\n", ""}
	began := time.Now()
	for _, more := range both {
		put(more)
		remember()
	}
	took := time.Since(began) / 2
	seed := uint64(began.UnixNano())
	t.Logf("seed %d; a run takes %s", seed, took)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range interrupts {
		put(both[i%2])
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.Float64()*float64(took)))
		path, err := binary()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(ctx, path, "generate") // which is killed by SIGKILL
		cmd.Dir = dir
		_ = cmd.Run()
		cancel()
		for _, name := range names {
			if text := read(name); !versions[name][text] {
				t.Fatalf("run %d: %s is neither the old nor the new one:\n%s", i, name, text)
			}
		}
	}
	hours := time.Now().Add(-2 * time.Hour)
	temp := func(letter string) string {
		name := filepath.Join(dir, ".scaffold-"+strings.Repeat(letter, 26))
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	temp("A")
	for _, name := range glob(t, filepath.Join(dir, ".scaffold-*")) {
		if err := os.Chtimes(name, hours, hours); err != nil {
			t.Fatal(err)
		}
	}
	young := temp("B") // which may be that of a run beside this one
	put(both[0])
	mustRun(t, dir, "generate")
	mustRun(t, dir, "generate", "--check")
	if text := read("Dockerfile"); !strings.HasSuffix(text, "\n"+edit) || !strings.Contains(text, `LABEL a="b"`) {
		t.Errorf("the edit or the change is lost:\n%s", text)
	}
	if left := glob(t, filepath.Join(dir, ".scaffold-*")); len(left) != 1 || left[0] != young {
		t.Errorf("left behind: %v, want only %s", left, young)
	}
}

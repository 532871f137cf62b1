package standin

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPrune(t *testing.T) {
	if err := supportedHost(); err != nil {
		t.Skip(err)
	}
	cache := t.TempDir()
	write := func(names ...string) {
		t.Helper()
		for _, name := range names {
			if err := os.MkdirAll(filepath.Join(cache, filepath.Dir(name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(cache, name), []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := Prune(filepath.Join(cache, "none")); err != nil {
		t.Errorf("a cache that is not there: %v", err)
	}
	if err := Prune(""); err == nil {
		t.Error("no folder was given, and no error")
	}

	write("standins/0123/index.json", "standins/apt/x.deb", "standins.gone/old", "builders/kept")
	unlock, err := lockFile(t.Context(), inUse(cache), shared)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, "while an Ensure runs", Prune(cache), "in use", "wait")
	if !exists(filepath.Join(cache, "standins/apt/x.deb")) {
		t.Error("deleted what is in use")
	}
	unlock()

	for range 2 { // the second finds nothing
		if err := Prune(cache); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"standins", "standins.gone"} {
			if exists(filepath.Join(cache, name)) {
				t.Errorf("%s is still there", name)
			}
		}
	}
	if !exists(filepath.Join(cache, "builders/kept")) {
		t.Error("deleted what is not its own")
	}
}

package builder

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestToolVersion(t *testing.T) {
	for importPath, ok := range map[string]bool{
		"github.com/moby/buildkit/cmd/buildkitd": true,
		"github.com/moby/buildkit":               true,
		"github.com/moby/buildkitx/cmd":          false,
		"example.org/nowhere":                    false,
	} {
		v, err := required(importPath)
		if (err == nil) != ok || ok && v[0] != 'v' {
			t.Errorf("required(%q) = %q, %v", importPath, v, err)
		}
	}
}

func TestToolWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Tool(context.Background(), t.TempDir(), "github.com/moby/buildkit/cmd/buildkitd", "linux/amd64", nil)
	var told *Error
	if !errors.As(err, &told) || told.Hint() == "" {
		t.Fatalf("got %v, want an error with a hint", err)
	}
}

func TestToolBuildsOnceAndStatic(t *testing.T) {
	cache := t.TempDir()
	var log bytes.Buffer
	const pkg = "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend"
	file, err := Tool(context.Background(), cache, pkg, "linux/arm64", &log)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Machine != elf.EM_AARCH64 {
		t.Errorf("machine is %v", f.Machine)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it is not static: it names an interpreter")
		}
	}
	first, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if log.Len() == 0 {
		t.Error("no progress line was written")
	}
	log.Reset()
	if again, err := Tool(context.Background(), cache, pkg, "linux/arm64", &log); err != nil || again != file {
		t.Fatalf("second call: %q, %v", again, err)
	}
	second, err := os.Stat(file)
	if err != nil || !os.SameFile(first, second) || log.Len() > 0 {
		t.Errorf("it was built again (%v, log %q)", err, &log)
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "bin", ".build-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

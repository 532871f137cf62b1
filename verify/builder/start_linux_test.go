package builder

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// onlyIn makes PATH a directory with the given scripts in it; a name without a
// script is linked from the PATH before.
func onlyIn(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		file := filepath.Join(dir, name)
		if script != "" {
			if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		real, err := lookPath(name)
		if err == nil {
			err = os.Symlink(real, file)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

func TestMissingPartsAreNamed(t *testing.T) {
	for name, tt := range map[string]struct {
		path       map[string]string
		want, hint string
	}{
		"no runc":                {map[string]string{"buildkitd": "exit 1"}, "runc", "install the package runc"},
		"no buildkitd and no Go": {map[string]string{"runc": "exit 1"}, "buildkitd", "go.dev/dl"},
		"broken buildkitd":       {map[string]string{"runc": "exit 1", "mount": "", "buildkitd": "echo out of order; exit 7"}, "out of order", "builder prune"},
	} {
		t.Run(name, func(t *testing.T) {
			o := private(t)
			onlyIn(t, tt.path)
			_, err := Connect(context.Background(), o)
			var told *Error
			if !errors.As(err, &told) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(told.Hint(), tt.hint) {
				t.Errorf("error %v lacks %q, or its hint %q", err, tt.want, tt.hint)
			}
			for _, s := range mustStatus(t, o) {
				if s.Running {
					t.Errorf("it still runs: %+v", s)
				}
			}
		})
	}
}

func mustStatus(t *testing.T, o Options) []InstanceStatus {
	t.Helper()
	all, err := Status(o.CacheDir)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCancelWhileStarting(t *testing.T) {
	o := private(t)
	onlyIn(t, map[string]string{"runc": "", "mount": "", "sleep": "", "buildkitd": "echo hanging; exec sleep 1000"})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := Connect(ctx, o)
		done <- err
	}()
	eventually(t, "buildkitd runs", func() bool {
		log, _ := os.ReadFile(filepath.Join(o.CacheDir, "builders", "default", "buildkitd.log"))
		return strings.Contains(string(log), "hanging")
	})
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Connect did not return")
	}
	eventually(t, "the supervisor ends", func() bool { return !mustStatus(t, o)[0].Running })
}

func TestBuildkitdFromPath(t *testing.T) {
	o := private(t)
	tool, err := Tool(context.Background(), o.CacheDir, "github.com/moby/buildkit/cmd/buildkitd", "linux/"+runtime.GOARCH, o.Log)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(tool, filepath.Join(dir, "buildkitd")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	if b := connect(t, o); !strings.Contains(b.Why, " from "+dir+"/buildkitd;") {
		t.Errorf("why is %q", b.Why)
	}
}

func TestMirror(t *testing.T) {
	o := private(t)
	server := httptest.NewServer(registry.New())
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	push(t, host, "hub/library/scaffold-only-here:1")
	o.Mirror = server.URL + "/hub"
	b := connect(t, o)
	if got := running(t, o); !strings.HasPrefix(got.Key, "mirror-") || b.Registry != "" {
		t.Errorf("instance %q, registry %q", got.Key, b.Registry)
	}
	if n, err := pull(b, "docker.io/library/scaffold-only-here:1"); err != nil || n != 1 {
		t.Errorf("pulling: %d files, %v", n, err)
	}
}

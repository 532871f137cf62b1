package builder

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
)

// serveVerb makes the test binary the supervisor, as `builder serve` makes scaffold.
const serveVerb = "builder-serve"

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == serveVerb && os.Args[2] == "--dir" {
		if err := Serve(context.Background(), ServeOptions{Dir: os.Args[3], Log: os.Stderr}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// private returns options for a private builder of this test's own. The built
// buildkitd is shared between tests, and with scaffold itself.
func private(t *testing.T) Options {
	t.Helper()
	missing := ""
	if os.Geteuid() != 0 {
		missing = "a private buildkitd needs root"
	} else if _, err := lookPath("buildkit-runc", "runc"); err != nil {
		missing = "a private buildkitd needs runc"
	}
	if missing != "" && os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	if missing != "" {
		t.Skip(missing)
	}
	shared, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(shared, "scaffold", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	cache := t.TempDir()
	if err := os.Symlink(bin, filepath.Join(cache, "bin")); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			logs(t, cache)
		}
		if _, err := Prune(context.Background(), cache); err != nil {
			t.Errorf("pruning: %v", err)
		}
	})
	// By name: this machine may have a Docker, which would come first.
	return Options{Addr: privateWord, CacheDir: cache, Self: []string{exe, serveVerb}, Log: testLog{t}}
}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

func logs(t *testing.T, cache string) {
	files, _ := filepath.Glob(filepath.Join(cache, "builders", "*", "*.log"))
	for _, f := range files {
		data, _ := os.ReadFile(f)
		t.Logf("%s:\n%s", f, lastLines(data, 15))
	}
}

func connect(t *testing.T, o Options) *Builder {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	b, err := Connect(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// running returns the status of the one running instance.
func running(t *testing.T, o Options) InstanceStatus {
	t.Helper()
	all, err := Status(o.CacheDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || !all[0].Running || all[0].Pid == 0 || all[0].BuildkitdPid == 0 {
		t.Fatalf("status is %+v, want one that runs", all)
	}
	return all[0]
}

// eventually waits until done, for as long as anything here may take.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 30s: %s", what)
		}
	}
}

func dead(pid int) func() bool {
	return func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH }
}

// push puts a tiny image into the stand-in registry.
func push(t *testing.T, registry, repo string) {
	t.Helper()
	ref, err := name.ParseReference(registry + "/" + repo)
	if err != nil {
		t.Fatal(err)
	}
	img, err := random.Image(512, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
}

// pull has the builder pull an image, and returns how many files are at its root.
func pull(b *Builder, ref string) (files int, err error) {
	_, err = b.Client.Build(context.Background(), client.SolveOpt{}, "", func(ctx context.Context, c gateway.Client) (*gateway.Result, error) {
		def, err := llb.Image(ref).Marshal(ctx)
		if err != nil {
			return nil, err
		}
		res, err := c.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
		if err != nil {
			return nil, err
		}
		root, err := res.SingleRef()
		if err != nil {
			return nil, err
		}
		entries, err := root.ReadDir(ctx, gateway.ReadDirRequest{Path: "/"})
		files = len(entries)
		return res, err
	}, nil)
	return files, err
}

// program returns a static Linux program whose main is the given statement, which
// may use package time.
func program(t *testing.T, goarch, statement string) []byte {
	t.Helper()
	dir := t.TempDir()
	src := filepath.Join(dir, "main.go")
	text := "package main\n\nimport \"time\"\n\nfunc main() { " + statement + " }\n"
	if err := os.WriteFile(src, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "out"), src)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+goarch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// native is the platform of this machine.
func native() string { return "linux/" + runtime.GOARCH }

// runInside runs a program in a container of the builder.
func runInside(t *testing.T, b *Builder, platform string, program []byte) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	p := llb.Platform(platforms.MustParse(platform))
	st := llb.Scratch().File(llb.Mkfile("/program", 0o755, program)).Run(llb.Args([]string{"/program"})).Root()
	def, err := st.Marshal(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Client.Solve(ctx, def, client.SolveOpt{}, nil)
	return err
}

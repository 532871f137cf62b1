package builder

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
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
	return Options{CacheDir: cache, Self: []string{exe, serveVerb}, Log: testLog{t}}
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

func TestPrivateStartsAndIsReused(t *testing.T) {
	o := private(t)
	b := connect(t, o)
	first := running(t, o)
	if !b.Private || b.Registry != "" || b.Native == "" || b.Platforms[0] != b.Native {
		t.Errorf("builder is %+v", b)
	}
	if !strings.HasPrefix(b.Why, "private buildkitd v") || !strings.HasSuffix(b.Why, "(no --builder, no BUILDKIT_HOST)") {
		t.Errorf("why is %q", b.Why)
	}
	if first.Key != "default" || first.Addr != b.Addr || first.Version != b.Version || first.Since == nil || first.DiskBytes == 0 {
		t.Errorf("status is %+v", first)
	}
	again := connect(t, o)
	if got := running(t, o); got.Pid != first.Pid || got.BuildkitdPid != first.BuildkitdPid {
		t.Errorf("a second Connect started process %d, %d runs already", got.Pid, first.Pid)
	}
	if !strings.Contains(again.Why, "running already") {
		t.Errorf("why is %q", again.Why)
	}
	if named := connect(t, Options{CacheDir: o.CacheDir, BuildkitHost: b.Addr}); named.Private || !strings.Contains(named.Why, "BUILDKIT_HOST") {
		t.Errorf("by address: %+v", named)
	}
	stopped, err := Stop(context.Background(), o.CacheDir)
	if err != nil || len(stopped) != 1 || stopped[0].Pid != first.Pid {
		t.Errorf("stopping: %+v, %v", stopped, err)
	}
	if !dead(first.BuildkitdPid)() {
		t.Error("buildkitd outlived Stop")
	}
	if _, err := os.Stat(strings.TrimPrefix(b.Addr, "unix://")); !os.IsNotExist(err) {
		t.Errorf("the socket outlived Stop: %v", err)
	}
}

func TestTwoConnectsStartOne(t *testing.T) {
	o := private(t)
	var eg errgroup.Group
	bs := make([]*Builder, 2)
	for i := range bs {
		eg.Go(func() (err error) {
			bs[i], err = Connect(context.Background(), o)
			return err
		})
	}
	if err := eg.Wait(); err != nil {
		t.Fatal(err)
	}
	defer bs[0].Close()
	defer bs[1].Close()
	if a, b := strings.Contains(bs[0].Why, "already"), strings.Contains(bs[1].Why, "already"); a == b {
		t.Errorf("not one of the two started it: %q, %q", bs[0].Why, bs[1].Why)
	}
	pid := running(t, o).Pid
	out, _ := exec.Command("pgrep", "-f", "--", "--dir "+o.CacheDir).Output()
	if got := strings.Fields(string(out)); len(got) != 1 || got[0] != fmt.Sprint(pid) {
		t.Errorf("supervisors are %v, want %d alone", got, pid)
	}
}

func TestIdleLimitStopsIt(t *testing.T) {
	o := private(t)
	o.IdleLimit = 2 * time.Second
	b := connect(t, o)
	was := running(t, o)
	// An open connection counts, even one that says nothing.
	select {
	case <-time.After(2 * o.IdleLimit):
	case <-gone(was.Pid):
		t.Fatal("it stopped with a connection open")
	}
	b.Close()
	eventually(t, "the supervisor ends", func() bool {
		all, err := Status(o.CacheDir)
		return err == nil && len(all) == 1 && !all[0].Running && all[0].Addr == ""
	})
	if !dead(was.BuildkitdPid)() {
		t.Error("buildkitd outlived its supervisor")
	}
	if connect(t, o); running(t, o).Pid == was.Pid {
		t.Error("it did not start anew")
	}
}

// gone is closed when process pid ends.
func gone(pid int) <-chan struct{} {
	c := make(chan struct{})
	go func() {
		defer close(c)
		for !dead(pid)() {
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return c
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

func TestStandInsAnswerForOfficialNames(t *testing.T) {
	o := private(t)
	o.StandIns = true
	o.BuildkitHost = "tcp://127.0.0.1:1" // which cannot be told of a mirror, so is passed over
	b := connect(t, o)
	if got := running(t, o); got.Key != "stand-ins" || got.Registry != b.Registry {
		t.Errorf("status is %+v", got)
	}
	res, err := http.Get("http://" + b.Registry + "/v2/")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("/v2/: %v, %v", res, err)
	}
	res.Body.Close()
	for _, ref := range []string{"docker.io/library/scaffold-only-here:1", "gcr.io/scaffold/only-here:1"} {
		_, repo, _ := strings.Cut(ref, "/")
		push(t, b.Registry, repo)
		n, err := pull(b, ref)
		if err != nil || n != 1 {
			t.Errorf("pulling %s: %d files, %v", ref, n, err)
		}
	}
}

func TestLongCacheDirAndPrune(t *testing.T) {
	o := private(t)
	bin := filepath.Join(o.CacheDir, "bin")
	o.CacheDir = filepath.Join(o.CacheDir, strings.Repeat("long/", 30))
	if err := os.MkdirAll(o.CacheDir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(bin, filepath.Join(o.CacheDir, "bin")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = Prune(context.Background(), o.CacheDir) })
	b := connect(t, o)
	socket := strings.TrimPrefix(b.Addr, "unix://")
	for file, want := range map[string]os.FileMode{socket: 0o600, filepath.Dir(socket): 0o700} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want mode %v", file, info, err, want)
		}
	}
	was := running(t, o)
	left := filepath.Join(was.Dir, "left over", "below")
	if err := os.MkdirAll(left, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Dir(left), left} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
			t.Fatal(err)
		}
	}
	pruned, err := Prune(context.Background(), o.CacheDir)
	if err != nil || len(pruned) != 1 || pruned[0].DiskBytes == 0 {
		t.Errorf("pruning: %+v, %v", pruned, err)
	}
	for _, gone := range []string{was.Dir, filepath.Dir(socket)} {
		if _, err := os.Stat(gone); !os.IsNotExist(err) {
			t.Errorf("%s outlived Prune: %v", gone, err)
		}
	}
	if !dead(was.BuildkitdPid)() {
		t.Error("buildkitd outlived Prune")
	}
	if all, err := Status(o.CacheDir); err != nil || len(all) != 0 {
		t.Errorf("status is %+v, %v", all, err)
	}
}

package builder

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

func TestPrivateStartsAndIsReused(t *testing.T) {
	o := private(t)
	b := connect(t, o)
	first := running(t, o)
	if !b.Private || b.Registry != "" || b.Native == "" || b.Platforms[0] != b.Native {
		t.Errorf("builder is %+v", b)
	}
	if !strings.HasPrefix(b.Why, "private buildkitd v") || !strings.HasSuffix(b.Why, "; given with --builder") {
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

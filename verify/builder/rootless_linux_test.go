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
)

func TestDelegated(t *testing.T) {
	const text = "alice:100000:65536\n1001:165536:65536\n"
	for user, want := range map[[2]string]bool{
		{"alice", "1000"}: true, {"bob", "1001"}: true, {"ali", "1002"}: false, {"100000", "65536"}: false,
	} {
		if got := delegated(text, user[0], user[1]); got != want {
			t.Errorf("%v: %t", user, got)
		}
	}
}

// rootlessUser is one that no machine has.
const rootlessUser = 64242

// asUser runs a test of this binary as a user without rights, who exists, with a range
// of user ids or without, in a mount namespace only.
func asUser(t *testing.T, test string, ids string, env ...string) (string, error) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("becoming another user needs root")
	}
	dir, err := os.MkdirTemp("", "rootless-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	at := func(name string) string { return filepath.Join(dir, name) }
	passwd, err := os.ReadFile("/etc/passwd")
	if err != nil {
		t.Fatal(err)
	}
	write(t, at("passwd"), string(passwd)+fmt.Sprintf("rootless:x:%d:%d::%s:/bin/sh\n", rootlessUser, rootlessUser, at("home")))
	write(t, at("ids"), ids)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	shared, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	buildkitd, err := Tool(t.Context(), filepath.Join(shared, "scaffold"), "github.com/moby/buildkit/cmd/buildkitd", native(), testLog{t})
	if err != nil {
		t.Fatal(err)
	}
	for to, from := range map[string]string{"test": exe, "home/cache/bin/" + filepath.Base(buildkitd): buildkitd} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, at(to), string(data))
		if err := os.Chmod(at(to), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, at("program"), string(program(t, runtime.GOARCH, "time.Sleep(time.Millisecond)")))
	if err := os.Chmod(at("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	script := `set -e
mount --make-rprivate /
mount --bind passwd /etc/passwd
mount --bind ids /etc/subuid
mount --bind ids /etc/subgid
chmod 755 . && chmod 644 passwd ids
chown -R "$1:$1" home
exec setpriv --reuid "$1" --regid "$1" --clear-groups ./test -test.run "^$2\$" -test.v -test.timeout 5m`
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", script, "sh", fmt.Sprint(rootlessUser), test)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + at("home"), "ROOTLESS=" + at("home/cache"), "DOCKER_HOST=unix:///none"}, env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestRootless runs a private buildkitd, and a container in it, without root.
func TestRootless(t *testing.T) {
	for _, tool := range []string{"rootlesskit", "newuidmap", "newgidmap", "setpriv"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	out, err := asUser(t, "TestRootlessInside", "rootless:2000000:65536\n")
	if err != nil || !strings.Contains(out, "--- PASS: TestRootlessInside") {
		t.Errorf("%v\n%s", err, out)
	}
	t.Run("without ids", func(t *testing.T) {
		out, _ := asUser(t, "TestRootlessInside", "other:2000000:65536\n")
		for _, want := range []string{"/etc/subuid has none for rootless", "usermod --add-subuids"} {
			if !strings.Contains(out, want) {
				t.Errorf("it does not say %q:\n%s", want, out)
			}
		}
	})
	t.Run("without rootlesskit", func(t *testing.T) {
		out, _ := asUser(t, "TestRootlessInside", "", "ROOTLESS_PATH=/nowhere")
		for _, want := range []string{"rootlesskit is not in PATH", "install the packages rootlesskit and uidmap"} {
			if !strings.Contains(out, want) {
				t.Errorf("it does not say %q:\n%s", want, out)
			}
		}
	})
}

// TestRootlessInside is what TestRootless runs as a user without rights.
func TestRootlessInside(t *testing.T) {
	cache := os.Getenv("ROOTLESS")
	if cache == "" {
		t.Skip("TestRootless runs this as another user")
	}
	if path := os.Getenv("ROOTLESS_PATH"); path != "" {
		t.Setenv("PATH", path)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{CacheDir: cache, Self: []string{exe, serveVerb}, Log: testLog{t}, Addr: privateWord}
	b, err := Connect(t.Context(), o)
	if err != nil {
		holdsError(t, err)
		t.Fatalf("%v; %s", err, err.(*Error).Hint())
	}
	defer b.Close()
	was := running(t, o)
	program, err := os.ReadFile(filepath.Join(filepath.Dir(exe), "program"))
	if err != nil {
		t.Fatal(err)
	}
	if err := runInside(t, b, native(), program); err != nil {
		t.Errorf("a container does not run: %v", err)
		logs(t, cache)
	}
	if _, err := Prune(t.Context(), cache); err != nil {
		t.Errorf("pruning: %v", err)
	}
	for _, pid := range []int{was.Pid, was.BuildkitdPid} {
		eventually(t, "its processes end", func() bool { return dead(pid)() || zombie(pid) })
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "builders", "*", "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// zombie reports whether a process has ended and nobody has asked how.
func zombie(pid int) bool {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, _ := strings.Cut(string(data), ") ")
	return strings.HasPrefix(state, "Z")
}

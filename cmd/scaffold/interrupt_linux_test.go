package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interrupts is how many runs TestInterruptAnywhere interrupts.
const interrupts = 30

// endWithin is how long a run may take to end after its signal, and what it started after that.
const endWithin = 20 * time.Second

// TestInterruptAnywhere interrupts verify at random moments from its start to its end, some
// while the builder starts, and looks for what each leaves behind.
func TestInterruptAnywhere(t *testing.T) {
	needsBuildKit(t)
	v := newVictim(t)
	v.plain(t) // has every base and cache in place
	took := v.plain(t)
	v.baseline = v.mounts(t)
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("SEED=%d; a run takes %s", seed, took)
	random := rand.New(rand.NewPCG(seed, 0))
	for i, slot := range random.Perm(interrupts) {
		sig := []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGINT, syscall.SIGKILL, syscall.SIGINT}[i%5]
		at := time.Duration((float64(slot) + random.Float64()) / interrupts * float64(took))
		cold := i%6 == 5
		if cold {
			mustRun(t, v.dir, "builder", "stop")
		}
		what := fmt.Sprintf("run %d: %v after %s, builder stopped before: %t", i, sig, at.Round(time.Millisecond), cold)
		v.interrupt(t, what, at, sig)
	}
	v.plain(t)
	mustRun(t, v.dir, "builder", "stop")
	v.stopped(t)
}

// victim is a project whose every run builds anew, with a folder for its temporary files.
type victim struct {
	dir, tmp, builder string
	baseline          int // mounts of the builder at rest
	runs              int
}

func newVictim(t *testing.T) *victim {
	t.Helper()
	cache, err := (&app{getenv: os.Getenv}).cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{dir: t.TempDir(), tmp: t.TempDir(), builder: filepath.Join(cache, "builders", "stand-ins")}
	for _, from := range []string{"../../golden/cases/go-scratch", "../../golden/cases/go-scratch/want"} {
		if err := copyTree(v.dir, from); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// command is verify with another input than ever before.
func (v *victim) command(t *testing.T) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	v.runs++
	stamp := fmt.Sprintf("package main\n\nconst stamp = \"%d %d\"\n", v.runs, time.Now().UnixNano())
	if err := os.WriteFile(filepath.Join(v.dir, "cmd", "hello", "stamp.go"), []byte(stamp), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd, stderr := command(t, v.dir, "verify", "--stand-ins", "--progress", "plain")
	cmd.Env = append(os.Environ(), "TMPDIR="+v.tmp)
	return cmd, stderr
}

func (v *victim) plain(t *testing.T) time.Duration {
	t.Helper()
	cmd, stderr := v.command(t)
	began := time.Now()
	if out, err := cmd.Output(); err != nil {
		t.Fatalf("a plain run: %v\n%s\n%s", err, out, stderr)
	}
	v.clean(t, "a plain run")
	return time.Since(began)
}

func (v *victim) interrupt(t *testing.T, what string, at time.Duration, sig os.Signal) {
	t.Helper()
	cmd, stderr := v.command(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	time.Sleep(at) // the moment is what the test is about
	if err := cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	began := time.Now()
	select {
	case <-ended:
	case <-time.After(endWithin):
		_ = cmd.Process.Signal(syscall.SIGQUIT)
		<-ended
		t.Fatalf("%s: still running after %s\n%s", what, endWithin, stderr)
	}
	if !endedBy(cmd.ProcessState, sig, stderr.String()) {
		t.Errorf("%s: %v\n%s", what, cmd.ProcessState, stderr)
	}
	took := time.Since(began)
	v.clean(t, what)
	t.Logf("%s: %v after %s, all gone after %s", what, cmd.ProcessState, took.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
}

// endedBy reports whether a run ended as it should on sig: before it, or because of it. In
// the first milliseconds, before main, a signal has its default action.
func endedBy(s *os.ProcessState, sig os.Signal, stderr string) bool {
	if s.ExitCode() == exitDone {
		return true
	}
	ws, ok := s.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		return ws.Signal() == sig && (sig == syscall.SIGKILL || stderr == "")
	}
	return sig != syscall.SIGKILL && s.ExitCode() == exitFailure && strings.Contains(stderr, "scaffold: error: interrupted")
}

// clean waits until nothing of a run is left.
func (v *victim) clean(t *testing.T, what string) {
	t.Helper()
	var left []string
	end := time.Now().Add(endWithin)
	for left = v.left(t); len(left) > 0 && time.Now().Before(end); left = v.left(t) {
		time.Sleep(20 * time.Millisecond)
	}
	if len(left) > 0 {
		t.Fatalf("%s: left behind after %s:\n%s", what, endWithin, strings.Join(left, "\n"))
	}
}

// left is what a run that has ended may not leave: temporary files, containers and their
// processes, mounts, sockets.
func (v *victim) left(t *testing.T) []string {
	t.Helper()
	left := glob(t, filepath.Join(v.dir, ".scaffold-*"))
	left = append(left, glob(t, filepath.Join(v.tmp, "*"))...)
	for _, f := range glob(t, filepath.Join(v.builder, "root", "runc-*", "executor", "*", "rootfs")) {
		left = append(left, "container "+f)
	}
	for _, f := range v.cgroups(t, "buildkit", "*", "cgroup.procs") {
		left = append(left, "cgroup "+filepath.Dir(f))
	}
	daemon := v.buildkitd()
	for pid, line := range descendants(t, daemon) {
		if !strings.Contains(line, " --config "+v.builder) {
			left = append(left, fmt.Sprintf("process %d of the builder: %s", pid, line))
		}
	}
	if n := v.mounts(t); daemon != 0 && v.baseline != 0 && n > v.baseline {
		left = append(left, fmt.Sprintf("%d mounts, where the builder at rest has %d", n, v.baseline))
	}
	for _, s := range sockets(t) {
		known := strings.HasPrefix(s, filepath.Join(v.builder, "run")+"/")
		if strings.HasPrefix(s, v.tmp) || strings.HasPrefix(s, v.dir) || strings.HasPrefix(s, v.builder) && !known {
			left = append(left, "socket "+s)
		}
	}
	return left
}

// buildkitd is the pid of the builder's daemon, or 0.
func (v *victim) buildkitd() int {
	var state struct {
		Pid int `json:"buildkitd_pid"`
	}
	data, err := os.ReadFile(filepath.Join(v.builder, "state.json"))
	if err == nil {
		err = json.Unmarshal(data, &state)
	}
	if err != nil || syscall.Kill(state.Pid, 0) != nil {
		return 0
	}
	return state.Pid
}

var cgroupParent = regexp.MustCompile(`(?m)^\s*defaultCgroupParent = "(.+)"$`)

// cgroups are the files of a name below the cgroup of the builder, in every hierarchy.
func (v *victim) cgroups(t *testing.T, name ...string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(v.builder, "buildkitd.toml"))
	parent := cgroupParent.FindSubmatch(text)
	if err != nil || parent == nil {
		t.Fatalf("%v: no cgroup in the builder's configuration:\n%s", err, text)
	}
	below := filepath.Join(append([]string{string(parent[1])}, name...)...)
	return append(glob(t, filepath.Join("/sys/fs/cgroup", below)), glob(t, filepath.Join("/sys/fs/cgroup/*", below))...)
}

// mounts counts those that the builder's daemon sees.
func (v *victim) mounts(t *testing.T) int {
	t.Helper()
	pid := v.buildkitd()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	if pid == 0 || err != nil {
		return 0
	}
	return bytes.Count(data, []byte("\n"))
}

// stopped looks for what a builder that was stopped may not leave.
func (v *victim) stopped(t *testing.T) {
	t.Helper()
	v.clean(t, "builder stop")
	if running(v.builder) {
		t.Error("processes of the builder are left")
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), v.builder) {
		t.Errorf("mounts are left (%v):\n%s", err, mounts)
	}
	if left := v.cgroups(t); len(left) > 0 {
		t.Errorf("cgroups are left: %v", left)
	}
	for _, s := range append(sockets(t), glob(t, filepath.Join(v.builder, "run", "*"))...) {
		if strings.HasPrefix(s, v.builder) {
			t.Errorf("socket %s is left", s)
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// sockets are the paths of this machine's Unix sockets.
func sockets(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile("/proc/net/unix")
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) == 8 {
			paths = append(paths, f[7])
		}
	}
	return paths
}

var parentPid = regexp.MustCompile(`(?m)^PPid:\s+(\d+)$`)

// descendants are the processes below pid, with their command lines.
func descendants(t *testing.T, pid int) map[int]string {
	t.Helper()
	parents := map[int]int{}
	for _, f := range glob(t, "/proc/[0-9]*/status") {
		text, _ := os.ReadFile(f)
		if m := parentPid.FindSubmatch(text); m != nil {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
			parents[child], _ = strconv.Atoi(string(m[1]))
		}
	}
	below := map[int]string{}
	for child := range parents {
		for p := parents[child]; p != 0 && pid != 0; p = parents[p] {
			if p == pid {
				line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", child))
				below[child] = strings.ReplaceAll(string(line), "\x00", " ")
			}
		}
	}
	return below
}

package builder

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// controllers lays what a kernel shows of cgroups of version 1 or 2 in a folder, with the
// files of one cgroup.
func controllers(t *testing.T, c cgroup, files ...string) {
	t.Helper()
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(c.root, f)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.root, f), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCgroupFiles(t *testing.T) {
	want := Limits{Memory: 1 << 30, Processes: 700, DiskReserve: 5}
	tests := []struct {
		name  string
		v2    bool
		files []string // that the kernel has
		want  Limits
		text  map[string]string
	}{
		{"version 2", true,
			[]string{"cgroup.subtree_control", "c/memory.max", "c/memory.swap.max", "c/pids.max"}, want,
			map[string]string{"cgroup.subtree_control": "+pids", "c/memory.max": "1073741824", "c/memory.swap.max": "0", "c/pids.max": "700"}},
		{"version 2 without swap", true,
			[]string{"cgroup.subtree_control", "c/memory.max", "c/pids.max"}, want,
			map[string]string{"c/memory.max": "1073741824", "c/pids.max": "700"}},
		{"version 2 without a controller", true,
			[]string{"cgroup.subtree_control", "c/pids.max"},
			Limits{Processes: 700, DiskReserve: 5, Unlimited: "limiting memory: open ROOT/c/memory.max: no such file or directory"},
			map[string]string{"c/pids.max": "700"}},
		{"version 1", false,
			[]string{"memory/c/memory.use_hierarchy", "memory/c/memory.limit_in_bytes", "memory/c/memory.memsw.limit_in_bytes", "pids/c/pids.max"}, want,
			map[string]string{"memory/c/memory.use_hierarchy": "1", "memory/c/memory.limit_in_bytes": "1073741824",
				"memory/c/memory.memsw.limit_in_bytes": "1073741824", "pids/c/pids.max": "700"}},
		{"version 1 without a controller", false,
			[]string{"memory/c/memory.limit_in_bytes"},
			Limits{Memory: 1 << 30, DiskReserve: 5, Unlimited: "making a cgroup: mkdir ROOT/pids/c: no such file or directory"},
			map[string]string{"memory/c/memory.limit_in_bytes": "1073741824"}},
		{"none", false, nil,
			Limits{DiskReserve: 5, Unlimited: "making a cgroup: mkdir ROOT/memory/c: no such file or directory"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := cgroup{root: t.TempDir(), name: "c", v2: tt.v2}
			controllers(t, c, tt.files...)
			got := c.create(want)
			got.Unlimited = strings.ReplaceAll(got.Unlimited, c.root, "ROOT")
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("limits in force (-want +got):\n%s", d)
			}
			for name, text := range tt.text {
				if data, err := os.ReadFile(filepath.Join(c.root, name)); err != nil || string(data) != text {
					t.Errorf("%s holds %q, %v; want %q", name, data, err, text)
				}
			}
		})
	}
}

func TestKills(t *testing.T) {
	for text, want := range map[string]uint64{
		"low 0\nhigh 0\nmax 31\noom 2\noom_kill 3\noom_group_kill 0\n": 3,
		"low 0\n": 0,
		"":        0,
	} {
		name := filepath.Join(t.TempDir(), "memory.events")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if got := kills(f); got != want {
			t.Errorf("%q: %d kills, want %d", text, got, want)
		}
	}
}

// TestDiskFloor holds when containers are killed: once the reserve is touched, then with
// each tenth of it, anew when it was whole again.
func TestDiskFloor(t *testing.T) {
	w := &watch{limits: Limits{DiskReserve: 100}, floor: 100, pid: -1}
	for i, step := range []struct{ free, floor int64 }{
		{500, 100}, {100, 100}, {95, 85}, {90, 85}, {84, 74}, {99, 74}, {100, 100}, {99, 89},
	} {
		if w.lookAtDisk(step.free); w.floor != step.floor {
			t.Errorf("step %d: with %d free the floor is %d, want %d", i, step.free, w.floor, step.floor)
		}
	}
}

// TestLimitsAreInForce starts a builder with limits of its own and looks for them where the
// kernel has them; it is gone with the builder, also after a supervisor that was killed.
func TestLimitsAreInForce(t *testing.T) {
	o := private(t)
	o.Limits = Limits{Memory: 1 << 30, Processes: 321}
	b := connect(t, o)
	st := running(t, o)
	if d := cmp.Diff(b.Limits, st.Limits); d != "" {
		t.Errorf("limits of the builder and of its status:\n%s", d)
	}
	if st.Limits.Unlimited != "" {
		t.Skip("this machine's kernel sets no limit: " + st.Limits.Unlimited)
	}
	if st.Limits.Memory != 1<<30 || st.Limits.Processes != 321 || st.Limits.DiskReserve <= 0 {
		t.Errorf("limits are %+v", st.Limits)
	}
	in := instance{key: st.Key, dir: st.Dir}
	if n, err := number(in.cgroup().path("pids", "max")); err != nil || n != 321 {
		t.Errorf("pids.max is %d, %v", n, err)
	}
	kill(t, st.Pid)
	eventually(t, "buildkitd ends", dead(st.BuildkitdPid))
	if _, err := Stop(context.Background(), o.CacheDir); err != nil {
		t.Error(err)
	}
	left, err := filepath.Glob(filepath.Join(cgroupRoot, "*", in.cgroup().name))
	if err != nil || len(left) > 0 {
		t.Errorf("cgroups are left: %v, %v", left, err)
	}
}

// TestOutOfMemoryIsTold has the kernel kill a process for its cgroup's limit.
func TestOutOfMemoryIsTold(t *testing.T) {
	private(t) // needs root
	c := instance{dir: t.TempDir()}.cgroup()
	t.Cleanup(func() {
		if err := c.remove(); err != nil {
			t.Error(err)
		}
	})
	if l := c.create(Limits{Memory: 64 << 20, Processes: 100}); l.Memory == 0 {
		t.Skip("this machine's kernel sets no limit: " + l.Unlimited)
	}
	told := make(chan struct{}, 16)
	stop, err := c.onOutOfMemory(func() { told <- struct{}{} })
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	hog := filepath.Join(t.TempDir(), "hog")
	text := program(t, runtime.GOARCH, `for all := [][]byte{}; len(all) < 300; {
		piece := make([]byte, 1<<20)
		for i := range piece { piece[i] = 1 }
		all = append(all, piece)
		time.Sleep(time.Millisecond)
	}`)
	if err := os.WriteFile(hog, text, 0o755); err != nil {
		t.Fatal(err)
	}
	procs := filepath.Join(filepath.Dir(c.path("memory", "")), "cgroup.procs")
	if err := exec.Command("/bin/sh", "-c", `echo $$ >"$0" && exec "$1"`, procs, hog).Run(); err == nil {
		t.Error("it had 300 MB with a limit of 64")
	}
	select {
	case <-told:
	case <-time.After(30 * time.Second):
		t.Error("nobody was told")
	}
}

// TestRemoveBut removes the cgroups of containers that are gone, and only those.
func TestRemoveBut(t *testing.T) {
	private(t) // needs root
	c := instance{dir: t.TempDir()}.cgroup()
	t.Cleanup(func() {
		if err := c.remove(); err != nil {
			t.Error(err)
		}
	})
	if l := c.create(Limits{Memory: 64 << 20, Processes: 100}); l.Processes == 0 {
		t.Skip("this machine's kernel sets no limit: " + l.Unlimited)
	}
	below := filepath.Join(filepath.Dir(c.path("pids", "")), "buildkit")
	for _, dir := range []string{below, filepath.Join(below, "dead"), filepath.Join(below, "alive")} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c.removeBut(func(container string) bool { return container == "alive" })
	left, err := filepath.Glob(filepath.Join(below, "*", "cgroup.procs"))
	if d := cmp.Diff([]string{filepath.Join(below, "alive", "cgroup.procs")}, left); d != "" || err != nil {
		t.Errorf("cgroups left (-want +got), %v:\n%s", err, d)
	}
}

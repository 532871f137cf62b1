package builder

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/moby/buildkit/client"
	"golang.org/x/sys/unix"
)

// watchEvery is how often the disk and the processes are looked at: a fast disk takes a
// gigabyte a second, and the reserve is one.
const watchEvery = 200 * time.Millisecond

// A watch notes when a limit of an instance is reached, in a file that clients read. The
// kernel itself enforces those of a cgroup; the disk's is enforced here.
type watch struct {
	in     instance
	pid    int // of buildkitd's init
	limits Limits
	floor  int64 // of free bytes, below which containers are killed
	dying  []int // first processes of those that were killed
	killed chan struct{}

	mu    sync.Mutex
	noted map[string]excess
}

// watch watches until the returned func is called.
func (in instance) watch(ctx context.Context, pid int, limits Limits) (stop func()) {
	w := &watch{in: in, pid: pid, limits: limits, floor: limits.DiskReserve, killed: make(chan struct{}, 1), noted: map[string]excess{}}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { w.run(ctx) })
	wg.Go(func() { w.tidy(ctx) })
	return func() { cancel(); wg.Wait() }
}

func (w *watch) run(ctx context.Context) {
	if w.limits.Memory > 0 {
		stop, err := w.in.cgroup().onOutOfMemory(w.memory)
		if err == nil { // else a killed process is only that
			defer stop()
		}
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		w.look()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (w *watch) note(limit, cause, hint string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noted[limit] = excess{At: time.Now(), Cause: cause, Hint: hint}
	_ = writeJSON(w.in.path("excesses.json"), w.noted) // on a full disk, too, the containers must go
}

func (in instance) excesses() []excess {
	var noted map[string]excess
	if readJSON(in.path("excesses.json"), &noted) != nil {
		return nil
	}
	var all []excess
	for _, limit := range []string{"disk", "memory", "processes"} {
		if e, ok := noted[limit]; ok {
			all = append(all, e)
		}
	}
	return all
}

func (w *watch) memory() {
	w.note("memory", "the builder's limit of "+megabytes(w.limits.Memory)+" of memory was reached, and the kernel killed a process",
		"look at what takes so much; scaffold builder status shows the limits")
}

// look compares processes and disk to their limits.
func (w *watch) look() {
	if n, err := number(w.in.cgroup().path("pids", "current")); err == nil && w.limits.Processes > 0 && n >= w.limits.Processes*95/100 {
		w.note("processes", fmt.Sprintf("the builder's limit of %d processes and threads was reached", w.limits.Processes),
			"look at what starts so many; scaffold builder status shows the limits")
	}
	var st unix.Statfs_t
	if unix.Statfs(w.in.dir, &st) == nil {
		w.lookAtDisk(int64(st.Bavail) * st.Bsize)
	}
}

// lookAtDisk kills every container once the reserve is touched, and again with each tenth
// of it that goes: what they wrote is freed a moment after their end, and what runs until
// then is not to blame, nor is it on a disk that was full before.
func (w *watch) lookAtDisk(free int64) {
	if free >= w.limits.DiskReserve {
		w.floor = w.limits.DiskReserve
	}
	if len(w.dying) == 0 && free >= w.floor {
		return
	}
	w.floor = free - w.limits.DiskReserve/10
	killed := len(w.dying) > 0
	w.dying = slices.DeleteFunc(w.dying, func(pid int) bool { return syscall.Kill(pid, 0) != nil })
	if killed { // who has not died yet may have written since
		return
	}
	if w.dying = containers(w.pid); len(w.dying) == 0 {
		return
	}
	w.note("disk", fmt.Sprintf("less than %s was left free on the disk of %s, so scaffold killed what ran", megabytes(w.limits.DiskReserve), w.in.dir),
		"look at what writes so much; free space, for example with scaffold builder prune")
	for _, pid := range w.dying {
		_ = syscall.Kill(pid, syscall.SIGKILL) // with PID 1 the kernel ends a whole PID namespace
	}
	select {
	case w.killed <- struct{}{}:
	default:
	}
}

// tidy deletes what containers leave that ended otherwise than in order: the cgroups of
// those whose runc was killed, as after a cancel, and the files that killed ones wrote. Of
// these BuildKit lets go some seconds later, and collects them once a minute by itself.
func (w *watch) tidy(ctx context.Context) {
	c, err := client.New(ctx, "unix://"+w.in.socket("buildkitd.sock"))
	if err != nil {
		return
	}
	defer c.Close()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for collect := 0; ; collect-- {
		select {
		case <-w.killed:
			collect = 10
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if collect > 0 { // a prune collects garbage also where its filter finds nothing
			_ = c.Prune(ctx, nil, client.WithFilter([]string{"id==none"}))
		}
		w.in.cgroup().removeBut(func(container string) bool {
			bundles, _ := filepath.Glob(filepath.Join(w.in.path("root"), "runc-*", "executor", container))
			return len(bundles) > 0 // from before runc starts until after it has ended
		})
	}
}

var (
	parentPid = regexp.MustCompile(`(?m)^PPid:\s+(\d+)$`)
	lastNSPid = regexp.MustCompile(`(?m)^NSpid:.*\s(\d+)$`)
)

// containers returns the first process of each container below the init of a buildkitd:
// those that are PID 1 of a namespace, see proc_pid_status(5).
func containers(buildkitd int) []int {
	parents := map[int]int{}
	var firsts []int
	files, _ := filepath.Glob("/proc/[0-9]*/status")
	for _, f := range files {
		text, _ := os.ReadFile(f) // of a process that has ended by now there is none
		ppid, ns := parentPid.FindSubmatch(text), lastNSPid.FindSubmatch(text)
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if err != nil || ppid == nil || ns == nil {
			continue
		}
		parents[pid], _ = strconv.Atoi(string(ppid[1]))
		if string(ns[1]) == "1" && pid != buildkitd {
			firsts = append(firsts, pid)
		}
	}
	var below []int
	for _, pid := range firsts {
		for p := parents[pid]; p != 0; p = parents[p] {
			if p == buildkitd {
				below = append(below, pid)
				break
			}
		}
	}
	return below
}

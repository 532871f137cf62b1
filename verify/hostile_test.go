//go:build linux

package verify_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"scaffold/verify"
	"scaffold/verify/builder"
)

// TestAnswers runs programs that answer with anything but HTTP as it should be: the check
// ends in time and says what came.
func TestAnswers(t *testing.T) {
	quick := []string{"20s", "8s"}
	unanswered := []string{"run/http", "fail", "run/health", "fail"}
	wrong := []string{"run/http", "fail"} // the health command looks at the status alone
	tests := []struct {
		fault  string
		want   []string // statuses unlike the healthy image's
		detail string
	}{
		{"mute", unanswered, "takes connections but did not answer within"},
		{"slam", unanswered, "takes connections but did not answer within"},
		{"garbage", unanswered, "malformed HTTP"},
		{"header", unanswered, "exceeded"},
		{"stream", wrong, "the body lacks"},
		{"chunks", wrong, "the body lacks"},
		{"interim", unanswered, "takes connections but did not answer within"},
		{"drip", wrong, "the body lacks"},
		{"circle", unanswered, "status 302, want 200"},
		{"bomb", wrong, "the body lacks"},
		{"quit", []string{"run/starts", "fail", "run/http", "skip", "run/health", "skip", "run/stop", "skip"}, "the program ended"},
	}
	for _, tc := range tests {
		t.Run(tc.fault, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			r := run(t, options(t, "linux/amd64"), request(t, fault(tc.fault), quick))[0]
			if diff := cmp.Diff(with(tc.want...), statuses(r)); diff != "" {
				t.Errorf("checks differ (-want +got):\n%s%+v", diff, r.Checks)
			}
			if got := detail(r, "run/http") + detail(r, "run/starts"); !strings.Contains(got, tc.detail) {
				t.Errorf("got %q, want %q in it", got, tc.detail)
			}
			hinted(t, r)
			if d := time.Since(began); d > 2*time.Minute {
				t.Errorf("it took %s", d)
			}
		})
	}
}

// hinted holds that each check that failed says what to do.
func hinted(t *testing.T, r verify.Result) {
	t.Helper()
	for _, c := range r.Checks {
		if c.Status == verify.Fail && c.Hint == "" {
			t.Errorf("%s has no hint: %+v", c.ID, c)
		}
	}
}

// TestDeluge prints a gigabyte, in a build step and while it runs: what scaffold keeps of
// it in memory, and shows, is bounded.
func TestDeluge(t *testing.T) {
	shown := new(bytes.Buffer)
	o := options(t, "linux/amd64")
	o.Progress, o.Show = shown, verify.ShowPlain
	req := request(t, append(fault("deluge"), "USER", "RUN [\"/app\", \"print\"]\nUSER"),
		[]string{"GREETING is good day\"\nhttp", "app: flooded\"\nhttp", "20s", "120s"})
	must(t, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)) // VmHWM begins anew, see proc(5)
	before := memory(t, "VmRSS")
	r := run(t, o, req)[0]
	if diff := cmp.Diff(healthy(), statuses(r)); diff != "" {
		t.Errorf("checks differ (-want +got):\n%s%+v", diff, r.Checks)
	}
	grew := memory(t, "VmHWM") - before
	t.Logf("memory grew by %d MB, %d kB were shown, in %v s", grew>>20, shown.Len()>>10, r.Seconds)
	if grew > 150<<20 || shown.Len() > 8<<20 {
		t.Errorf("memory grew by %d bytes, %d were shown", grew, shown.Len())
	}
}

// memory is a line of this process's status, in bytes.
func memory(t *testing.T, key string) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	must(t, err)
	_, rest, _ := strings.Cut(string(data), key+":")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	must(t, err)
	return n << 10
}

// TestGreedy runs and builds images that take all processes, memory or disk, with a builder
// whose limits are small and whose disk is a small one: each ends in time, says which limit
// it was, and leaves nothing; the healthy image passes after each.
func TestGreedy(t *testing.T) {
	const processes, memory, disk = 500, 1 << 30, 700 << 20
	b, free := smallBuilder(t, builder.Limits{Memory: memory, Processes: processes, DiskReserve: 100 << 20}, disk)
	asRoot := []string{"USER 65532:65532\n", ""} // who may write to /
	ran := []string{"port   = 8000", "port   = 8000\nuser = \"root\"", "20s", "15s"}
	tests := []struct {
		fault, says string
		limit       int64 // in force; else this machine has no such limit, as builder status says
	}{
		{"fork", "limit of 500 processes", b.Limits.Processes},
		{"hog", "limit of 1073 MB of memory", b.Limits.Memory},
		{"fill", "MB was left free on the disk", b.Limits.DiskReserve},
	}
	mark := fmt.Sprintf("greedy-%d-%d", os.Getpid(), time.Now().UnixNano())
	for _, tc := range tests {
		for where, req := range map[string]verify.Request{
			"while it runs":   request(t, slices.Concat(asRoot, fault(tc.fault+" MARK="+mark)), ran),
			"in a build step": request(t, slices.Concat(fault("none MARK="+mark), []string{"USER", "RUN [\"/app\", \"" + tc.fault + "\"]\nUSER"}), nil),
		} {
			t.Run(tc.fault+" "+where, func(t *testing.T) {
				if tc.limit == 0 && b.Limits.Unlimited != "" {
					t.Skip("this machine's kernel sets no limit: " + b.Limits.Unlimited)
				}
				o := options(t, "linux/amd64")
				o.Client, o.Exceeded = b.Client, b.Exceeded
				began := time.Now()
				most := watchMarked(t, mark)
				r := run(t, o, req)[0]
				t.Logf("in %v s, at most %d processes: %+v", r.Seconds, most(), r.Checks)
				says := false
				for _, c := range r.Checks {
					says = says || c.Status == verify.Fail && strings.Contains(c.Detail, tc.says)
				}
				if r.OK || !says {
					t.Errorf("no check fails with %q: %+v", tc.says, r.Checks)
				}
				hinted(t, r)
				if d := time.Since(began); d > 3*time.Minute {
					t.Errorf("it took %s", d)
				}
				if n := most(); n == 0 || n > processes {
					t.Errorf("there were %d processes, the limit is %d", n, processes)
				}
				eventually(t, 20*time.Second, "nothing runs any more", func() bool { return marked(mark) == 0 })
				eventually(t, 30*time.Second, "what it wrote is gone", func() bool { return free() > disk*3/4 })
				o.Exceeded = nil // which is of the image before
				if r := run(t, o, request(t, nil, nil))[0]; !r.OK {
					t.Errorf("the healthy image after it: %+v", r.Checks)
				}
			})
		}
	}
}

// smallBuilder is a private builder on a disk of its own.
func smallBuilder(t *testing.T, limits builder.Limits, disk int) (b *builder.Builder, free func() uint64) {
	t.Helper()
	if os.Geteuid() != 0 {
		newBuilder(t) // skips, or fails in CI
	}
	cache := t.TempDir()
	must(t, unix.Mount("tmpfs", cache, "tmpfs", 0, "size="+strconv.Itoa(disk)))
	t.Cleanup(func() {
		if _, err := builder.Prune(context.Background(), cache); err != nil {
			t.Error(err)
		}
		must(t, unix.Unmount(cache, 0))
	})
	b = builderIn(t, cache, limits)
	t.Cleanup(func() { b.Close() })
	return b, func() uint64 {
		var st unix.Statfs_t
		must(t, unix.Statfs(cache, &st))
		return st.Bavail * uint64(st.Bsize)
	}
}

// watchMarked counts the processes that have mark, until the returned func is called, which
// says how many there were at most.
func watchMarked(t *testing.T, mark string) (most func() int) {
	t.Helper()
	done := make(chan struct{})
	var wg sync.WaitGroup
	n := 0
	wg.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			n = max(n, marked(mark))
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	})
	return sync.OnceValue(func() int { close(done); wg.Wait(); return n })
}

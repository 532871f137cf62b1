package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"scaffold/fleet/fleettest"
	"scaffold/profiles"
)

var fleetSizes = flag.String("fleets", "100,1000,10000", "numbers of projects that BenchmarkFleet makes fleets of")

// BenchmarkFleet runs scaffold generate --check ./... on synthetic fleets as a whole process,
// beside cat of the files that it reads, each in turn: µs/profile is to be flat, ratio is the
// time by cat's (the aim is 4), cpu-ratio the same of processor time, and max-MB the most
// memory that the process had. changed is the check under a policy that touches every
// Dockerfile. Run it with -benchtime 5x; -fleets 100000 makes a larger one.
func BenchmarkFleet(b *testing.B) {
	scaffold, err := binary()
	if err != nil {
		b.Fatal(err)
	}
	for size := range strings.SplitSeq(*fleetSizes, ",") {
		var n int
		if _, err := fmt.Sscan(size, &n); err != nil {
			b.Fatalf("-fleets: %v", err)
		}
		f, err := fleettest.Make(filepath.Join(b.TempDir(), "fleet"), n, 1, fleettest.Options{})
		if err != nil {
			b.Fatal(err)
		}
		list := filesOf(b, f)
		policy := filepath.Join(b.TempDir(), "policy.toml")
		if err := os.WriteFile(policy, []byte(changedPolicy), 0o644); err != nil {
			b.Fatal(err)
		}
		for _, c := range []struct {
			name string
			args []string
			exit int
		}{
			{"same", []string{"generate", "--check", "./..."}, exitDone},
			{"changed", []string{"generate", "--check", "--policy", policy, "./..."}, exitFindings},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				var ours, cats usage
				for range b.N {
					cats.add(b, f.Dir, list, 0, "xargs", "-0", "cat")
					ours.add(b, f.Dir, "", c.exit, scaffold, c.args...)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(ours.wall.Seconds()/float64(b.N), "s")
				b.ReportMetric(cats.wall.Seconds()/float64(b.N), "cat-s")
				b.ReportMetric(ours.wall.Seconds()/cats.wall.Seconds(), "ratio")
				b.ReportMetric(ours.cpu.Seconds()/cats.cpu.Seconds(), "cpu-ratio")
				b.ReportMetric(float64(ours.wall.Microseconds())/float64(b.N*n), "µs/profile")
				b.ReportMetric(float64(ours.cpu.Microseconds())/float64(b.N*n), "cpu-µs/profile")
				b.ReportMetric(float64(ours.kilobytes)/1000, "max-MB")
			})
		}
	}
}

// changedPolicy moves the registry and prefers other bases than most projects have.
const changedPolicy = `schema = 1
name = "moved"
[registry]
rewrite = { "docker.io/library" = "registry.example/hub", "gcr.io/distroless" = "registry.example/distroless" }
[base]
prefer = ["distroless", "slim"]
[syntax]
image = "registry.example/hub/docker/dockerfile:1"
`

// usage is what runs of a command took together.
type usage struct {
	wall, cpu time.Duration
	kilobytes int64 // the most of all runs
}

// add runs a command in dir that is to end with exit. stdin is its input; what it says goes
// to a null device.
func (u *usage) add(b *testing.B, dir, stdin string, exit int, name string, args ...string) {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	start := time.Now()
	_ = cmd.Run()
	u.wall += time.Since(start)
	state := cmd.ProcessState
	if state == nil || state.ExitCode() != exit {
		b.Fatalf("%s %v: %v, want %d", name, args, state, exit)
	}
	u.cpu += state.UserTime() + state.SystemTime()
	if r, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.kilobytes = max(u.kilobytes, int64(r.Maxrss))
	}
}

// filesOf are the files that a check of the fleet reads, each with a NUL behind it:
// what the profiles name, and what their locks were made from.
func filesOf(b *testing.B, f *fleettest.Fleet) string {
	b.Helper()
	var list strings.Builder
	for _, dir := range f.Projects {
		data, err := os.ReadFile(filepath.Join(f.Dir, dir, profiles.LockName))
		if err != nil {
			b.Fatal(err)
		}
		lock, err := profiles.ParseLock(profiles.LockName, data)
		if err != nil {
			b.Fatal(err)
		}
		names := []string{profiles.FileName, profiles.LockName}
		for _, file := range lock.Files {
			names = append(names, file.Path)
		}
		for _, source := range lock.Sources {
			names = append(names, source.Path)
		}
		for _, name := range slices.Compact(names) {
			path := filepath.Join(dir, name)
			if _, err := os.Stat(filepath.Join(f.Dir, path)); err == nil { // that a source is missing is evidence, too
				list.WriteString(path + "\x00")
			}
		}
	}
	return list.String()
}

//go:build linux

package verify_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scaffold/verify"
	"scaffold/verify/builder"
	"scaffold/verify/builder/enginetest"
)

// engineWorker is the BuildKit of a Docker Engine that the test starts.
func engineWorker(t *testing.T) (enginetest.Engine, *builder.Builder, verify.Worker) {
	t.Helper()
	e := enginetest.Start(t)
	t.Setenv("DOCKER_HOST", e.Host)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	b, err := builder.Connect(ctx, builder.Options{CacheDir: t.TempDir(), Addr: "docker"})
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return e, b, verify.Worker{
		Client: b.Client, Native: b.Native, CanRun: b.Platforms, Prober: filepath.Join(files(t), "prober"),
		SessionDialer: b.SessionDialer, NoStore: b.NoStore, Name: "Docker Engine " + b.Engine,
	}
}

// TestDockerEngine verifies on Docker's own BuildKit: every check is judged but what that
// version cannot do, which is named. Nothing stays behind in Docker.
func TestDockerEngine(t *testing.T) {
	e, b, w := engineWorker(t)
	o := verify.Options{Worker: w, Platforms: []string{"linux/amd64", "linux/arm64"}}
	major, err := strconv.Atoi(strings.Split(b.Engine, ".")[0])
	must(t, err)
	want := healthy()
	if major < 23 {
		want = with("run/stop", "skip")
	}
	for _, r := range run(t, o, request(t, nil, nil)) {
		if d := cmp.Diff(want, statuses(r)); d != "" {
			t.Errorf("%s (-want +got):\n%s%+v", r.Platform, d, r.Checks)
		}
		if says := detail(r, "run/stop"); major < 23 && says != w.Name+" cannot send signals; that needs BuildKit v0.10 or Docker 23.0" {
			t.Errorf("%s: run/stop says %q", r.Platform, says)
		}
		if (r.Image.Digest == "") != b.NoStore || r.Image.Bytes == 0 {
			t.Errorf("%s: image is %+v", r.Platform, r.Image)
		}
	}
	for what, args := range map[string][]string{"images": {"images", "--all", "--quiet"}, "containers": {"ps", "--all", "--quiet"}} {
		if left := e.Docker(t, args...); left != "" {
			t.Errorf("Docker has %s: %s", what, left)
		}
	}
}

// TestDockerEngineEnds holds that a program which never ends is ended, by a daemon that
// may not know signals, and that a cancelled run leaves nothing.
func TestDockerEngineEnds(t *testing.T) {
	_, _, w := engineWorker(t)
	o := verify.Options{Worker: w, Platforms: []string{"linux/amd64"}}
	mark := fmt.Sprintf("mark-of-%d", os.Getpid())
	alone := []string{"[verify]", "[verify]\nargs = [\"" + mark + "\"]"}

	t.Run("silent", func(t *testing.T) {
		began := time.Now()
		r := run(t, o, request(t, fault("silent"), append([]string{"20s", "3s"}, alone...)))[0]
		if statuses(r)["run/http"] != verify.Fail || time.Since(began) > 2*time.Minute {
			t.Errorf("after %s: %+v", time.Since(began), r.Checks)
		}
		gone(t, mark)
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := errors.New("that is enough")
		go func() {
			if appears(mark) {
				cancel(stop)
			}
		}()
		began := time.Now()
		_, err := verify.Run(ctx, o, []verify.Request{request(t, fault("silent"), append([]string{"20s", "300s"}, alone...))})
		if !errors.Is(err, stop) || time.Since(began) > 2*time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		gone(t, mark)
	})
}

// running reports whether a process has mark in its command line.
func running(mark string) bool {
	found, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range found {
		if data, err := os.ReadFile(f); err == nil && strings.Contains(string(data), mark) {
			return true
		}
	}
	return false
}

// appears waits until such a process runs.
func appears(mark string) bool {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if running(mark) {
			return true
		}
	}
	return false
}

// gone waits until no such process runs.
func gone(t *testing.T, mark string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); running(mark); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("a process with %s still runs", mark)
		}
	}
}

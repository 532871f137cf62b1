package builder

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
)

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestConnectAfterCrash(t *testing.T) {
	for name, victim := range map[string]func(InstanceStatus) int{
		"buildkitd":  func(s InstanceStatus) int { return s.BuildkitdPid },
		"supervisor": func(s InstanceStatus) int { return s.Pid },
	} {
		t.Run(name, func(t *testing.T) {
			o := private(t)
			connect(t, o)
			was := running(t, o)
			kill(t, victim(was))
			eventually(t, "the killed process ends", dead(victim(was))) // until then it may still answer
			b := connect(t, o)                                          // while the rest is still falling
			if now := running(t, o); now.Pid == was.Pid || now.BuildkitdPid == was.BuildkitdPid {
				t.Errorf("processes %d and %d are still in use", now.Pid, now.BuildkitdPid)
			}
			if _, err := b.Client.ListWorkers(context.Background()); err != nil {
				t.Error(err)
			}
			eventually(t, "the old buildkitd ends", dead(was.BuildkitdPid))
		})
	}
}

func TestCrashTakesContainersAlong(t *testing.T) {
	o := private(t)
	o.StandIns = true
	b := connect(t, o)
	push(t, b.Registry, "library/sleeper:1")
	was := running(t, o)
	mark := fmt.Sprintf("scaffold-test-%d", os.Getpid())
	prober := program(t, runtime.GOARCH, `time.Sleep(time.Hour)`)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		st := llb.Image("docker.io/library/sleeper:1").File(llb.Mkfile("/"+mark, 0o755, prober))
		def, err := st.Run(llb.Args([]string{"/" + mark}), llb.IgnoreCache).Root().Marshal(ctx)
		if err == nil {
			_, err = b.Client.Solve(ctx, def, client.SolveOpt{}, nil)
		}
		done <- err
	}()
	sleeping := func() bool {
		select {
		case err := <-done:
			t.Fatalf("the step ended: %v", err)
		default:
		}
		return exec.Command("pgrep", "-x", "-f", "/"+mark).Run() == nil
	}
	eventually(t, "the step runs", sleeping)
	kill(t, was.Pid)
	eventually(t, "the step's process ends", func() bool {
		return exec.Command("pgrep", "-x", "-f", "/"+mark).Run() != nil
	})
	eventually(t, "buildkitd ends", dead(was.BuildkitdPid))
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), o.CacheDir) {
		t.Errorf("mounts are left (%v):\n%s", err, mounts)
	}
}

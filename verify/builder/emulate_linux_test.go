package builder

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
)

// TestEmulation runs a program of another architecture: buildkitd's own PID and
// mount namespaces must not hide the kernel's emulators from it.
func TestEmulation(t *testing.T) {
	o := private(t)
	o.StandIns = true
	b := connect(t, o)
	arch := "arm64"
	if runtime.GOARCH == arch {
		arch = "amd64"
	}
	if err := b.CanRun([]string{"linux/" + arch}); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v (%s)", err, err.(*Error).Hint())
		}
		t.Skip(err)
	}
	push(t, b.Registry, "library/empty:1")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	st := llb.Image("docker.io/library/empty:1", llb.Platform(platforms.MustParse("linux/"+arch))).
		File(llb.Mkfile("/program", 0o755, program(t, arch, "time.Sleep(time.Millisecond)")))
	def, err := st.Run(llb.Args([]string{"/program"})).Root().Marshal(ctx, llb.Platform(platforms.MustParse("linux/"+arch)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Client.Solve(ctx, def, client.SolveOpt{}, nil); err != nil {
		t.Error(err)
	}
}

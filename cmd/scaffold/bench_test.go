package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/moby/buildkit/client"

	"scaffold/verify/builder"
)

// BenchmarkStartUp runs scaffold version as a whole process; cpu-ms/op is the time that
// it took of a processor. The aim is below 20.
func BenchmarkStartUp(b *testing.B) {
	path, err := binary()
	if err != nil {
		b.Fatal(err)
	}
	var cpu time.Duration
	for b.Loop() {
		cmd := exec.Command(path, "version")
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	b.ReportMetric(float64(cpu.Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// BenchmarkVerify runs verify and plain buildctl build of the same Dockerfile for two
// platforms on the same builder, one after the other, cold (its whole cache pruned before
// each) and warm. ratio is verify's time by buildctl's, which runs nothing: what is above
// 1 is the run of both images and their checks. Run it with -benchtime 3x.
func BenchmarkVerify(b *testing.B) {
	peer := newPeer(b)
	for _, c := range []struct {
		name string
		cold bool
	}{{"cold", true}, {"warm", false}} {
		b.Run(c.name, func(b *testing.B) {
			var ours, theirs time.Duration
			for range b.N {
				theirs += peer.time(b, c.cold, peer.buildctl)
				ours += peer.time(b, c.cold, peer.verify)
			}
			b.ReportMetric(ours.Seconds()/float64(b.N), "verify-s")
			b.ReportMetric(theirs.Seconds()/float64(b.N), "buildctl-s")
			b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// peer is a builder with two ways to use it.
type peer struct {
	client           *client.Client
	verify, buildctl []string
	dir              string
}

func newPeer(b *testing.B) *peer {
	if os.Getuid() != 0 {
		b.Skip("a private buildkitd needs root")
	}
	scaffold, err := binary()
	if err != nil {
		b.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	cache = filepath.Join(cache, "scaffold")
	p := &peer{dir: b.TempDir()}
	for _, from := range []string{"../../golden/cases/go-scratch", "../../golden/cases/go-scratch/want"} {
		if err := copyTree(p.dir, from); err != nil {
			b.Fatal(err)
		}
	}
	p.verify = []string{scaffold, "verify", "--stand-ins", "--progress", "plain"}
	p.run(b, p.verify) // starts the builder, and has the stand-ins made
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	buildctl, err := builder.Tool(ctx, cache, "github.com/moby/buildkit/cmd/buildctl", nativePlatform, os.Stderr)
	if err != nil {
		b.Fatal(err)
	}
	found, err := builder.Connect(ctx, builder.Options{CacheDir: cache, StandIns: true, Self: []string{scaffold, "builder", "serve"}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = found.Close() })
	p.client = found.Client
	p.buildctl = []string{buildctl, "--addr", found.Addr, "build", "--frontend", "dockerfile.v0", "--local", "context=.", "--local", "dockerfile=.",
		"--opt", "platform=linux/amd64,linux/arm64", "--output", "type=image", "--progress", "plain"}
	return p
}

func (p *peer) time(b *testing.B, cold bool, argv []string) time.Duration {
	if cold {
		if err := p.client.Prune(context.Background(), nil, client.PruneAll); err != nil {
			b.Fatal(err)
		}
	}
	start := time.Now()
	p.run(b, argv)
	return time.Since(start)
}

func (p *peer) run(b *testing.B, argv []string) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", argv, err, out)
	}
}

package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/containerd/platforms"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
)

// Where the prober is: alone in a filesystem of its own, mounted beside the program.
const (
	proberName = "prober"
	proberDir  = "/.scaffold"
)

// maxAnswer bounds what is read from the prober, which a hostile image runs beside.
const maxAnswer = 1 << 20

// errEnded says that the program ended while it was asked.
var errEnded = errors.New("the program has ended")

// askApp runs a verb of the prober beside the program, as root or as user, and decodes
// its answer. The prober itself gives up after timeout.
func (t *trial) askApp(ctx context.Context, timeout time.Duration, user string, answer any, verb ...string) error {
	if t.again { // it ended while it was asked
		t.app.waitEnd(ctx, t.left())
	}
	if t.app.hasEnded() {
		return errEnded
	}
	args := slices.Concat([]string{path.Join(proberDir, proberName)}, t.args, verb)
	err := ask(ctx, t.app.ctr, timeout+10*time.Second, args, t.env(), user, answer)
	// The container goes with its first process, and takes the prober along before the
	// news of the end is here.
	if err != nil && t.app.waitEnd(ctx, 3*time.Second) {
		return errEnded
	}
	return err
}

// ask runs the prober in ctr and decodes its answer.
func ask(ctx context.Context, ctr gateway.Container, timeout time.Duration, args, env []string, user string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	out, errs := &bucket{max: maxAnswer}, &bucket{max: 4 << 10}
	proc, err := ctr.Start(ctx, gateway.StartRequest{
		Args: args, Env: env, User: user, Cwd: "/", Stdout: out, Stderr: errs,
	})
	if err != nil {
		return fmt.Errorf("starting the prober: %w", err)
	}
	if err := wait(ctx, proc); err != nil {
		return fmt.Errorf("asking the prober: %w: %s", err, quoted(errs.String()))
	}
	if err := json.Unmarshal(out.Bytes(), answer); err != nil {
		return fmt.Errorf("reading the prober's answer %s: %w", quoted(out.String()), err)
	}
	return nil
}

// bucket keeps the first max bytes.
type bucket struct {
	bytes.Buffer
	max int
}

func (b *bucket) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), b.max-b.Len())])
	return len(p), nil
}

func (b *bucket) Close() error { return nil }

// pbPlatform is a platform that was parsed before, in BuildKit's form.
func pbPlatform(s string) *pb.Platform {
	p, err := platforms.Parse(s)
	if err != nil {
		return nil
	}
	return &pb.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}
}

// architecture is the GOARCH of a platform.
func architecture(s string) string {
	if p := pbPlatform(s); p != nil {
		return p.Architecture
	}
	return ""
}

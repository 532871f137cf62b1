package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
)

// noNetwork leaves a container its loopback and nothing else.
const noNetwork = pb.NetMode_NONE

// app is the program of the image while it runs.
type app struct {
	ctr   gateway.Container
	proc  gateway.ContainerProcess
	out   *tail
	began time.Time

	ended chan struct{} // closed when the program has ended; then the rest may be read
	took  time.Duration
	code  int
	err   error // why it could not be started, or how it ended otherwise than with a code
}

// start runs the image as its configuration says, with verify.env on top.
func (t *trial) start(ctx context.Context) error {
	ctr, err := t.gw.NewContainer(ctx, gateway.NewContainerRequest{
		Mounts: []gateway.Mount{
			{Dest: "/", Ref: t.image},
			{Dest: proberDir, Ref: t.prober, Readonly: true},
		},
		NetMode:  noNetwork,
		Platform: pbPlatform(t.platform),
	})
	if err != nil {
		return fmt.Errorf("running the image: %w", err)
	}
	out := newTail(t.req.Profile.Verify.Output)
	t.app = &app{ctr: ctr, out: out, began: time.Now(), ended: make(chan struct{})}
	t.deadline = t.app.began.Add(t.req.Profile.RunTimeout())
	t.app.proc, err = ctr.Start(ctx, gateway.StartRequest{
		Args: t.argv(), Env: t.env(), User: t.config.Config.User, Cwd: t.config.Config.WorkingDir,
		Stdout: out, Stderr: out,
	})
	if err != nil {
		t.app.finish(err)
		return nil
	}
	go func() { t.app.finish(t.app.proc.Wait()) }()
	return nil
}

func (a *app) finish(err error) {
	a.took = time.Since(a.began)
	var exit *gwpb.ExitError
	switch {
	case errors.As(err, &exit):
		a.code = int(exit.ExitCode)
	case err != nil:
		a.code, a.err = -1, err
	}
	close(a.ended)
}

// hasEnded reports whether the program has ended.
func (a *app) hasEnded() bool {
	select {
	case <-a.ended:
		return true
	default:
		return false
	}
}

// lost reports whether BuildKit does not know how the program ended: it kills a container,
// and what tells of its end, when the prober is started in it just as the program ends.
func (a *app) lost() bool { return a.hasEnded() && uint32(a.code) == math.MaxUint32 }

// waitEnd waits up to d for the program to end.
func (a *app) waitEnd(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-a.ended:
	case <-timer.C:
	case <-ctx.Done():
	}
	return a.hasEnded()
}

// releaseTimeout bounds how long a container may take to go.
const releaseTimeout = 15 * time.Second

// release ends a container and everything in it, also when ctx is over.
func release(ctx context.Context, ctr gateway.Container) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTimeout)
	defer cancel()
	_ = ctr.Release(ctx) // the error is the exit of the process that was killed
}

// env is the image's environment with verify.env on top.
func (t *trial) env() []string {
	env := slices.Clone(t.config.Config.Env)
	extra := t.req.Profile.Verify.Env
	env = slices.DeleteFunc(env, func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		_, replaced := extra[key]
		return replaced
	})
	var added []string
	for k, v := range extra {
		added = append(added, k+"="+v)
	}
	sort.Strings(added)
	return append(env, added...)
}

// variable is the value of a variable in env, or "".
func variable(env []string, key string) string {
	for _, kv := range env {
		if k, v, _ := strings.Cut(kv, "="); k == key {
			return v
		}
	}
	return ""
}

// searchPath is the PATH that the program gets; BuildKit gives one where the image does not.
func (t *trial) searchPath() string {
	if p := variable(t.env(), "PATH"); p != "" {
		return p
	}
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

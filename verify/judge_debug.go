package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

func asksDebug(t *trial) bool { return t.req.Profile.Image.Debug }

// judgeNoShell holds that the shell is in the stage debug alone.
func judgeNoShell(_ context.Context, t *trial) Check {
	if len(t.look.Shells) > 0 {
		var names []string
		for _, s := range t.look.Shells {
			names = append(names, quotedPath(s))
		}
		return fail("the final image has a shell: "+strings.Join(names, ", "), "let the last FROM come from the stage before debug")
	}
	if t.look.Partial {
		return skip(fmt.Sprintf("the image has more than %d files", t.look.Files))
	}
	return pass("none in the final image")
}

// shellTimeout bounds the shell of the stage debug; an emulated one is slow to start.
const shellTimeout = time.Minute

// judgeDebugShell builds the stage debug and has its shell work something out, as the
// image's user and with the image's PATH.
func judgeDebugShell(ctx context.Context, t *trial) Check {
	if !t.runnable {
		return skip(t.platform + " cannot run here")
	}
	const hint = "the stage debug is the final one and a shell: scaffold generate writes it"
	res, err := t.debug(ctx)
	if err != nil {
		return fail("the stage debug does not build: "+rootCause(err), hint)
	}
	out, err := t.runShell(ctx, res, "echo $((6 * 7))")
	switch {
	case err != nil:
		return fail("the stage debug has no shell that runs: "+oneLine(err.Error(), 300), hint).with(out)
	case out != "42":
		return fail("the shell of the stage debug answers "+quoted(out), hint)
	}
	return pass("sh runs in the stage debug")
}

// runShell runs a line in the shell of an image and returns what it printed.
func (t *trial) runShell(ctx context.Context, res *gateway.Result, line string) (string, error) {
	ref, err := res.SingleRef()
	if err != nil {
		return "", err
	}
	var image ocispecs.Image
	if err := json.Unmarshal(res.Metadata[exptypes.ExporterImageConfigKey], &image); err != nil {
		return "", fmt.Errorf("reading the image's configuration: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, shellTimeout, errors.New("it did not answer within "+shellTimeout.String()))
	defer cancel()
	ctr, err := t.gw.NewContainer(ctx, gateway.NewContainerRequest{
		Mounts: []gateway.Mount{{Dest: "/", Ref: ref}}, NetMode: noNetwork, Platform: pbPlatform(t.platform),
	})
	if err != nil {
		return "", err
	}
	defer release(ctx, ctr)
	out := newTail("")
	c := image.Config
	proc, err := ctr.Start(ctx, gateway.StartRequest{
		Args: []string{"sh", "-c", line}, Env: c.Env, User: c.User, Cwd: c.WorkingDir, Stdout: out, Stderr: out,
	})
	if err != nil {
		return "", err
	}
	if err = proc.Wait(); err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return out.lines(tailLines), err
}

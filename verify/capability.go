package verify

import (
	"context"
	"fmt"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	spb "github.com/moby/buildkit/sourcepolicy/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// capability is something that older daemons cannot do: each says what it can when a
// build begins.
type capability struct {
	id    apicaps.CapID
	of    func(gateway.BuildOpts) apicaps.CapSet
	does  string
	since string            // From which versions, by the source of their caps.go.
	asked func(*build) bool // Whether a build cannot go on without it. nil: it can.
}

func gatewayCaps(o gateway.BuildOpts) apicaps.CapSet { return o.Caps }
func llbCaps(o gateway.BuildOpts) apicaps.CapSet     { return o.LLBCaps }

func always(*build) bool { return true }

// canSignal is what run/stop needs; without it the check is skipped.
var canSignal = capability{id: gwpb.CapGatewayExecSignals, of: gatewayCaps, does: "send signals", since: "BuildKit v0.10 or Docker 23.0"}

// canMap is what stand-ins of other names need; without it build/sources is skipped.
var canMap = capability{id: pb.CapSourcePolicy, of: llbCaps, does: "take base images by a source policy", since: "BuildKit v0.11 or Docker 24.0",
	asked: func(b *build) bool { return has(b.req.SourcePolicy, spb.PolicyAction_CONVERT) }}

// capabilities are what verify uses that daemons of the last years may lack. What is not
// here, BuildKit's client works around: Evaluate without gateway.solve.evaluate, Info.
var capabilities = []capability{
	{id: gwpb.CapGatewayExec, of: gatewayCaps, does: "run what it built", since: "BuildKit v0.8 or Docker 20.10", asked: always},
	canMap,
	canSignal,
}

// lacks says that a daemon is too old for something; "" where it is not.
func (c capability) lacks(o gateway.BuildOpts, name string) string {
	caps := c.of(o)
	if caps.Supports(c.id) == nil {
		return ""
	}
	if name == "" {
		name = "this BuildKit"
	}
	return fmt.Sprintf("%s cannot %s; that needs %s", name, c.does, c.since)
}

// oldError is a daemon that lacks what verify cannot do without.
type oldError struct{ lack string }

func (e *oldError) Error() string { return e.lack }
func (e *oldError) Hint() string {
	return "update it, or name a newer builder with --builder; `--builder private` runs scaffold's own"
}

// able returns an *oldError where the daemon cannot do what the build needs.
func (b *build) able(o gateway.BuildOpts) error {
	for _, c := range capabilities {
		if c.asked == nil || !c.asked(b) {
			continue
		}
		if lack := c.lacks(o, b.Name); lack != "" {
			return &oldError{lack}
		}
	}
	return nil
}

// wait returns how a process ended, or why ctx did first: a daemon that is too old or
// stuck may never tell.
func wait(ctx context.Context, proc gateway.ContainerProcess) error {
	ended := make(chan error, 1)
	go func() { ended <- proc.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

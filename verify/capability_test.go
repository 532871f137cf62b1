package verify

import (
	"strings"
	"testing"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"
	spb "github.com/moby/buildkit/sourcepolicy/pb"
	"github.com/moby/buildkit/util/apicaps"
	capspb "github.com/moby/buildkit/util/apicaps/pb"
)

// daemon is what a daemon says that has only these capabilities.
func daemon(gatewayIDs, llbIDs []apicaps.CapID) gateway.BuildOpts {
	set := func(all *apicaps.CapList, ids []apicaps.CapID) apicaps.CapSet {
		var have []*capspb.APICap
		for _, id := range ids {
			have = append(have, &capspb.APICap{ID: string(id), Enabled: true})
		}
		return all.CapSet(have)
	}
	return gateway.BuildOpts{Caps: set(&gwpb.Caps, gatewayIDs), LLBCaps: set(&pb.Caps, llbIDs)}
}

func TestOldDaemons(t *testing.T) {
	exec := []apicaps.CapID{gwpb.CapGatewayExec}
	mapping := &spb.Policy{Rules: []*spb.Rule{{Action: spb.PolicyAction_CONVERT}}}
	tests := map[string]struct {
		daemon gateway.BuildOpts
		policy *spb.Policy
		says   string
	}{
		"Docker 20.10":               {daemon(exec, nil), nil, ""},
		"Docker 19.03":               {daemon(nil, nil), nil, "Docker Engine 1 cannot run what it built; that needs BuildKit v0.8 or Docker 20.10"},
		"20.10 and a source policy":  {daemon(exec, nil), mapping, "cannot take base images by a source policy; that needs BuildKit v0.11 or Docker 24.0"},
		"20.10 and denied images":    {daemon(exec, nil), &spb.Policy{Rules: []*spb.Rule{{Action: spb.PolicyAction_DENY}}}, ""},
		"newer, and a source policy": {daemon(exec, []apicaps.CapID{pb.CapSourcePolicy}), mapping, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			b := &build{runner: &runner{}, job: &job{req: Request{SourcePolicy: tt.policy}}, worker: &worker{Worker: Worker{Name: "Docker Engine 1"}}}
			err := b.able(tt.daemon)
			if tt.says == "" {
				if err != nil {
					t.Errorf("it is refused: %v", err)
				}
				return
			}
			old, ok := err.(*oldError)
			if !ok || !strings.Contains(err.Error(), tt.says) || !strings.Contains(old.Hint(), "--builder") {
				t.Errorf("got %v, want %q with a hint", err, tt.says)
			}
		})
	}
	if lack := canSignal.lacks(daemon(exec, nil), ""); lack != "this BuildKit cannot send signals; that needs BuildKit v0.10 or Docker 23.0" {
		t.Errorf("lacks %q", lack)
	}
	if lack := canSignal.lacks(daemon([]apicaps.CapID{gwpb.CapGatewayExecSignals}, nil), ""); lack != "" {
		t.Errorf("lacks %q", lack)
	}
}

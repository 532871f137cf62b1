//go:build linux

package verify_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	controlapi "github.com/moby/buildkit/api/services/control"

	"scaffold/verify"
	"scaffold/verify/builder"
	"scaffold/verify/prober"
)

// builds is how many builds a BuildKit has had.
func builds(t *testing.T, b *builder.Builder) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	history, err := b.Client.ControlClient().ListenBuildHistory(ctx, &controlapi.BuildHistoryRequest{EarlyExit: true})
	must(t, err)
	refs := map[string]bool{}
	for {
		e, err := history.Recv()
		if errors.Is(err, io.EOF) {
			return len(refs)
		}
		must(t, err)
		refs[e.Record.GetRef()] = true
	}
}

// TestRoutes builds each platform on a BuildKit of its own.
func TestRoutes(t *testing.T) {
	first, _ := newBuilder(t)
	second, _ := newBuilder(t)
	o := options(t, "linux/amd64", "linux/arm64")
	o.Client = first.Client
	o.Routes = map[string]verify.Worker{"linux/arm64": {Client: second.Client, Prober: o.Prober}}
	for _, r := range run(t, o, request(t, nil, nil)) {
		if d := cmp.Diff(healthy(), statuses(r)); d != "" {
			t.Errorf("%s (-want +got):\n%s%+v", r.Platform, d, r.Checks)
		}
		if !strings.HasPrefix(r.Image.Digest, "sha256:") {
			t.Errorf("%s: digest is %q", r.Platform, r.Image.Digest)
		}
	}
	if a, b := builds(t, first), builds(t, second); a != 1 || b != 1 {
		t.Errorf("the first had %d builds and the second %d, want one each", a, b)
	}
}

// TestRouteOfAnotherArchitecture has a worker that calls itself arm64: its prober is
// built from the sources that scaffold carries.
func TestRouteOfAnotherArchitecture(t *testing.T) {
	b := sharedBuilder(t)
	module, err := prober.Source()
	must(t, err)
	cache, err := os.UserCacheDir()
	must(t, err)
	path, err := builder.Compile(t.Context(), filepath.Join(cache, "scaffold"), "scaffold-prober", module, "linux/arm64", os.Stderr)
	must(t, err)
	o := verify.Options{
		Routes:     map[string]verify.Worker{"linux/arm64": {Client: b.Client, Native: "linux/arm64", CanRun: []string{"linux/arm64"}, Prober: path}},
		ProberArgs: []string{"prober"}, Platforms: []string{"linux/arm64"},
	}
	r := run(t, o, request(t, nil, nil))[0]
	if d := cmp.Diff(healthy(), statuses(r)); d != "" {
		t.Errorf("checks (-want +got):\n%s%+v", d, r.Checks)
	}
	o.Platforms = []string{"linux/amd64"}
	if _, err := verify.Run(t.Context(), o, []verify.Request{request(t, nil, nil)}); err == nil || !strings.Contains(err.Error(), "no builder is given for linux/amd64") {
		t.Errorf("without a builder of its own: %v", err)
	}
}

// TestOneOfTwoKilled reports what the other one found.
func TestOneOfTwoKilled(t *testing.T) {
	doomed, cache := newBuilder(t)
	o := options(t, "linux/amd64", "linux/arm64")
	o.Show = verify.ShowPlain
	o.Routes = map[string]verify.Worker{"linux/arm64": {Client: doomed.Client, Prober: o.Prober, BuilderHint: "its log is at hand"}}
	kill := &onText{text: "app: listening", do: func() {
		all, err := builder.Status(cache)
		if err != nil || len(all) != 1 {
			t.Errorf("status: %v, %v", all, err)
			return
		}
		_ = syscall.Kill(all[0].BuildkitdPid, syscall.SIGKILL)
	}}
	o.Progress = kill
	req := request(t, []string{"FROM scratch", "FROM scratch AS base",
		`ENTRYPOINT ["/app"]`, "ENTRYPOINT [\"/app\"]\nFROM base AS amd64\nFROM base AS arm64\nRUN [\"/app\"]\nFROM ${TARGETARCH}"}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	results, err := verify.Run(ctx, o, []verify.Request{req})
	if !errors.Is(err, verify.ErrBuilder) || !strings.Contains(err.Error(), "linux/arm64") || !strings.Contains(err.Error(), "its log is at hand") {
		t.Errorf("got %v, want that the BuildKit of linux/arm64 went away", err)
	}
	if d := time.Since(kill.at); kill.at.IsZero() || d > time.Minute {
		t.Errorf("it ended %s after the kill", d)
	}
	if len(results) != 1 || results[0].Platform != "linux/amd64" || !results[0].OK {
		t.Errorf("results are %+v, want that of linux/amd64", results)
	}
}

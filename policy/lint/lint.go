// Package lint runs BuildKit's own Dockerfile checks in this process: no daemon, no
// registry. It stands apart from package policy because the converter brings the client.
//
// Limits: CopyIgnoredFile needs the build context and runs only in a daemon; what a base
// image's own configuration would change (a relative WORKDIR, say) is judged as for an
// empty one.
package lint

import (
	"bytes"
	"context"
	"fmt"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// A Warning is one finding of BuildKit's checks.
type Warning struct {
	Rule string
	Line int // from 1; 0 for the file as a whole
	Msg  string
	URL  string
}

func (w Warning) String() string { return fmt.Sprintf("%d: %s: %s", w.Line, w.Rule, w.Msg) }

// Check returns what BuildKit's checks find in a Dockerfile. The error says why it could
// not be converted at all.
func Check(ctx context.Context, dockerfile []byte) ([]Warning, error) {
	caps := pb.Caps.CapSet(pb.Caps.All())
	if _, err := parser.Parse(bytes.NewReader(dockerfile)); err != nil {
		return nil, fmt.Errorf("parsing the Dockerfile: %w", err)
	}
	results, err := dockerfile2llb.DockerfileLint(ctx, dockerfile, dockerfile2llb.ConvertOpt{
		SourceMap:      &llb.SourceMap{Data: dockerfile, Filename: "Dockerfile", Language: "Dockerfile", Definition: &llb.Definition{}},
		MetaResolver:   noImages{},
		LLBCaps:        &caps,
		TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: "amd64"},
	})
	if err != nil {
		return nil, fmt.Errorf("checking the Dockerfile: %w", err)
	}
	if results.Error != nil {
		return nil, fmt.Errorf("converting the Dockerfile: %s", results.Error.Message)
	}
	var warnings []Warning
	for _, w := range results.Warnings {
		line := 0
		if r := w.Location.GetRanges(); len(r) > 0 {
			line = int(r[0].Start.Line)
		}
		warnings = append(warnings, Warning{Rule: w.RuleName, Line: line, Msg: w.Detail, URL: w.URL})
	}
	return warnings, nil
}

// noImages answers for every image with an empty configuration.
type noImages struct{}

func (noImages) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, digest.FromString(ref), []byte(`{"architecture":"amd64","os":"linux","config":{}}`), nil
}

package verify

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/tonistiigi/fsutil"
)

// build is one platform of one request while BuildKit works on it.
type build struct {
	*runner
	*job
	*worker // the job's, in place of the runner's
	log     *buildLog
	failed  error // why the image could not be built
	broken  error // why a built image could not be looked at
	took    time.Duration
	bytes   int64
	checks  []Check
}

// platform builds, runs and checks one platform.
func (r *runner) platform(ctx context.Context, j *job) (*Result, error) {
	b := &build{runner: r, job: j, worker: j.worker, log: newBuildLog()}
	began := time.Now()
	resp, err := b.solve(ctx)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case b.broken != nil:
		return nil, b.blame(began, b.gone(ctx, b.broken))
	case b.failed != nil:
		if gone := b.gone(ctx, b.failed); errors.Is(gone, ErrBuilder) {
			return nil, gone
		}
		b.checks = b.notBuilt()
	case err != nil:
		return nil, b.blame(began, b.gone(ctx, fmt.Errorf("exporting the image: %w", err)))
	}
	b.blameIn(b.checks, began)
	res := &Result{
		Profile: j.req.Name, Platform: j.platform, Emulated: !sameMachine(j.platform, j.worker.Native), OK: true,
		Image: Image{Bytes: b.bytes}, Bases: j.req.Bases,
		Drift: j.req.Drift, Edited: j.req.Edited, Checks: b.checks,
	}
	if res.Bases == nil {
		res.Bases = []Base{}
	}
	if resp != nil {
		res.Image.Digest = resp.ExporterResponse[exptypes.ExporterImageDigestKey]
	}
	sortForReport(res.Checks)
	for _, c := range res.Checks {
		res.OK = res.OK && c.Status != Fail
	}
	return res, nil
}

// solve runs one BuildKit build. It ends by exporting an image without a name to
// BuildKit's own store, which is how the digest gets known; nothing is pushed.
func (b *build) solve(ctx context.Context) (*client.SolveResponse, error) {
	inputs, err := b.inputs()
	if err != nil {
		b.broken = err
		return nil, err
	}
	attachables, err := attachables(b.req)
	if err != nil {
		b.broken = err
		return nil, err
	}
	// Each part has a deadline of its own; this one holds whatever hangs between them.
	limit := b.BuildTimeout + b.tryTimeout() + exportTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not end within %s", limit))
	defer cancel()
	status := make(chan *client.SolveStatus)
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		for s := range status {
			b.log.add(s)
			b.display.show(b.label, s)
		}
	}()
	opt := client.SolveOpt{
		Exports:     b.exports(),
		LocalMounts: inputs,
		// BuildKit keeps what it got under this key and asks for changes only, by time and
		// size; two projects with one key would get each other's files.
		SharedKey:    b.req.ContextDir,
		Session:      attachables,
		SourcePolicy: b.req.SourcePolicy,
	}
	around, work := b.inside(ctx)
	resp, err := b.Client.Build(around, opt, "scaffold", work, status)
	<-fed
	return resp, err
}

// inside returns a context for the build and the work inside it, which ends with ctx. The
// build ends after its work then: a BuildKit of Docker 20.10 keeps the containers of a
// build that ends around them.
func (b *build) inside(ctx context.Context) (context.Context, gateway.BuildFunc) {
	around, end := context.WithCancelCause(context.WithoutCancel(ctx))
	var begun atomic.Bool
	done := make(chan struct{})
	context.AfterFunc(ctx, func() {
		if begun.Load() {
			select {
			case <-done:
			case <-time.After(releaseTimeout):
			}
		}
		end(context.Cause(ctx))
	})
	return around, func(in context.Context, gw gateway.Client) (*gateway.Result, error) {
		begun.Store(true)
		defer close(done)
		in, cancel := context.WithCancelCause(in)
		defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })()
		return b.work(in, gw)
	}
}

// exports has the image packed, so that its digest gets known, and kept under no name. A
// worker that cannot tell the digest packs nothing: Docker would keep a nameless image.
func (b *build) exports() []client.ExportEntry {
	if b.NoStore {
		return nil
	}
	attrs := ociAttrs()
	attrs["store"] = "false" // Docker with containerd's image store would list what is stored, nameless
	return []client.ExportEntry{{Type: client.ExporterImage, Attrs: attrs}}
}

// exportTimeout bounds how long BuildKit may pack the layers of a built image.
const exportTimeout = 10 * time.Minute

// tryTimeout bounds everything that is done with a built image.
func (b *build) tryTimeout() time.Duration {
	return inspectTimeout + b.req.Profile.RunTimeout() + 2*time.Minute
}

func (b *build) inputs() (map[string]fsutil.FS, error) {
	inputs := map[string]fsutil.FS{}
	for name, dir := range map[string]string{
		"context":    b.req.ContextDir,
		"dockerfile": filepath.Dir(b.req.Dockerfile),
		// BuildKit before v0.10 looks for every input in the session of the build alone.
		proberInput: filepath.Dir(b.Prober),
	} {
		fs, err := fsutil.NewFS(dir)
		if err != nil {
			return nil, fmt.Errorf("opening %q: %w", dir, err)
		}
		inputs[name] = fs
	}
	return inputs, nil
}

// work is what happens inside the build: everything that needs the image's files.
func (b *build) work(ctx context.Context, gw gateway.Client) (*gateway.Result, error) {
	if err := b.able(gw.BuildOpts()); err != nil {
		b.broken = err
		return nil, err
	}
	began := time.Now()
	res, err := b.buildImage(ctx, gw, "")
	if err != nil {
		b.failed = err
		return nil, err
	}
	b.took = time.Since(began)
	b.checks = append([]Check{{ID: "build", Status: Pass, Detail: "built in " + short(b.took)}}, b.judgeSources(gw.BuildOpts())...)
	if err := b.tryOut(ctx, gw, res); err != nil {
		b.broken = err
		return nil, err
	}
	return res, nil
}

var errSlow = errors.New("the build did not end")

// buildImage builds a stage of the Dockerfile; "" is the last.
func (b *build) buildImage(ctx context.Context, gw gateway.Client, target string) (*gateway.Result, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, b.BuildTimeout,
		fmt.Errorf("%w within %s", errSlow, b.BuildTimeout))
	defer cancel()
	res, err := gw.Solve(ctx, gateway.SolveRequest{Frontend: "dockerfile.v0", FrontendOpt: b.frontendOpts(target), Evaluate: true})
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return res, err
}

// frontendOpts are the options of BuildKit's Dockerfile frontend for a stage; "" is the last.
func (b *build) frontendOpts(target string) map[string]string {
	opts := map[string]string{
		"filename": filepath.Base(b.req.Dockerfile),
		"platform": b.job.platform,
		"target":   target,
	}
	for k, v := range proxyArgs() {
		opts["build-arg:"+k] = v
	}
	for k, v := range b.BuildArgs {
		opts["build-arg:"+k] = v
	}
	return opts
}

// tryOut makes every check on the built image.
func (b *build) tryOut(ctx context.Context, gw gateway.Client, res *gateway.Result) error {
	ref, err := res.SingleRef()
	if err != nil {
		return fmt.Errorf("taking the built image: %w", err)
	}
	probe, err := b.proberRef(ctx, gw)
	if err != nil {
		return err
	}
	done := b.display.step(b.label, "run and check")
	defer done()
	ctx, cancel := context.WithTimeoutCause(ctx, b.tryTimeout(),
		fmt.Errorf("the image could not be looked at within %s", b.tryTimeout()))
	defer cancel()
	t := b.trial()
	t.gw, t.image, t.prober = gw, ref, probe
	t.debug = func(ctx context.Context) (*gateway.Result, error) { return b.buildImage(ctx, gw, "debug") }
	checks, err := t.inspectAndRun(ctx, res.Metadata[exptypes.ExporterImageConfigKey])
	b.checks = append(b.checks, checks...)
	b.bytes = t.look.Bytes
	return err
}

func (b *build) trial() *trial {
	return &trial{
		req: b.req, platform: b.job.platform, native: b.Native, builder: b.Name, args: b.ProberArgs,
		emulated: !sameMachine(b.job.platform, b.Native),
		runnable: b.canRun(b.job.platform),
		http:     wantedHTTP(b.req.Profile),
	}
}

// proberRef is a filesystem that holds the prober alone.
func (b *build) proberRef(ctx context.Context, gw gateway.Client) (gateway.Reference, error) {
	name := filepath.Base(b.Prober)
	hidden := llb.WithCustomName("[internal] prober")
	src := llb.Local(proberInput, llb.SessionID(b.proberSession), llb.IncludePatterns([]string{name}), hidden)
	mode := llb.ChmodOpt{Mode: 0o755}
	st := llb.Scratch().File(llb.Copy(src, "/"+name, "/"+proberName, mode, llb.WithUser("0:0")), hidden)
	def, err := st.Marshal(ctx, nativeConstraint(b.Native))
	if err != nil {
		return nil, fmt.Errorf("laying the prober: %w", err)
	}
	res, err := gw.Solve(ctx, gateway.SolveRequest{Definition: def.ToPB(), Evaluate: true})
	if err != nil {
		return nil, fmt.Errorf("laying the prober %q: %w", b.Prober, err)
	}
	return res.SingleRef()
}

package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	"golang.org/x/sync/errgroup"
)

// Run builds, runs and checks every platform of every request. The results come in the
// order of the requests and their platforms.
//
// The error is not about an image: BuildKit cannot be reached or went away ([ErrBuilder]
// is in it), a request is unusable, ctx was cancelled. The results that were complete by
// then come with it.
func Run(ctx context.Context, o Options, reqs []Request) ([]Result, error) {
	o = o.withDefaults()
	r := &runner{Options: o}
	jobs, err := r.prepare(ctx, reqs)
	if err != nil {
		return nil, err
	}
	stop, err := r.serveProber(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	r.display, err = newDisplay(o.Progress, o.Show)
	if err != nil {
		return nil, err
	}
	defer r.display.close()

	var eg errgroup.Group
	eg.SetLimit(o.Parallel)
	for _, of := range jobs {
		eg.Go(func() error { return r.request(ctx, of) })
	}
	err = eg.Wait()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var done []Result
	for _, j := range slices.Concat(jobs...) {
		if j.result != nil {
			done = append(done, *j.result)
		}
	}
	return done, err
}

// runner is one call of Run.
type runner struct {
	Options
	display       *display
	proberSession string // ID of the session that serves the prober
}

// job is one platform of one request.
type job struct {
	req      Request
	platform string
	label    string // of its progress
	result   *Result
}

// prepare checks what was asked for and asks the worker what it is.
func (r *runner) prepare(ctx context.Context, reqs []Request) ([][]*job, error) {
	if r.Native == "" || r.CanRun == nil {
		if err := r.askWorker(ctx); err != nil {
			return nil, err
		}
	}
	var all [][]*job
	for _, req := range reqs {
		names := r.Platforms
		if len(names) == 0 {
			names = req.Profile.Image.Platforms
		}
		if !filepath.IsAbs(req.ContextDir) || !filepath.IsAbs(req.Dockerfile) {
			return nil, fmt.Errorf("verifying %q: context %q and Dockerfile %q must be absolute paths", req.Name, req.ContextDir, req.Dockerfile)
		}
		var of []*job
		for _, name := range names {
			p, err := platforms.Parse(name)
			if err != nil {
				return nil, fmt.Errorf("verifying %q: parsing platform %q: %w", req.Name, name, err)
			}
			j := &job{req: req, platform: platforms.Format(platforms.Normalize(p))}
			j.label = j.platform
			if len(reqs) > 1 {
				j.label = req.Name + " " + j.platform
			}
			of = append(of, j)
		}
		all = append(all, of)
	}
	return all, nil
}

func (r *runner) askWorker(ctx context.Context) error {
	workers, err := r.Client.ListWorkers(ctx)
	if err != nil {
		return r.gone(ctx, fmt.Errorf("asking BuildKit for its platforms: %w", err))
	}
	if len(workers) == 0 || len(workers[0].Platforms) == 0 {
		return errors.New("asking BuildKit for its platforms: it has no worker")
	}
	var names []string
	for _, p := range workers[0].Platforms {
		names = append(names, platforms.Format(platforms.Normalize(p)))
	}
	if r.Native == "" {
		r.Native = names[0]
	}
	if r.CanRun == nil {
		r.CanRun = names
	}
	return nil
}

// request runs all platforms of a request at the same time. One that fails leaves the
// others alone.
func (r *runner) request(ctx context.Context, of []*job) error {
	var eg errgroup.Group
	for _, j := range of {
		eg.Go(func() error {
			began := time.Now()
			defer r.display.done(j.label)
			res, err := r.platform(ctx, j)
			if err != nil {
				return fmt.Errorf("verifying %q for %s: %w", j.req.Name, j.platform, err)
			}
			res.Seconds = math.Round(time.Since(began).Seconds()*100) / 100
			j.result = res
			return nil
		})
	}
	return eg.Wait()
}

// canRun reports whether the worker runs programs of a platform.
func (r *runner) canRun(platform string) bool {
	if sameMachine(platform, r.Native) {
		return true
	}
	return slices.ContainsFunc(r.CanRun, func(p string) bool { return sameMachine(p, platform) })
}

// sameMachine reports whether programs of both platforms run on the same kernel. A
// variant only says which instructions a processor has.
func sameMachine(a, b string) bool {
	p, q := pbPlatform(a), pbPlatform(b)
	return p != nil && q != nil && p.OS == q.OS && p.Architecture == q.Architecture
}

// ErrBuilder is in the error of a [Run] during which BuildKit could not be reached.
var ErrBuilder = errors.New("BuildKit went away")

// gone returns err, with ErrBuilder in it if BuildKit does not answer any more.
func (r *runner) gone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if _, ping := r.Client.ListWorkers(ctx, client.WithFilter(nil)); ping == nil {
		return err
	}
	if r.BuilderHint != "" {
		return fmt.Errorf("%w (%s): %v", ErrBuilder, r.BuilderHint, err)
	}
	return fmt.Errorf("%w: %v", ErrBuilder, err)
}

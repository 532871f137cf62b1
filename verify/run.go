package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/containerd/platforms"
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
	r := &runner{Options: o, workers: map[string]*worker{}}
	defer r.stop()
	jobs, err := r.prepare(ctx, reqs)
	if err != nil {
		return nil, err
	}
	r.display, err = newDisplay(o.Progress, o.Show)
	if err != nil {
		return nil, err
	}
	defer r.display.close()

	var eg errgroup.Group
	eg.SetLimit(o.Parallel)
	for _, of := range jobs {
		eg.Go(func() error { r.request(ctx, of); return nil })
	}
	_ = eg.Wait() // what went wrong is in the jobs
	var done []Result
	var errs []error
	for _, j := range slices.Concat(jobs...) {
		if j.result != nil {
			done = append(done, *j.result)
		}
		errs = append(errs, j.err)
	}
	if ctx.Err() != nil {
		return done, context.Cause(ctx)
	}
	return done, errors.Join(errs...)
}

// runner is one call of Run.
type runner struct {
	Options
	display *display
	workers map[string]*worker // by the platform of their route; "" is the main one
}

// job is one platform of one request.
type job struct {
	req      Request
	platform string
	worker   *worker
	label    string // of its progress
	result   *Result
	err      error // why there is no result
}

// prepare checks what was asked for and asks the workers what they are.
func (r *runner) prepare(ctx context.Context, reqs []Request) ([][]*job, error) {
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
			if j.worker, err = r.workerFor(ctx, j.platform); err != nil {
				return nil, err
			}
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

// request runs all platforms of a request at the same time. One that fails leaves the
// others alone.
func (r *runner) request(ctx context.Context, of []*job) {
	var wg sync.WaitGroup
	for _, j := range of {
		wg.Go(func() {
			began := time.Now()
			defer r.display.done(j.label)
			res, err := r.platform(ctx, j)
			if err != nil {
				j.err = fmt.Errorf("verifying %q for %s: %w", j.req.Name, j.platform, err)
				return
			}
			res.Seconds = math.Round(time.Since(began).Seconds()*100) / 100
			j.result = res
		})
	}
	wg.Wait()
}

package verify

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/filesync"
	"github.com/moby/buildkit/session/grpchijack"
	"github.com/tonistiigi/fsutil"
)

// ErrBuilder is in the error of a [Run] during which BuildKit could not be reached.
var ErrBuilder = errors.New("BuildKit went away")

// worker is a Worker in use.
type worker struct {
	Worker
	proberSession string // ID of the session that serves the prober
	stop          func() // ends that session
}

// workerFor returns the worker of a platform, which it asks what it is and hands the
// prober the first time.
func (r *runner) workerFor(ctx context.Context, platform string) (*worker, error) {
	route, of := "", r.Worker
	for name, w := range r.Routes {
		if sameMachine(name, platform) && pbPlatform(name).Variant == pbPlatform(platform).Variant {
			route, of = name, w
		}
	}
	if w := r.workers[route]; w != nil {
		return w, nil
	}
	if of.Client == nil {
		return nil, fmt.Errorf("no builder is given for %s", platform)
	}
	w := &worker{Worker: of}
	if err := w.ask(ctx); err != nil {
		return nil, err
	}
	if err := w.serveProber(ctx); err != nil {
		return nil, err
	}
	r.workers[route] = w
	return w, nil
}

// stop ends what the workers were given.
func (r *runner) stop() {
	for _, w := range r.workers {
		w.stop()
	}
}

// ask completes what is known of the worker.
func (w *worker) ask(ctx context.Context) error {
	if w.Native != "" && w.CanRun != nil {
		return nil
	}
	workers, err := w.Client.ListWorkers(ctx)
	if err != nil {
		return w.gone(ctx, fmt.Errorf("asking BuildKit for its platforms: %w", err))
	}
	if len(workers) == 0 || len(workers[0].Platforms) == 0 {
		return errors.New("asking BuildKit for its platforms: it has no worker")
	}
	var names []string
	for _, p := range workers[0].Platforms {
		names = append(names, platforms.Format(platforms.Normalize(p)))
	}
	if w.Native == "" {
		w.Native = names[0]
	}
	if w.CanRun == nil {
		w.CanRun = names
	}
	return nil
}

// proberInput is the name of the prober's folder in its session.
const proberInput = "scaffold-prober"

// serveProber offers the prober's folder in a session of its own. What BuildKit got from
// a session it keeps by the session's key, so that with one key for all projects the
// prober travels once, and later only if it changed.
func (w *worker) serveProber(ctx context.Context) error {
	fs, err := fsutil.NewFS(filepath.Dir(w.Prober))
	if err != nil {
		return fmt.Errorf("opening the folder of the prober %q: %w", w.Prober, err)
	}
	s, err := session.NewSession(ctx, proberInput)
	if err != nil {
		return fmt.Errorf("serving the prober: %w", err)
	}
	s.Allow(filesync.NewFSSyncProvider(filesync.StaticDirSource{proberInput: fs}))
	dialer := w.SessionDialer
	if dialer == nil {
		dialer = grpchijack.Dialer(w.Client.ControlClient())
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx, dialer) // a build that then misses the prober says so
	}()
	w.proberSession = s.ID()
	w.stop = func() { s.Close(); <-done }
	return nil
}

// canRun reports whether the worker runs programs of a platform.
func (w *worker) canRun(platform string) bool {
	if sameMachine(platform, w.Native) {
		return true
	}
	return slices.ContainsFunc(w.CanRun, func(p string) bool { return sameMachine(p, platform) })
}

// sameMachine reports whether programs of both platforms run on the same kernel. A
// variant only says which instructions a processor has.
func sameMachine(a, b string) bool {
	p, q := pbPlatform(a), pbPlatform(b)
	return p != nil && q != nil && p.OS == q.OS && p.Architecture == q.Architecture
}

// gone returns err, with ErrBuilder in it if BuildKit does not answer any more.
func (w *worker) gone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if _, ping := w.Client.ListWorkers(ctx, client.WithFilter(nil)); ping == nil {
		return err
	}
	if w.BuilderHint != "" {
		return fmt.Errorf("%w (%s): %v", ErrBuilder, w.BuilderHint, err)
	}
	return fmt.Errorf("%w: %v", ErrBuilder, err)
}

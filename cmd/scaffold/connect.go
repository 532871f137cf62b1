package main

import (
	"context"
	"path/filepath"

	"scaffold/verify"
	"scaffold/verify/builder"
)

// connect finds the builders that the requests' platforms need, and says which and why.
func (a *app) connect(ctx context.Context, f verifyFlags, cache string, reqs []verify.Request) (*builder.Set, error) {
	self, err := selfPath()
	if err != nil {
		return nil, err
	}
	addr, routes, err := builder.ParseAddrs(f.builders)
	if err != nil {
		return nil, err
	}
	wanted := f.platforms
	if len(wanted) == 0 {
		for _, r := range reqs {
			wanted = union(wanted, r.Profile.Image.Platforms)
		}
	}
	set, err := builder.ConnectAll(ctx, builder.Options{
		CacheDir: cache, Addr: addr, TLS: f.tls, BuildkitHost: a.getenv("BUILDKIT_HOST"), StandIns: f.standIns, Mirror: f.mirror, CA: f.ca.text,
		IdleLimit: f.idle, Self: []string{self, "builder", "serve"}, Log: a.stderr,
	}, routes, wanted)
	if err != nil {
		return nil, err
	}
	for _, line := range set.Lines() {
		a.notef("%s", line)
	}
	for _, b := range set.All() {
		for _, w := range b.Warnings {
			a.warnf("%s", w)
		}
	}
	for platform := range routes {
		if set.Routes[platform] == nil {
			a.warnf("--builder %s=… has no effect: no profile is verified for %s", platform, platform)
		}
	}
	return set, nil
}

// worker is what verify needs of a builder.
func (a *app) worker(ctx context.Context, cache string, b *builder.Builder) (verify.Worker, error) {
	path, err := a.proberFor(ctx, cache, b.Native)
	w := verify.Worker{
		Client: b.Client, Native: b.Native, CanRun: b.Platforms, Prober: path,
		SessionDialer: b.SessionDialer, NoStore: b.NoStore,
	}
	if b.Engine != "" {
		w.Name = "Docker Engine " + b.Engine
	}
	if b.Private {
		w.Exceeded = b.Exceeded
		w.BuilderHint = "its log is in " + filepath.Join(cache, "builders")
	}
	return w, err
}

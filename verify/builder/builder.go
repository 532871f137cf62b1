// Package builder finds a BuildKit for verify, and on Linux runs a private one.
//
// # Model
//
// Connect asks a list of finders in order: an address from --builder, one from
// BUILDKIT_HOST, and last a private buildkitd. The first that applies decides; an
// address that was named but does not answer is an error, never a reason to look
// further, since a person who names a builder wants that one.
//
// A private buildkitd is an instance: a directory below <cache>/builders named by
// what was configured (default, stand-ins, or a mirror). Beside it stand two lock
// files: KEY.start.lock is held by whoever starts, stops or deletes the instance,
// KEY.serve.lock by the running supervisor for as long as it lives. The supervisor
// (Serve, a hidden verb of the scaffold binary) starts buildkitd and stands between
// it and its clients: it proxies every connection, so it knows when the last one
// closed, and stops buildkitd after an idle limit.
//
// buildkitd runs in a PID and a mount namespace of its own, below an init that reaps
// what runs that were interrupted leave. However it ends, the kernel then takes its
// containers and overlay mounts with it; what remains after a crash is files, and the
// next start sweeps those.
//
// # Limits
//
// A private buildkitd needs Linux, root and runc. It shares the host's network. An
// instance that is running already is used as it is, with the limits and the
// buildkitd it was started with.
//
// What a private buildkitd runs, build steps and images, is held to Limits, all of it
// together: memory and processes by a cgroup, and the free space of the disk by the
// supervisor, which kills every container when too little is left. Where cgroups
// cannot be written, as in a container that is not privileged, the first two are not
// limited; `builder status` and the first run say so. Nothing limits processors, and
// a container may write until the reserve of the disk is reached. A buildkitd that
// somebody else started has the limits that they gave it.
//
//	The stand-in registry keeps its blobs on disk but
//
// its manifests in memory, so images are pushed again after a restart. Addresses
// are dialled without TLS client certificates.
package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/moby/buildkit/client"
)

// DefaultIdleLimit is how long a private buildkitd stays without a connection.
const DefaultIdleLimit = 15 * time.Minute

// Options say which BuildKit is wanted.
type Options struct {
	// CacheDir is scaffold's cache directory; tools and instances live below it. Required.
	CacheDir string
	// Addr is the address given with --builder. Optional.
	Addr string
	// BuildkitHost is the value of the environment's BUILDKIT_HOST. Optional.
	BuildkitHost string
	// StandIns asks for a private buildkitd that pulls docker.io and gcr.io from a
	// registry of its own, whose address is then Builder.Registry. Optional.
	StandIns bool
	// Mirror asks for a private buildkitd that pulls docker.io and gcr.io from a
	// company's registry: host[:port][/path], or http://… for plain HTTP. Optional.
	Mirror string
	// IdleLimit is how long the private buildkitd stays without a connection;
	// DefaultIdleLimit where it is zero. Optional.
	IdleLimit time.Duration
	// Limits are those of the private buildkitd. Optional.
	Limits Limits
	// Self is the argv that runs Serve, to which "--dir DIR" is appended; the
	// running executable with "builder serve" where it is empty. Optional.
	Self []string
	// Log receives progress lines; nil discards them. Optional.
	Log io.Writer
}

// A Builder is a BuildKit that answered.
type Builder struct {
	// Client is BuildKit's own client, connected.
	Client *client.Client
	// Addr is the address in the form that BUILDKIT_HOST takes.
	Addr string
	// Why says in one line which builder was taken and why.
	Why string
	// Version is what the builder calls itself, such as v0.33.1; it may be empty
	// for a BuildKit older than v0.11.
	Version string
	// Registry is host:port of the stand-in registry, on the loopback interface;
	// empty but for Options.StandIns.
	Registry string
	// Private is true for a buildkitd that scaffold started.
	Private bool
	// Platforms are those that the builder can run, such as linux/arm64, the
	// native one first.
	Platforms []string
	// Native is the builder's own platform.
	Native string
	// Limits are those in force, of a private buildkitd.
	Limits *Limits

	excesses func() []excess // of a private buildkitd
}

// Close ends the connection. A private buildkitd lives on for the next run.
func (b *Builder) Close() error { return b.Client.Close() }

// A finder is one place to look for a BuildKit. It returns nil, nil where it does
// not apply; then the next is asked.
type finder struct {
	name string
	find func(context.Context, Options) (*Builder, error)
}

// Docker and buildx take their place before the private one.
var finders = []finder{
	{"--builder", findFlag},
	{"BUILDKIT_HOST", findEnv},
	{"private buildkitd", findPrivate},
}

// Connect returns the first BuildKit that the options, and then the machine, offer.
// It has answered a call when Connect returns. Errors meant for a person are *Error.
func Connect(ctx context.Context, o Options) (*Builder, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.IdleLimit == 0 {
		o.IdleLimit = DefaultIdleLimit
	}
	for _, f := range finders {
		b, err := f.find(ctx, o)
		var told *Error
		if errors.As(err, &told) {
			return nil, err
		}
		if err != nil {
			return nil, fmt.Errorf("connecting to BuildKit by %q: %w", f.name, err)
		}
		if b != nil {
			return b, nil
		}
	}
	return nil, &Error{Msg: "no BuildKit found", Next: hintAddress}
}

func (o Options) check() error {
	switch {
	case o.StandIns && o.Mirror != "":
		return &Error{Msg: "--stand-ins and --mirror exclude each other", Next: "leave out one of them"}
	case o.Addr != "" && o.StandIns:
		return &Error{Msg: "--stand-ins needs a registry mirror, which a builder given with --builder cannot be told", Next: "leave out --builder"}
	case o.Addr != "" && o.Mirror != "":
		return &Error{Msg: "--mirror cannot be told to a builder given with --builder", Next: "leave out --builder, or set the mirror in that builder's buildkitd.toml"}
	case o.CacheDir == "":
		return fmt.Errorf("connecting to BuildKit: no cache directory given")
	}
	return nil
}

// own is true where only a buildkitd with a configuration of ours will do.
func (o Options) own() bool { return o.StandIns || o.Mirror != "" }

// Package builder finds a BuildKit for verify, and on Linux runs a private one.
//
// # Model
//
// Connect asks a list of finders in order: an address from --builder, one from
// BUILDKIT_HOST, Docker, and last a private buildkitd. The first that applies decides; an
// address that was named but does not answer is an error, never a reason to look
// further, since a person who names a builder wants that one. A Docker that nobody named
// and that does not answer is passed over. ConnectAll does the same for several
// platforms, of which some are routed to addresses of their own.
//
// Docker is what the docker command would build with: the current builder of buildx,
// reached through `docker buildx dial-stdio`, or the BuildKit inside Docker Engine, by
// upgrading POST /grpc to gRPC and POST /session to sessions.
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
// A private buildkitd needs Linux, runc, and root or rootlesskit. It shares the host's
// network. An instance that is running already is used as it is, with the limits and the
// buildkitd it was started with. The stand-in registry keeps its blobs on disk but its
// manifests in memory, so images are pushed again after a restart.
//
// What a private buildkitd runs, build steps and images, is held to Limits, all of it
// together: memory and processes by a cgroup, and the free space of the disk by the
// supervisor, which kills every container when too little is left. Where cgroups
// cannot be written, as in a container that is not privileged, the first two are not
// limited; `builder status` and the first run say so. Nothing limits processors, and
// a container may write until the reserve of the disk is reached. A buildkitd that
// somebody else started has the limits that they gave it.
package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
)

// DefaultIdleLimit is how long a private buildkitd stays without a connection.
const DefaultIdleLimit = 15 * time.Minute

// Options say which BuildKit is wanted.
type Options struct {
	// CacheDir is scaffold's cache directory; tools and instances live below it. Required.
	CacheDir string
	// Addr is the address given with --builder: one of BuildKit's own forms,
	// docker://CONTEXT, buildx://NAME, or the word docker, buildx or private. Optional.
	Addr string
	// TLS is for tcp:// addresses, in Addr or BuildkitHost. Optional.
	TLS TLS
	// Platform is the one that will be built, for a buildx builder of several nodes to
	// choose one by. Optional.
	Platform string
	// BuildkitHost is the value of the environment's BUILDKIT_HOST. Optional.
	BuildkitHost string
	// StandIns asks for a private buildkitd that pulls docker.io and gcr.io from a
	// registry of its own, whose address is then Builder.Registry. Optional.
	StandIns bool
	// Mirror asks for a private buildkitd that pulls docker.io and gcr.io from a
	// company's registry: host[:port][/path], or http://… for plain HTTP. Optional.
	Mirror string
	// CA asks for a private buildkitd that trusts registries by these PEM certificates
	// too, beside the system's. Optional.
	CA []byte
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

	// SessionDialer opens a session where BuildKit's own protocol cannot: in Docker
	// Engine. Nil elsewhere.
	SessionDialer session.Dialer
	// Engine is the version of the Docker Engine that the builder is part of, else "".
	Engine string
	// NoStore says that the builder keeps no images by their manifests, so that the
	// digest of an image that it built is not known: Docker Engine without containerd's
	// image store.
	NoStore bool
	// Warnings are lines for a person, beside Why.
	Warnings []string

	what     string            // Why without its reason
	labels   map[string]string // of the worker
	also     io.Closer         // what the connection goes through
	excesses func() []excess   // of a private buildkitd
}

// Close ends the connection. A private buildkitd lives on for the next run.
func (b *Builder) Close() error {
	err := b.Client.Close()
	if b.also != nil {
		err = errors.Join(err, b.also.Close())
	}
	return err
}

// because completes Why with the reason of the pick, where it has none yet.
func (b *Builder) because(reasons ...string) *Builder {
	if b != nil && b.Why == "" {
		b.Why = b.what + "; " + strings.Join(reasons, ", ")
	}
	return b
}

// at says where a builder was found that has no better description.
func (b *Builder) at(addr string) *Builder {
	if b != nil {
		b.Addr = addr
		b.what = strings.TrimSpace("BuildKit "+b.Version) + " at " + addr
	}
	return b
}

// A finder is one place to look for a BuildKit. Where it does not apply its error is
// [passed]; then the next is asked.
type finder struct {
	name string
	find func(context.Context, Options) (*Builder, error)
}

var finders = []finder{
	{"--builder", findFlag},
	{"BUILDKIT_HOST", findEnv},
	{"Docker", findDocker},
	{"private buildkitd", findPrivate},
}

// passed is why a finder does not apply, for the line that says what was taken; it may
// be empty.
type passed string

func (p passed) Error() string { return string(p) }

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
	var whys []string
	for _, f := range finders {
		b, err := f.find(ctx, o)
		var told *Error
		var over passed
		switch {
		case errors.As(err, &over):
			if over != "" {
				whys = append(whys, string(over))
			}
		case errors.As(err, &told):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("connecting to BuildKit by %q: %w", f.name, err)
		default:
			return b.because(whys...), nil
		}
	}
	return nil, &Error{Msg: "no BuildKit found: " + strings.Join(whys, ", "), Next: hintAddress}
}

func (o Options) check() error {
	switch {
	case o.StandIns && o.Mirror != "":
		return &Error{Usage: true, Msg: "--stand-ins and --mirror exclude each other", Next: "leave out one of them"}
	case o.named() && o.StandIns:
		return &Error{Usage: true, Msg: "--stand-ins needs a registry mirror, which a builder given with --builder cannot be told", Next: "leave out --builder"}
	case o.named() && o.Mirror != "":
		return &Error{Usage: true, Msg: "--mirror cannot be told to a builder given with --builder", Next: "leave out --builder, or set the mirror in that builder's buildkitd.toml"}
	case o.named() && o.CA != nil:
		return &Error{Usage: true, Msg: "--ca cannot be told to a builder given with --builder", Next: "leave out --builder, or set ca in that builder's buildkitd.toml"}
	case o.CacheDir == "":
		return fmt.Errorf("connecting to BuildKit: no cache directory given")
	}
	return nil
}

// named is true where a person chose a builder that scaffold does not configure.
func (o Options) named() bool { return o.Addr != "" && o.Addr != privateWord }

// own is true where only a buildkitd with a configuration of ours will do.
func (o Options) own() bool { return o.StandIns || o.Mirror != "" || o.CA != nil }

package builder

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	_ "github.com/moby/buildkit/client/connhelper/dockercontainer"  // docker-container://
	_ "github.com/moby/buildkit/client/connhelper/kubepod"          // kube-pod://
	_ "github.com/moby/buildkit/client/connhelper/nerdctlcontainer" // nerdctl-container://
	_ "github.com/moby/buildkit/client/connhelper/podmancontainer"  // podman-container://
	_ "github.com/moby/buildkit/client/connhelper/ssh"              // ssh://
)

// dialDeadline is how long a builder may take to answer its first call.
const dialDeadline = 10 * time.Second

var schemes = []string{"unix", "tcp", "docker-container", "podman-container", "nerdctl-container", "kube-pod", "ssh", "npipe"}

func findFlag(ctx context.Context, o Options) (*Builder, error) {
	if o.Addr == "" {
		return nil, nil
	}
	return named(ctx, o.Addr, "--builder")
}

func findEnv(ctx context.Context, o Options) (*Builder, error) {
	if o.BuildkitHost == "" || o.own() {
		return nil, nil
	}
	return named(ctx, o.BuildkitHost, "BUILDKIT_HOST")
}

// named dials an address that a person chose.
func named(ctx context.Context, addr, by string) (*Builder, error) {
	u, err := url.Parse(addr)
	if err != nil || !slices.Contains(schemes, u.Scheme) {
		return nil, &Error{
			Msg:  fmt.Sprintf("%q is not the address of a BuildKit", addr),
			Next: "an address is unix://PATH, tcp://HOST:PORT, docker-container://NAME, podman-container://NAME, nerdctl-container://NAME, kube-pod://POD or ssh://USER@HOST",
		}
	}
	b, err := dial(ctx, addr, dialDeadline)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &Error{
			Msg:  fmt.Sprintf("no BuildKit answers at %s", addr),
			Next: fmt.Sprintf("check that buildkitd runs there, or leave out %s to let scaffold look for another", by),
			Err:  err,
		}
	}
	b.Why = strings.TrimSpace("BuildKit "+b.Version) + " at " + addr + " (given with " + by + ")"
	return b, nil
}

// dial connects to addr and asks what it can run: a connection alone proves
// nothing, since gRPC connects lazily and connection helpers start a command.
func dial(ctx context.Context, addr string, limit time.Duration) (*Builder, error) {
	c, err := client.New(ctx, addr)
	if err != nil {
		return nil, plain(err)
	}
	call, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b, err := ask(call, c)
	if err != nil {
		c.Close()
		if errors.Is(call.Err(), context.DeadlineExceeded) {
			return nil, fmt.Errorf("waiting for an answer: none within %v: %w", limit, context.DeadlineExceeded)
		}
		return nil, plain(err)
	}
	b.Addr = addr
	return b, nil
}

func ask(ctx context.Context, c *client.Client) (*Builder, error) {
	workers, err := c.ListWorkers(ctx)
	if err != nil {
		return nil, err
	}
	// A build runs on the first worker, so what the others can run does not help.
	if len(workers) == 0 || len(workers[0].Platforms) == 0 {
		return nil, errors.New("listing workers: it has none")
	}
	b := &Builder{Client: c, Platforms: names(workers[0].Platforms)}
	b.Native = b.Platforms[0]
	// Only BuildKit v0.11 and later tell their version.
	if info, err := c.Info(ctx); err == nil {
		b.Version = info.BuildkitVersion.Version
	}
	return b, nil
}

// plain takes gRPC's wrapping off a dial error, of which only the end helps a person.
func plain(err error) error {
	s := err.Error()
	for _, mark := range []string{"while dialing: ", "desc = "} {
		if i := strings.LastIndex(s, mark); i >= 0 {
			return errors.New(strings.Trim(s[i+len(mark):], `"`))
		}
	}
	return err
}

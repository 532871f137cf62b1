package builder

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/containerd/platforms"
)

// A Set is the builders of one run: one for every platform, and others for some.
type Set struct {
	// Main builds what no route names; nil where routes name everything.
	Main *Builder
	// Routes are the builders of single platforms, such as linux/arm64.
	Routes map[string]*Builder
}

var routed = regexp.MustCompile(`^([a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9]+)?)=(.+)$`)

// ParseAddrs reads the values of --builder: at most one address for every platform, and
// PLATFORM=ADDRESS for single ones.
func ParseAddrs(values []string) (addr string, routes map[string]string, err error) {
	routes = map[string]string{}
	for _, v := range values {
		m := routed.FindStringSubmatch(v)
		if m == nil {
			if addr != "" {
				return "", nil, &Error{Usage: true, Msg: fmt.Sprintf("--builder names two builders for every platform: %s and %s", addr, v),
					Next: "say which platform goes to which: --builder linux/arm64=" + v}
			}
			addr = v
			continue
		}
		p, err := normal(m[1])
		if err != nil {
			return "", nil, err
		}
		if routes[p] != "" {
			return "", nil, &Error{Usage: true, Msg: fmt.Sprintf("--builder names two builders for %s: %s and %s", p, routes[p], m[2]), Next: "leave out one of them"}
		}
		routes[p] = m[2]
	}
	return addr, routes, nil
}

// normal is a platform in the form that everything here compares.
func normal(platform string) (string, error) {
	p, err := platforms.Parse(platform)
	if err != nil {
		return "", &Error{Usage: true, Msg: fmt.Sprintf("%q is not a platform", platform), Next: "a platform is written like linux/amd64", Err: err}
	}
	return platforms.Format(platforms.Normalize(p)), nil
}

// ConnectAll connects what the wanted platforms need: the routes among them to their own
// addresses, and the rest as [Connect] does.
func ConnectAll(ctx context.Context, o Options, routes map[string]string, wanted []string) (*Set, error) {
	s := &Set{Routes: map[string]*Builder{}}
	if err := o.checkRoutes(routes); err != nil {
		return nil, err
	}
	var rest bool
	for _, w := range wanted {
		p, err := normal(w)
		if err != nil {
			return nil, closing(s, err)
		}
		if routes[p] == "" {
			rest = true
			continue
		}
		if s.Routes[p] != nil {
			continue
		}
		own := o
		own.Addr, own.Platform = routes[p], p
		if s.Routes[p], err = Connect(ctx, own); err != nil {
			delete(s.Routes, p)
			return nil, closing(s, err)
		}
	}
	if rest {
		var err error
		if s.Main, err = Connect(ctx, o); err != nil {
			return nil, closing(s, err)
		}
	}
	return s, nil
}

func closing(s *Set, err error) error {
	_ = s.Close() // of what did connect; err says why there is no set
	return err
}

func (o Options) checkRoutes(routes map[string]string) error {
	if len(routes) > 0 && o.own() {
		return &Error{Usage: true, Msg: "--builder PLATFORM=ADDRESS goes with none of --stand-ins, --mirror and --ca, which need scaffold's own buildkitd", Next: "leave out one of them"}
	}
	if !o.TLS.given() {
		return nil
	}
	addrs := []string{o.Addr, o.BuildkitHost}
	for _, a := range routes {
		addrs = append(addrs, a)
	}
	if !slices.ContainsFunc(addrs, func(a string) bool { return strings.HasPrefix(a, "tcp://") }) {
		return &Error{Usage: true, Msg: "the --tls flags are for a buildkitd at tcp://HOST:PORT, and none is named", Next: "name it with --builder, or leave them out"}
	}
	return nil
}

// All returns the builders, each once: Main first, then those of routes by platform.
func (s *Set) All() []*Builder {
	var all []*Builder
	if s.Main != nil {
		all = append(all, s.Main)
	}
	var names []string
	for p := range s.Routes {
		names = append(names, p)
	}
	slices.Sort(names)
	for _, p := range names {
		all = append(all, s.Routes[p])
	}
	return all
}

// For returns the builder of a platform.
func (s *Set) For(platform string) *Builder {
	if p, err := normal(platform); err == nil && s.Routes[p] != nil {
		return s.Routes[p]
	}
	return s.Main
}

// Lines say for a person which builders were taken and why.
func (s *Set) Lines() []string {
	var lines []string
	for _, b := range s.All() {
		line := "builder"
		for p, r := range s.Routes {
			if r == b {
				line += " of " + p
			}
		}
		lines = append(lines, line+": "+b.Why)
	}
	return lines
}

// Close ends the connections.
func (s *Set) Close() error {
	var errs []error
	for _, b := range s.All() {
		errs = append(errs, b.Close())
	}
	return errors.Join(errs...)
}

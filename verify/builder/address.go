package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/client/connhelper"
	_ "github.com/moby/buildkit/client/connhelper/dockercontainer"  // docker-container://
	_ "github.com/moby/buildkit/client/connhelper/kubepod"          // kube-pod://
	_ "github.com/moby/buildkit/client/connhelper/nerdctlcontainer" // nerdctl-container://
	_ "github.com/moby/buildkit/client/connhelper/npipe"            // npipe://
	_ "github.com/moby/buildkit/client/connhelper/podmancontainer"  // podman-container://
	_ "github.com/moby/buildkit/client/connhelper/ssh"              // ssh://
)

// dialDeadline is how long a builder may take to answer its first call.
const dialDeadline = 10 * time.Second

// A scheme is how an address is dialled.
type scheme struct {
	form string // as a person writes it
	dial func(context.Context, *url.URL, Options) (*Builder, error)
}

// schemes are the forms of an address, by what stands before ://.
var schemes = map[string]scheme{
	"unix":              {"unix://PATH", dialPlain},
	"npipe":             {"npipe:////./pipe/NAME", dialPlain},
	"tcp":               {"tcp://HOST:PORT", dialTCP},
	"docker-container":  {"docker-container://NAME", dialPlain},
	"podman-container":  {"podman-container://NAME", dialPlain},
	"nerdctl-container": {"nerdctl-container://NAME", dialPlain},
	"kube-pod":          {"kube-pod://POD", dialPlain},
	"ssh":               {"ssh://USER@HOST", dialPlain},
	"docker":            {"docker://CONTEXT", dialContext},
	"buildx":            {"buildx://NAME", dialBuildx},
}

func findFlag(ctx context.Context, o Options) (*Builder, error) {
	if o.Addr == "" {
		return nil, passed("no --builder")
	}
	if o.Addr == privateWord {
		b, err := runPrivate(ctx, o)
		return b.because("given with --builder"), err
	}
	return named(ctx, o, o.Addr, "--builder")
}

func findEnv(ctx context.Context, o Options) (*Builder, error) {
	if o.own() {
		return nil, passed("")
	}
	if o.BuildkitHost == "" {
		return nil, passed("no BUILDKIT_HOST")
	}
	return named(ctx, o, o.BuildkitHost, "BUILDKIT_HOST")
}

// privateWord asks for scaffold's own buildkitd where an address is taken.
const privateWord = "private"

// parseAddr reads an address that a person chose.
func parseAddr(addr string) (*url.URL, error) {
	if addr == "docker" || addr == "buildx" {
		addr += "://" // the current one
	}
	u, err := url.Parse(addr)
	if err == nil && schemes[u.Scheme].dial != nil {
		return u, nil
	}
	var forms []string
	for _, s := range schemes {
		forms = append(forms, s.form)
	}
	slices.Sort(forms)
	return nil, &Error{
		Usage: true,
		Msg:   fmt.Sprintf("%q is not the address of a BuildKit", addr),
		Next:  "an address is docker, buildx, private, " + strings.Join(forms[:len(forms)-1], ", ") + " or " + forms[len(forms)-1],
	}
}

// named dials an address that a person chose.
func named(ctx context.Context, o Options, addr, by string) (*Builder, error) {
	u, err := parseAddr(addr)
	if err != nil {
		return nil, err
	}
	b, err := schemes[u.Scheme].dial(ctx, u, o)
	var told *Error
	switch {
	case err == nil:
		return b.because("given with " + by), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &told):
		return nil, err
	}
	next := refusalHint(err)
	var ended *commandError
	switch {
	case errors.As(err, &ended):
		next = "try the command of the message by hand: the tool must be in PATH, and what it reaches must run and hold buildctl"
	case next == "":
		next = fmt.Sprintf("check that buildkitd runs there, or leave out %s to let scaffold look for another", by)
	}
	return nil, &Error{Msg: fmt.Sprintf("no BuildKit answers at %s", addr), Next: next, Err: err}
}

// dialPlain dials what BuildKit's client knows how to reach.
func dialPlain(ctx context.Context, u *url.URL, _ Options) (*Builder, error) {
	var opts []client.ClientOpt
	if helper, err := connhelper.GetConnectionHelper(u.String()); err != nil {
		return nil, err
	} else if helper != nil {
		opts = append(opts, through(helper.ContextDialer))
	}
	b, err := dial(ctx, u.String(), dialDeadline, opts...)
	if err != nil && u.Scheme == "unix" && speaksHTTP(ctx, u.Path) {
		err = errHTTP
	}
	return b.at(u.String()), err
}

var errHTTP = errors.New("the server there speaks HTTP/1, not gRPC")

// speaksHTTP asks what answers at a socket that is no BuildKit's: gRPC says no more than
// that it was hung up on.
func speaksHTTP(ctx context.Context, socket string) bool {
	ctx, cancel := context.WithTimeout(ctx, rejectDeadline)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(rejectDeadline))
	answer := make([]byte, len("HTTP/1"))
	_, err = io.WriteString(conn, "GET /_ping HTTP/1.0\r\n\r\n")
	if _, readErr := io.ReadFull(conn, answer); err != nil || readErr != nil {
		return false
	}
	return string(answer) == "HTTP/1"
}

func dialTCP(ctx context.Context, u *url.URL, o Options) (*Builder, error) {
	opts, err := o.TLS.client(u)
	if err != nil {
		return nil, err
	}
	b, err := dial(ctx, u.String(), dialDeadline, opts...)
	if err != nil && opts != nil && refusalHint(err) == "" {
		if why := o.TLS.rejected(ctx, u); why != nil {
			err = why
		}
	}
	if err == nil && opts == nil && exposed(u) {
		b.Warnings = append(b.Warnings, fmt.Sprintf("the connection to %s is neither encrypted nor authenticated: whoever is between reads the sources and secrets of the build; %s", u, tlsFlags))
	}
	return b.at(u.String()), err
}

// dial connects to addr and asks what it can run: a connection alone proves
// nothing, since gRPC connects lazily and connection helpers start a command.
func dial(ctx context.Context, addr string, limit time.Duration, opts ...client.ClientOpt) (*Builder, error) {
	c, err := client.New(ctx, addr, opts...)
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
	b := &Builder{Client: c, Platforms: names(workers[0].Platforms), labels: workers[0].Labels}
	b.Native = b.Platforms[0]
	// Only BuildKit v0.11 and later tell their version.
	if info, err := c.Info(ctx); err == nil {
		b.Version = info.BuildkitVersion.Version
	}
	return b, nil
}

// command is how a connection helper words that its command ended, with advice that is
// about Docker alone.
var command = regexp.MustCompile(`(command \[.*\] has exited with [^,]*), make sure the URL is valid.*stderr=(?s:(.*))$`)

// plain takes gRPC's wrapping off a dial error, of which only the end helps a person.
func plain(err error) error {
	s := err.Error()
	if m := command.FindStringSubmatch(s); m != nil {
		said := strings.TrimSuffix(m[2], `"`)
		if text, err := strconv.Unquote(`"` + said + `"`); err == nil {
			said = text
		}
		said = strings.Map(func(r rune) rune {
			if unicode.IsControl(r) && r != '\n' {
				return -1
			}
			return r
		}, said)
		return &commandError{m[1] + ": " + lastLines([]byte(said), 3)}
	}
	for _, mark := range []string{"while dialing: ", "desc = "} {
		if i := strings.LastIndex(s, mark); i >= 0 {
			return errors.New(strings.Trim(s[i+len(mark):], `"`))
		}
	}
	return err
}

// through has BuildKit's client talk to a command.
func through(dial func(context.Context, string) (net.Conn, error)) client.ClientOpt {
	return client.WithContextDialer(func(ctx context.Context, addr string) (net.Conn, error) {
		c, err := dial(ctx, addr)
		if err != nil {
			return nil, err
		}
		return commandConn{c}, nil
	})
}

// commandConn tells why a command ended, which only reading from it does, also to who
// writes to it first.
type commandConn struct{ net.Conn }

func (c commandConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if err != nil {
		if _, why := c.Read(make([]byte, 1)); why != nil && why != io.EOF {
			err = why
		}
	}
	return n, err
}

// commandError is a connection helper's command that ended.
type commandError struct{ said string }

func (e *commandError) Error() string { return e.said }

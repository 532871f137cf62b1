package builder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	dockerconfig "github.com/docker/cli/cli/config"
	clicontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/moby/buildkit/client"
	mobyclient "github.com/moby/moby/client"
)

// engineDeadline is how long a Docker Engine that nobody named may take to answer; then
// the search goes on.
const engineDeadline = 5 * time.Second

// snapshotter is a label of Docker's BuildKit where Docker keeps images in containerd's
// store, see driver/docker of github.com/docker/buildx.
const snapshotter = "org.mobyproject.buildkit.worker.snapshotter"

// defaultContext is the name of the context that DOCKER_HOST describes.
const defaultContext = "default"

// findDocker takes the builder that `docker buildx build` would take: the current builder
// of buildx, or Docker Engine itself. One that does not answer is passed over, since
// nobody named it.
func findDocker(ctx context.Context, o Options) (*Builder, error) {
	if o.own() {
		return nil, passed("")
	}
	current, err := inspectBuildx(ctx, "")
	if err == nil && !current.engine() {
		b, err := current.connect(ctx, o)
		if err == nil || ctx.Err() != nil {
			return b, errors.Join(ctx.Err(), err)
		}
		fmt.Fprintf(o.Log, "buildx builder %q does not answer (%v); looking for another\n", current.Name, err)
	}
	ctxName := current.context()
	e, err := engineOf(ctxName)
	if err == nil && !e.there() {
		return nil, passed("no Docker")
	}
	var b *Builder
	if err == nil {
		b, err = e.connect(ctx, engineDeadline)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		fmt.Fprintf(o.Log, "%v; looking for another builder\n", err)
		return nil, passed("Docker does not answer")
	}
	return b, nil
}

// dialContext reaches the engine of a Docker context that was named, or of the current
// one for docker:// alone.
func dialContext(ctx context.Context, u *url.URL, _ Options) (*Builder, error) {
	e, err := engineOf(u.Host)
	if err != nil {
		return nil, err
	}
	return e.connect(ctx, dialDeadline)
}

// engine is a Docker Engine that a Docker context describes.
type engine struct {
	context  string
	endpoint docker.Endpoint
}

// engineOf reads a context as the docker command does; an empty name is the current one.
func engineOf(name string) (engine, error) {
	if name == "" {
		name = currentContext()
	}
	if name == defaultContext {
		ep, err := defaultEndpoint()
		return engine{name, ep}, err
	}
	config := store.NewConfig(func() any { return &map[string]any{} },
		store.EndpointTypeGetter(docker.DockerEndpoint, func() any { return &docker.EndpointMeta{} }))
	contexts := store.New(dockerconfig.ContextStoreDir(), config)
	meta, err := contexts.GetMetadata(name)
	if err != nil {
		return engine{}, &Error{Msg: fmt.Sprintf("reading the Docker context %q", name), Next: "docker context ls lists what there is", Err: err}
	}
	found, err := docker.EndpointFromContext(meta)
	if err != nil {
		return engine{}, &Error{Msg: fmt.Sprintf("reading the Docker context %q", name), Next: "name a context that has a Docker endpoint", Err: err}
	}
	ep, err := docker.WithTLSData(contexts, name, found)
	if err != nil {
		return engine{}, fmt.Errorf("reading the Docker context %q: %w", name, err)
	}
	return engine{name, ep}, nil
}

// currentContext is chosen in the order of the docker command.
func currentContext() string {
	if os.Getenv("DOCKER_HOST") != "" {
		return defaultContext
	}
	if name := os.Getenv("DOCKER_CONTEXT"); name != "" {
		return name
	}
	if config, err := dockerconfig.Load(dockerconfig.Dir()); err == nil && config.CurrentContext != "" {
		return config.CurrentContext
	}
	return defaultContext
}

// defaultEndpoint is what DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH say.
func defaultEndpoint() (docker.Endpoint, error) {
	ep := docker.Endpoint{EndpointMeta: docker.EndpointMeta{Host: os.Getenv("DOCKER_HOST")}}
	if ep.Host == "" {
		ep.Host = mobyclient.DefaultDockerHost
	}
	verify := os.Getenv("DOCKER_TLS_VERIFY") != ""
	if !verify && os.Getenv("DOCKER_TLS") == "" {
		return ep, nil
	}
	dir := os.Getenv("DOCKER_CERT_PATH")
	if dir == "" {
		dir = dockerconfig.Dir()
	}
	var files [3]string
	for i, name := range []string{"ca.pem", "cert.pem", "key.pem"} {
		if file := filepath.Join(dir, name); i == 0 && verify || firstThere(dir, []string{name}) != "" {
			files[i] = file
		}
	}
	var err error
	ep.SkipTLSVerify = !verify
	if ep.TLSData, err = clicontext.TLSDataFromFiles(files[0], files[1], files[2]); err != nil {
		return ep, &Error{Msg: "reading Docker's certificates", Next: "set DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem, or unset DOCKER_TLS_VERIFY", Err: err}
	}
	return ep, nil
}

// there reports whether something suggests that this machine has a Docker: anything but
// the default socket that does not exist.
func (e engine) there() bool {
	path, local := strings.CutPrefix(e.endpoint.Host, "unix://")
	if !local || e.context != defaultContext || os.Getenv("DOCKER_HOST") != "" {
		return true
	}
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// connect reaches the BuildKit inside the engine, over HTTP that is upgraded to gRPC.
func (e engine) connect(ctx context.Context, limit time.Duration) (*Builder, error) {
	opts, err := e.endpoint.ClientOpts()
	if err != nil {
		return nil, fmt.Errorf("reaching Docker at %s: %w", e.endpoint.Host, err)
	}
	api, err := mobyclient.New(opts...)
	if err != nil {
		return nil, fmt.Errorf("reaching Docker at %s: %w", e.endpoint.Host, err)
	}
	b, err := e.dial(ctx, api, limit)
	if err != nil {
		api.Close()
		return nil, err
	}
	b.also = api
	return b, nil
}

func (e engine) dial(ctx context.Context, api *mobyclient.Client, limit time.Duration) (*Builder, error) {
	asked, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	version, err := api.ServerVersion(asked, mobyclient.ServerVersionOptions{})
	if err != nil {
		if errors.Is(asked.Err(), context.DeadlineExceeded) {
			err = fmt.Errorf("waiting for an answer: none within %v", limit)
		}
		return nil, e.refused(ctx, err)
	}
	if version.Os != "linux" {
		return nil, &Error{Msg: fmt.Sprintf("Docker at %s runs %s containers", e.endpoint.Host, version.Os), Next: "switch it to Linux containers, or " + hintAddress}
	}
	session := func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
		return api.DialHijack(ctx, "/session", proto, meta)
	}
	b, err := dial(ctx, "", limit, client.WithSessionDialer(session),
		client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return api.DialHijack(ctx, "/grpc", "h2c", nil)
		}))
	if err != nil {
		return nil, e.refused(ctx, fmt.Errorf("reaching the BuildKit of Docker Engine %s: %w", version.Version, err))
	}
	_, contained := b.labels[snapshotter]
	b.SessionDialer, b.NoStore, b.Addr = session, !contained, "docker://"+e.context
	b.Engine, _, _ = strings.Cut(version.Version, "+") // Debian's 20.10.24+dfsg1
	about := fmt.Sprintf("Docker Engine %s, context %q", b.Engine, e.context)
	if b.NoStore {
		about += ", which knows no image digests without containerd's image store"
	}
	b.what = fmt.Sprintf("%s at %s (%s)", strings.TrimSpace("BuildKit "+b.Version), e.endpoint.Host, about)
	return b, nil
}

// refused is an engine that was asked and cannot be used.
func (e engine) refused(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	next := "see that Docker runs and that you may use it: docker --context " + e.context + " version"
	if errors.Is(err, fs.ErrPermission) {
		next = "you may not use this socket: be in its group (usermod -aG docker USER, then log in again), or run as root"
	}
	return &Error{Msg: "Docker at " + e.endpoint.Host + " does not answer", Next: next, Err: err}
}

package builder

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"time"

	"github.com/docker/cli/cli/connhelper/commandconn"
)

const (
	// inspectDeadline is how long buildx may take to say which builder is current.
	inspectDeadline = 10 * time.Second
	// bootDeadline is how long a builder of buildx may take, which buildx starts first.
	bootDeadline = time.Minute
)

// buildxBuilder is a builder as `docker buildx inspect` describes it.
type buildxBuilder struct{ Name, Driver string }

// engine is true for the builder that is Docker Engine itself. It is reached directly:
// its sessions do not go through dial-stdio.
func (x buildxBuilder) engine() bool { return x.Driver == "docker" }

// context is the Docker context of such a builder, which is named after it; "" for the
// current one.
func (x buildxBuilder) context() string {
	if x.engine() && x.Name != defaultContext {
		return x.Name
	}
	return ""
}

// inspectBuildx asks for a builder by its name, or for the current one.
func inspectBuildx(ctx context.Context, name string) (buildxBuilder, error) {
	args := []string{"buildx", "inspect"}
	if name != "" {
		args = append(args, "--", name)
	}
	ctx, cancel := context.WithTimeout(ctx, inspectDeadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, "docker", args...)
	cmd.WaitDelay = time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return buildxBuilder{}, fmt.Errorf("asking docker buildx for its builder: %w", ctx.Err())
	}
	x := parseInspect(out)
	if err == nil && x.Driver == "" {
		err = errors.New("it names no driver")
	}
	if err != nil && x.Driver == "" {
		return buildxBuilder{}, fmt.Errorf("asking docker buildx for its builder: %w: %s", err, lastLines(stderr.Bytes(), 2))
	}
	return x, nil
}

// parseInspect reads the head of what `docker buildx inspect` prints: "Name:   NAME" and
// "Driver: DRIVER", before those of its nodes.
func parseInspect(out []byte) (x buildxBuilder) {
	fields := map[string]*string{"Name": &x.Name, "Driver": &x.Driver}
	sc := bufio.NewScanner(bytes.NewReader(out))
	for sc.Scan() {
		key, value, _ := strings.Cut(sc.Text(), ":")
		if f := fields[key]; f != nil && *f == "" {
			*f = strings.TrimSpace(value)
		}
	}
	return x
}

// dialBuildx reaches a builder of buildx that was named, or the current one.
func dialBuildx(ctx context.Context, u *url.URL, o Options) (*Builder, error) {
	x, err := inspectBuildx(ctx, u.Host)
	if err != nil {
		return nil, &Error{Msg: fmt.Sprintf("no buildx builder %q", u.Host), Next: "docker buildx ls lists what there is", Err: err}
	}
	if x.engine() {
		e, err := engineOf(x.context())
		if err != nil {
			return nil, err
		}
		return e.connect(ctx, dialDeadline)
	}
	return x.connect(ctx, o)
}

// connect has buildx hand through a connection to its builder, whatever its driver.
func (x buildxBuilder) connect(ctx context.Context, o Options) (*Builder, error) {
	args := []string{"buildx", "dial-stdio", "--builder", x.Name}
	if o.Platform != "" {
		args = append(args, "--platform", o.Platform)
	}
	b, err := dial(ctx, "", bootDeadline, through(func(ctx context.Context, _ string) (net.Conn, error) {
		return commandconn.New(ctx, "docker", args...)
	}))
	if err != nil {
		return nil, err
	}
	b.at("buildx://" + x.Name)
	b.what += " (driver " + x.Driver + ")"
	return b, nil
}

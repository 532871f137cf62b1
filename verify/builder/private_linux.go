package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	// startDeadline covers an old supervisor's stop and a new buildkitd's start.
	startDeadline = 90 * time.Second
	// localDeadline is how long a buildkitd of ours may take to answer.
	localDeadline = 5 * time.Second
)

func findPrivate(ctx context.Context, o Options) (*Builder, error) {
	b, err := runPrivate(ctx, o)
	if o.own() {
		b = b.because(whyOwn(o))
	}
	return b, err
}

func whyOwn(o Options) string {
	switch {
	case o.StandIns:
		return "--stand-ins needs scaffold's own"
	case o.Mirror != "":
		return "--mirror needs scaffold's own"
	}
	return "--ca needs scaffold's own"
}

// runPrivate connects to the private buildkitd, and starts it where it does not run.
func runPrivate(ctx context.Context, o Options) (*Builder, error) {
	if err := rootless(); err != nil {
		return nil, err
	}
	in, err := instanceFor(o)
	if err != nil {
		return nil, err
	}
	lock, err := in.lockStart(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	if b, err := in.dial(ctx); err == nil {
		b.what = fmt.Sprintf("private buildkitd %s, running already", b.Version)
		return b, nil
	}
	s, from, err := prepare(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := in.writeSpec(s); err != nil {
		return nil, fmt.Errorf("preparing builder %q: %w", in.key, err)
	}
	b, err := in.start(ctx, o)
	if err != nil {
		return nil, err
	}
	b.what = fmt.Sprintf("private buildkitd %s%s", b.Version, from)
	return b, nil
}

// dial connects to the instance as it runs.
func (in instance) dial(ctx context.Context) (*Builder, error) {
	st, err := in.readState()
	if err != nil {
		return nil, err
	}
	b, err := dial(ctx, st.Addr, localDeadline)
	if err != nil {
		return nil, err
	}
	b.Private, b.Registry, b.Limits, b.excesses = true, st.Registry, &st.Limits, in.excesses
	return b, nil
}

// prepare finds what a start needs. from names a buildkitd that is not scaffold's.
func prepare(ctx context.Context, o Options) (s spec, from string, err error) {
	s = spec{StandIns: o.StandIns, Mirror: o.Mirror, CA: string(o.CA), IdleLimit: o.IdleLimit, Limits: o.Limits}
	if _, _, err := splitMirror(o.Mirror); err != nil {
		return s, "", err
	}
	runcs := []string{"buildkit-runc", "runc"}
	if os.Geteuid() != 0 {
		runcs = append(runcs, "/usr/sbin/runc") // not in everybody's PATH
	}
	if s.Runc, err = lookPath(runcs...); err != nil {
		return s, "", &Error{Msg: "a private buildkitd needs runc, and there is none in PATH", Next: "install the package runc, or " + hintAddress, Err: err}
	}
	if s.Buildkitd, err = lookPath("buildkitd"); err == nil {
		return s, " from " + s.Buildkitd, nil
	}
	if _, err := exec.LookPath("go"); err != nil {
		return s, "", &Error{
			Msg:  "neither buildkitd nor a Go toolchain to build it with is in PATH",
			Next: "install BuildKit (https://github.com/moby/buildkit/releases) or Go (https://go.dev/dl), or " + hintAddress,
		}
	}
	s.Buildkitd, err = Tool(ctx, o.CacheDir, "github.com/moby/buildkit/cmd/buildkitd", "linux/"+runtime.GOARCH, o.Log)
	return s, "", err
}

// lookPath returns the absolute path of the first of names that is in PATH.
func lookPath(names ...string) (string, error) {
	var errs []error
	for _, n := range names {
		p, err := exec.LookPath(n)
		if err == nil {
			return filepath.Abs(p)
		}
		errs = append(errs, err)
	}
	return "", errors.Join(errs...)
}

func (in instance) writeSpec(s spec) error {
	if err := os.MkdirAll(in.dir, 0o700); err != nil {
		return err
	}
	return writeJSON(in.path("spec.json"), s)
}

// start runs a supervisor and waits until the instance answers. It is called with
// the start lock held.
func (in instance) start(ctx context.Context, o Options) (*Builder, error) {
	cmd, err := in.spawn(o.Self)
	if err != nil {
		return nil, fmt.Errorf("starting builder %q: %w", in.key, err)
	}
	fmt.Fprintf(o.Log, "starting a private buildkitd (%s)\n", in.key)
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	limit, cancel := context.WithTimeout(ctx, startDeadline)
	defer cancel()
	b, err := in.await(limit, exited)
	if st, _ := in.readState(); err != nil || st.Pid != cmd.Process.Pid {
		// Either nobody waits for it any more, or an older supervisor came back to life.
		_ = cmd.Process.Signal(syscall.SIGTERM)
	}
	if err == nil {
		if b.Limits.Unlimited != "" {
			fmt.Fprintf(o.Log, "what it runs is not held to every limit: %s\n", b.Limits.Unlimited)
		}
		return b, nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("starting builder %q: %w", in.key, ctx.Err())
	}
	return nil, &Error{
		Msg:  fmt.Sprintf("starting a private buildkitd (%s)", in.key),
		Next: "its logs are in " + in.dir + "; `scaffold builder prune` starts afresh, or " + hintAddress,
		Err:  err,
	}
}

func (in instance) await(ctx context.Context, exited <-chan error) (*Builder, error) {
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	var last error
	for {
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("waiting for an answer: %w", ctx.Err()), last)
		case err := <-exited:
			return nil, fmt.Errorf("the supervisor ended (%v): %s", err, in.logTail())
		case <-tick.C:
		}
		b, err := in.dial(ctx)
		if err == nil {
			return b, nil
		}
		last = err
	}
}

// spawn starts the supervisor in a session of its own, so that a Ctrl-C at the
// terminal does not reach it.
func (in instance) spawn(self []string) (*exec.Cmd, error) {
	if len(self) == 0 {
		exe, err := os.Executable()
		if err != nil {
			return nil, err
		}
		self = []string{exe, "builder", "serve"}
	}
	log, err := os.Create(in.path("supervisor.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(self[0], append(self[1:len(self):len(self)], "--dir", in.dir)...)
	cmd.Dir, cmd.Env = "/", daemonEnv(os.Environ())
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd, cmd.Start()
}

// daemonEnv keeps of a person's environment what finding programs, proxies and
// certificates needs. A daemon outlives the run that started it, and must not hold
// that run's tokens.
func daemonEnv(env []string) []string {
	keep := map[string]bool{
		"PATH": true, "HOME": true, "LANG": true, "SSL_CERT_FILE": true, "SSL_CERT_DIR": true,
		"HTTP_PROXY": true, "HTTPS_PROXY": true, "NO_PROXY": true, "ALL_PROXY": true,
	}
	var out []string
	for _, kv := range env {
		k, _, _ := strings.Cut(kv, "=")
		if keep[k] || strings.HasSuffix(k, "_proxy") && keep[strings.ToUpper(k)] {
			out = append(out, kv)
		}
	}
	return out
}

// logTail is the end of both logs, for a person whose builder did not start.
func (in instance) logTail() string {
	var b strings.Builder
	for _, name := range []string{"supervisor.log", "buildkitd.log"} {
		if data, err := os.ReadFile(in.path(name)); err == nil && len(data) > 0 {
			fmt.Fprintf(&b, "\n%s: %s", name, lastLines(data, 8))
		}
	}
	return b.String()
}

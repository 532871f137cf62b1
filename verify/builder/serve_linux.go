package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// lockDeadline is how long a supervisor waits for the one before it to end.
const lockDeadline = 30 * time.Second

// readyDeadline is how long buildkitd may take from its start to its first answer.
const readyDeadline = 60 * time.Second

// Serve is the supervisor of one private buildkitd: it starts it, proxies its
// clients, and stops it after the idle limit, on SIGTERM or SIGINT, or when ctx
// ends. It returns nil then, and an error if buildkitd does not start or ends by
// itself. Connect runs it as a process of its own.
func Serve(ctx context.Context, o ServeOptions) error {
	if o.Log == nil {
		o.Log = io.Discard
	}
	ctx, cancel := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return fmt.Errorf("serving builder %q: %w", o.Dir, err)
	}
	in := instance{key: filepath.Base(dir), dir: dir}
	unlock, err := in.claim(ctx)
	if err != nil {
		return fmt.Errorf("serving builder %q: %w", in.key, err)
	}
	defer unlock()
	var s spec
	if err := readJSON(in.path("spec.json"), &s); err != nil {
		return fmt.Errorf("serving builder %q: %w", in.key, err)
	}
	if err := in.awaitRoot(ctx); err != nil {
		return fmt.Errorf("serving builder %q: %w", in.key, err)
	}
	if err := in.sweep(); err != nil {
		return fmt.Errorf("serving builder %q: %w", in.key, err)
	}
	reason := in.serve(ctx, s, o.Log)
	fmt.Fprintf(o.Log, "%s stopped: %v\n", time.Now().Format(time.RFC3339), reason)
	err = in.sweep()
	if errors.Is(reason, errIdle) || errors.Is(reason, errClosed) || ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("serving builder %q: %w", in.key, reason)
}

// claim takes the serve lock and writes our pid into it.
func (in instance) claim(ctx context.Context) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, lockDeadline)
	defer cancel()
	l := in.serveLock()
	if _, err := l.TryLockContext(ctx, lockPoll); err != nil {
		pid, _ := in.supervisor()
		return nil, fmt.Errorf("waiting for process %d to end: %w", pid, err)
	}
	if err := os.WriteFile(l.Path(), fmt.Appendln(nil, os.Getpid()), 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return func() { l.Close() }, nil
}

// awaitRoot waits until no buildkitd holds the root: one whose supervisor was
// killed dies just after that supervisor's lock is free.
func (in instance) awaitRoot(ctx context.Context) error {
	l := flock.New(filepath.Join(in.path("root"), "buildkitd.lock"), flock.SetFlag(os.O_RDONLY))
	defer l.Close()
	ctx, cancel := context.WithTimeout(ctx, lockDeadline)
	defer cancel()
	if _, err := l.TryLockContext(ctx, lockPoll); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("waiting for the buildkitd before this one to end: %w", err)
	}
	return nil
}

// serve returns why it ended; everything that it started has ended by then.
func (in instance) serve(ctx context.Context, s spec, log io.Writer) (reason error) {
	if err := in.makeSocketDir(); err != nil {
		return err
	}
	var registry string
	if s.StandIns {
		server, addr, err := serveRegistry(in.path("registry"))
		if err != nil {
			return err
		}
		defer server.Close()
		registry = addr
	}
	if err := in.writeConfig(s, registry); err != nil {
		return err
	}
	limits, err := s.Limits.withDefaults(in.dir)
	if err != nil {
		return err
	}
	limits = in.cgroup().create(limits)
	d, err := startDaemon(in, s)
	if err != nil {
		return err
	}
	defer func() {
		if err := d.stop(); err != nil {
			fmt.Fprintln(log, err)
		}
	}()
	backend := in.socket("buildkitd.sock")
	limit, cancel := context.WithTimeout(ctx, readyDeadline)
	defer cancel()
	version, err := d.ready(limit, "unix://"+backend)
	if err != nil {
		return err
	}
	g, err := openGate(in.socket("builder.sock"), backend, s.IdleLimit)
	if err != nil {
		return err
	}
	defer g.close()
	st := state{
		Pid: os.Getpid(), BuildkitdPid: d.pid, Addr: "unix://" + in.socket("builder.sock"),
		Version: version, Registry: registry, Since: time.Now().Truncate(time.Second), Limits: limits,
	}
	if err := writeJSON(in.path("state.json"), st); err != nil {
		return err
	}
	fmt.Fprintf(log, "%s buildkitd %s runs below process %d; limits: %s\n", st.Since.Format(time.RFC3339), version, d.pid, limits)
	defer in.watch(ctx, d.pid, limits)()
	return g.wait(ctx, d)
}

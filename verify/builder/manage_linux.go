package builder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Status returns every private instance below cacheDir, by key.
func Status(cacheDir string) ([]InstanceStatus, error) {
	ins, err := instances(cacheDir)
	var out []InstanceStatus
	for _, in := range ins {
		out = append(out, in.status())
	}
	return out, err
}

// Stop stops every running private instance below cacheDir, also one that another
// run is using, and returns those it stopped. Their data stays.
func Stop(ctx context.Context, cacheDir string) ([]InstanceStatus, error) {
	return each(ctx, cacheDir, func(in instance) (bool, error) {
		did, err := in.stop(ctx)
		if err == nil {
			err = in.sweep() // after a supervisor that was killed
		}
		return did, err
	})
}

// Prune stops every private instance below cacheDir, deletes its data, and returns
// those it deleted. Built tools stay.
func Prune(ctx context.Context, cacheDir string) ([]InstanceStatus, error) {
	return each(ctx, cacheDir, func(in instance) (bool, error) {
		if _, err := in.stop(ctx); err != nil {
			return false, err
		}
		if err := in.sweep(); err != nil {
			return false, err
		}
		return true, removeAll(ctx, in.dir)
	})
}

// each runs do on every instance, with its start lock held, and returns as they
// were before those for which do says true. One that fails does not keep the
// others from their turn.
func each(ctx context.Context, cacheDir string, do func(instance) (bool, error)) ([]InstanceStatus, error) {
	ins, err := instances(cacheDir)
	errs := []error{err}
	var out []InstanceStatus
	for _, in := range ins {
		lock, err := in.lockStart(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		was := in.status()
		did, err := do(in)
		lock.Close()
		if did {
			out = append(out, was)
		}
		errs = append(errs, err)
	}
	return out, errors.Join(errs...)
}

func instances(cacheDir string) ([]instance, error) {
	dir, err := buildersDir(cacheDir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing builders: %w", err)
	}
	var out []instance
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, instance{key: e.Name(), dir: filepath.Join(dir, e.Name())})
		}
	}
	return out, nil
}

func (in instance) status() InstanceStatus {
	out := InstanceStatus{Key: in.key, Dir: in.dir, DiskBytes: diskBytes(in.dir)}
	out.Pid, out.Running = in.supervisor()
	if st, err := in.readState(); err == nil && out.Running {
		out.BuildkitdPid, out.Addr, out.Version = st.BuildkitdPid, st.Addr, st.Version
		out.Registry, out.Since, out.Limits = st.Registry, &st.Since, &st.Limits
	}
	return out
}

// stop ends the instance's supervisor, and with it buildkitd, and says whether
// there was one. In order, a supervisor needs up to two of buildkitd's deadlines.
func (in instance) stop(ctx context.Context) (bool, error) {
	for i, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		pid, held := in.supervisor()
		if !held {
			return i > 0, nil
		}
		if pid != 0 {
			if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
				return false, fmt.Errorf("stopping builder %q: %w", in.key, err)
			}
		}
		limit, cancel := context.WithTimeout(ctx, 3*stopDeadline)
		l := in.serveLock()
		_, err := l.TryLockContext(limit, lockPoll)
		cancel()
		l.Close()
		if err == nil {
			return true, awaitExit(ctx, pid)
		}
		if ctx.Err() != nil {
			return false, fmt.Errorf("stopping builder %q: %w", in.key, ctx.Err())
		}
	}
	return false, fmt.Errorf("stopping builder %q: its supervisor does not end within %v", in.key, 6*stopDeadline)
}

// awaitExit waits until a supervisor, which lets go of its lock a moment before its end,
// runs no more; nobody may have waited for it yet, see proc_pid_stat(5).
func awaitExit(ctx context.Context, pid int) error {
	ctx, cancel := context.WithTimeout(ctx, stopDeadline)
	defer cancel()
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || bytes.Contains(stat, []byte(") Z ")) {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for process %d to end: %w", pid, ctx.Err())
		}
	}
}

// diskBytes is what the files below dir occupy; what vanishes meanwhile counts nothing.
func diskBytes(dir string) int64 {
	var sum int64
	filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil {
			if st, ok := info.Sys().(*syscall.Stat_t); ok {
				sum += st.Blocks * 512
			}
		}
		return nil
	})
	return sum
}

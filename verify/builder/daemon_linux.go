package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// stopDeadline is how long buildkitd has to end in order.
const stopDeadline = 10 * time.Second

// A daemon is a running buildkitd.
type daemon struct {
	pid  int           // of its init
	done chan struct{} // closed when it has ended
	err  error         // how; read after done
}

// startDaemon runs buildkitd below an init that is PID 1 of its own PID namespace, in
// its own mount namespace: when either ends, even by SIGKILL, the kernel kills every
// container and drops every overlay mount. If the supervisor dies, the kernel kills
// the init.
func startDaemon(in instance, s spec) (*daemon, error) {
	log, err := os.Create(in.path("buildkitd.log"))
	if err != nil {
		return nil, fmt.Errorf("starting buildkitd: %w", err)
	}
	defer log.Close()
	if err := os.MkdirAll(in.path("tmp"), 0o700); err != nil {
		return nil, fmt.Errorf("starting buildkitd: %w", err)
	}
	cmd := exec.Command("/proc/self/exe", s.Buildkitd, "--config", in.path("buildkitd.toml"))
	cmd.Args[0] = initName
	cmd.Dir = "/"
	if cmd.Env, err = in.trust(daemonEnv(os.Environ()), s.CA); err != nil {
		return nil, fmt.Errorf("starting buildkitd: %w", err)
	}
	// The TMPDIR of the run that happened to start it may be gone before it is.
	cmd.Env = append(cmd.Env, "TMPDIR="+in.path("tmp"))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid:      true,
		Pdeathsig:    syscall.SIGKILL,
		Cloneflags:   syscall.CLONE_NEWPID,
		Unshareflags: syscall.CLONE_NEWNS,
	}
	if os.Geteuid() != 0 {
		if err := unprivileged(cmd, in, []string{s.Buildkitd, "--config", in.path("buildkitd.toml")}); err != nil {
			return nil, fmt.Errorf("starting buildkitd without root: %w", err)
		}
	}
	d := &daemon{done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// Pdeathsig is sent when the thread that started the child ends, so this
		// thread must live as long as the child: https://go.dev/issue/27505
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			d.err = cmd.Wait()
			close(d.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %q: %w", s.Buildkitd, err)
	}
	d.pid = cmd.Process.Pid
	return d, nil
}

// trust has a Go program read further CA certificates: SSL_CERT_DIR replaces the folders
// that crypto/x509 looks into, and leaves the system's bundle, which is a file.
func (in instance) trust(env []string, ca string) ([]string, error) {
	if ca == "" {
		return env, nil
	}
	dirs := "/etc/ssl/certs:/etc/pki/tls/certs" // its own, https://pkg.go.dev/crypto/x509#SystemCertPool
	for _, kv := range env {
		if own, ok := strings.CutPrefix(kv, "SSL_CERT_DIR="); ok {
			dirs = own
		}
	}
	if err := os.MkdirAll(in.path("ca"), 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(in.path("ca/company.pem"), []byte(ca), 0o600); err != nil {
		return nil, err
	}
	return append(env, "SSL_CERT_DIR="+dirs+":"+in.path("ca")), nil
}

// ready waits until buildkitd answers at addr and returns its version.
func (d *daemon) ready(ctx context.Context, addr string) (string, error) {
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for buildkitd: %w", ctx.Err())
		case <-d.done:
			return "", fmt.Errorf("starting buildkitd: it ended: %v", d.err)
		case <-tick.C:
		}
		if b, err := dial(ctx, addr, localDeadline); err == nil {
			b.Close()
			return b.Version, nil
		}
	}
}

// stop ends buildkitd in order if it can, and in any case.
func (d *daemon) stop() error {
	if err := syscall.Kill(d.pid, syscall.SIGTERM); errors.Is(err, syscall.ESRCH) {
		<-d.done
		return nil
	}
	select {
	case <-d.done:
		return nil
	case <-time.After(stopDeadline):
	}
	_ = syscall.Kill(d.pid, syscall.SIGKILL)
	select {
	case <-d.done:
		return fmt.Errorf("stopping buildkitd: it had to be killed after %v", stopDeadline)
	case <-time.After(stopDeadline):
		return fmt.Errorf("stopping buildkitd: process %d does not end", d.pid)
	}
}

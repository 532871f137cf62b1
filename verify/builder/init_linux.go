package builder

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// initName is argv[0] of the process that init runs as.
const initName = "scaffold-builder-init"

// init makes the program PID 1 of buildkitd's namespace where startDaemon started it as
// that. It is no verb of the command line, so that every program that can be a supervisor
// can be this too.
func init() {
	if os.Getpid() == 1 && len(os.Args) > 1 && os.Args[0] == initName {
		code, err := runAsInit(os.Args[1:])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}
}

// runAsInit runs argv as its child, passes SIGTERM and SIGINT on to it, and ends as it
// ends. Until then it reaps what is orphaned: a container whose runc was killed becomes a
// child of PID 1, and buildkitd waits for its own children only.
func runAsInit(argv []string) (code int, err error) {
	const flags = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC
	if err := syscall.Mount("proc", "/proc", "proc", flags, ""); err != nil {
		return 1, fmt.Errorf("mounting /proc: %w", err)
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	child, err := syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err != nil {
		return 1, fmt.Errorf("starting %q: %w", argv[0], err)
	}
	go func() {
		for s := range signals {
			_ = syscall.Kill(child, s.(syscall.Signal))
		}
	}()
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, 0, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return 1, fmt.Errorf("waiting for %q: %w", argv[0], err)
		case pid != child:
		case ws.Signaled():
			return 128 + int(ws.Signal()), nil
		case ws.Exited():
			return ws.ExitStatus(), nil
		}
	}
}

package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"syscall"
	"time"
)

const hintRootless = "install the packages rootlesskit and uidmap, or run as root, or "

// rootless returns nil for root, and for another user who can have a private buildkitd
// in a user namespace, see docs/rootless.md of BuildKit.
func rootless() error {
	if os.Geteuid() == 0 {
		return nil
	}
	for _, tool := range []string{"rootlesskit", "newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(tool); err != nil {
			return &Error{Msg: "a private buildkitd needs root, or else rootlesskit, and " + tool + " is not in PATH", Next: hintRootless + hintAddress}
		}
	}
	me, err := user.Current()
	if err != nil {
		return fmt.Errorf("finding out who runs this: %w", err)
	}
	for _, file := range []string{"/etc/subuid", "/etc/subgid"} {
		if data, _ := os.ReadFile(file); !delegated(string(data), me.Username, me.Uid) {
			return &Error{
				Msg:  fmt.Sprintf("a private buildkitd without root needs a range of user ids, and %s has none for %s", file, me.Username),
				Next: "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + me.Username,
			}
		}
	}
	return nil
}

// delegated reports whether a user has a line in the text of subuid(5) or subgid(5).
func delegated(text, name, id string) bool {
	for line := range strings.Lines(text) {
		owner, _, _ := strings.Cut(line, ":")
		if owner == name || owner == id {
			return true
		}
	}
	return false
}

// unprivileged has a command that was made for root run in a user namespace instead.
// What it starts there ends with it: a PID namespace of its own holds all of it.
func unprivileged(cmd *exec.Cmd, in instance, argv []string) error {
	kit, err := exec.LookPath("rootlesskit")
	if err != nil {
		return err
	}
	// runc keeps its state here, where root has /run.
	runtimeDir := in.path("runtime")
	if err := os.MkdirAll(runtimeDir, 0o700); err != nil {
		return err
	}
	cmd.Path = kit
	cmd.Args = append([]string{"rootlesskit", "--net=host", "--copy-up=/etc", "--copy-up=/run", "--pidns", "--state-dir=" + in.path("rootlesskit")}, argv...)
	cmd.Env = append(cmd.Env, "XDG_RUNTIME_DIR="+runtimeDir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return nil
}

// removeAll deletes dir, in which a rootless buildkitd leaves files of users that exist
// in its user namespace only.
func removeAll(ctx context.Context, dir string) error {
	err := os.RemoveAll(dir)
	if !errors.Is(err, os.ErrPermission) || os.Geteuid() == 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if out, kit := exec.CommandContext(ctx, "rootlesskit", "rm", "-rf", "--", dir).CombinedOutput(); kit != nil {
		return errors.Join(err, fmt.Errorf("deleting it with rootlesskit: %w: %s", kit, lastLines(out, 2)))
	}
	return nil
}

package standin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"
)

// command prepares a program that dies with ctx, its children included.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	killGroup(cmd)
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// output runs a prepared command and returns its standard output; the error carries the end of its standard error.
func output(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	if err := cmd.Run(); err != nil {
		return out.Bytes(), commandError(ctx, cmd, err, &msg)
	}
	return out.Bytes(), nil
}

// stream runs a program and hands its standard output to fn.
func stream(ctx context.Context, fn func(io.Reader) error, name string, args ...string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := command(ctx, name, args...)
	var msg bytes.Buffer
	cmd.Stderr = &msg
	r, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := fn(r); err != nil {
		cancel()
		_ = cmd.Wait() // killed: fn's error is the cause
		return err
	}
	_, _ = io.Copy(io.Discard, r) // the tar's padding
	if err := cmd.Wait(); err != nil {
		return commandError(ctx, cmd, err, &msg)
	}
	return nil
}

func commandError(ctx context.Context, cmd *exec.Cmd, err error, msg *bytes.Buffer) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("running %s: %w", strings.Join(cmd.Args[:min(2, len(cmd.Args))], " "), cause)
	}
	var exit *exec.ExitError
	if text := tail(msg.String(), 5); errors.As(err, &exit) && text != "" {
		err = fmt.Errorf("%w: %s", err, text)
	}
	return fmt.Errorf("running %s: %w", strings.Join(cmd.Args[:min(2, len(cmd.Args))], " "), err)
}

// tail returns the last n lines, joined by "; ".
func tail(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}

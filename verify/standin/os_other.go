//go:build !linux

package standin

import (
	"context"
	"errors"
	"os/exec"
)

func killGroup(*exec.Cmd) {}

func lock(context.Context, string) (func(), error) { return nil, supportedHost() }

func lockFile(context.Context, string, lockKind) (func(), error) { return nil, supportedHost() }

func supportedHost() error {
	return &Error{errors.New("stand-ins are built on Linux only"), "build against a registry instead, or on a Linux machine"}
}

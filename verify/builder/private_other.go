//go:build !linux

package builder

import "context"

func noPrivate() error {
	return &Error{Msg: "a private buildkitd runs on Linux only", Next: hintAddress}
}

func findPrivate(context.Context, Options) (*Builder, error) { return nil, noPrivate() }
func runPrivate(context.Context, Options) (*Builder, error)  { return nil, noPrivate() }

// Serve runs on Linux only.
func Serve(context.Context, ServeOptions) error { return noPrivate() }

// Status returns the private instances below cacheDir: none but on Linux.
func Status(string) ([]InstanceStatus, error) { return nil, nil }

// Stop stops the private instances below cacheDir: none but on Linux.
func Stop(context.Context, string) ([]InstanceStatus, error) { return nil, nil }

// Prune deletes the private instances below cacheDir: none but on Linux.
func Prune(context.Context, string) ([]InstanceStatus, error) { return nil, nil }

// Package probers carries the prober as static Linux programs, for hosts whose own
// scaffold cannot run in a Linux container: macOS, Windows, a dynamically linked build,
// or a BuildKit on another architecture.
//
// Only a build with the tag release carries them; scripts/release makes the programs
// first and embeds them compressed. They are in no commit.
package probers

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
)

// An AbsentError says that this build carries no prober for an architecture.
type AbsentError struct{ Arch string }

func (e *AbsentError) Error() string {
	return fmt.Sprintf("this scaffold carries no prober for linux/%s", e.Arch)
}

// Hint is the next step.
func (e *AbsentError) Hint() string {
	if have := Architectures(); len(have) > 0 {
		return "it has those for " + strings.Join(have, ", ") + "; use a BuildKit on one of these"
	}
	return "take a released scaffold, or build one with scripts/release"
}

// Architectures are those that this build carries a prober for, as GOARCH names them.
func Architectures() []string { return architectures(embedded) }

func architectures(programs fs.FS) []string {
	names, err := fs.Glob(programs, "linux-*.gz")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(strings.TrimPrefix(name, "linux-"), ".gz")
	}
	slices.Sort(names)
	return names
}

// Path unpacks the prober for an architecture into dir, unless it is there already, and
// returns where it is. The error is an [*AbsentError] where this build has none.
func Path(dir, arch string) (string, error) { return unpack(embedded, dir, arch) }

func unpack(programs fs.FS, dir, arch string) (string, error) {
	packed, err := fs.ReadFile(programs, "linux-"+arch+".gz")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return "", &AbsentError{arch}
	}
	if err != nil {
		return "", fmt.Errorf("reading the prober for %s: %w", arch, err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return "", fmt.Errorf("unpacking the prober for %s: %w", arch, err)
	}
	program, err := io.ReadAll(z)
	if err != nil {
		return "", fmt.Errorf("unpacking the prober for %s: %w", arch, err)
	}
	// The name holds the content, so that two releases share a cache.
	path := filepath.Join(dir, "prober-linux-"+arch+"-"+digest.FromBytes(program).Encoded()[:12])
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, program) {
		return path, nil
	}
	return path, write(path, program)
}

// write puts a program in its place whole, also when two runs do it at once.
func write(path string, program []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("unpacking the prober: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".prober-*")
	if err != nil {
		return fmt.Errorf("unpacking the prober: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(program)
	if err := errors.Join(err, f.Chmod(0o755), f.Close()); err != nil {
		return fmt.Errorf("unpacking the prober: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("unpacking the prober: %w", err)
	}
	return nil
}

package standin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// inUse is the lock that every Ensure shares as long as it runs. It lies beside the folder, which Prune removes.
func inUse(cacheDir string) string { return filepath.Join(cacheDir, "standins.lock") }

// lockKind says who else may hold a lock, and whether it is waited for.
type lockKind int

const (
	exclusive lockKind = iota
	exclusiveNow
	shared
)

// errLocked occurs where a lock is to be had at once and another holds it.
var errLocked = errors.New("held by another run")

// Prune deletes all stand-ins of a cache, and the packages downloaded for them. While an Ensure uses the cache it
// deletes nothing, and returns an error with a Hint method. A cache without stand-ins is no error.
func Prune(cacheDir string) error {
	if cacheDir == "" {
		return errors.New("deleting stand-ins: no cache folder is given")
	}
	dir := filepath.Join(cacheDir, "standins")
	gone := dir + ".gone" // a run that is killed while deleting must not leave half an image under its name
	if !exists(dir) && !exists(gone) {
		return nil
	}
	unlock, err := lockFile(context.Background(), inUse(cacheDir), exclusiveNow)
	if errors.Is(err, errLocked) {
		return errInUse(dir)
	}
	if err != nil {
		return err
	}
	defer unlock()
	if err := os.RemoveAll(gone); err != nil {
		return fmt.Errorf("deleting stand-ins %q: %w", gone, err)
	}
	if err := os.Rename(dir, gone); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("deleting stand-ins %q: %w", dir, err)
	}
	if err := os.RemoveAll(gone); err != nil {
		return fmt.Errorf("deleting stand-ins %q: %w", gone, err)
	}
	return nil
}

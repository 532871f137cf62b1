//go:build !unix

package fleet

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"scaffold/profiles"
)

// projectLock is a lock on a file in the user's cache, as a folder cannot be locked here.
// Paths that differ in nothing but case have one lock.
func projectLock(dir string) (*flock.Flock, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	locks := filepath.Join(cache, "scaffold", "locks")
	if err := os.MkdirAll(locks, 0o700); err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, err
	}
	return flock.New(filepath.Join(locks, profiles.Hash([]byte(strings.ToLower(real)))+".lock")), nil
}

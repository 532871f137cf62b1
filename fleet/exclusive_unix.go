//go:build unix

package fleet

import (
	"os"

	"github.com/gofrs/flock"
)

// projectLock is a lock on the folder itself, which leaves no file behind.
func projectLock(dir string) (*flock.Flock, error) {
	return flock.New(dir, flock.SetFlag(os.O_RDONLY)), nil
}

package builder

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// unmountBelow detaches every mount below dir, the deepest first. buildkitd's own
// mounts are in a namespace that dies with it; this is for what a person, or a
// buildkitd started by hand on the same root, left behind.
func unmountBelow(dir string) error {
	mounts, err := mountinfo.GetMounts(func(m *mountinfo.Info) (skip, stop bool) {
		return !strings.HasPrefix(m.Mountpoint, dir+"/"), false
	})
	if err != nil {
		return fmt.Errorf("reading mounts below %q: %w", dir, err)
	}
	slices.Reverse(mounts) // the kernel lists a mount after the one it lies on
	for _, m := range mounts {
		if err := unix.Unmount(m.Mountpoint, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil && err != unix.EINVAL {
			return fmt.Errorf("unmounting %q: %w", m.Mountpoint, err)
		}
	}
	return nil
}

//go:build unix

package prober

import (
	"io/fs"
	"syscall"
)

// inode identifies a file that has several names.
type inode struct{ dev, ino uint64 }

// linked returns the identity of a file that has more than one name.
func linked(info fs.FileInfo) (inode, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || st.Nlink < 2 {
		return inode{}, false
	}
	return inode{uint64(st.Dev), st.Ino}, true
}

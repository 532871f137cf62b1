//go:build !unix

package prober

import "io/fs"

type inode struct{}

func linked(fs.FileInfo) (inode, bool) { return inode{}, false }

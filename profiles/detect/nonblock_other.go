//go:build !unix

package detect

// nonblock is for pipes in a file system, which only unix has.
const nonblock = 0

// Package node reads what a Node project says of itself: package.json, the lock of its
// package manager, the files that pin a Node version, and its start script. Detection and
// evidence share it.
//
// The model: [Parse] reads JSON into a tree in which every value knows its line;
// [ReadManifest] and the readers of locks take from it what matters here. Files are asked
// for through a [Reader], so that the caller decides what may be opened and what is noted.
//
// Limits: nothing is executed. A start script is followed only as far as it is plain
// words; what a shell would have to decide is said to be so.
package node

// A Reader returns the content of a file of the project. A file that is not there is an
// error that wraps [io/fs.ErrNotExist].
type Reader func(name string) ([]byte, error)

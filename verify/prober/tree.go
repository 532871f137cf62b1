package prober

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// tree is an image's root filesystem. Unlike [os.Root], which refuses them, it resolves
// absolute links as the image's own kernel would: from the image's root.
type tree struct{ root *os.Root }

// maxLinks is Linux's own limit, path_resolution(7).
const maxLinks = 40

var errLinks = errors.New("too many symbolic links")

// resolve returns the path of name, relative to the root and free of links. A ".." at the
// root stays there, so that no link leads out.
func (t tree) resolve(name string) (string, error) {
	todo := strings.Split(name, "/")
	var done []string
	for links := 0; len(todo) > 0; {
		part := todo[0]
		todo = todo[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			done = done[:max(0, len(done)-1)]
			continue
		}
		here := path.Join(append(done[:len(done):len(done)], part)...)
		info, err := t.root.Lstat(here)
		if err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = append(done, part)
			continue
		}
		if links++; links > maxLinks {
			return "", errLinks
		}
		target, err := t.root.Readlink(here)
		if err != nil {
			return "", err
		}
		if strings.HasPrefix(target, "/") {
			done = nil
		}
		todo = append(strings.Split(target, "/"), todo...)
	}
	return path.Join(append([]string{"."}, done...)...), nil
}

var errNoFile = errors.New("is no regular file")

// open opens a regular file. It stats first: opening a pipe would hang, a device may act.
func (t tree) open(name string) (*os.File, fs.FileInfo, error) {
	at, err := t.resolve(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := t.root.Lstat(at)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, errNoFile
	}
	f, err := t.root.Open(at)
	return f, info, err
}

// read returns the first limit bytes of a regular file.
func (t tree) read(name string, limit int64) ([]byte, error) {
	f, _, err := t.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// dir lists up to n names of a directory.
func (t tree) dir(name string, n int) []string {
	at, err := t.resolve(name)
	if err != nil {
		return nil
	}
	f, err := t.root.Open(at)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(n)
	return names
}

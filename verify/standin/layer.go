package standin

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"strings"
	"time"
)

// epoch is the time of everything that no package gives a time.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// layer writes an uncompressed layer: entries in the order they come, no owner names, whole seconds, every
// parent folder before its content, and no path twice (the first wins among packages; laying over one is an error).
type layer struct {
	file *os.File
	buf  *bufio.Writer
	tar  *tar.Writer
	sum  hash.Hash
	size int64
	seen map[string]byte // path without slashes at its ends → type
}

func newLayer(file string) (*layer, error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	l := &layer{file: f, sum: sha256.New(), seen: map[string]byte{"": tar.TypeDir}}
	l.buf = bufio.NewWriterSize(io.MultiWriter(f, l.sum, counter{&l.size}), 1<<20)
	l.tar = tar.NewWriter(l.buf)
	return l, nil
}

type counter struct{ n *int64 }

func (c counter) Write(p []byte) (int, error) { *c.n += int64(len(p)); return len(p), nil }

// flush writes out the entries so far, so that the file can be read up to here.
func (l *layer) flush() error {
	if err := l.tar.Flush(); err != nil {
		return err
	}
	return l.buf.Flush()
}

// close ends the layer and returns its digest in hex.
func (l *layer) close() (string, error) {
	if err := l.tar.Close(); err != nil {
		return "", err
	}
	if err := l.buf.Flush(); err != nil {
		return "", err
	}
	return hex.EncodeToString(l.sum.Sum(nil)), l.file.Close()
}

func (l *layer) has(name string) bool { _, ok := l.seen[clean(name)]; return ok }

func clean(name string) string { return strings.Trim(path.Clean("/"+name), "/") }

// add writes an entry of a package, and skips what another package brought already.
func (l *layer) add(h *tar.Header, r io.Reader) error {
	name := clean(h.Name)
	if _, ok := l.seen[name]; ok {
		return nil
	}
	if err := l.parents(name); err != nil {
		return err
	}
	l.seen[name] = h.Typeflag
	out := &tar.Header{
		Typeflag: h.Typeflag, Name: name, Linkname: h.Linkname, Size: h.Size, Mode: h.Mode & 0o7777,
		Uid: h.Uid, Gid: h.Gid, ModTime: h.ModTime.Truncate(time.Second),
	}
	if h.Typeflag == tar.TypeDir {
		out.Name += "/"
	}
	if err := l.tar.WriteHeader(out); err != nil {
		return fmt.Errorf("writing layer entry %q: %w", name, err)
	}
	if h.Typeflag != tar.TypeReg {
		return nil
	}
	if _, err := io.Copy(l.tar, r); err != nil {
		return fmt.Errorf("writing layer entry %q: %w", name, err)
	}
	return nil
}

func (l *layer) parents(name string) error {
	dir, _, ok := cutLast(name)
	if !ok || l.seen[dir] != 0 {
		return nil
	}
	return l.dir(dir, 0o755)
}

func cutLast(name string) (dir, base string, ok bool) {
	i := strings.LastIndex(name, "/")
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}

// lay writes an entry of ours; one that is there already is an error, but for folders.
func (l *layer) lay(h *tar.Header, r io.Reader) error {
	if kind, ok := l.seen[clean(h.Name)]; ok {
		if kind == tar.TypeDir && h.Typeflag == tar.TypeDir {
			return nil
		}
		return fmt.Errorf("laying %q: a package brings it already", h.Name)
	}
	if h.ModTime.IsZero() {
		h.ModTime = epoch
	}
	return l.add(h, r)
}

func (l *layer) dir(name string, mode int64) error {
	return l.lay(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode}, nil)
}

func (l *layer) write(name string, mode int64, data []byte) error {
	return l.lay(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(data))}, bytes.NewReader(data))
}

func (l *layer) link(name, target string) error {
	return l.lay(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, nil)
}

// linkUnlessThere is link, but leaves what a package brought.
func (l *layer) linkUnlessThere(name, target string) error {
	if l.has(name) {
		return nil
	}
	return l.link(name, target)
}

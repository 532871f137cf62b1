package verify

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// unpackInto unpacks the archive that is written to it into a folder; how that went comes
// when the writer was closed. (BuildKit's client can fill a folder itself, but the store
// that it uses logs to stderr.)
func unpackInto(dir string) (*io.PipeWriter, <-chan error) {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := unpack(r, dir)
		r.CloseWithError(err)
		done <- err
	}()
	return w, done
}

// unpack takes the files of a tar archive. None can come to lie outside dir.
func unpack(r io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, r) // padding
			return err
		}
		if err != nil {
			return fmt.Errorf("reading BuildKit's archive: %w", err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		if err := root.MkdirAll(path.Dir(h.Name), 0o755); err != nil {
			return err
		}
		f, err := root.Create(h.Name)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, archive)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
}

// writeTar writes the files of a folder, and manifest beside them if there is one. Two
// archives of one image are the same bytes.
func writeTar(ctx context.Context, w io.Writer, dir string, manifest []byte) error {
	out := tar.NewWriter(w)
	add := func(name string, size int64, r io.Reader) error {
		if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size, Typeflag: tar.TypeReg}); err != nil {
			return err
		}
		_, err := io.Copy(out, r)
		return err
	}
	if manifest != nil {
		if err := add("manifest.json", int64(len(manifest)), strings.NewReader(string(manifest))); err != nil {
			return err
		}
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		rel = filepath.ToSlash(rel)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return add(rel, info.Size(), f)
	})
	if err != nil {
		return err
	}
	return out.Close()
}

// atomically writes a file beside its name and then gives it the name.
func atomically(file string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".scaffold-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

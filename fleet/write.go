package fleet

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"time"
)

// A file to be written. Its mode is that of the file in its place or, where like is given,
// of that file.
type file struct{ path, text, like string }

// WriteNew writes one file of a project that is in the making, whole or not at all.
func WriteNew(dir, name, text string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening %q: %w", dir, errors.Unwrap(err))
	}
	defer root.Close()
	_, err = writeAll(root, func(s string) string { return s }, []file{{path: name, text: text}})
	return err
}

// writeAll writes texts to temporary files beside their places and renames them, in order.
// os.Root keeps every step inside the project, whatever links there are.
func writeAll(root *os.Root, call func(string) string, files []file) ([]string, error) {
	temps, err := stage(root, call, files)
	defer func() {
		for _, t := range temps {
			_ = root.Remove(t) // those in place are gone already
		}
	}()
	if err != nil {
		return nil, err
	}
	var written []string
	for i, f := range files {
		if err := root.Rename(temps[i], f.path); err != nil {
			return written, fmt.Errorf("writing %q: %w", call(f.path), bare(err))
		}
		written = append(written, f.path)
	}
	return written, nil
}

// stage writes the temporary files, and returns the names of those it began.
func stage(root *os.Root, call func(string) string, files []file) ([]string, error) {
	var temps []string
	for _, f := range files {
		like := cmp.Or(f.like, f.path)
		mode, err := modeOf(root, like)
		if err != nil {
			return temps, fmt.Errorf("writing %q: %w", call(like), bare(err))
		}
		t := path.Join(path.Dir(f.path), ".scaffold-"+rand.Text())
		temps = append(temps, t)
		if err := writeTemp(root, t, f, mode); err != nil {
			return temps, fmt.Errorf("writing %q: %w", call(f.path), bare(err))
		}
	}
	return temps, nil
}

// tempName is that of a temporary file, and tempAge how old one is that no run works on.
var tempName = regexp.MustCompile(`^\.scaffold-[A-Z2-7]{26}$`)

const tempAge = time.Hour

// sweep removes the temporary files of runs that were killed.
func sweep(root *os.Root) {
	entries, _ := fs.ReadDir(root.FS(), ".")
	for _, e := range entries {
		if !e.Type().IsRegular() || !tempName.MatchString(e.Name()) {
			continue
		}
		if info, err := root.Lstat(e.Name()); err == nil && time.Since(info.ModTime()) > tempAge {
			_ = root.Remove(e.Name())
		}
	}
}

func writeTemp(root *os.Root, temp string, f file, mode fs.FileMode) error {
	w, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, cmp.Or(mode, 0o644))
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.WriteString(f.text); err != nil {
		return err
	}
	if info, err := w.Stat(); err == nil && mode != 0 && info.Mode().Perm() != mode {
		if err := w.Chmod(mode); err != nil { // the umask took bits away
			return err
		}
	}
	if err := w.Sync(); err != nil {
		return err
	}
	return w.Close()
}

// modeOf is the mode of a file that is to be replaced, 0 where there is none. It must be a
// regular file that may be written.
func modeOf(root *os.Root, name string) (fs.FileMode, error) {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	case !info.Mode().IsRegular():
		return 0, errors.New("there is something in its place that is no regular file")
	case info.Mode().Perm()&0o200 == 0:
		return 0, errors.New("the file is read-only")
	}
	return info.Mode().Perm(), nil
}

// bare is the cause of a path error: its path is a temporary name.
func bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	var le *os.LinkError
	if errors.As(err, &le) {
		return le.Err
	}
	return err
}

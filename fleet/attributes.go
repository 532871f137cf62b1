package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"scaffold/profiles"
)

const (
	attributesName = ".gitattributes"
	attributesLine = profiles.LockName + " linguist-generated"
)

// MarkGenerated has the forge fold the lock away in a review: it adds a line to the
// project's .gitattributes. It does nothing outside git, or where that file or the
// repository's own speaks of the lock already; it reports whether it wrote.
func (p *Project) MarkGenerated() (bool, error) {
	top := GitRoot(p.Dir)
	if _, err := os.Lstat(filepath.Join(top, ".git")); err != nil {
		return false, nil
	}
	if text, err := attributes(top); err != nil || strings.Contains(text, profiles.LockName) {
		return false, err
	}
	text, err := attributes(p.Dir)
	if err != nil || strings.Contains(text, profiles.LockName) {
		return false, err
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return true, WriteNew(p.Dir, attributesName, text+attributesLine+"\n")
}

// attributes is the text of dir's .gitattributes, "" where there is none.
func attributes(dir string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("opening %q: %w", dir, errors.Unwrap(err))
	}
	defer root.Close()
	data, err := profiles.ReadFile(root, attributesName, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(data), err
}

package detect

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// The bounds of one detection. They are far above what a repository needs in which
// a person would look for the answer by hand.
const (
	maxEntries = 20_000
	maxDepth   = 12 // services/orders/src/main/java/com/example/… is nine deep already
	maxFile    = 1 << 20
	maxTotal   = 16 << 20
)

// skipped are folders that hold no source of the project's own.
var skipped = []string{
	"node_modules", "bower_components", "vendor", "venv", "site-packages", "__pycache__", "testdata",
}

// A tree is a repository's list of files, and the way to open them.
type tree struct {
	root     *os.Root
	files    []string // slash-separated, the shallowest first, sorted within a depth
	top      []string // the files that lie in no folder
	there    map[string]bool
	cache    map[string][]byte
	read     int64
	warnings []Finding
}

func openTree(dir string) (*tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder to look at: %w", err)
	}
	t := &tree{root: root, there: map[string]bool{}, cache: map[string][]byte{}}
	if err := t.list(); err != nil {
		root.Close()
		return nil, err
	}
	return t, nil
}

// list walks breadth first, so that a bound cuts off what lies deepest.
func (t *tree) list() error {
	budget := maxEntries
	for depth, level := 0, []string{"."}; len(level) > 0; depth++ {
		if depth > maxDepth {
			t.warn(fmt.Sprintf("folders deeper than %d were not looked at", maxDepth), level[0], 0)
			return nil
		}
		var next []string
		for _, dir := range level {
			entries, err := t.entries(dir, budget)
			if err != nil && dir == "." {
				return fmt.Errorf("listing the folder: %w", err)
			}
			budget -= len(entries)
			next = append(next, t.sort(dir, entries)...)
			if budget <= 0 {
				t.warn(fmt.Sprintf("there are more than %d files; the rest was not looked at", maxEntries), dir, 0)
				return nil
			}
		}
		level = next
	}
	return nil
}

// entries reads at most limit names of a folder: one that holds millions costs no more.
func (t *tree) entries(dir string, limit int) ([]fs.DirEntry, error) {
	f, err := t.root.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(limit)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// sort keeps a folder's regular files and returns the folders to enter.
func (t *tree) sort(dir string, entries []fs.DirEntry) (dirs []string) {
	// https://docs.python.org/3/library/venv.html: the file marks a virtual environment.
	if dir != "." && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "pyvenv.cfg" }) {
		return nil
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case e.IsDir() && !slices.Contains(skipped, e.Name()) && !strings.HasPrefix(e.Name(), "."):
			dirs = append(dirs, name)
		case e.Type().IsRegular():
			t.add(name)
		case e.Type() == fs.ModeSymlink:
			// A link within the root is as good as the file; os.Root refuses any other.
			if info, err := t.root.Stat(name); err == nil && info.Mode().IsRegular() {
				t.add(name)
			} else if err != nil && known(e.Name()) {
				t.warn("is a link that leads nowhere in this folder, and was not followed", name, 0)
			}
		case known(e.Name()) && !e.IsDir():
			t.warn("is no regular file, and was not opened", name, 0)
		}
	}
	return dirs
}

// known reports whether a file of that name would have been looked at.
func known(name string) bool {
	return slices.Contains([]string{".py", ".go", ".java", ".js", ".mjs", ".cjs", ".ts"}, path.Ext(name)) || slices.ContainsFunc(markers, func(m marker) bool { return m.matches(name) })
}

func (t *tree) add(name string) {
	t.files = append(t.files, name)
	t.there[name] = true
	if !strings.Contains(name, "/") {
		t.top = append(t.top, name)
	}
}

func (t *tree) has(name string) bool { return t.there[name] }

// data returns a file's content, or nil where it is not there or beyond the bounds;
// the latter is a warning.
func (t *tree) data(name string) []byte {
	if d, ok := t.cache[name]; ok {
		return d
	}
	if !t.has(name) {
		return nil
	}
	d, err := t.open(name)
	if err != nil {
		t.warn(err.Error(), name, 0)
	}
	t.cache[name] = d
	return d
}

func (t *tree) open(name string) ([]byte, error) {
	if t.read >= maxTotal {
		return nil, fmt.Errorf("was not read: more than %d MiB have been", maxTotal>>20)
	}
	f, err := t.root.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, errors.New("cannot be opened")
	}
	defer f.Close()
	// It was regular when it was listed; ask the open file, which nobody can swap.
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.New("is no regular file")
	}
	d, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	t.read += int64(len(d))
	if err != nil {
		return nil, errors.New("cannot be read")
	}
	if len(d) > maxFile {
		return nil, fmt.Errorf("is larger than %d bytes, and was not read", maxFile)
	}
	return d, nil
}

func (t *tree) warn(text, name string, line int) {
	t.warnings = append(t.warnings, Finding{Text: text, Path: name, Line: line})
}

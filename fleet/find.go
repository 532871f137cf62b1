package fleet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"scaffold/profiles"
)

// A Found is a file that was looked for.
type Found struct {
	Name string // as the person would call it
	Top  string // absolute: the git root, or the folder that was named
	Rel  string // relative to Top, with slashes
}

// Place says where the file at abs, which messages call name, stands in its repository. base
// stands for the root where there is no git.
func Place(name, abs, base string) Found {
	top := base
	if root := GitRoot(filepath.Dir(abs)); isRepository(root) {
		top = root
	}
	rel, err := filepath.Rel(top, abs)
	if err != nil {
		top, rel = filepath.Dir(abs), filepath.Base(abs)
	}
	return Found{Name: name, Top: top, Rel: filepath.ToSlash(rel)}
}

func isRepository(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err == nil
}

// Find finds the files whose name matches in dir, which messages call name ("" for the
// current folder), in the order of paths; with deep those below it, too, but for what git
// ignores and for folders of other people's files. Links are not followed. What cannot be
// read is in the error; the rest is found all the same.
func Find(ctx context.Context, dir, name string, deep bool, match func(string) bool) ([]Found, error) {
	base, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding %q: %w", dir, err)
	}
	f := finder{base: base, name: name, deep: deep, match: match, asking: make(chan struct{}, runtime.GOMAXPROCS(0)), tops: map[string]string{}}
	err = filepath.WalkDir(base, func(at string, d fs.DirEntry, err error) error { return f.visit(ctx, at, d, err) })
	f.asked.Wait()
	return f.kept(err)
}

// A finder walks one tree.
type finder struct {
	base, name string
	deep       bool
	match      func(string) bool
	tops       map[string]string // of folders where a repository begins: its root
	files, bad []visited         // what matches, and what cannot be read

	// git tells what it ignores while the tree is walked: what it ignores and was walked in
	// the meantime is left out in the end.
	asking  chan struct{} // takes as many as there are CPUs
	asked   sync.WaitGroup
	mu      sync.Mutex
	ignored map[string]bool // by path relative to base; folders with a slash
	unasked []error         // where git gave no answer
}

// visited is what came of one path.
type visited struct {
	rel string // relative to base
	Found
	err error
}

func (f *finder) visit(ctx context.Context, at string, d fs.DirEntry, err error) error {
	rel, _ := filepath.Rel(f.base, at)
	rel = filepath.ToSlash(rel)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		f.bad = append(f.bad, visited{rel: rel, err: fmt.Errorf("reading %q: %w", path.Join(f.name, rel), errors.Unwrap(err))})
	case d.IsDir() && rel != "." && (!f.deep || otherPeoples[d.Name()] || f.ignores(rel+"/")):
		return filepath.SkipDir
	case d.IsDir():
		f.enter(ctx, at, rel)
	case f.match(d.Name()):
		top := f.topOf(filepath.Dir(at))
		inside, _ := filepath.Rel(top, at)
		f.files = append(f.files, visited{rel: rel, Found: Found{Name: path.Join(f.name, rel), Top: top, Rel: filepath.ToSlash(inside)}})
	}
	return nil
}

// enter notes which repository a folder is in and, where one begins, what git ignores in it.
func (f *finder) enter(ctx context.Context, at, rel string) {
	switch {
	case rel == ".":
		f.tops[at] = f.base
		if root := GitRoot(at); isRepository(root) {
			f.tops[at] = root
			f.ignore(ctx, at, "")
		}
	case isRepository(at):
		f.tops[at] = at
		f.ignore(ctx, at, rel+"/")
	}
}

// topOf is the repository that a folder is in.
func (f *finder) topOf(dir string) string {
	for ; dir != f.base; dir = filepath.Dir(dir) {
		if top, ok := f.tops[dir]; ok {
			return top
		}
	}
	return f.tops[f.base]
}

// ignore asks git what it ignores in the repository at a folder.
func (f *finder) ignore(ctx context.Context, at, prefix string) {
	f.asked.Go(func() {
		f.asking <- struct{}{}
		defer func() { <-f.asking }()
		names, err := gitIgnored(ctx, at)
		f.mu.Lock()
		defer f.mu.Unlock()
		if err != nil {
			f.unasked = append(f.unasked, fmt.Errorf("asking git what it ignores in %q: %w", path.Join(f.name, prefix), err))
		}
		if f.ignored == nil {
			f.ignored = map[string]bool{}
		}
		for _, name := range names {
			f.ignored[prefix+name] = true
		}
	})
}

// ignores reports whether git, as far as it has told, ignores a file, or a folder (with a
// slash), or a folder that it is in.
func (f *finder) ignores(rel string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ignored[rel] {
		return true
	}
	for i := range len(rel) {
		if rel[i] == '/' && f.ignored[rel[:i+1]] {
			return true
		}
	}
	return false
}

// kept is what git does not ignore; walked is the error of the walk.
func (f *finder) kept(walked error) ([]Found, error) {
	var (
		files []Found
		errs  []error
	)
	for _, v := range f.files {
		if !f.ignores(v.rel) {
			files = append(files, v.Found)
		}
	}
	for _, v := range f.bad {
		if !f.ignores(v.rel) && !f.ignores(v.rel+"/") {
			errs = append(errs, v.err)
		}
	}
	errs = append(errs, walked)
	if f.unasked != nil { // what is ignored would be taken for a project
		return nil, errors.Join(append(errs, f.unasked...)...)
	}
	return files, errors.Join(errs...)
}

// otherPeoples are the names of folders with dependencies, which package managers fill.
var otherPeoples = map[string]bool{
	".git": true, "node_modules": true, "bower_components": true, "vendor": true,
	".venv": true, "venv": true, ".tox": true, "site-packages": true, "__pypackages__": true,
}

// gitTime is how long git may take to walk one repository.
var gitTime = 10 * time.Minute

// gitIgnored are the files and folders (with a slash) below dir that git ignores; none where
// there is no git, or where it refuses. The error says that it did not end in time.
// fsmonitor is off, for it would run a program that the repository names.
func gitIgnored(ctx context.Context, dir string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
	cmd.Dir = dir
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil || len(out) == 0 {
		return nil, nil
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), nil
}

// IsProfile reports whether a file is a profile by its name, for [Find].
func IsProfile(name string) bool { return name == profiles.FileName }

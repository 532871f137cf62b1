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
	"strings"
	"time"
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
	f := finder{base: base, name: name, deep: deep, match: match, ignored: map[string]bool{}, tops: map[string]string{}}
	err = filepath.WalkDir(base, func(at string, d fs.DirEntry, err error) error { return f.visit(ctx, at, d, err) })
	return f.files, errors.Join(append(f.errs, err)...)
}

// A finder walks one tree.
type finder struct {
	base, name string
	deep       bool
	match      func(string) bool
	ignored    map[string]bool   // by path relative to base; folders with a slash
	tops       map[string]string // of the folder on the way: the repository that it is in
	files      []Found
	errs       []error
}

func (f *finder) visit(ctx context.Context, at string, d fs.DirEntry, err error) error {
	rel, _ := filepath.Rel(f.base, at)
	rel = filepath.ToSlash(rel)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		f.errs = append(f.errs, fmt.Errorf("reading %q: %w", path.Join(f.name, rel), errors.Unwrap(err)))
	case d.IsDir() && rel != "." && (!f.deep || otherPeoples[d.Name()] || f.ignored[rel+"/"]):
		return filepath.SkipDir
	case d.IsDir():
		f.enter(ctx, at, rel)
	case f.match(d.Name()) && !f.ignored[rel]:
		top := f.tops[filepath.Dir(at)]
		inside, _ := filepath.Rel(top, at)
		f.files = append(f.files, Found{Name: path.Join(f.name, rel), Top: top, Rel: filepath.ToSlash(inside)})
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
	default:
		f.tops[at] = f.tops[filepath.Dir(at)]
	}
}

func (f *finder) ignore(ctx context.Context, at, prefix string) {
	for _, name := range gitIgnored(ctx, at) {
		f.ignored[prefix+name] = true
	}
}

// otherPeoples are the names of folders with dependencies, which package managers fill.
var otherPeoples = map[string]bool{
	".git": true, "node_modules": true, "bower_components": true, "vendor": true,
	".venv": true, "venv": true, ".tox": true, "site-packages": true, "__pypackages__": true,
}

// gitIgnored are the files and folders (with a slash) below dir that git ignores; none where
// there is no git. fsmonitor is off, for it would run a program that the repository names.
func gitIgnored(ctx context.Context, dir string) []string {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil || len(out) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

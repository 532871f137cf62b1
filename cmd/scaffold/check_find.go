package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"scaffold/fleet"
	"scaffold/policy"
	"scaffold/profiles"
)

// A dockerfile is one file to judge.
type dockerfile struct {
	name string // as the person would call it
	top  string // absolute: the git root, or the folder that was named
	rel  string // relative to top, with slashes
}

// findDockerfiles finds what the arguments name, in the order of paths, each once. What
// cannot be found is in the error; the rest is found all the same.
func findDockerfiles(ctx context.Context, args []string) ([]dockerfile, error) {
	var (
		files []dockerfile
		errs  []error
	)
	for _, arg := range args {
		found, err := findOne(ctx, arg)
		files, errs = append(files, found...), append(errs, err)
	}
	slices.SortStableFunc(files, func(a, b dockerfile) int { return strings.Compare(a.name, b.name) })
	files = slices.CompactFunc(files, func(a, b dockerfile) bool { return a.name == b.name })
	return files, errors.Join(errs...)
}

func findOne(ctx context.Context, arg string) ([]dockerfile, error) {
	dir, deep := strings.CutSuffix(filepath.ToSlash(arg), "/...")
	if arg == "..." {
		dir, deep = ".", true
	}
	info, err := os.Stat(dir)
	linked, _ := os.Lstat(dir)
	switch {
	case err != nil && linked != nil && linked.Mode()&fs.ModeSymlink != 0: // a dead link is a finding
	case errors.Is(err, fs.ErrNotExist):
		return nil, &usageError{fmt.Errorf("%s: there is no such file or folder", dir), "scaffold check"}
	case err != nil:
		return nil, fmt.Errorf("finding %q: %w", dir, errors.Unwrap(err))
	case info.IsDir():
		return inFolder(ctx, dir, deep)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding %q: %w", dir, err)
	}
	return []dockerfile{place(filepath.ToSlash(filepath.Clean(dir)), abs, filepath.Dir(abs))}, nil
}

// inFolder finds the Dockerfiles in a folder, or in all below it.
func inFolder(ctx context.Context, dir string, deep bool) ([]dockerfile, error) {
	base, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding %q: %w", dir, err)
	}
	ignored := gitIgnored(ctx, base)
	var (
		files []dockerfile
		errs  []error
	)
	err = filepath.WalkDir(base, func(at string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(base, at)
		rel = filepath.ToSlash(rel)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			errs = append(errs, fmt.Errorf("reading %q: %w", path.Join(nameOf(dir), rel), errors.Unwrap(err)))
			return nil
		case d.IsDir() && rel != "." && (!deep || skipped[d.Name()] || ignored[rel+"/"]):
			return filepath.SkipDir
		case !d.IsDir() && isDockerfile(d.Name()) && !ignored[rel]:
			files = append(files, place(path.Join(nameOf(dir), rel), at, base))
		}
		return nil
	})
	if err == nil && len(files) == 0 {
		err = &hintedError{&usageError{fmt.Errorf("%s: there is no Dockerfile", dir), "scaffold check"}, noDockerfileHint(base)}
	}
	return files, errors.Join(append(errs, err)...)
}

func noDockerfileHint(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, profiles.FileName)); err == nil {
		return "run scaffold generate first"
	}
	return "name a Dockerfile, or DIR/... for all below"
}

// skipped are folders of other people's files.
var skipped = map[string]bool{".git": true, "node_modules": true, "vendor": true}

// notDockerfile are the endings of files beside a Dockerfile.
var notDockerfile = []string{".dockerignore", ".rej", ".orig", ".bak", ".swp", ".tmpl", ".j2", ".md", ".txt", ".rego"}

// isDockerfile tells by the names that docker build -f and its users give. In lower case
// only whole words count: dockerfile.go is a program.
func isDockerfile(name string) bool {
	if slices.ContainsFunc(notDockerfile, func(end string) bool { return strings.HasSuffix(strings.ToLower(name), end) }) {
		return false
	}
	for _, word := range []string{"Dockerfile", "Containerfile"} {
		lower := strings.ToLower(word)
		if name == word || name == lower || strings.HasPrefix(name, word+".") || strings.HasSuffix(name, "."+word) || strings.HasSuffix(name, "."+lower) {
			return true
		}
	}
	return false
}

// place finds where a file stands in its repository; base stands for the root where there
// is no git.
func place(name, abs, base string) dockerfile {
	top := base
	for d := filepath.Dir(abs); ; d = filepath.Dir(d) {
		if _, err := os.Lstat(filepath.Join(d, ".git")); err == nil {
			top = d
			break
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	rel, err := filepath.Rel(top, abs)
	if err != nil {
		top, rel = filepath.Dir(abs), filepath.Base(abs)
	}
	return dockerfile{name: name, top: top, rel: filepath.ToSlash(rel)}
}

// gitIgnored are the files and folders (with a slash) below dir that git ignores; none where
// there is no git. fsmonitor is off, for it would run a program that the repository names.
func gitIgnored(ctx context.Context, dir string) map[string]bool {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "-c", "core.fsmonitor=false", "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return nil
	}
	ignored := map[string]bool{}
	for name := range strings.SplitSeq(string(out), "\x00") {
		ignored[name] = true
	}
	return ignored
}

// nearestPolicy is the policy.toml in dir or the next folder above it, up to top; "" where
// there is none.
func nearestPolicy(top, dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		file := filepath.Join(d, policy.FileName)
		if _, err := os.Lstat(file); err == nil {
			return file
		}
		if d == top || d == filepath.Dir(d) {
			return ""
		}
	}
}

// policyTop is the root inside of which a policy named on the command line may extend others.
func policyTop(file string) string {
	abs, err := filepath.Abs(file)
	if err != nil {
		return filepath.Dir(file)
	}
	return fleet.GitRoot(filepath.Dir(abs))
}

// loadPolicy reads the policy at path, inside the folder top. Messages name it as seen from
// where the person stands.
func loadPolicy(file, top string) (*policy.Policy, error) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, fmt.Errorf("finding %q: %w", file, err)
	}
	root, err := os.OpenRoot(top)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", top, errors.Unwrap(err))
	}
	defer root.Close()
	rel, err := filepath.Rel(top, abs)
	if err != nil {
		return nil, fmt.Errorf("finding %q: %w", file, err)
	}
	return policy.Load(root, filepath.ToSlash(rel), func(name string) string { return fromHere(filepath.Join(top, filepath.FromSlash(name))) })
}

// fromHere is a path as seen from the current folder, where it is not above it.
func fromHere(abs string) string {
	here, err := os.Getwd()
	if err != nil {
		return filepath.ToSlash(abs)
	}
	rel, err := filepath.Rel(here, abs)
	if err != nil || strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(abs)
	}
	return filepath.ToSlash(rel)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"scaffold/fleet"
	"scaffold/profiles"
)

// findDockerfiles finds what the arguments name, in the order of paths, each once. What
// cannot be found is in the error; the rest is found all the same.
func findDockerfiles(ctx context.Context, args []string) ([]fleet.Found, error) {
	var (
		files []fleet.Found
		errs  []error
	)
	for _, arg := range args {
		found, err := findOne(ctx, arg)
		files, errs = append(files, found...), append(errs, err)
	}
	slices.SortStableFunc(files, func(a, b fleet.Found) int { return strings.Compare(a.Name, b.Name) })
	files = slices.CompactFunc(files, func(a, b fleet.Found) bool { return a.Name == b.Name })
	return files, errors.Join(errs...)
}

func findOne(ctx context.Context, arg string) ([]fleet.Found, error) {
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
	return []fleet.Found{fleet.Place(filepath.ToSlash(filepath.Clean(dir)), abs, filepath.Dir(abs))}, nil
}

// inFolder finds the Dockerfiles in a folder, or in all below it.
func inFolder(ctx context.Context, dir string, deep bool) ([]fleet.Found, error) {
	files, err := fleet.Find(ctx, dir, nameOf(dir), deep, isDockerfile)
	if err == nil && len(files) == 0 {
		err = &hintedError{&usageError{fmt.Errorf("%s: there is no Dockerfile", dir), "scaffold check"}, noDockerfileHint(dir)}
	}
	return files, err
}

func noDockerfileHint(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, profiles.FileName)); err == nil {
		return "run scaffold generate first"
	}
	return "name a Dockerfile, or DIR/... for all below"
}

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

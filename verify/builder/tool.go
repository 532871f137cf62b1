package builder

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/gofrs/flock"

	"scaffold"
)

// toolDeadline bounds one build: cold, with every download, it takes two to three
// minutes on two cores.
const toolDeadline = 15 * time.Minute

// Tool returns the path of a Go command that is a tool of scaffold's own go.mod,
// such as github.com/moby/buildkit/cmd/buildkitd, built for a platform like
// linux/arm64. It is built once, static, at the version in go.mod, and kept below
// cacheDir/bin; two runs at a time build it once. Progress goes to log, if that is
// not nil. Without a Go toolchain in PATH it returns an *Error.
func Tool(ctx context.Context, cacheDir, importPath, platform string, log io.Writer) (string, error) {
	version, err := required(importPath)
	if err != nil {
		return "", fmt.Errorf("building tool %q: %w", importPath, err)
	}
	module := map[string][]byte{"go.mod": scaffold.GoMod, "go.sum": scaffold.GoSum}
	return compile(ctx, cacheDir, tool{importPath: importPath, version: version, module: module}, platform, log)
}

// Compile returns the path of the program that is the main package of a module, given as
// its files by path, built as [Tool] builds. It is built once for each content.
func Compile(ctx context.Context, cacheDir, name string, module map[string][]byte, platform string, log io.Writer) (string, error) {
	sum := sha256.New()
	for _, file := range slices.Sorted(maps.Keys(module)) {
		fmt.Fprintf(sum, "%s %d\n%s", file, len(module[file]), module[file])
	}
	version := fmt.Sprintf("%x", sum.Sum(nil))[:12]
	return compile(ctx, cacheDir, tool{importPath: ".", name: name, version: version, module: module}, platform, log)
}

func compile(ctx context.Context, cacheDir string, t tool, platform string, log io.Writer) (string, error) {
	if t.name == "" {
		t.name = path.Base(t.importPath)
	}
	p, err := platforms.Parse(platform)
	if err != nil {
		return "", fmt.Errorf("building tool %q: %w", t.name, err)
	}
	if t.bin, err = filepath.Abs(filepath.Join(cacheDir, "bin")); err != nil {
		return "", err
	}
	t.name += "-" + t.version + "-" + strings.ReplaceAll(platforms.Format(p), "/", "-")
	t.env = []string{"GOOS=" + p.OS, "GOARCH=" + p.Architecture}
	if p.Architecture == "arm" && p.Variant != "" {
		t.env = append(t.env, "GOARM="+strings.TrimPrefix(p.Variant, "v"))
	}
	if log == nil {
		log = io.Discard
	}
	return t.get(ctx, log)
}

type tool struct {
	importPath, version string
	name                string            // file name in bin
	module              map[string][]byte // files of the module to build in, by path
	bin                 string
	env                 []string
}

func (t tool) get(ctx context.Context, log io.Writer) (string, error) {
	file := filepath.Join(t.bin, t.name)
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	if _, err := exec.LookPath("go"); err != nil {
		return "", &Error{
			Msg:  fmt.Sprintf("%s must be built, and there is no Go toolchain in PATH", t.name),
			Next: "install Go, from https://go.dev/dl",
		}
	}
	if err := os.MkdirAll(t.bin, 0o755); err != nil {
		return "", fmt.Errorf("building tool %q: %w", t.name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, toolDeadline)
	defer cancel()
	lock := flock.New(filepath.Join(t.bin, "."+t.name+".lock"))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return "", fmt.Errorf("building tool %q: waiting for another run: %w", t.name, err)
	}
	defer lock.Close()
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	if err := t.build(ctx, file, log); err != nil {
		return "", err
	}
	return file, nil
}

// build is called with the tool's lock held.
func (t tool) build(ctx context.Context, file string, log io.Writer) error {
	stale, _ := filepath.Glob(filepath.Join(t.bin, ".build-"+t.name+"-*"))
	for _, dir := range stale {
		os.RemoveAll(dir)
	}
	dir, err := os.MkdirTemp(t.bin, ".build-"+t.name+"-")
	if err != nil {
		return fmt.Errorf("building tool %q: %w", t.name, err)
	}
	defer os.RemoveAll(dir)
	for name, data := range t.module {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, data, 0o644)); err != nil {
			return fmt.Errorf("building tool %q: %w", t.name, err)
		}
	}
	fmt.Fprintf(log, "building %s with Go, once (this can take three minutes)\n", t.name)
	start := time.Now()
	if err := t.goBuild(ctx, dir); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(dir, "out"), file); err != nil {
		return fmt.Errorf("building tool %q: %w", t.name, err)
	}
	fmt.Fprintf(log, "built %s in %v\n", t.name, time.Since(start).Round(time.Second))
	return nil
}

// goBuild leaves out -trimpath, so that a module which a person's own `go build`
// of scaffold has compiled is not compiled again.
func (t tool) goBuild(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false",
		"-ldflags=-s -w -X github.com/moby/buildkit/version.Version="+t.version, "-o", "out", t.importPath)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GO111MODULE=on", "GOWORK=off", "GOFLAGS=-mod=readonly")
	cmd.Env = append(cmd.Env, t.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return fmt.Errorf("building tool %q: %w", t.name, ctx.Err())
	}
	if err != nil {
		return &Error{
			Msg:  fmt.Sprintf("building %s with %s", t.name, cmd.Path),
			Next: "see that the Go toolchain is as new as scaffold's go.mod asks and that its module proxy answers",
			Err:  errors.Join(err, errors.New(lastLines(out, 20))),
		}
	}
	return nil
}

// required returns the version of the module in scaffold's go.mod that holds the
// package importPath.
func required(importPath string) (string, error) {
	var module, version string
	sc := bufio.NewScanner(bytes.NewReader(scaffold.GoMod))
	for sc.Scan() {
		f := strings.Fields(strings.TrimPrefix(strings.TrimSpace(sc.Text()), "require "))
		if len(f) < 2 || !strings.HasPrefix(f[1], "v") || len(f[0]) < len(module) {
			continue
		}
		if importPath == f[0] || strings.HasPrefix(importPath, f[0]+"/") {
			module, version = f[0], f[1]
		}
	}
	if version == "" {
		return "", errors.New("no module in scaffold's go.mod holds it")
	}
	return version, nil
}

// lastLines returns the last n lines of out.
func lastLines(out []byte, n int) string {
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

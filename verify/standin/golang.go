package standin

import (
	"archive/tar"
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// toolchainModule holds a Go distribution a version and platform (go.dev/doc/toolchain#download).
const toolchainModule = "golang.org/toolchain"

// goVersion resolves "1.26" to the newest 1.26.P that is there for every architecture; "1.26.8" is itself. The
// module proxy's list is asked once a day; when it cannot be, an older answer serves.
func goVersion(ctx context.Context, cache, want string) (string, error) {
	if strings.Count(want, ".") == 2 {
		return want, nil
	}
	list, err := goVersions(ctx, filepath.Join(cache, "go-versions"))
	if err != nil {
		return "", err
	}
	if v := newest(list, want); v != "" {
		return v, nil
	}
	return "", &Error{fmt.Errorf("no release of Go %s for all of linux/amd64 and linux/arm64 in module %s", want, toolchainModule), "is that version released? name another in the FROM line"}
}

func newest(list, want string) string {
	best := -1
	for _, v := range strings.Fields(list) {
		v, ok := strings.CutPrefix(v, "v0.0.1-go"+want+".")
		patch, found := strings.CutSuffix(v, ".linux-amd64")
		n, err := strconv.Atoi(patch)
		if ok && found && err == nil && n > best && slices.Contains(strings.Fields(list), "v0.0.1-go"+want+"."+patch+".linux-arm64") {
			best = n
		}
	}
	if best < 0 {
		return ""
	}
	return want + "." + strconv.Itoa(best)
}

func goVersions(ctx context.Context, file string) (string, error) {
	known, readErr := os.ReadFile(file)
	if st, err := os.Stat(file); err == nil && time.Since(st.ModTime()) < 24*time.Hour {
		return string(known), readErr
	}
	list, err := goCommand(ctx, "list", "-m", "-versions", toolchainModule)
	switch {
	case err == nil:
		return string(list), writeAtomic(file, list)
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case readErr == nil:
		return string(known), nil
	}
	return "", hinted(fmt.Errorf("asking for Go versions: %w", err), "the Go module proxy must answer (go env GOPROXY)")
}

// goCommand runs the host's go outside of any module.
func goCommand(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if _, err := exec.LookPath("go"); err != nil {
		return nil, errMissing("go", "golang-go")
	}
	cmd := command(ctx, "go", args...)
	cmd.Dir = os.TempDir()
	cmd.Env = append(os.Environ(), "GO111MODULE=on", "GOFLAGS=-mod=mod", "GOWORK=off", "GOTOOLCHAIN=local")
	return output(ctx, cmd)
}

// goTree downloads the distribution, verified by the checksum database, and returns its zip.
func goTree(ctx context.Context, version, arch string) (string, error) {
	module := fmt.Sprintf("%s@v0.0.1-go%s.linux-%s", toolchainModule, version, arch)
	out, err := goCommand(ctx, "mod", "download", "-json", module)
	var got struct{ Zip, Error string }
	if jsonErr := json.Unmarshal(out, &got); jsonErr == nil && got.Error != "" {
		err = errors.New(got.Error)
	}
	if err != nil {
		return "", hinted(fmt.Errorf("downloading %s: %w", module, err), "the Go module proxy must answer and have that version (go list -m -versions "+toolchainModule+")")
	}
	return got.Zip, nil
}

func layGo(ctx context.Context, b *build) error {
	b.vars = append(b.vars, "{go}", b.Go)
	file, err := goTree(ctx, b.Go, b.Arch)
	if err != nil {
		return err
	}
	z, err := zip.OpenReader(file)
	if err != nil {
		return fmt.Errorf("opening %q: %w", file, err)
	}
	defer z.Close()
	for _, f := range z.File {
		if err := layGoFile(b.layer, f); err != nil {
			return fmt.Errorf("unpacking %q: %w", file, err)
		}
	}
	for _, d := range []string{"go", "go/src", "go/bin"} {
		if err := b.layer.dir(d, 0o1777); err != nil {
			return err
		}
	}
	return nil
}

// layGoFile writes one file of the distribution. A module's zip has neither modes nor go.mod files, so as the go
// command does after downloading, programs are made executable and each _go.mod gets its name back
// (cmd/go/internal/toolchain/select.go).
func layGoFile(l *layer, f *zip.File) error {
	_, name, ok := strings.Cut(strings.TrimPrefix(f.Name, "golang.org/"), "/")
	if !ok || strings.HasSuffix(name, "/") {
		return nil
	}
	if dir, base := path.Split(name); base == "_go.mod" {
		name = dir + "go.mod"
	}
	mode := int64(0o644)
	if goProgram(name) {
		mode = 0o755
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	return l.lay(&tar.Header{Typeflag: tar.TypeReg, Name: "usr/local/go/" + name, Mode: mode, Size: int64(f.UncompressedSize64)}, r)
}

func goProgram(name string) bool {
	exec, _ := path.Match("lib/wasm/go_*_exec", name)
	return exec || strings.HasPrefix(name, "bin/") || strings.HasPrefix(name, "pkg/tool/")
}

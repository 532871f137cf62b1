//go:build linux

package verify_test

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"scaffold/profiles"
	"scaffold/verify"
	"scaffold/verify/builder"
)

// serveVerb makes the test binary the builder's supervisor, as `builder serve` makes scaffold.
const serveVerb = "builder-serve"

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == serveVerb && os.Args[2] == "--dir" {
		if err := builder.Serve(context.Background(), builder.ServeOptions{Dir: os.Args[3], Log: os.Stderr}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	for _, dir := range stack.cleanup {
		_, _ = builder.Prune(context.Background(), dir)
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// stack is what all tests share: a private buildkitd and a folder of built programs.
var stack struct {
	sync.Mutex
	builder *builder.Builder
	files   string
	cleanup []string
}

// newBuilder starts a private buildkitd below a folder of its own.
func newBuilder(t *testing.T) (*builder.Builder, string) {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("a private buildkitd needs root")
		}
		t.Skip("a private buildkitd needs root")
	}
	cache, err := os.MkdirTemp("", "verify-test-")
	must(t, err)
	stack.cleanup = append(stack.cleanup, cache)
	return builderIn(t, cache, builder.Limits{}), cache
}

func builderIn(t *testing.T, cache string, limits builder.Limits) *builder.Builder {
	t.Helper()
	shared, err := os.UserCacheDir()
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(shared, "scaffold", "bin"), 0o755))
	must(t, os.Symlink(filepath.Join(shared, "scaffold", "bin"), filepath.Join(cache, "bin")))
	exe, err := os.Executable()
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	b, err := builder.Connect(ctx, builder.Options{Addr: "private", CacheDir: cache, Limits: limits, Self: []string{exe, serveVerb}})
	must(t, err)
	return b
}

func sharedBuilder(t *testing.T) *builder.Builder {
	t.Helper()
	stack.Lock()
	defer stack.Unlock()
	if stack.builder == nil {
		stack.builder, _ = newBuilder(t)
	}
	return stack.builder
}

// files is a build context: the app for both platforms, one that needs a loader, the
// host's CA certificates and Go's time zones; beside it, the prober.
func files(t *testing.T) string {
	t.Helper()
	stack.Lock()
	defer stack.Unlock()
	if stack.files != "" {
		return stack.files
	}
	dir, err := os.MkdirTemp("", "verify-files-")
	must(t, err)
	stack.cleanup = append(stack.cleanup, dir)
	context := filepath.Join(dir, "context")
	for _, arch := range []string{"amd64", "arm64"} {
		compile(t, arch, filepath.Join(context, "app-"+arch), "./testdata/app")
	}
	compile(t, "amd64", filepath.Join(context, "app-dynamic"), "-buildmode=pie", "./testdata/dynamic")
	compile(t, "arm64", filepath.Join(context, "app-dynamic-arm64"), "-buildmode=pie", "./testdata/dynamic")
	compile(t, runtime.GOARCH, filepath.Join(dir, "prober"), "./testdata/prober")
	copyFile(t, certificates(t), filepath.Join(context, "ca.crt"))
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	must(t, err)
	copyFile(t, filepath.Join(strings.TrimSpace(string(goroot)), "lib", "time", "zoneinfo.zip"), filepath.Join(context, "zoneinfo.zip"))
	emptyZip(t, filepath.Join(context, "empty.zip"))
	stack.files = dir
	return dir
}

func compile(t *testing.T, arch, out string, args ...string) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", out}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compiling %s for %s: %v\n%s", out, arch, err, msg)
	}
}

// certificates is the trust store of this machine.
func certificates(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"} {
		if _, err := os.Stat(name); err == nil {
			return name
		}
	}
	t.Fatal("this machine has no CA certificates: install ca-certificates")
	return ""
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	src, err := os.Open(from)
	must(t, err)
	defer src.Close()
	dst, err := os.Create(to)
	must(t, err)
	_, err = io.Copy(dst, src)
	must(t, err)
	must(t, dst.Close())
}

func emptyZip(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	must(t, err)
	must(t, zip.NewWriter(f).Close())
	must(t, f.Close())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// healthyProfile asks for every check that a service can be asked.
const healthyProfile = `
schema = 1
name   = "app"
stack  = "go/modules"
[runtime]
port   = 8000
health = ["/app", "health"]
[verify]
env     = { GREETING = "good day" }
timeout = "20s"
output  = "GREETING is good day"
http    = { path = "/healthz", body = "hello from 65532" }
size    = "40MB"
`

const healthyDockerfile = `FROM scratch
ARG TARGETARCH
COPY ca.crt /etc/ssl/certs/ca-certificates.crt
COPY zoneinfo.zip /zoneinfo.zip
COPY --chmod=755 app-${TARGETARCH} /app
ENV ZONEINFO=/zoneinfo.zip FAULT=none
USER 65532:65532
ENTRYPOINT ["/app"]
`

// request is the healthy image with edits: pairs of old and new text, first in the
// Dockerfile, then in the profile.
func request(t *testing.T, dockerfile, profile []string) verify.Request {
	t.Helper()
	edit := func(text string, pairs []string) string {
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(text, pairs[i]) {
				t.Fatalf("%q is not in\n%s", pairs[i], text)
			}
			text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
		}
		return text
	}
	p, err := profiles.Parse("scaffold.toml", []byte(edit(healthyProfile, profile)))
	must(t, err)
	file := filepath.Join(t.TempDir(), "Dockerfile")
	must(t, os.WriteFile(file, []byte(edit(healthyDockerfile, dockerfile)), 0o644))
	return verify.Request{
		Name: "app", Profile: p, Drift: "none", Dockerfile: file,
		ContextDir: filepath.Join(files(t), "context"),
	}
}

func options(t *testing.T, platforms ...string) verify.Options {
	t.Helper()
	return verify.Options{
		Worker:    verify.Worker{Client: sharedBuilder(t).Client, Prober: filepath.Join(files(t), "prober")},
		Platforms: platforms,
	}
}

// run verifies one request, and bounds how long the test waits for it.
func run(t *testing.T, o verify.Options, req verify.Request) []verify.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	results, err := verify.Run(ctx, o, []verify.Request{req})
	must(t, err)
	return results
}

package standin

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/x509"
	"debug/elf"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
)

// needsArchive skips where stand-ins cannot be built. CI never skips.
func needsArchive(t *testing.T) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		return
	}
	if testing.Short() {
		t.Skip("-short: downloads 100 MB of packages")
	}
	for _, p := range []string{"apt-get", "dpkg-deb"} {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("building stand-ins needs %s", p)
		}
	}
}

func newRegistry(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

var both = []string{"linux/amd64", "linux/arm64"}

func TestEnsure(t *testing.T) {
	needsArchive(t)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cache, reg := t.TempDir(), newRegistry(t)
	const debian, static = "debian:trixie-slim", "gcr.io/distroless/static-debian13:nonroot"
	options := Options{CacheDir: cache, Registry: reg, Needs: []Need{{debian, both}, {static, both}}}

	// Two at once: both end well, each image is built once.
	var logs [2]bytes.Buffer
	var images []Image
	g, gctx := errgroup.WithContext(ctx)
	for i := range logs {
		g.Go(func() error {
			o := options
			o.Log = &logs[i]
			got, err := Ensure(gctx, o)
			if i == 0 {
				images = got
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	all := logs[0].String() + logs[1].String()
	if built, cached := strings.Count(all, ": built in "), strings.Count(all, ": cached"); built != 4 || cached != 4 {
		t.Errorf("two runs at once: %d built, %d cached, want 4 and 4:\n%s", built, cached, all)
	}
	for i, want := range []string{debian + " linux/amd64", debian + " linux/arm64", static + " linux/amd64", static + " linux/arm64"} {
		if line := strings.Split(logs[0].String(), "\n")[i]; !strings.HasPrefix(line, "stand-in "+want+": ") {
			t.Errorf("log line %d is %q, want the one of %s", i, line, want)
		}
	}

	t.Run("debian", func(t *testing.T) { inspectDebian(t, reg) })
	t.Run("distroless", func(t *testing.T) { inspectStatic(t, reg) })

	t.Run("again", func(t *testing.T) {
		var out bytes.Buffer
		o := options
		o.Log = &out
		start := time.Now()
		again, err := Ensure(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 10*time.Second || strings.Contains(out.String(), "built") {
			t.Errorf("a second run took %s:\n%s", took, &out)
		}
		for i := range again {
			if again[i].Digest != images[i].Digest {
				t.Errorf("%s: %s, then %s", again[i].Ref, images[i].Digest, again[i].Digest)
			}
		}
	})

	t.Run("elsewhere", func(t *testing.T) {
		o := options
		o.CacheDir = t.TempDir()
		copyTree(t, filepath.Join(cache, "standins", "apt"), filepath.Join(o.CacheDir, "standins", "apt"))
		other, err := Ensure(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		for i := range other {
			if other[i].Digest != images[i].Digest {
				t.Errorf("%s: built twice, %s and %s", other[i].Ref, images[i].Digest, other[i].Digest)
			}
		}
	})
}

// copyTree copies downloads, so that the same need not be fetched again.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// rootfs pulls an image and returns its files' headers, and the content of those named.
func rootfs(t *testing.T, ref string, arch string, wanted ...string) (config *v1.ConfigFile, files map[string]*tar.Header, data map[string][]byte) {
	t.Helper()
	r, err := name.ParseReference(ref, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	img, err := remote.Image(r, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: arch}))
	if err != nil {
		t.Fatal(err)
	}
	if config, err = img.ConfigFile(); err != nil {
		t.Fatal(err)
	}
	files, data = map[string]*tar.Header{}, map[string][]byte{}
	content := mutate.Extract(img)
	defer content.Close()
	err = eachEntry(content, func(h *tar.Header, r io.Reader) error {
		files[clean(h.Name)] = h
		for _, w := range wanted {
			if w == clean(h.Name) {
				b, err := io.ReadAll(r)
				data[w] = b
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return config, files, data
}

func inspectDebian(t *testing.T, reg string) {
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		config, files, data := rootfs(t, reg+"/library/debian:trixie-slim", arch, "usr/bin/bash", bundlePath, "etc/passwd", "var/lib/dpkg/status", "var/lib/dpkg/triggers/ldconfig")
		if config.Architecture != arch {
			t.Errorf("%s: configuration says %s", arch, config.Architecture)
		}
		f, err := elf.NewFile(bytes.NewReader(data["usr/bin/bash"]))
		if err != nil {
			t.Fatal(err)
		}
		if f.Machine != machine {
			t.Errorf("%s: bash is for %s", arch, f.Machine)
		}
		if !x509.NewCertPool().AppendCertsFromPEM(data[bundlePath]) {
			t.Errorf("%s: no certificate in the bundle", arch)
		}
		for _, user := range []string{"root:x:0:0:", "_apt:x:42:", "www-data:x:33:", "nobody:x:65534:"} {
			if !strings.Contains(string(data["etc/passwd"]), user) {
				t.Errorf("%s: no %s in /etc/passwd", arch, user)
			}
		}
		if !strings.Contains(string(data["var/lib/dpkg/status"]), "Package: libc6\nStatus: install ok installed\n") {
			t.Errorf("%s: dpkg does not know libc6", arch)
		}
		if got := string(data["var/lib/dpkg/triggers/ldconfig"]); got != "libc-bin\n" {
			t.Errorf("%s: ldconfig's trigger is %q", arch, got)
		}
		for path, target := range map[string]string{"bin": "usr/bin", "lib": "usr/lib", "usr/bin/sh": "dash", "etc/alternatives/awk": "/usr/bin/mawk", "usr/bin/awk": "/etc/alternatives/awk"} {
			if files[path] == nil || files[path].Linkname != target {
				t.Errorf("%s: %s is not a link to %s", arch, path, target)
			}
		}
		if h := files["tmp"]; h == nil || h.Mode != 0o1777 {
			t.Errorf("%s: /tmp is %+v", arch, h)
		}
		if files["usr/share/man/man1"] != nil || files["usr/share/doc/libc6/copyright"] == nil {
			t.Errorf("%s: a slim image has no manual pages, and every copyright", arch)
		}
	}
}

func inspectStatic(t *testing.T, reg string) {
	config, files, data := rootfs(t, reg+"/distroless/static-debian13:nonroot", "arm64", "etc/passwd", bundlePath)
	if config.Config.User != "65532" || config.Config.WorkingDir != "/home/nonroot" {
		t.Errorf("user %q, working directory %q", config.Config.User, config.Config.WorkingDir)
	}
	if !strings.Contains(string(data["etc/passwd"]), "nonroot:x:65532:65532:") {
		t.Error("no nonroot in /etc/passwd")
	}
	if !x509.NewCertPool().AppendCertsFromPEM(data[bundlePath]) {
		t.Error("no certificate in the bundle")
	}
	for _, path := range []string{"usr/share/zoneinfo/Europe/Berlin", "etc/os-release", "etc/nsswitch.conf", "etc/services", "tmp", "var/lib/dpkg/status.d/tzdata"} {
		if files[path] == nil {
			t.Errorf("no /%s", path)
		}
	}
	if h := files["home/nonroot"]; h == nil || h.Uid != 65532 {
		t.Errorf("/home/nonroot is %+v", h)
	}
	if files["usr/bin/sh"] != nil || files["usr/lib/aarch64-linux-gnu/libc.so.6"] != nil {
		t.Error("a shell or a libc in a static image")
	}
}

func TestEnsureRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		need      Need
		err, hint string
	}{
		"unknown":  {Need{"golang:1.26-alpine", both}, "no stand-in for golang:1.26-alpine", "golang:1.N[.P][-trixie]"},
		"platform": {Need{"debian:trixie", []string{"linux/s390x"}}, "no stand-in debian:trixie for platform linux/s390x", "linux/amd64"},
	} {
		_, err := Ensure(t.Context(), Options{CacheDir: t.TempDir(), Registry: "127.0.0.1:1", Needs: []Need{tt.need}})
		wantError(t, name, err, tt.err, tt.hint)
	}
	t.Setenv("PATH", t.TempDir())
	_, err := Ensure(t.Context(), Options{CacheDir: t.TempDir(), Registry: "127.0.0.1:1", Needs: []Need{{"debian:trixie", both}}})
	wantError(t, "no apt", err, "apt-get is not installed", "install the package apt")
	_, err = Ensure(t.Context(), Options{CacheDir: t.TempDir(), Registry: "127.0.0.1:1", Needs: []Need{{"golang:1.26", both}}})
	wantError(t, "no go", err, "go is not installed", "install the package golang-go")
	_, err = Ensure(t.Context(), Options{CacheDir: t.TempDir(), CABundle: "/nowhere.pem", Needs: []Need{{"debian:trixie", both}}})
	wantError(t, "no bundle", err, "no certificate bundle in /nowhere.pem", "ca-certificates")
}

func wantError(t *testing.T, name string, err error, text, hint string) {
	t.Helper()
	var e *Error
	switch {
	case !errors.As(err, &e):
		t.Errorf("%s: error is %v, want one with a hint", name, err)
	case !strings.Contains(err.Error(), text) || !strings.Contains(e.Hint(), hint):
		t.Errorf("%s: error %q, hint %q; want %q and %q in them", name, err, e.Hint(), text, hint)
	}
}

// A run that is cancelled ends soon, and leaves no half image, no running program and no lock.
func TestEnsureCancelled(t *testing.T) {
	needsArchive(t)
	cache := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := Ensure(ctx, Options{CacheDir: cache, Registry: newRegistry(t), Needs: []Need{{"debian:trixie", both}}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %s to end", took)
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "standins", "*.tmp")); left != nil {
		t.Errorf("left behind: %q", left)
	}
	if out, _ := exec.Command("ps", "axww", "-o", "args").Output(); strings.Contains(string(out), cache) {
		t.Errorf("still running:\n%s", out)
	}
}

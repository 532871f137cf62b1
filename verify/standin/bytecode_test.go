package standin

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

func TestPythonBytecode(t *testing.T) {
	needsArchive(t)
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	const ref = "python:3.13-slim-trixie"
	cache, reg := t.TempDir(), newRegistry(t)
	var log bytes.Buffer
	o := Options{CacheDir: cache, Registry: reg, Needs: []Need{{ref, both}}, Log: &log}
	images, err := Ensure(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if t.Log(&log); strings.Contains(log.String(), "without bytecode") {
		t.Fatal("no bytecode was made")
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "standins", "*", "bytecode")); left != nil {
		t.Errorf("left behind: %q", left)
	}
	pulled := reg + "/library/" + ref
	t.Run("laid", func(t *testing.T) { inspectBytecode(t, pulled) })
	t.Run("accepted", func(t *testing.T) { importNatively(ctx, t, pulled) })
	t.Run("elsewhere", func(t *testing.T) {
		o := o
		o.CacheDir = t.TempDir()
		copyTree(t, filepath.Join(cache, "standins", "apt"), filepath.Join(o.CacheDir, "standins", "apt"))
		again, err := Ensure(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		if again[0].Digest != images[0].Digest {
			t.Errorf("built twice, %s and %s", images[0].Digest, again[0].Digest)
		}
	})
}

const (
	stdlib = "usr/lib/python3.13/"
	site   = "usr/local/lib/python3.13/site-packages/"
)

// inspectBytecode holds that both architectures have bytecode, and the same where the sources are the same.
func inspectBytecode(t *testing.T, ref string) {
	modules := map[string]string{} // source → bytecode
	for _, dir := range []string{stdlib + "os", stdlib + "json/__init__", site + "pip/__init__", site + "pip/_internal/cli/main"} {
		modules[dir+".py"] = filepath.Dir(dir) + "/__pycache__/" + filepath.Base(dir) + ".cpython-313.pyc"
	}
	var wanted []string
	for source, code := range modules {
		wanted = append(wanted, source, code)
	}
	_, _, amd64 := rootfs(t, ref, "amd64", wanted...)
	_, files, arm64 := rootfs(t, ref, "arm64", wanted...)
	for source, code := range modules {
		a, b := amd64[code], arm64[code]
		if len(a) < 16 || len(b) < 16 {
			t.Errorf("%s is not in both layers", code)
			continue
		}
		if bytes.Equal(amd64[source], arm64[source]) && !bytes.Equal(a, b) {
			t.Errorf("%s differs between architectures", code)
		}
		if flags := binary.LittleEndian.Uint32(b[4:]); flags != 1 { // PEP 552: by hash, unchecked
			t.Errorf("%s has flags %b", code, flags)
		}
		if !bytes.Contains(b, []byte("/"+source)) || bytes.Contains(b, []byte("standins")) {
			t.Errorf("%s does not say that it is of /%s", code, source)
		}
		if h := files[code]; h.Mode != 0o644 || !h.ModTime.Equal(epoch) || h.Uid != 0 {
			t.Errorf("%s is laid as %+v", code, h)
		}
	}
	for path := range files {
		if strings.HasSuffix(path, ".pyc") && bulk.MatchString(path) {
			t.Errorf("%s is in the layer", path)
		}
	}
}

// importNatively runs the image's own interpreter and holds that it takes the bytecode.
func importNatively(ctx context.Context, t *testing.T, ref string) {
	r, err := name.ParseReference(ref, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	img, err := remote.Image(r, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: runtime.GOARCH}))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	content := mutate.Extract(img)
	defer content.Close()
	untar := exec.CommandContext(ctx, "tar", "-x", "-C", root, "--no-same-owner")
	untar.Stdin = content
	if out, err := untar.CombinedOutput(); err != nil {
		t.Fatalf("unpacking the image: %v: %s", err, out)
	}
	loaders, _ := filepath.Glob(filepath.Join(root, "usr/lib/*-linux-gnu/ld-linux-*.so.*"))
	if len(loaders) != 1 {
		t.Fatalf("loaders: %q", loaders)
	}
	cmd := exec.CommandContext(ctx, loaders[0], "--library-path", filepath.Dir(loaders[0]), filepath.Join(root, "usr/bin/python3.13"), "-v", "-B", "-S", "-c", "import json, pip._internal.cli.main")
	cmd.Env = []string{"PYTHONHOME=" + filepath.Join(root, "usr"), "PYTHONPATH=" + filepath.Join(root, site)}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("importing: %v: %s", err, tail(string(out), 5))
	}
	for _, dir := range []string{stdlib + "json/", site + "pip/"} {
		want := filepath.Join(root, dir, "__pycache__/__init__.cpython-313.pyc") + " matches " + filepath.Join(root, dir, "__init__.py")
		if !strings.Contains(string(out), want) {
			t.Errorf("the interpreter does not say %q", want)
		}
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "# code object from ") && strings.HasSuffix(strings.TrimSpace(line), ".py") {
			t.Errorf("compiled while importing: %s", line)
		}
	}
}

func TestCompiled(t *testing.T) {
	for path, want := range map[string]bool{
		stdlib + "os.py":                     true,
		stdlib + "json/__init__.py":          true,
		stdlib + "ensurepip/__init__.py":     true,
		site + "pip/_vendor/rich/text.py":    true,
		stdlib + "test/test_os.py":           false,
		stdlib + "idlelib/run.py":            false,
		stdlib + "lib-dynload/_bz2.so":       false,
		site + "numpy/__init__.py":           false,
		"usr/lib/python3/dist-packages/x.py": false,
		"usr/share/python3/x.py":             false,
	} {
		if got := compiled(path, "3.13"); got != want {
			t.Errorf("compiled(%q) = %t", path, got)
		}
	}
}

// Where no interpreter runs, the stand-in is made without bytecode and says why.
func TestBytecodeIsLeftOut(t *testing.T) {
	l, err := newLayer(filepath.Join(t.TempDir(), "layer"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.file.Close()
	b := &build{layer: l, dir: t.TempDir(), native: "riscv64"}
	if err := layBytecode(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if want := "without bytecode: no interpreter for riscv64"; b.note != want {
		t.Errorf("note is %q, want %q", b.note, want)
	}
	if left, _ := os.ReadDir(b.dir); len(left) > 0 || len(l.seen) > 1 {
		t.Errorf("left behind: %v, %v", left, l.seen)
	}
}

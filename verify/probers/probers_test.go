package probers

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func packed(t *testing.T, program string) *fstest.MapFile {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(program)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: b.Bytes()}
}

func TestUnpack(t *testing.T) {
	programs := fstest.MapFS{"linux-arm64.gz": packed(t, "one"), "linux-amd64.gz": packed(t, "two"), "linux-386.gz": {Data: []byte("no gzip")}}
	dir := filepath.Join(t.TempDir(), "new")
	path, err := unpack(programs, dir, "arm64")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != "one" {
		t.Errorf("unpacked %q, %v", data, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("broken off"), 0o755); err != nil {
		t.Fatal(err)
	}
	if again, err := unpack(programs, dir, "arm64"); err != nil || again != path {
		t.Errorf("the second time: %s, %v", again, err)
	}
	if data, _ := os.ReadFile(path); string(data) != "one" {
		t.Errorf("a broken file stayed: %q", data)
	}
	if other, err := unpack(programs, dir, "amd64"); err != nil || other == path {
		t.Errorf("another architecture: %s, %v", other, err)
	}
	if _, err := unpack(programs, dir, "386"); err == nil || !strings.Contains(err.Error(), "386") {
		t.Errorf("a file that is no gzip: %v", err)
	}
	var absent *AbsentError
	if _, err := unpack(programs, dir, "../x"); !errors.As(err, &absent) {
		t.Errorf("a path: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".prober-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAbsent(t *testing.T) {
	if len(Architectures()) > 0 {
		t.Skip("this test is built as a release")
	}
	var absent *AbsentError
	if _, err := Path(t.TempDir(), "arm64"); !errors.As(err, &absent) || !strings.Contains(absent.Hint(), "scripts/release") {
		t.Errorf("got %v", err)
	}
}

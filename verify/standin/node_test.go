package standin

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewestNode(t *testing.T) {
	lists := [][]string{{"24.9.0", "24.10.0", "24.11.0", "24.12.0-rc.1", "2.4.0", "22.1.0"}, {"24.9.0", "24.10.0", "24.12.0-rc.1", "22.1.0"}}
	for want, got := range map[string]string{"24": "24.10.0", "22": "22.1.0", "2": "", "26": ""} {
		if v := newestNode(lists, want); v != got {
			t.Errorf("newest of %s is %q, want %q", want, v, got)
		}
	}
}

// TestLayArchive holds that of a package's archive only regular files that are asked for
// are laid, with a mode of two.
func TestLayArchive(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	w := tar.NewWriter(z)
	for _, h := range []tar.Header{
		{Name: "package/bin/node", Mode: 0o700, Size: 1}, {Name: "package/README.md", Mode: 0o600, Size: 1},
		{Name: "package/bin/link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, {Name: "package/../../etc/x", Mode: 0o644, Size: 1}, {Name: "stray", Size: 1},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeSymlink {
			if _, err := w.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "p.tgz")
	if err := os.WriteFile(file, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "layer")
	l, err := newLayer(out)
	if err != nil {
		t.Fatal(err)
	}
	err = layArchive(l, file, func(name string) string {
		if name == "README.md" {
			return ""
		}
		return "opt/" + name
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.close(); err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err != nil {
			break
		}
		if h.Typeflag == tar.TypeReg {
			got[h.Name] = h.Mode
		}
	}
	if d := cmp.Diff(map[string]int64{"opt/bin/node": 0o755, "etc/x": 0o644}, got); d != "" {
		t.Errorf("files and modes (-want +got):\n%s", d)
	}
}

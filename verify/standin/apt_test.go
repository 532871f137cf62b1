package standin

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHostSources(t *testing.T) {
	for name, tt := range map[string]struct {
		file, text string
		want       sources
	}{
		"none": {"etc/apt/sources.list", "", sources{defaultMirror, defaultSecurity}},
		"ubuntu": {"etc/apt/sources.list.d/ubuntu.sources", "Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\n",
			sources{defaultMirror, defaultSecurity}},
		"deb822": {"etc/apt/sources.list.d/debian.sources", "# URIs: http://no.example/debian\nTypes: deb\nURIs: https://deb.example/debian/\nSuites: x\n\nURIs: http://sec.example/debian-security\n",
			sources{"https://deb.example/debian", "http://sec.example/debian-security"}},
		"one line": {"etc/apt/sources.list", "deb [signed-by=/k] http://deb.example/debian trixie main\n", sources{"http://deb.example/debian", defaultSecurity}},
		"disabled": {"etc/apt/sources.list.d/x.list.save", "deb http://deb.example/debian trixie main\n", sources{defaultMirror, defaultSecurity}},
	} {
		root := t.TempDir()
		file := filepath.Join(root, tt.file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, hostSources(root)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

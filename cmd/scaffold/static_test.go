package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestUnfit holds that a program is mounted into images only where it can run in each.
func TestUnfit(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	build := func(name string, args ...string) string {
		path := filepath.Join(dir, name)
		cmd := exec.Command("go", append(append([]string{"build", "-o", path}, args...), source)...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return path
	}
	static, dynamic := build("static"), build("dynamic", "-buildmode=pie")
	other := map[string]string{"amd64": "arm64", "arm64": "amd64"}[runtime.GOARCH]
	for _, tc := range []struct{ path, arch, want string }{
		{static, runtime.GOARCH, ""},
		{static, other, "cannot run on BuildKit's linux/" + other},
		{static, "mips", "cannot run"},
		{dynamic, runtime.GOARCH, "linked dynamically"},
		{source, runtime.GOARCH, "no Linux binary"},
	} {
		err := unfit(tc.path, tc.arch)
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("unfit(%s, %s) = %v, want %q", filepath.Base(tc.path), tc.arch, err, tc.want)
		}
	}
}

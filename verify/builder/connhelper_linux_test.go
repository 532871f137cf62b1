package builder

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fakeTool lays a command of that name in a folder in front of PATH: it notes its
// arguments and then is buildctl's dial-stdio to a real buildkitd, as the real tool would
// be in a container or on another machine. lines come before that.
func fakeTool(t *testing.T, name, addr string, lines ...string) (args func() []string) {
	t.Helper()
	shared, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	buildctl, err := Tool(ctx, filepath.Join(shared, "scaffold"), "github.com/moby/buildkit/cmd/buildctl", native(), testLog{t})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	noted := filepath.Join(dir, "args")
	script := "#!/bin/sh\n" + strings.Join(lines, "\n") + "\nprintf '%s\\n' \"$@\" >'" + noted + "'\nexec '" + buildctl + "' --addr '" + addr + "' dial-stdio\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return func() []string {
		data, err := os.ReadFile(noted)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	}
}

// TestConnectionHelpers reaches a real BuildKit through the command of each helper.
func TestConnectionHelpers(t *testing.T) {
	b := connect(t, private(t))
	tests := []struct {
		addr, tool string
		want       []string
	}{
		{"docker-container://bk", "docker", []string{"exec", "-i", "bk", "buildctl", "dial-stdio"}},
		{"docker-container://bk?context=far", "docker", []string{"--context=far", "exec", "-i", "bk", "buildctl", "dial-stdio"}},
		{"podman-container://bk", "podman", []string{"exec", "-i", "bk", "buildctl", "dial-stdio"}},
		{"nerdctl-container://bk?namespace=k8s.io", "nerdctl", []string{"exec", "--namespace", "k8s.io", "-i", "bk", "buildctl", "dial-stdio"}},
		{"kube-pod://bk-0?namespace=ci&container=bk&context=prod", "kubectl",
			[]string{"--context=prod", "--namespace=ci", "exec", "--container=bk", "-i", "bk-0", "--", "buildctl", "dial-stdio"}},
		{"ssh://me@arm:2222", "ssh", []string{"-l", "me", "-p", "2222", "--", "arm", "buildctl", "dial-stdio"}},
		{"ssh://arm/run/bk.sock", "ssh", []string{"--", "arm", "buildctl", "--addr", "unix:///run/bk.sock", "dial-stdio"}},
	}
	for _, tt := range tests {
		t.Run(tt.addr, func(t *testing.T) {
			args := fakeTool(t, tt.tool, b.Addr)
			far := connect(t, Options{CacheDir: t.TempDir(), Addr: tt.addr})
			if d := cmp.Diff(tt.want, args()); d != "" {
				t.Errorf("%s was run with other arguments (-want +got):\n%s", tt.tool, d)
			}
			if far.Version != b.Version || far.Native != b.Native || far.Private {
				t.Errorf("%+v is not the builder behind it", far)
			}
			if want := "BuildKit " + b.Version + " at " + tt.addr + "; given with --builder"; far.Why != want {
				t.Errorf("why is %q, want %q", far.Why, want)
			}
		})
	}
}

// TestConnectionHelperThatFails says what the command said.
func TestConnectionHelperThatFails(t *testing.T) {
	fakeTool(t, "kubectl", "unix:///nowhere", `printf 'pods "bk-0" not found\r\n' >&2; exit 1`)
	_, err := Connect(context.Background(), Options{CacheDir: t.TempDir(), Addr: "kube-pod://bk-0"})
	holdsError(t, err, "kube-pod://bk-0", `exit status 1: pods "bk-0" not found`, "by hand")
	t.Setenv("PATH", t.TempDir())
	_, err = Connect(context.Background(), Options{CacheDir: t.TempDir(), Addr: "podman-container://bk"})
	holdsError(t, err, "podman", "not found in $PATH", "install the tool")
}

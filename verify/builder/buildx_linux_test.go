package builder

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const inspected = `Name:          team
Driver:        remote
Last Activity: 2026-11-21 04:36:02 +0000 UTC

Nodes:
Name:                  team0
Endpoint:              tcp://10.0.0.1:1234
Driver Options:        x="y"
Status:                running
`

func TestParseInspect(t *testing.T) {
	for text, want := range map[string]buildxBuilder{
		inspected:                              {"team", "remote"},
		"Name:   default\nDriver: docker\n":    {"default", "docker"},
		"Name: x\nDriver: docker-container\n":  {"x", "docker-container"},
		"docker: 'buildx' is not a command.\n": {},
		"":                                     {},
	} {
		if d := cmp.Diff(want, parseInspect([]byte(text))); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
}

// fakeBuildx is a docker command whose current buildx builder is behind addr.
func fakeBuildx(t *testing.T, addr string) (args func() []string) {
	return fakeTool(t, "docker", addr,
		`if [ "$2" = inspect ]; then`, `  [ "${4-team}" = team ] || { echo "ERROR: no builder \"$4\" found" >&2; exit 1; }`,
		"  cat <<'END'\n"+inspected+"END\n  exit 0", "fi")
}

func TestBuildx(t *testing.T) {
	b := connect(t, private(t))
	tests := map[string]struct {
		o    Options
		args []string
		why  string
	}{
		"the current builder, found": {Options{}, []string{"buildx", "dial-stdio", "--builder", "team"}, "no --builder, no BUILDKIT_HOST"},
		"the current builder":        {Options{Addr: "buildx"}, []string{"buildx", "dial-stdio", "--builder", "team"}, "given with --builder"},
		"by name, for a platform": {Options{Addr: "buildx://team", Platform: "linux/arm64"},
			[]string{"buildx", "dial-stdio", "--builder", "team", "--platform", "linux/arm64"}, "given with --builder"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			args := fakeBuildx(t, b.Addr)
			tt.o.CacheDir = t.TempDir()
			far := connect(t, tt.o)
			if d := cmp.Diff(tt.args, args()); d != "" {
				t.Errorf("docker was run with other arguments (-want +got):\n%s", d)
			}
			if want := "BuildKit " + b.Version + " at buildx://team (driver remote); " + tt.why; far.Why != want || far.Addr != "buildx://team" {
				t.Errorf("why is %q, want %q", far.Why, want)
			}
		})
	}
	t.Run("unknown", func(t *testing.T) {
		fakeBuildx(t, b.Addr)
		_, err := Connect(context.Background(), Options{CacheDir: t.TempDir(), Addr: "buildx://other"})
		holdsError(t, err, `no buildx builder "other"`, `no builder "other" found`, "docker buildx ls")
	})
}

// TestBuildxThatFails is passed over, with a line, for the next place.
func TestBuildxThatFails(t *testing.T) {
	o := private(t)
	fakeBuildx(t, "unix://"+filepath.Join(t.TempDir(), "gone.sock"))
	t.Setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
	var log strings.Builder
	o.Addr, o.Log = "", &log
	b := connect(t, o)
	if !b.Private || !strings.HasSuffix(b.Why, "; no --builder, no BUILDKIT_HOST, Docker does not answer") {
		t.Errorf("why is %q", b.Why)
	}
	for _, want := range []string{`buildx builder "team" does not answer`, "/nowhere/docker.sock", "looking for another builder"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%q lacks %q", log.String(), want)
		}
	}
}

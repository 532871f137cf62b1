package verify

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// TestLive draws two builds on a screen of 40 columns and 3 lines.
func TestLive(t *testing.T) {
	var screen bytes.Buffer
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	l := &live{w: &screen, now: func() time.Time { return now }, size: func() (int, int) { return 40, 3 },
		stop: make(chan struct{}), ended: make(chan struct{})}
	close(l.ended) // nothing draws by itself
	step := func(name string, at time.Time) *client.Vertex {
		return &client.Vertex{Digest: digest.FromString(name), Name: name, Started: &at}
	}
	drawn := func() string {
		screen.Reset()
		l.draw()
		return screen.String()
	}
	l.show("linux/amd64", &client.SolveStatus{Vertexes: []*client.Vertex{step("[build 1/2] FROM", now), step("[build 2/2] RUN make", now.Add(time.Second))}})
	l.show("linux/arm64", &client.SolveStatus{})
	now = now.Add(12 * time.Second)
	if got, want := drawn(), "linux/amd64   12.0 s  [build 2/2] RUN …\nlinux/arm64   12.0 s  …\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.show("linux/arm64", &client.SolveStatus{Vertexes: []*client.Vertex{step("a", now)}, Logs: []*client.VertexLog{{Data: []byte("one\ntwo\n")}}})
	if got, want := drawn(), "\x1b[2A\r\x1b[Jlinux/amd64   12.0 s  [build 2/2] RUN …\nlinux/arm64   12.0 s  a  two\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.show("windows/amd64", &client.SolveStatus{})
	if got := drawn(); strings.Count(got, "\n") != 2 {
		t.Errorf("more lines than the screen holds: %q", got)
	}
	l.done("linux/amd64")
	if got := drawn(); strings.Contains(got, "amd64  ") && !strings.Contains(got, "windows") {
		t.Errorf("a build that is done is still there: %q", got)
	}
	screen.Reset()
	l.close()
	if got, want := screen.String(), "\x1b[2A\r\x1b[J"; got != want {
		t.Errorf("what is left on the screen: %q, want %q", got, want)
	}
}

package verify

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	"github.com/opencontainers/go-digest"
)

// display shows the progress of all builds as one, as BuildKit's own tools do.
type display struct {
	mu     sync.Mutex
	closed bool
	ch     chan *client.SolveStatus
	done   chan struct{}
}

func newDisplay(w io.Writer, plain bool) (*display, error) {
	mode := progressui.AutoMode
	if plain {
		mode = progressui.PlainMode
	}
	if w == io.Discard {
		mode = progressui.QuietMode
	}
	ui, err := progressui.NewDisplay(w, mode)
	if err != nil {
		return nil, fmt.Errorf("showing progress: %w", err)
	}
	d := &display{ch: make(chan *client.SolveStatus), done: make(chan struct{})}
	go func() {
		defer close(d.done)
		// Not the caller's context: after a cancel the last lines still have to come.
		_, _ = ui.UpdateFrom(context.Background(), d.ch)
	}()
	return d, nil
}

// close ends the display when all was shown.
func (d *display) close() {
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		close(d.ch)
	}
	d.mu.Unlock()
	<-d.done
}

// show passes on what one build reports, naming the build and clean of control characters.
func (d *display) show(label string, s *client.SolveStatus) {
	out := &client.SolveStatus{}
	for _, v := range s.Statuses {
		c := *v
		c.ID, c.Name = clean(v.ID), clean(v.Name)
		out.Statuses = append(out.Statuses, &c)
	}
	for _, v := range s.Vertexes {
		c := *v
		c.Name = labelled(label, clean(v.Name))
		c.Error = clean(v.Error)
		out.Vertexes = append(out.Vertexes, &c)
	}
	for _, l := range s.Logs {
		c := *l
		c.Data = []byte(clean(string(l.Data)))
		out.Logs = append(out.Logs, &c)
	}
	d.send(out)
}

func (d *display) send(s *client.SolveStatus) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.ch <- s
	}
}

// step shows work of our own as a step of the build, until the returned func is called.
func (d *display) step(label, name string) func() {
	began := time.Now()
	v := client.Vertex{
		Digest:  digest.FromString(label + name + began.String()),
		Name:    labelled(label, name),
		Started: &began,
	}
	started := v
	d.send(&client.SolveStatus{Vertexes: []*client.Vertex{&started}})
	return func() {
		ended := time.Now()
		v.Completed = &ended
		d.send(&client.SolveStatus{Vertexes: []*client.Vertex{&v}})
	}
}

// labelled is a step's name with its build's label: "[linux/arm64 build 2/4] RUN …".
func labelled(label, name string) string {
	if rest, ok := strings.CutPrefix(name, "["); ok && !strings.HasPrefix(name, "[internal]") {
		return "[" + label + " " + rest
	}
	if strings.HasPrefix(name, "[internal]") {
		return name
	}
	return "[" + label + "] " + name
}

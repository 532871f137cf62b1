package verify

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/util/progress/progressui"
	"github.com/opencontainers/go-digest"
	"golang.org/x/term"
)

// Looks of the progress of a [Run].
const (
	ShowAuto  = ""      // on a terminal a line a build, else plain lines
	ShowPlain = "plain" // plain lines
	ShowTTY   = "tty"   // BuildKit's own display, every step of it
)

// display shows the progress of all builds as one.
type display struct {
	mu     sync.Mutex
	closed bool
	out    outlet
}

// An outlet is one look of the progress. Its text is clean already.
type outlet interface {
	show(label string, s *client.SolveStatus)
	done(label string) // the build has ended
	close()            // all have
}

func newDisplay(w io.Writer, look string) (*display, error) {
	if f, ok := w.(*os.File); ok && look == ShowAuto && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		return &display{out: newLive(f)}, nil
	}
	out, err := newSteps(w, look)
	return &display{out: out}, err
}

// close ends the display when all was shown.
func (d *display) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.closed = true
		d.out.close()
	}
}

// show passes on what one build reports, clean of control characters.
func (d *display) show(label string, s *client.SolveStatus) {
	out := &client.SolveStatus{}
	for _, v := range s.Statuses {
		c := *v
		c.ID, c.Name = clean(v.ID), clean(v.Name)
		out.Statuses = append(out.Statuses, &c)
	}
	for _, v := range s.Vertexes {
		c := *v
		c.Name, c.Error = clean(v.Name), clean(v.Error)
		out.Vertexes = append(out.Vertexes, &c)
	}
	for _, l := range s.Logs {
		c := *l
		c.Data = []byte(clean(string(l.Data)))
		out.Logs = append(out.Logs, &c)
	}
	d.send(label, out)
}

func (d *display) send(label string, s *client.SolveStatus) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.out.show(label, s)
	}
}

// done says that a build has ended.
func (d *display) done(label string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.out.done(label)
	}
}

// steps is BuildKit's own display of every step, all builds as one.
type steps struct {
	ch    chan *client.SolveStatus
	ended chan struct{}
}

func newSteps(w io.Writer, look string) (*steps, error) {
	mode := progressui.PlainMode
	switch {
	case w == io.Discard:
		mode = progressui.QuietMode
	case look == ShowTTY:
		mode = progressui.TtyMode
	}
	ui, err := progressui.NewDisplay(w, mode)
	if err != nil {
		return nil, fmt.Errorf("showing progress: %w", err)
	}
	s := &steps{ch: make(chan *client.SolveStatus), ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		// Not the caller's context: after a cancel the last lines still have to come.
		_, _ = ui.UpdateFrom(context.Background(), s.ch)
	}()
	return s, nil
}

func (s *steps) show(label string, st *client.SolveStatus) {
	for _, v := range st.Vertexes {
		v.Name = labelled(label, v.Name)
	}
	s.ch <- st
}

func (s *steps) done(string) {}

func (s *steps) close() {
	close(s.ch)
	<-s.ended
}

// step shows work of our own as a step of the build, until the returned func is called.
func (d *display) step(label, name string) func() {
	began := time.Now()
	v := client.Vertex{
		Digest:  digest.FromString(label + name + began.String()),
		Name:    name,
		Started: &began,
	}
	started := v
	d.send(label, &client.SolveStatus{Vertexes: []*client.Vertex{&started}})
	return func() {
		ended := time.Now()
		v.Completed = &ended
		d.send(label, &client.SolveStatus{Vertexes: []*client.Vertex{&v}})
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

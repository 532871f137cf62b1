package verify

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
	"golang.org/x/term"
)

// live is the display of a terminal: a line a build, which says what the build does now,
// drawn in place and taken away at the end. What remains on the screen is the report.
type live struct {
	w    io.Writer
	size func() (width, height int)
	now  func() time.Time

	mu    sync.Mutex
	rows  []*liveRow
	drawn int // lines on the screen
	stop  chan struct{}
	ended chan struct{}
}

// liveRow is one build.
type liveRow struct {
	label string
	began time.Time
	steps map[digest.Digest]*client.Vertex
	log   string // its last line
}

const liveEvery = 100 * time.Millisecond

func newLive(f *os.File) *live {
	l := &live{w: f, now: time.Now, size: func() (int, int) {
		width, height, err := term.GetSize(int(f.Fd()))
		if err != nil || width <= 0 || height <= 0 {
			return 80, 24
		}
		return width, height
	}}
	l.stop, l.ended = make(chan struct{}), make(chan struct{})
	go l.run()
	return l
}

func (l *live) run() {
	defer close(l.ended)
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.draw()
		case <-l.stop:
			return
		}
	}
}

func (l *live) show(label string, s *client.SolveStatus) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.row(label)
	for _, v := range s.Vertexes {
		r.steps[v.Digest] = v
	}
	for _, g := range s.Logs {
		if line := lastLines(string(g.Data), 1); strings.TrimSpace(line) != "" {
			r.log = strings.TrimSpace(line)
		}
	}
}

func (l *live) row(label string) *liveRow {
	i := slices.IndexFunc(l.rows, func(r *liveRow) bool { return r.label == label })
	if i < 0 {
		l.rows = append(l.rows, &liveRow{label: label, began: l.now(), steps: map[digest.Digest]*client.Vertex{}})
		i = len(l.rows) - 1
	}
	return l.rows[i]
}

// done takes a build's line away.
func (l *live) done(label string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = slices.DeleteFunc(l.rows, func(r *liveRow) bool { return r.label == label })
}

func (l *live) close() {
	close(l.stop)
	<-l.ended
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = nil
	l.paint(nil)
}

func (l *live) draw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	width, height := l.size()
	wide := 0
	for _, r := range l.rows {
		wide = max(wide, len(r.label))
	}
	var lines []string
	for _, r := range l.rows {
		text := fmt.Sprintf("%-*s  %5.1f s  %s", wide, r.label, l.now().Sub(r.began).Seconds(), r.doing())
		lines = append(lines, clipped(text, width-1))
	}
	if over := len(lines) - (height - 1); over > 0 {
		lines = lines[:height-1]
	}
	l.paint(lines)
}

// paint replaces what is on the screen (ECMA-48: cursor up, erase below).
func (l *live) paint(lines []string) {
	var b strings.Builder
	if l.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", l.drawn)
	}
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	l.drawn = len(lines)
	if b.Len() > 0 {
		_, _ = io.WriteString(l.w, b.String())
	}
}

// doing is the step that was started last and has not ended, and the last line it printed.
func (r *liveRow) doing() string {
	var now *client.Vertex
	for _, v := range r.steps {
		if v.Started != nil && v.Completed == nil && (now == nil || v.Started.After(*now.Started)) {
			now = v
		}
	}
	switch {
	case now == nil:
		return "…"
	case r.log != "" && !strings.HasPrefix(now.Name, "[internal]"):
		return oneLine(now.Name, 60) + "  " + r.log
	}
	return oneLine(now.Name, 200)
}

// clipped cuts s to n characters.
func clipped(s string, n int) string {
	if r := []rune(s); len(r) > n && n > 0 {
		return string(r[:n-1]) + "…"
	}
	return s
}

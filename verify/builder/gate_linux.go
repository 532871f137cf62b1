package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

var (
	errIdle   = errors.New("idle for longer than the limit")
	errClosed = errors.New("told to stop")
)

// A gate accepts connections at one socket, proxies them to another, and knows how
// many are open.
type gate struct {
	listener net.Listener
	backend  string
	limit    time.Duration // with no connection, after which idle is closed

	mu      sync.Mutex
	conns   map[net.Conn]net.Conn // client to buildkitd, nil until that is dialled
	timer   *time.Timer
	closing bool
	idle    chan struct{}
	wg      sync.WaitGroup
}

func openGate(socket, backend string, limit time.Duration) (*gate, error) {
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("listening at %q: %w", socket, err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("listening at %q: %w", socket, err)
	}
	g := &gate{listener: l, backend: backend, limit: limit, conns: map[net.Conn]net.Conn{}, idle: make(chan struct{})}
	g.timer = time.AfterFunc(limit, g.expire)
	g.wg.Add(1)
	go g.accept()
	return g, nil
}

// wait returns errIdle, errClosed, or that the daemon ended.
func (g *gate) wait(ctx context.Context, d *daemon) error {
	select {
	case <-g.idle:
		return errIdle
	case <-ctx.Done():
		return errClosed
	case <-d.done:
		return fmt.Errorf("buildkitd ended: %v", d.err)
	}
}

func (g *gate) accept() {
	defer g.wg.Done()
	for {
		c, err := g.listener.Accept()
		if err != nil {
			return
		}
		if !g.enter(c) {
			c.Close()
			return
		}
		g.wg.Add(1)
		go func() {
			defer g.wg.Done()
			defer g.leave(c)
			g.proxy(c)
		}()
	}
}

// expire runs when the limit has passed. A connection that came just before it
// keeps the gate open; one that comes just after is closed, and its client starts
// the next supervisor.
func (g *gate) expire() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.conns) == 0 && !g.closing {
		g.closing = true
		close(g.idle)
	}
}

func (g *gate) enter(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return false
	}
	g.timer.Stop()
	g.conns[c] = nil
	return true
}

// pair notes the far side of c, so that close can cut it even if buildkitd hangs.
func (g *gate) pair(c, b net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closing {
		return false
	}
	g.conns[c] = b
	return true
}

func (g *gate) leave(c net.Conn) {
	c.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	if len(g.conns) == 0 && !g.closing {
		g.timer.Reset(g.limit)
	}
}

func (g *gate) proxy(c net.Conn) {
	b, err := net.Dial("unix", g.backend)
	if err != nil {
		return
	}
	defer b.Close()
	if !g.pair(c, b) {
		return
	}
	back := make(chan struct{})
	go func() {
		pass(c, b)
		close(back)
	}()
	pass(b, c)
	<-back
}

// pass copies until src ends, and then tells dst that no more will come.
func pass(dst, src net.Conn) {
	_, err := io.Copy(dst, src)
	if w, ok := dst.(*net.UnixConn); ok && err == nil {
		_ = w.CloseWrite()
		return
	}
	dst.Close()
	src.Close()
}

// close refuses new connections, cuts the open ones and waits for their end.
func (g *gate) close() {
	g.mu.Lock()
	g.closing = true
	g.timer.Stop()
	for c, b := range g.conns {
		c.Close()
		if b != nil {
			b.Close()
		}
	}
	g.mu.Unlock()
	g.listener.Close()
	g.wg.Wait()
}

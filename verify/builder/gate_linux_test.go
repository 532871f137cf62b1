package builder

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// backend listens at a socket and runs serve on every connection.
func backend(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "backend.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return socket
}

func TestGatePassesBothWaysAndClosesWhenIdle(t *testing.T) {
	echo := backend(t, func(c net.Conn) {
		defer c.Close()
		io.Copy(c, c)
	})
	socket := filepath.Join(t.TempDir(), "gate.sock")
	g, err := openGate(socket, echo, 300*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	const text = "there and back"
	var eg errgroup.Group
	for range 50 {
		eg.Go(func() error {
			c, err := net.Dial("unix", socket)
			if err != nil {
				return err
			}
			defer c.Close()
			if _, err := io.WriteString(c, text); err != nil {
				return err
			}
			// The end of what is sent must reach the far side, else this hangs.
			if err := c.(*net.UnixConn).CloseWrite(); err != nil {
				return err
			}
			got, err := io.ReadAll(c)
			if err == nil && string(got) != text {
				t.Errorf("got %q", got)
			}
			return err
		})
	}
	if err := eg.Wait(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := g.wait(ctx, &daemon{done: make(chan struct{})}); err != errIdle {
		t.Errorf("it ended as %q", err)
	}
}

func TestGateClosesOnHungBackend(t *testing.T) {
	entered := make(chan struct{})
	hung := backend(t, func(c net.Conn) { close(entered) }) // neither reads nor closes
	socket := filepath.Join(t.TempDir(), "gate.sock")
	g, err := openGate(socket, hung, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	<-entered
	c.Close() // the gate now waits for the backend's end of it
	closed := make(chan struct{})
	go func() {
		g.close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Fatal("close hangs")
	}
	if _, err := net.Dial("unix", socket); err == nil {
		t.Error("the socket still answers")
	}
}

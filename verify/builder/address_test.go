package builder

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDeadAddress(t *testing.T) {
	// It accepts and never answers: the worst of dead builders.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() }) // not deferred: the parallel cases run after this function
	tests := map[string]struct {
		o    Options
		want []string // in the message
		hint string   // in the hint
	}{
		"no socket":        {Options{Addr: "unix://" + filepath.Join(t.TempDir(), "none.sock")}, []string{"none.sock", "no such file"}, "--builder"},
		"from environment": {Options{BuildkitHost: "unix:///nowhere/none.sock"}, []string{"/nowhere/none.sock"}, "BUILDKIT_HOST"},
		"refused":          {Options{Addr: "tcp://127.0.0.1:1"}, []string{"tcp://127.0.0.1:1", "refused"}, "buildkitd"},
		"silent":           {Options{Addr: "tcp://" + silent.Addr().String()}, []string{silent.Addr().String(), "none within"}, "buildkitd"},
		"no such container": {Options{Addr: "docker-container://scaffold-has-no-such-container"},
			[]string{"docker-container://scaffold-has-no-such-container"}, "the tool"},
		"not an address":          {Options{Addr: "mybuilder"}, []string{`"mybuilder"`}, "unix://PATH"},
		"no such scheme":          {Options{Addr: "http://h:1"}, []string{`"http://h:1"`}, "tcp://HOST:PORT"},
		"private and a mirror":    {Options{Addr: "private", Mirror: "::"}, []string{`"::"`}, "a mirror is"},
		"no such context":         {Options{Addr: "docker://scaffold-has-no-such-context"}, []string{`"scaffold-has-no-such-context"`}, "docker context ls"},
		"flag wins over variable": {Options{Addr: "tcp://127.0.0.1:1", BuildkitHost: "tcp://127.0.0.1:2"}, []string{"127.0.0.1:1"}, "--builder"},
		"stand-ins elsewhere":     {Options{Addr: "tcp://127.0.0.1:1", StandIns: true}, []string{"--stand-ins"}, "--builder"},
		"mirror elsewhere":        {Options{Addr: "tcp://127.0.0.1:1", Mirror: "m"}, []string{"--mirror"}, "--builder"},
		"ca elsewhere":            {Options{Addr: "tcp://127.0.0.1:1", CA: []byte("x")}, []string{"--ca"}, "--builder"},
		"both mirrors":            {Options{StandIns: true, Mirror: "m"}, []string{"--stand-ins", "--mirror"}, "leave out"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.o.CacheDir = t.TempDir()
			start := time.Now()
			b, err := Connect(context.Background(), tt.o)
			if err == nil {
				b.Close()
				t.Fatal("it connected")
			}
			if d := time.Since(start); d > dialDeadline+5*time.Second {
				t.Errorf("it took %v", d)
			}
			var told *Error
			if !errors.As(err, &told) || !strings.Contains(told.Hint(), tt.hint) {
				t.Errorf("hint of %v lacks %q", err, tt.hint)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("message %q lacks %q", err, w)
				}
			}
		})
	}
}

func TestConnectEndsWithItsContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		if c, err := silent.Accept(); err == nil {
			cancel()
			defer c.Close()
		}
	}()
	_, err = Connect(ctx, Options{CacheDir: t.TempDir(), Addr: "tcp://" + silent.Addr().String()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
}

func TestCanRun(t *testing.T) {
	b := &Builder{Platforms: []string{"linux/amd64", "linux/arm64", "linux/arm/v7"}}
	for want, ok := range map[string]bool{
		"linux/amd64": true, "linux/arm64": true, "linux/arm64/v8": true, "linux/arm/v7": true, "linux/arm": true,
		"linux/s390x": false, "no platform": false,
	} {
		err := b.CanRun([]string{want})
		if (err == nil) != ok {
			t.Errorf("CanRun(%q) = %v", want, err)
		}
		var told *Error
		if err != nil && (!errors.As(err, &told) || told.Hint() == "") {
			t.Errorf("CanRun(%q) = %v, without a hint", want, err)
		}
	}
}

package builder

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAddrs(t *testing.T) {
	tests := map[string]struct {
		values []string
		addr   string
		routes map[string]string
		says   string // in the error
	}{
		"none":                    {nil, "", map[string]string{}, ""},
		"one for everything":      {[]string{"unix:///a"}, "unix:///a", map[string]string{}, ""},
		"a route":                 {[]string{"linux/arm64=ssh://arm"}, "", map[string]string{"linux/arm64": "ssh://arm"}, ""},
		"both, in any order":      {[]string{"linux/arm64=ssh://arm", "docker"}, "docker", map[string]string{"linux/arm64": "ssh://arm"}, ""},
		"a variant":               {[]string{"linux/arm/v7=tcp://h:1"}, "", map[string]string{"linux/arm/v7": "tcp://h:1"}, ""},
		"names are normalized":    {[]string{"linux/aarch64=docker"}, "", map[string]string{"linux/arm64": "docker"}, ""},
		"an address with =":       {[]string{"kube-pod://p?namespace=n"}, "kube-pod://p?namespace=n", map[string]string{}, ""},
		"a routed address with =": {[]string{"linux/amd64=docker-container://c?context=x"}, "", map[string]string{"linux/amd64": "docker-container://c?context=x"}, ""},
		"two for everything":      {[]string{"unix:///a", "unix:///b"}, "", nil, "--builder names two builders for every platform: unix:///a and unix:///b"},
		"two for a platform":      {[]string{"linux/arm64=docker", "linux/arm64/v8=ssh://arm"}, "", nil, "two builders for linux/arm64: docker and ssh://arm"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			addr, routes, err := ParseAddrs(tt.values)
			if tt.says != "" {
				holdsError(t, err, tt.says)
				return
			}
			if err != nil || addr != tt.addr {
				t.Errorf("got %q, %v, want %q", addr, err, tt.addr)
			}
			if d := cmp.Diff(tt.routes, routes); d != "" {
				t.Errorf("routes (-want +got):\n%s", d)
			}
		})
	}
}

// holdsError holds err to be for a person: with these words, and a next step.
func holdsError(t *testing.T, err error, says ...string) {
	t.Helper()
	var told *Error
	if !errors.As(err, &told) || told.Hint() == "" {
		t.Fatalf("got %v, want an error with a hint", err)
	}
	for _, s := range says {
		if text := err.Error() + "\nhint: " + told.Hint(); !strings.Contains(text, s) {
			t.Errorf("%q lacks %q", text, s)
		}
	}
}

func TestConnectAllRefuses(t *testing.T) {
	arm := map[string]string{"linux/arm64": "tcp://127.0.0.1:1"}
	tests := map[string]struct {
		o      Options
		routes map[string]string
		says   []string
	}{
		"stand-ins with a route": {Options{StandIns: true}, arm, []string{"--stand-ins", "leave out"}},
		"mirror with a route":    {Options{Mirror: "m"}, arm, []string{"--mirror", "leave out"}},
		"TLS without tcp":        {Options{Addr: "unix:///a", TLS: TLS{ServerName: "x"}}, nil, []string{"--tls", "tcp://HOST:PORT"}},
		"a route that is dead":   {Options{Addr: "unix:///a"}, arm, []string{"tcp://127.0.0.1:1", "refused"}},
		"a route to no address":  {Options{}, map[string]string{"linux/arm64": "nonsense"}, []string{`"nonsense"`, "an address is docker"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.o.CacheDir = t.TempDir()
			_, err := ConnectAll(context.Background(), tt.o, tt.routes, []string{"linux/arm64"})
			holdsError(t, err, tt.says...)
		})
	}
}

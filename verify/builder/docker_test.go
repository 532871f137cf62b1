package builder

import (
	"context"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	dockerconfig "github.com/docker/cli/cli/config"
)

// noDocker keeps this machine's own Docker out of a test, and returns Docker's
// configuration folder.
func noDocker(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "BUILDX_BUILDER"} {
		t.Setenv(name, "")
	}
	t.Setenv("DOCKER_CONFIG", dir)
	was := dockerconfig.Dir() // which the library reads from the environment once
	dockerconfig.SetDir(dir)
	t.Cleanup(func() { dockerconfig.SetDir(was) })
	return dir
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeContext lays a Docker context as docker context create does.
func writeContext(t *testing.T, dir, name, host string) {
	t.Helper()
	write(t, filepath.Join(dir, "contexts", "meta", fmt.Sprintf("%x", sha256.Sum256([]byte(name))), "meta.json"),
		fmt.Sprintf(`{"Name":%q,"Metadata":{"Description":"a test"},"Endpoints":{"docker":{"Host":%q,"SkipTLSVerify":false}}}`, name, host))
}

func TestDockerContextOrder(t *testing.T) {
	tests := map[string]struct {
		env           map[string]string
		config        string
		named         string // docker://NAME
		context, host string
	}{
		"nothing is said":           {nil, "", "", "default", "unix:///var/run/docker.sock"},
		"the current context":       {nil, `{"currentContext":"a"}`, "", "a", "tcp://a:2375"},
		"the variable is first":     {map[string]string{"DOCKER_CONTEXT": "b"}, `{"currentContext":"a"}`, "", "b", "ssh://b"},
		"the host before them":      {map[string]string{"DOCKER_HOST": "tcp://h:1", "DOCKER_CONTEXT": "b"}, `{"currentContext":"a"}`, "", "default", "tcp://h:1"},
		"a name before all":         {map[string]string{"DOCKER_HOST": "tcp://h:1"}, `{"currentContext":"a"}`, "b", "b", "ssh://b"},
		"the default, by its name":  {nil, `{"currentContext":"a"}`, "default", "default", "unix:///var/run/docker.sock"},
		"a configuration of others": {nil, `{"auths":{}}`, "", "default", "unix:///var/run/docker.sock"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := noDocker(t)
			writeContext(t, dir, "a", "tcp://a:2375")
			writeContext(t, dir, "b", "ssh://b")
			if tt.config != "" {
				write(t, filepath.Join(dir, "config.json"), tt.config)
			}
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			e, err := engineOf(tt.named)
			if err != nil || e.context != tt.context || e.endpoint.Host != tt.host {
				t.Errorf("got context %q at %q, %v; want %q at %q", e.context, e.endpoint.Host, err, tt.context, tt.host)
			}
		})
	}
}

// fakeEngine answers as a Docker Engine of an operating system that has no BuildKit inside.
func fakeEngine(system string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		if strings.HasSuffix(r.URL.Path, "/version") {
			fmt.Fprintf(w, `{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12","Os":%q}`, system)
			return
		}
		http.NotFound(w, r)
	}
}

func TestDockerThatCannotBuild(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	engine := func(system string) string {
		s := httptest.NewServer(fakeEngine(system))
		t.Cleanup(s.Close)
		return "tcp://" + s.Listener.Addr().String()
	}
	tests := map[string]struct {
		host string
		says []string
	}{
		"nothing there":      {"unix://" + filepath.Join(t.TempDir(), "none.sock"), []string{"none.sock", "see that Docker runs"}},
		"refused":            {"tcp://127.0.0.1:1", []string{"127.0.0.1:1", "Cannot connect"}},
		"silent":             {"tcp://" + silent.Addr().String(), []string{silent.Addr().String(), "none within 10s"}},
		"Windows containers": {engine("windows"), []string{"windows containers", "Linux containers"}},
		"no BuildKit inside": {engine("linux"), []string{"BuildKit of Docker Engine 20.10.24", "404"}},
		"no such protocol":   {"gopher://h", []string{"gopher"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			noDocker(t)
			t.Setenv("DOCKER_HOST", tt.host)
			_, err := Connect(context.Background(), Options{CacheDir: t.TempDir(), Addr: "docker"})
			holdsError(t, err, tt.says...)
		})
	}
}

// TestDockerIsPassedOver in silence where there is none, with a line where it is broken.
func TestDockerIsPassedOver(t *testing.T) {
	tests := map[string]struct {
		env  map[string]string
		why  string
		says string
	}{
		"broken":        {map[string]string{"DOCKER_HOST": "unix:///nowhere/docker.sock"}, "Docker does not answer", "/nowhere/docker.sock"},
		"no such":       {map[string]string{"DOCKER_CONTEXT": "gone"}, "Docker does not answer", `"gone"`},
		"not asked for": {map[string]string{"DOCKER_HOST": "unix:///nowhere/docker.sock"}, "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			noDocker(t)
			t.Setenv("PATH", t.TempDir()) // no docker command
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			var log strings.Builder
			_, err := findDocker(context.Background(), Options{Log: &log, StandIns: tt.why == ""})
			if err != passed(tt.why) {
				t.Errorf("got %v, want that it is passed over: %q", err, tt.why)
			}
			if !strings.Contains(log.String(), tt.says) || (log.Len() > 0) != (tt.says != "") || strings.Count(log.String(), "\n") > 1 {
				t.Errorf("log is %q, want one line with %q", log.String(), tt.says)
			}
		})
	}
	if _, err := os.Stat("/var/run/docker.sock"); err != nil {
		noDocker(t)
		t.Setenv("PATH", t.TempDir())
		if _, err := findDocker(context.Background(), Options{Log: io.Discard}); err != passed("no Docker") {
			t.Errorf("got %v, want that there is none", err)
		}
	}
}

// TestDockerTLS reaches an engine by certificates, and says which are missing.
func TestDockerTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(fakeEngine("linux"))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	host := "tcp://" + server.Listener.Addr().String()
	certs := t.TempDir()
	write(t, filepath.Join(certs, "ca.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	tests := map[string]struct {
		env  map[string]string
		says string
	}{
		"trusted":         {map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs}, "BuildKit of Docker Engine 20.10.24"},
		"not verified":    {map[string]string{"DOCKER_TLS": "1"}, "BuildKit of Docker Engine 20.10.24"},
		"no certificates": {map[string]string{"DOCKER_TLS_VERIFY": "1"}, "set DOCKER_CERT_PATH"},
		"no TLS":          {nil, "HTTP"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			noDocker(t)
			t.Setenv("DOCKER_HOST", host)
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			_, err := Connect(ctx, Options{CacheDir: t.TempDir(), Addr: "docker"})
			holdsError(t, err, tt.says)
		})
	}
}

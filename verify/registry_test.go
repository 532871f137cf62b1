//go:build linux

package verify_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	dockerconfig "github.com/docker/cli/cli/config"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

const registryUser, registryPassword = "robot", "pass-4711-word"

// guarded is a registry that demands a password.
type guarded struct {
	host    string
	refused int // requests without the password
	roots   *x509.CertPool
	upload  func() // called when a blob is to be uploaded
}

func newGuarded(t *testing.T, start func(*httptest.Server)) *guarded {
	t.Helper()
	g := &guarded{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != registryUser || password != registryPassword {
			g.refused++
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if g.upload != nil && r.Method == http.MethodPost {
			g.upload()
		}
		inner.ServeHTTP(w, r)
	}))
	start(s)
	t.Cleanup(s.Close)
	g.host = strings.SplitN(s.URL, "://", 2)[1]
	if s.TLS != nil {
		g.roots = x509.NewCertPool()
		g.roots.AddCert(s.Certificate())
	}
	return g
}

// login puts a password for the registry into a Docker configuration that all of this
// process reads.
func (g *guarded) login(t *testing.T, password string) {
	t.Helper()
	dir := t.TempDir()
	auth := base64.StdEncoding.EncodeToString([]byte(registryUser + ":" + password))
	must(t, os.WriteFile(filepath.Join(dir, "config.json"), fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, g.host, auth), 0o600))
	old := dockerconfig.Dir()
	dockerconfig.SetDir(dir)
	t.Cleanup(func() { dockerconfig.SetDir(old) })
	t.Setenv("DOCKER_CONFIG", dir)
}

func (g *guarded) options() []remote.Option {
	opts := []remote.Option{remote.WithAuth(&authn.Basic{Username: registryUser, Password: registryPassword})}
	if g.roots != nil {
		transport := remote.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig.RootCAs = g.roots
		opts = append(opts, remote.WithTransport(transport))
	}
	return opts
}

// put pushes an image of one file, of this machine's platform.
func (g *guarded) put(t *testing.T, repo, file, path string, entrypoint ...string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	must(t, err)
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	must(t, w.WriteHeader(&tar.Header{Name: path, Mode: 0o755, Size: int64(len(data)), Typeflag: tar.TypeReg}))
	_, err = w.Write(data)
	must(t, err)
	must(t, w.Close())
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	must(t, err)
	image, err := mutate.AppendLayers(empty.Image, layer)
	must(t, err)
	config, err := image.ConfigFile()
	must(t, err)
	config.OS, config.Architecture, config.Config.Entrypoint = "linux", runtime.GOARCH, entrypoint
	image, err = mutate.ConfigFile(image, config)
	must(t, err)
	ref := g.host + "/" + repo
	tag, err := name.NewTag(ref)
	must(t, err)
	must(t, remote.Write(tag, image, g.options()...))
	return ref
}

// index reads an index back, or reports that there is none of that name.
func (g *guarded) index(t *testing.T, ref string) (v1.ImageIndex, error) {
	t.Helper()
	tag, err := name.NewTag(ref)
	must(t, err)
	return remote.Index(tag, g.options()...)
}

// contents reads a tar archive: its files by name, those that are compressed unpacked too.
func contents(r io.Reader) (map[string][]byte, error) {
	files := map[string][]byte{}
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		files[h.Name] = data
		if packed, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			if files[h.Name+" unpacked"], err = io.ReadAll(packed); err != nil {
				return nil, err
			}
		}
	}
}

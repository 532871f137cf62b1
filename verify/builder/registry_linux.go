package builder

import (
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// blobAge is how long a stand-in's layer is kept after it was pushed.
const blobAge = 30 * 24 * time.Hour

// serveRegistry runs the stand-in registry on the loopback interface, with its
// blobs in dir, until the server is closed.
func serveRegistry(dir string) (*http.Server, string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", fmt.Errorf("starting the stand-in registry: %w", err)
	}
	dropOld(dir, time.Now().Add(-blobAge))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("starting the stand-in registry: %w", err)
	}
	quiet := log.New(io.Discard, "", 0)
	s := &http.Server{
		Handler: registry.New(
			registry.Logger(quiet),
			registry.WithBlobHandler(registry.NewDiskBlobHandler(dir)),
			registry.WithReferrersSupport(true),
		),
		ErrorLog:          quiet,
		ReadHeaderTimeout: 10 * time.Second,
	}
	go s.Serve(l)
	return s, l.Addr().String(), nil
}

// dropOld deletes the files below dir that were last written before t.
func dropOld(dir string, t time.Time) {
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil && info.ModTime().Before(t) {
			os.Remove(p)
		}
		return nil
	})
}

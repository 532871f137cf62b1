// Command hello is an HTTP service that shows what its image holds: a dependency from
// the module proxy, the outgoing TLS trust store, and a time zone.
package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/google/uuid"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /", hello)
	server := &http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.Background())
	}()
	log.Printf("listening on %s, uid %d", server.Addr, os.Getuid())
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func hello(w http.ResponseWriter, _ *http.Request) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	roots, err := x509.SystemCertPool()
	if err != nil || roots.Equal(x509.NewCertPool()) {
		http.Error(w, fmt.Sprintf("no trust store: %v", err), http.StatusInternalServerError)
		return
	}
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC).In(zone)
	fmt.Fprintf(w, "hello %s, noon UTC is %s, trusted roots: yes\n", uuid.NewSHA1(uuid.NameSpaceDNS, []byte("example.org")), noon.Format("15:04 MST"))
}

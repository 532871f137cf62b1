// Command notes is an HTTP service whose image has more than its program: a page that
// the build generates, a configuration file, and a folder that it writes to.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"example.org/notes/internal/pages"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	http.HandleFunc("GET /", page)
	server := &http.Server{Addr: ":8080", ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.Background())
	}()
	log.Printf("listening on %s, uid %d", server.Addr, os.Getuid())
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func page(w http.ResponseWriter, _ *http.Request) {
	kept, err := keep()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	conf, err := os.ReadFile("/etc/notes.conf")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	greeting := strings.TrimPrefix(strings.TrimSpace(string(conf)), "greeting = ")
	fmt.Fprintf(w, pages.Page+"\n", greeting, kept)
}

// keep writes a note and says how many there are.
func keep() (string, error) {
	dir := os.Getenv("NOTES_DIR")
	if err := os.WriteFile(filepath.Join(dir, "visit"), []byte("seen\n"), 0o644); err != nil {
		return "", err
	}
	notes, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	sums, err := os.ReadFile("/usr/share/doc/notes/notes.sha256")
	if err != nil || !strings.HasSuffix(string(sums), "/out/notes\n") {
		return "", fmt.Errorf("the program's checksum is not there: %q, %v", sums, err)
	}
	return fmt.Sprintf("%d note kept", len(notes)), nil
}

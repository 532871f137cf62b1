// Command notes is an HTTP service that keeps notes in SQLite, which is C: without cgo it
// compiles, and fails when it runs.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	db, err := open()
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		var notes int
		var version string
		if err := db.QueryRowContext(r.Context(), "SELECT count(*), sqlite_version() FROM notes").Scan(&notes, &version); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "%d notes in SQLite %s\n", notes, version)
	})
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

// open makes a database in memory with two notes.
func open() (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:notes?mode=memory&cache=shared")
	if err != nil {
		return nil, err
	}
	_, err = db.Exec("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('one'), ('two')")
	return db, err
}

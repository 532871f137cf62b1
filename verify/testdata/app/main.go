// Command app is a web server that is healthy, but for the one fault that FAULT names.
package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	if filepath.Base(os.Args[0]) == "sh" { // as far as verify asks a shell
		fmt.Println(os.Getenv("ANSWER"))
		return
	}
	if len(os.Args) > 1 && verbs[os.Args[1]] != nil {
		verbs[os.Args[1]]()
		return
	}
	fault := os.Getenv("FAULT")
	fmt.Println("app: starting, GREETING is " + os.Getenv("GREETING"))
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGUSR1)
	addr, silent := ":8000", false
	switch fault {
	case "port":
		addr = ":5000"
	case "loopback":
		addr = "127.0.0.1:8000"
	case "silent":
		silent = true
	case "stub":
		fmt.Println("Binary was compiled with 'CGO_ENABLED=0', go-sqlite3 requires cgo to work. This is a stub")
		os.Exit(1)
	case "exit":
		fmt.Println("\x1b[31mapp: cannot go on\x1b[0m")
		os.Exit(1)
	case "end":
		return
	case "flood":
		flood(100_000_000)
	case "deluge":
		flood(1_000_000_000)
	}
	if take := greedy[fault]; take != nil {
		take()
		silent = true
	}
	if answer := answers[fault]; answer != nil {
		go listen(answer)
		silent = true
	}
	if !silent {
		go serve(addr, fault)
	}
	for range stop {
		if fault != "deaf" {
			fmt.Println("app: stopping")
			return
		}
	}
}

// verbs are what the program does with an argument.
var verbs = map[string]func(){
	"health": health,
	"print":  func() { flood(1_000_000_000) },
	"fork":   fork,
	"hog":    hog,
	"fill":   fill,
	"sleep":  func() { time.Sleep(maxTime) },
}

func serve(addr, fault string) {
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
		if fault == "status" {
			w.WriteHeader(http.StatusTeapot)
		}
		if fault == "body" {
			fmt.Fprintln(w, "goodbye \x1b[2J")
			return
		}
		fmt.Fprintln(w, "hello from", os.Getuid())
	})
	fmt.Println("app: listening on", addr)
	fmt.Println(http.ListenAndServe(addr, nil))
	os.Exit(3)
}

func health() {
	c := http.Client{Timeout: 5 * time.Second}
	resp, err := c.Get("http://127.0.0.1:8000/healthz")
	if err != nil || resp.StatusCode != 200 || os.Getenv("FAULT") == "sick" {
		fmt.Println("app: not healthy", err)
		os.Exit(1)
	}
}

// flood prints so many bytes.
func flood(bound int) {
	line := append(bytes.Repeat([]byte("flood "), 1<<15), '\n')
	for n := 0; n < bound; n += len(line) {
		os.Stdout.Write(line)
	}
	fmt.Println("app: flooded")
}

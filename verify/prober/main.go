// Package prober is the part of verify that runs inside the containers: it looks at an
// image's files and asks a running program questions from beside it.
//
// One static binary is mounted read-only next to whatever is being verified, so that an
// image without a shell, or one of another architecture, is asked in the same way. Each
// verb writes one JSON value to stdout and ends with 0 whatever it found: BuildKit kills
// every process of a container when one of them fails. Only a misuse of the verbs ends
// with 2.
//
// The image is hostile: links are resolved inside it, every read and every list is
// bounded, and nothing of it is executed but the health command that was asked for.
// Only the standard library is imported, so that the prober starts fast.
//
// Limits: it reads Linux's /proc, so http and tcp name listening ports on Linux only.
package prober

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"time"
)

// verbs are what Main understands; each takes its own arguments and returns what is
// written as JSON.
var verbs = map[string]func(args []string) (any, error){
	"inspect": inspectVerb,
	"http":    httpVerb,
	"tcp":     tcpVerb,
	"status":  statusVerb,
	"exec":    execVerb,
}

// Main runs the verb args[0] and returns the exit code: 0 when it wrote its answer, 2 for
// a misuse.
func Main(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || verbs[args[0]] == nil {
		fmt.Fprintln(stderr, "prober: want one of inspect, http, tcp, status, exec")
		return 2
	}
	answer, err := verbs[args[0]](args[1:])
	if err != nil {
		fmt.Fprintf(stderr, "prober: %s: %v\n", args[0], err)
		return 2
	}
	if err := json.NewEncoder(stdout).Encode(answer); err != nil {
		fmt.Fprintf(stderr, "prober: writing the answer: %v\n", err)
		return 2
	}
	return 0
}

// newFlags is a quiet flag set: errors are returned and printed once, by Main.
func newFlags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs
}

// backoff is how long to wait before attempt n (from 0): short at first, since most
// programs listen soon, never more than a quarter of a second.
func backoff(n int) time.Duration {
	return min(10*time.Millisecond<<min(n, 5), 250*time.Millisecond)
}

// clip bounds s to n bytes.
func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

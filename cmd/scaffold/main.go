// Command scaffold chooses a container base image on evidence, writes the Dockerfile,
// and proves that what it builds runs on every platform.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"scaffold/verify/prober"
)

func main() {
	// verify mounts this binary into the container that it examines; there it is the
	// prober, and nothing else of it runs.
	if len(os.Args) > 1 && os.Args[1] == "prober" {
		os.Exit(prober.Main(os.Args[2:], os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, &app{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: time.Now,
	}, os.Args[1:])
	stop()
	os.Exit(code)
}

package prober

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Process is what status found of the container's first process.
type Process struct {
	Found bool   `json:"found"`
	UIDs  []int  `json:"uids,omitempty"` // real, effective, saved, filesystem
	GIDs  []int  `json:"gids,omitempty"`
	Name  string `json:"name,omitempty"`
}

func statusVerb(args []string) (any, error) {
	f, err := os.Open("/proc/1/status")
	if err != nil {
		return Process{}, nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil { // the process ended between the two
		return Process{}, nil
	}
	return parseStatus(string(text)), nil
}

// parseStatus reads the lines of proc_pid_status(5) that are asked for.
func parseStatus(text string) Process {
	var p Process
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "Name":
			p.Name = strings.TrimSpace(value)
		case "Uid":
			p.UIDs = numbers(value)
		case "Gid":
			p.GIDs = numbers(value)
		}
	}
	p.Found = len(p.UIDs) == 4
	return p
}

func numbers(s string) []int {
	var all []int
	for _, f := range strings.Fields(s) {
		if n, err := strconv.Atoi(f); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// Exec is how a command ended the last time that it was tried.
type Exec struct {
	OK       bool   `json:"ok"`
	Code     int    `json:"code"`            // -1 where it could not start or was killed
	Error    string `json:"error,omitempty"` // why it could not start, or "timeout"
	Output   string `json:"output,omitempty"`
	Attempts int    `json:"attempts"`
}

const (
	maxExecOutput = 8 << 10
	timedOut      = "timeout"
)

// execVerb runs a command until it ends with 0 or time is up: a health command may fail
// while the program starts.
func execVerb(args []string) (any, error) {
	fs := newFlags("exec")
	timeout := fs.Duration("timeout", time.Minute, "")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() == 0 {
		return nil, errors.New("want a command")
	}
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	var last Exec
	for n := 0; ; n++ {
		e := once(ctx, fs.Args())
		if e.Error == timedOut && last.Attempts > 0 {
			return last, nil // how it ends says more than that time was up in the middle of it
		}
		e.Attempts = n + 1
		last = e
		if e.OK {
			return e, nil
		}
		select {
		case <-ctx.Done():
			return e, nil
		case <-time.After(backoff(n + 3)):
		}
	}
}

func once(ctx context.Context, argv []string) Exec {
	out := &head{max: maxExecOutput}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = time.Second // a grandchild may hold the pipe open
	err := cmd.Run()
	e := Exec{OK: err == nil, Output: string(out.data)}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		e.OK, e.Code, e.Error = false, -1, timedOut
	case errors.As(err, &exit):
		e.Code = exit.ExitCode()
		if e.Code < 0 {
			e.Error = fmt.Sprint(exit)
		}
	case err != nil:
		e.Code, e.Error = -1, clip(err.Error(), maxExcerpt)
	}
	return e
}

// head keeps the first max bytes that are written to it.
type head struct {
	data []byte
	max  int
}

func (h *head) Write(p []byte) (int, error) {
	h.data = append(h.data, p[:min(len(p), h.max-len(h.data))]...)
	return len(p), nil
}

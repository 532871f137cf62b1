package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"scaffold/profiles"
	"scaffold/verify/prober"
)

// TestMain lets scripts run scaffold as a command of its own: main but for the clock,
// which stands at the day that the catalog was read, or at $TODAY.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"scaffold": func() {
		if len(os.Args) > 1 && os.Args[1] == "prober" {
			os.Exit(prober.Main(os.Args[2:], os.Stdout, os.Stderr))
		}
		today := os.Getenv("TODAY")
		if today == "" {
			today = "2026-11-21"
		}
		now, err := time.Parse(time.DateOnly, today)
		if err != nil {
			panic(err)
		}
		os.Exit(run(context.Background(), &app{
			stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, now: func() time.Time { return now },
		}, os.Args[1:]))
	}})
}

// TestScripts runs testdata/script: a file a behaviour. Beside testscript's own commands
// there are those below.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"holds":     holds,
			"drift":     drift,
			"pins":      pins,
			"restamp":   restamp,
			"explains":  explains,
			"validjson": validJSON,
			"checked":   checked,
			"files":     checkedFiles,
			"large":     large,
			"fleet":     makeFleet,
			"edits":     editFleet,
			"unchanged": unchanged,
			"kept":      kept,
		},
	})
}

// exits N COMMAND ARG... runs a command and holds its exit code to N.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("running %v: %v", args[1:], err)
	}
	if got != want {
		ts.Fatalf("%v ended with %d, want %d", args[1:], got, want)
	}
}

// holds DIR NAME... holds the names in a folder to those given, no more and no fewer.
func holds(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := slices.Sorted(slices.Values(args[1:]))
	if d := cmp.Diff(want, got); d != "" {
		ts.Fatalf("%s holds other files (-want +got):\n%s", args[0], d)
	}
}

// drift PATH=CAUSE[,edited][,conflict][,wrote][,rejected=F][,copy=F] ... holds the last
// command's stdout to be the JSON of generate, with exactly these files.
func drift(ts *testscript.TestScript, _ bool, args []string) {
	var doc struct {
		Schema int
		Files  []struct {
			Path, Drift, Rejected, Copy string
			Edited, Conflict, Wrote     bool
			Removed                     bool
		}
		Summary summary
	}
	strictJSON(ts, &doc)
	if doc.Schema != 1 || doc.Summary.Projects == 0 {
		ts.Fatalf("schema is %d, of %d projects", doc.Schema, doc.Summary.Projects)
	}
	var got []string
	for _, f := range doc.Files {
		s := f.Path + "=" + f.Drift
		if f.Edited {
			s += ",edited"
		}
		if f.Conflict {
			s += ",conflict"
		}
		if f.Wrote {
			s += ",wrote"
		}
		if f.Rejected != "" {
			s += ",rejected=" + f.Rejected
		}
		if f.Copy != "" {
			s += ",copy=" + f.Copy
		}
		got = append(got, s)
	}
	if d := cmp.Diff(args, got); d != "" {
		ts.Fatalf("files (-want +got):\n%s", d)
	}
}

// pins FILE puts a digest behind each image of a Dockerfile's FROM lines, as a bot does.
func pins(ts *testscript.TestScript, _ bool, args []string) {
	digest := "@sha256:" + strings.Repeat("0123456789abcdef", 4)
	text := regexp.MustCompile(`(?m)^(FROM (?:--platform=\S+ )?[^\s@]+:[^\s@]+)(?:@\S+)?`).ReplaceAllString(ts.ReadFile(args[0]), "${1}"+digest)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// strictJSON decodes the last command's stdout into v and refuses unknown keys.
func strictJSON(ts *testscript.TestScript, v any) {
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		ts.Fatalf("stdout is not the JSON that scripts lean on: %v", err)
	}
	if dec.More() {
		ts.Fatalf("stdout has more than one JSON document")
	}
}

// explains CHOSEN BASE=VERDICT ... holds the last command's stdout to be the JSON of
// explain, every verdict of which cites evidence with a source.
func explains(ts *testscript.TestScript, _ bool, args []string) {
	type change struct {
		Change, Source, Chosen string
		LetsIn                 []string `json:"lets_in"`
		Warnings               []string
	}
	type candidate struct {
		Base, Ref, Verdict, Behind, Criterion string
		Platforms                             map[string]string
		Costs                                 []string
		Evidence                              []struct{ Rule, Verdict, Platform, Fact, Source string }
		Traps                                 []struct{ ID, Text, Source, Date string }
	}
	var doc struct {
		Schema    int
		AsOf      string `json:"as_of"`
		Platforms []string
		Criteria  []struct{ ID, Text string }
		Builder   struct {
			Chosen, Version, Why string
			Candidates           []candidate
		}
		Runtime struct {
			Chosen     string
			Candidates []candidate
		}
		WhatIf []change `json:"what_if"`
		Base   []struct {
			candidate
			Take  string
			LetIn []change `json:"let_in_by"`
		}
		Notes, Warnings []string
	}
	strictJSON(ts, &doc)
	if doc.Schema != 1 || doc.AsOf == "" || doc.Platforms == nil || doc.Criteria == nil || doc.Builder.Version == "" || doc.Builder.Why == "" {
		ts.Fatalf("schema or builder is not filled in: %+v", doc)
	}
	got := []string{doc.Runtime.Chosen}
	for _, c := range doc.Runtime.Candidates {
		got = append(got, c.Base+"="+c.Verdict)
	}
	for _, c := range append(doc.Builder.Candidates, doc.Runtime.Candidates...) {
		if len(c.Evidence) == 0 || (c.Behind == "") != (c.Criterion == "") {
			ts.Fatalf("%s: no evidence for its verdict, or for its place", c.Base)
		}
		for _, e := range c.Evidence {
			if e.Rule == "" || e.Fact == "" || e.Source == "" || !slices.Contains([]string{"fits", "cost", "out"}, e.Verdict) {
				ts.Fatalf("%s: incomplete evidence %+v", c.Base, e)
			}
		}
	}
	if d := cmp.Diff(args, got); d != "" {
		ts.Fatalf("explanation (-want +got):\n%s", d)
	}
}

// validjson KEY ... holds the last command's stdout to be one JSON object with these keys.
func validJSON(ts *testscript.TestScript, _ bool, args []string) {
	doc := map[string]any{}
	strictJSON(ts, &doc)
	for _, key := range args {
		if _, ok := doc[key]; !ok {
			ts.Fatalf("the JSON has no %q", key)
		}
	}
}

// checkReport is the JSON of check.
type checkReport struct {
	Schema   int
	Files    []string
	Findings []struct {
		Rule, Severity, Path, Message, Help, Reason string
		Line                                        int
		Waived                                      bool
	}
}

// checked PATH:LINE=RULE,SEVERITY[,waived] ... holds the last command's stdout to be the JSON
// of check, with exactly these findings in any order.
func checked(ts *testscript.TestScript, _ bool, args []string) {
	var doc checkReport
	strictJSON(ts, &doc)
	if doc.Schema != 1 || doc.Files == nil || doc.Findings == nil {
		ts.Fatalf("the document is not whole: %+v", doc)
	}
	got := []string{}
	for _, f := range doc.Findings {
		s := fmt.Sprintf("%s:%d=%s,%s", f.Path, f.Line, f.Rule, f.Severity)
		if f.Waived {
			s += ",waived"
		}
		if f.Message == "" || f.Help == "" || f.Waived != (f.Reason != "") {
			ts.Fatalf("the finding is not whole: %+v", f)
		}
		got = append(got, s)
	}
	slices.Sort(got)
	if d := cmp.Diff(append([]string{}, slices.Sorted(slices.Values(args))...), got); d != "" {
		ts.Fatalf("findings (-want +got):\n%s", d)
	}
}

// files NAME ... holds the last command's stdout to be the JSON of check, of these files.
func checkedFiles(ts *testscript.TestScript, _ bool, args []string) {
	var doc checkReport
	strictJSON(ts, &doc)
	if d := cmp.Diff(args, doc.Files); d != "" {
		ts.Fatalf("files (-want +got):\n%s", d)
	}
}

// large FILE BYTES makes a Dockerfile of that size, which takes no room on the disk.
func large(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte("FROM debian:trixie-slim\n"), 0o644))
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

var header = regexp.MustCompile(`(?m)^(# Generated by scaffold .* sha256:)[0-9a-f]{64}\n`)
var pin = regexp.MustCompile(`@sha256:[0-9a-f]{64}`)

// restamp FILE gives a file the header of a file that was generated just so: as an older
// template would have left it.
func restamp(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	hash := profiles.Hash([]byte(pin.ReplaceAllString(header.ReplaceAllString(text, ""), "")))
	if !header.MatchString(text) {
		ts.Fatalf("%s has no header", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(header.ReplaceAllString(text, "${1}"+hash+"\n")), 0o644))
}

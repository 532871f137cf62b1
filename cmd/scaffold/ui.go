package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"scaffold/bases"
	"scaffold/fleet"
	"scaffold/generator"
	"scaffold/profiles"
	"scaffold/profiles/detect"
	"scaffold/verify/builder"
)

// Every message of the command goes through this file: results to stdout, all else to
// stderr; "scaffold: error: …", then "scaffold: hint: …" with the next step.

func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.stdout, format, args...) }

func (a *app) errorf(format string, args ...any) {
	fmt.Fprintf(a.stderr, "scaffold: error: "+format+"\n", args...)
}

func (a *app) warnf(format string, args ...any) {
	fmt.Fprintf(a.stderr, "scaffold: warning: "+format+"\n", args...)
}

func (a *app) hintf(format string, args ...any) {
	fmt.Fprintf(a.stderr, "scaffold: hint: "+format+"\n", args...)
}

func (a *app) notef(format string, args ...any) {
	fmt.Fprintf(a.stderr, "scaffold: "+format+"\n", args...)
}

// json writes a document that scripts may lean on.
func (a *app) json(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// report says an error to a person and returns its exit code.
func (a *app) report(err error) int {
	if err == nil {
		return exitDone
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		code := exitDone
		for _, e := range joined.Unwrap() {
			code = worst(code, a.report(e))
		}
		return code
	}
	if errors.Is(err, errFindings) {
		return exitFindings
	}
	var problems profiles.Problems
	if errors.As(err, &problems) {
		a.problems(problems)
		return exitUsage
	}
	var breaches *fleet.PolicyError
	if errors.As(err, &breaches) {
		a.problems(breaches.Problems)
		return exitFindings
	}
	for i, line := range strings.Split(err.Error(), "\n") {
		if i == 0 {
			a.errorf("%s", line)
		} else {
			fmt.Fprintln(a.stderr, line)
		}
	}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		a.hintf("%s", hinted.Hint())
	}
	return exitCode(err)
}

func (a *app) problems(all profiles.Problems) {
	for _, p := range all {
		a.errorf("%s", p)
		if p.Hint != "" {
			a.hintf("%s", p.Hint)
		}
	}
}

// exitCode is the exit code of an error that is no [profiles.Problems].
func exitCode(err error) int {
	var (
		usage   *usageError
		noBase  *bases.NoBaseError
		version *bases.VersionError
		ref     *generator.RefError
		set     *profiles.SetError
		seen    *detect.Error
		lost    *fleet.LostEditError
		meets   *fleet.ConflictError
		told    *builder.Error
		digest  *generator.DigestError
	)
	switch {
	case errors.As(err, &lost), errors.As(err, &meets), errors.As(err, &digest), errors.As(err, &noBase) && noBase.ByPolicy():
		return exitFindings
	case errors.As(err, &usage), errors.As(err, &noBase), errors.As(err, &version), errors.As(err, &ref),
		errors.As(err, &set), errors.As(err, &seen), errors.Is(err, fleet.ErrNoProfile),
		errors.As(err, &told) && told.Usage:
		return exitUsage
	case strings.HasPrefix(err.Error(), "unknown command"), strings.HasPrefix(err.Error(), "accepts "), strings.HasPrefix(err.Error(), "requires "), strings.HasPrefix(err.Error(), "if any flags in the group "):
		return exitUsage
	}
	return exitFailure
}

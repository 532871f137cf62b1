package standin

import (
	"errors"
	"fmt"
	"strings"
)

// Error is an error with a next step for a person.
type Error struct {
	Err  error
	Next string // what to do about it, in words
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Hint returns the next step.
func (e *Error) Hint() string { return e.Next }

// hinted gives err a next step, unless it has a more exact one.
func hinted(err error, next string) error {
	if exact := new(Error); errors.As(err, &exact) {
		return err
	}
	return &Error{err, next}
}

func errUnknown(ref string) error {
	var rows []string
	for _, r := range Known() {
		rows = append(rows, r.Ref)
	}
	return &Error{fmt.Errorf("no stand-in for %s", ref), "there are: " + strings.Join(rows, ", ")}
}

func errPlatform(ref, platform string) error {
	return &Error{fmt.Errorf("no stand-in %s for platform %s", ref, platform), "stand-ins are made for linux/amd64 and linux/arm64"}
}

func errInUse(dir string) error {
	return &Error{fmt.Errorf("deleting stand-ins %q: they are in use", dir), "wait until no scaffold verify runs, then try again"}
}

func errMissing(program, pkg string) error {
	return &Error{fmt.Errorf("building stand-ins: %s is not installed", program), "install the package " + pkg + " (Debian, Ubuntu)"}
}

func errKeyring(path string) error {
	return &Error{fmt.Errorf("building stand-ins: Debian's archive keys are not at %s", path), "install the package debian-archive-keyring"}
}

func errNoBundle(tried []string) error {
	return &Error{fmt.Errorf("no certificate bundle in %s", strings.Join(tried, ", ")), "install the package ca-certificates"}
}

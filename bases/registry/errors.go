package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// An Error says why a registry gave no index.
type Error struct {
	Place string // what was asked for, where it was asked for
	Err   error
	Next  string // the next step; optional
}

func (e *Error) Error() string { return fmt.Sprintf("asking for %s: %v", e.Place, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Hint is the next step.
func (e *Error) Hint() string { return e.Next }

// retry says whether asking again may help, and how long to wait first where the registry
// does not say.
func retry(err error, wait time.Duration) (time.Duration, bool) {
	var (
		busy     *busyError
		redirect *redirectError
		dns      *net.DNSError
		request  *url.Error
	)
	switch {
	case errors.As(err, &busy) && busy.after >= 0:
		return busy.after, true
	case errors.As(err, &busy):
		return wait, true
	case errors.As(err, &redirect), errors.Is(err, errTooLarge), distrusted(err), errors.Is(err, http.ErrSchemeMismatch),
		errors.As(err, &dns) && dns.IsNotFound:
		return 0, false
	case errors.As(err, &request), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.DeadlineExceeded):
		return wait, true
	}
	return 0, false
}

// distrusted reports whether the registry's certificate is not trusted.
func distrusted(err error) bool {
	var (
		unknown *tls.CertificateVerificationError
		host    x509.HostnameError
		ca      x509.UnknownAuthorityError
	)
	return errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &ca)
}

// told is the error for a person after so many tries.
func told(tag name.Tag, err error, tries int) error {
	e := &Error{Place: tag.String(), Err: err}
	var (
		status   *transport.Error
		busy     *busyError
		redirect *redirectError
		answer   *answerError
		host     = tag.RegistryStr()
	)
	switch {
	case errors.Is(err, errSinglePlatform):
		e.Next = "name a tag that has an image index, as official images have"
	case errors.As(err, &answer):
		e.Next = "is " + host + " a container registry?"
	case errors.Is(err, errTooLarge):
		e.Err, e.Next = errTooLarge, "is "+host+" a container registry?"
	case errors.As(err, &redirect):
		e.Err, e.Next = redirect, "name the image where it is, or at a mirror of yours"
	case errors.As(err, &busy):
		e.Err, e.Next = tried(busy, tries), "try again later; "+login(host)+" may raise the registry's limits"
	case errors.As(err, &status) && !distrusted(err):
		e.Next, e.Err = statusError(status, tag)
	default:
		e.Next, e.Err = unreachable(err, tries)
	}
	return e
}

// unreachable is what is said, and the next step, where no answer came.
func unreachable(err error, tries int) (string, error) {
	var dns *net.DNSError
	switch {
	case errors.Is(err, errHelper):
		return "look at credHelpers and credsStore in Docker's config.json", errHelper
	case distrusted(err):
		return "give the registry's CA certificate: --ca FILE", errors.New("the registry's certificate is not trusted: " + tame(innermost(err).Error()))
	case errors.Is(err, http.ErrSchemeMismatch):
		return "plain HTTP is spoken with this machine, and with --mirror http://HOST for docker.io and gcr.io", errors.New("it speaks plain HTTP")
	case errors.As(err, &dns) && dns.IsNotFound:
		return "check the name; where no registry can be reached, --offline refreshes what needs none", fmt.Errorf("there is no host %s", tame(dns.Name))
	case errors.Is(err, context.DeadlineExceeded):
		return offline, tried(errors.New("it did not answer in time"), tries)
	}
	return offline, tried(errors.New(tame(innermost(err).Error())), tries)
}

const offline = "check the network and the proxy (HTTPS_PROXY); --offline refreshes what needs no registry"

func tried(err error, tries int) error {
	if tries == 1 {
		return err
	}
	return fmt.Errorf("%w (tried %d times)", err, tries)
}

// stopped is the error where ctx ended: the caller's own, or that its deadline passed.
func stopped(ctx context.Context, tag name.Tag, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	cause := context.Cause(ctx)
	if !errors.Is(err, ctx.Err()) {
		cause = fmt.Errorf("%w; before that: %s", cause, tame(innermost(err).Error()))
	}
	return &Error{Place: tag.String(), Err: cause, Next: offline}
}

// statusError says what a status means, and the next step.
func statusError(e *transport.Error, tag name.Tag) (string, error) {
	host := tag.RegistryStr()
	switch e.StatusCode {
	case http.StatusUnauthorized:
		return login(host), fmt.Errorf("the registry wants you to log in, or has no repository %s", tag.RepositoryStr())
	case http.StatusForbidden:
		return login(host) + " as one who may", fmt.Errorf("you may not read %s%s", tag.RepositoryStr(), diagnosis(e))
	case http.StatusNotFound:
		return "check the name and the tag; a mirror or a rewrite must have it too", fmt.Errorf("there is no tag %s in %s%s", tag.TagStr(), tag.RepositoryStr(), diagnosis(e))
	}
	return "is " + host + " a container registry?", fmt.Errorf("it answered %d %s%s", e.StatusCode, http.StatusText(e.StatusCode), diagnosis(e))
}

// diagnosis is what the registry itself says, if anything.
func diagnosis(e *transport.Error) string {
	if len(e.Errors) == 0 || e.Errors[0].Message == "" {
		return ""
	}
	return ` ("` + tame(e.Errors[0].Message) + `")`
}

// login is the command that stores credentials for a host.
func login(host string) string {
	if host == name.DefaultRegistry {
		return "docker login"
	}
	return "docker login " + host
}

// innermost is the last cause of an error: those around it repeat the URL.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// tame makes text of a registry fit for a terminal: one line, and not without end.
func tame(s string) string {
	const most = 200
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strings.TrimSpace(s)
}

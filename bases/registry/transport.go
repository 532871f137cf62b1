package registry

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Transport is how scaffold reaches registries: through the proxies of the environment,
// and trusting roots; nil stands for the system's CAs.
func Transport(roots *x509.CertPool) http.RoundTripper {
	t := remote.DefaultTransport.(*http.Transport).Clone()
	if roots != nil {
		t.TLSClientConfig.RootCAs = roots
	}
	return t
}

// maxBody is the most that is read of an answer. The OCI distribution specification has
// registries take manifests of 4 MiB at least, and common ones take no larger ones.
const maxBody = 4 << 20

// guard bounds what a registry can do to its client.
type guard struct{ inner http.RoundTripper }

func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := g.inner.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	refused := refuse(req, resp)
	if refused != nil {
		resp.Body.Close()
		return nil, refused
	}
	resp.Body = &limited{ReadCloser: resp.Body, left: maxBody}
	return resp, nil
}

func refuse(req *http.Request, resp *http.Response) error {
	switch {
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusRequestTimeout:
		return &busyError{code: resp.StatusCode, after: retryAfter(resp)}
	case resp.StatusCode < 300 || resp.StatusCode >= 400:
		return nil
	}
	to, err := resp.Location()
	if err != nil {
		return fmt.Errorf("it answered %s and names no place", resp.Status)
	}
	if to.Host != req.URL.Host || to.Scheme != req.URL.Scheme {
		return &redirectError{to: to.Scheme + "://" + to.Host}
	}
	return nil
}

// A busyError is an answer after which asking again may help.
type busyError struct {
	code  int
	after time.Duration // that the registry asks to wait; negative: it does not say
}

func (e *busyError) Error() string {
	text := fmt.Sprintf("it answered %d %s", e.code, http.StatusText(e.code))
	if e.after >= 0 {
		text += fmt.Sprintf(" and asks to wait %s", e.after)
	}
	return text
}

type redirectError struct{ to string }

func (e *redirectError) Error() string {
	return "it sends on to " + tame(e.to) + ", which is another host; that is not followed"
}

// retryAfter reads the header of that name, seconds or a date (RFC 9110, 10.2.3).
func retryAfter(resp *http.Response) time.Duration {
	value := resp.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		now := time.Now()
		if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
			now = date // the registry's clock, by which it reckons
		}
		return max(0, at.Sub(now))
	}
	return -1
}

var errTooLarge = fmt.Errorf("it answered with more than %d MiB", maxBody>>20)

// limited is a body that ends with an error after left bytes.
type limited struct {
	io.ReadCloser
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.ReadCloser.Read(p)
	if int64(n) > l.left {
		return 0, errTooLarge
	}
	l.left -= int64(n)
	return n, err
}

// An answerError says that an answer is no image index.
type answerError struct{ msg string }

func (e *answerError) Error() string { return e.msg }

var errHelper = errors.New("the credential helper of Docker did not answer in time")

var errSinglePlatform = errors.New("it is an image of a single platform, whose digest would break every other platform")

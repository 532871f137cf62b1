package registry

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
)

const indexType = "application/vnd.oci.image.index.v1+json"

// manifests are what the registry of these tests answers with.
const manifests = `{"schemaVersion":2,"mediaType":"` + indexType + `","manifests":[
 {"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000001","platform":{"os":"linux","architecture":"amd64"}},
 {"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000002","platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
 {"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000003","platform":{"os":"linux","architecture":"arm","variant":"v5"}},
 {"mediaType":"application/vnd.oci.image.manifest.v1+json","size":1,"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000004","platform":{"os":"unknown","architecture":"unknown"},"annotations":{"vnd.docker.reference.type":"attestation-manifest"}}]}`

// serve answers for manifests with handler, and to the ping with 200.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/" {
			handler(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// index answers with the index of these tests.
func index(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", indexType)
	fmt.Fprint(w, manifests)
}

// clock waits no time and notes what was asked for.
type clock struct {
	mu    sync.Mutex
	waits []time.Duration
}

func (c *clock) wait(_ context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	return nil
}

func TestResolve(t *testing.T) {
	host := serve(t, index)
	got, err := (&Client{}).Resolve(t.Context(), host+"/library/python:3.13")
	if err != nil {
		t.Fatal(err)
	}
	want := Index{Digest: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(manifests))), Platforms: []string{"linux/amd64", "linux/arm64", "linux/arm/v5"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("index (-want +got):\n%s", d)
	}
	lacks := got.Lacks([]string{"linux/arm64", "linux/arm/v7", "linux/386", "linux/s390x"})
	if d := cmp.Diff([]string{"linux/386", "linux/s390x"}, lacks); d != "" {
		t.Errorf("lacks (-want +got):\n%s", d)
	}
}

// sequence answers with each handler once, then with the last.
func sequence(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := handlers[0]
		if len(handlers) > 1 {
			handlers = handlers[1:]
		}
		mu.Unlock()
		h(w, r)
	}
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, `{"errors":[{"code":"X","message":"because\u001b[31m I say so"}]}`)
	}
}

func body(contentType, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		fmt.Fprint(w, text)
	}
}

// brokenOffAnswer ends the connection in the middle of an answer.
func brokenOffAnswer(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", indexType)
	w.Header().Set("Content-Length", fmt.Sprint(len(manifests)))
	fmt.Fprint(w, manifests[:10])
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// trickle never ends, and is never silent.
func trickle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", indexType)
	for r.Context().Err() == nil {
		if _, err := fmt.Fprint(w, " "); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(time.Millisecond):
		}
	}
}

// TestFailures is a registry's ways to fail: what is said, what is tried again, and after
// how long.
func TestFailures(t *testing.T) {
	const (
		second       = time.Second
		registryHint = "is {host} a container registry?"
	)
	for name, tt := range map[string]struct {
		handler   http.HandlerFunc
		err, hint string // err empty: it succeeds in the end
		waits     []time.Duration
		timeout   time.Duration
	}{
		"401": {handler: status(401, "WWW-Authenticate", `Basic realm="x"`), err: "the registry wants you to log in, or has no repository team/app", hint: "docker login {host}"},
		"403": {handler: status(403), err: `you may not read team/app ("because [31m I say so")`, hint: "docker login {host} as one who may"},
		"404": {handler: status(404), err: `there is no tag 1 in team/app ("because [31m I say so")`, hint: "check the name and the tag; a mirror or a rewrite must have it too"},
		"418": {handler: status(418), err: `it answered 418 I'm a teapot ("because [31m I say so")`, hint: registryHint},
		"429, then well": {handler: sequence(status(429, "Retry-After", "7"), status(429, "Retry-After", "Sat, 21 Nov 2026 10:00:30 GMT", "Date", "Sat, 21 Nov 2026 10:00:00 GMT"), index),
			waits: []time.Duration{7 * second, 30 * second}},
		"429 for an hour": {handler: status(429, "Retry-After", "3600"), err: "it answered 429 Too Many Requests and asks to wait 1h0m0s", hint: "try again later; docker login {host} may raise the registry's limits"},
		"429 without end": {handler: status(429), err: "it answered 429 Too Many Requests (tried 4 times)", hint: "try again later; docker login {host} may raise the registry's limits",
			waits: []time.Duration{second, 2 * second, 4 * second}},
		"500, then well":       {handler: sequence(status(500), index), waits: []time.Duration{second}},
		"503, then broken off": {handler: sequence(status(503, "Retry-After", "2"), brokenOffAnswer, index), waits: []time.Duration{2 * second, 2 * second}},
		"broken off":           {handler: brokenOffAnswer, err: "unexpected EOF (tried 4 times)", hint: offline, waits: []time.Duration{second, 2 * second, 4 * second}},
		"a page":               {handler: body("text/html; charset=utf-8", "<html>Log in!</html>"), err: "it answered with text/html; charset=utf-8, which is no image index", hint: registryHint},
		"no JSON":              {handler: body(indexType, "garbage"), err: "what it answered is no image index: invalid character 'g' looking for beginning of value", hint: registryHint},
		"nothing":              {handler: body(indexType, ""), err: "what it answered is no image index: EOF", hint: registryHint},
		"an empty index":       {handler: body(indexType, `{"schemaVersion":2,"manifests":[]}`), err: "the image index names no platform", hint: registryHint},
		"one platform": {handler: body("application/vnd.docker.distribution.manifest.v2+json", `{"schemaVersion":2}`),
			err: "it is an image of a single platform, whose digest would break every other platform", hint: "name a tag that has an image index, as official images have"},
		"too large": {handler: body(indexType, strings.Repeat(" ", maxBody+1)), err: "it answered with more than 4 MiB", hint: registryHint},
		"elsewhere": {handler: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusTemporaryRedirect)
		}, err: "it sends on to http://169.254.169.254, which is another host; that is not followed", hint: "name the image where it is, or at a mirror of yours"},
		"trickling": {handler: trickle, timeout: 50 * time.Millisecond, err: "it did not answer in time (tried 4 times)", hint: offline, waits: []time.Duration{second, 2 * second, 4 * second}},
		"silent": {handler: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, timeout: 50 * time.Millisecond,
			err: "it did not answer in time (tried 4 times)", hint: offline, waits: []time.Duration{second, 2 * second, 4 * second}},
	} {
		t.Run(name, func(t *testing.T) {
			host, clock := serve(t, tt.handler), new(clock)
			_, err := (&Client{Wait: clock.wait, Timeout: tt.timeout, Keychain: anonymous{}}).Resolve(t.Context(), host+"/team/app:1")
			if d := cmp.Diff(tt.waits, clock.waits); d != "" {
				t.Errorf("waits (-want +got):\n%s", d)
			}
			if tt.err == "" {
				if err != nil {
					t.Errorf("error is %v", err)
				}
				return
			}
			holdError(t, err, "asking for "+host+"/team/app:1: "+tt.err, strings.ReplaceAll(tt.hint, "{host}", host))
		})
	}
}

func holdError(t *testing.T, err error, msg, hint string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v", err)
	}
	if err.Error() != msg || e.Hint() != hint {
		t.Errorf("error is %q\n hint %q\nwant %q\n hint %q", err, e.Hint(), msg, hint)
	}
}

// anonymous has no credentials, whatever is on this machine.
type anonymous struct{}

func (anonymous) Resolve(authn.Resource) (authn.Authenticator, error) { return authn.Anonymous, nil }

func TestDead(t *testing.T) {
	s := httptest.NewServer(nil)
	host := strings.TrimPrefix(s.URL, "http://")
	s.Close()
	clock := new(clock)
	_, err := (&Client{Wait: clock.wait, Keychain: anonymous{}}).Resolve(t.Context(), host+"/xy:1")
	if err == nil || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(err.Error(), "(tried 4 times)") || len(clock.waits) != 3 {
		t.Errorf("error is %v after %v", err, clock.waits)
	}
}

// TestDeadline holds that the caller's deadline ends everything, waiting too, and that the
// error says what went wrong before it.
func TestDeadline(t *testing.T) {
	host := serve(t, status(503))
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, errors.New("not done within an hour"))
	defer cancel()
	c := &Client{Keychain: anonymous{}, Wait: func(context.Context, time.Duration) error { cancel(); return context.Canceled }}
	if _, err := c.Resolve(ctx, host+"/xy:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	ctx, cancel = context.WithTimeoutCause(t.Context(), 0, errors.New("not done within a moment"))
	defer cancel()
	_, err := c.Resolve(ctx, host+"/xy:1")
	holdError(t, err, "asking for "+host+"/xy:1: not done within a moment", offline)
}

// TestCredentials logs in by Docker's configuration, to the host that is asked alone.
func TestCredentials(t *testing.T) {
	var seen []string
	host := serve(t, func(w http.ResponseWriter, r *http.Request) { index(w, r) })
	guarded := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "me" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		seen = append(seen, r.URL.Path)
		if r.URL.Path != "/v2/" {
			index(w, r)
		}
	}))
	t.Cleanup(guarded.Close)
	dir, login := t.TempDir(), strings.TrimPrefix(guarded.URL, "http://")
	config, err := json.Marshal(map[string]any{"auths": map[string]any{login: map[string]string{"username": "me", "password": "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOCKER_CONFIG", dir)
	for _, h := range []string{host, login} {
		if _, err := (&Client{}).Resolve(t.Context(), h+"/team/app:1"); err != nil {
			t.Error(err)
		}
	}
	if d := cmp.Diff([]string{"/v2/team/app/manifests/1"}, seen); d != "" {
		t.Errorf("asked with the password (-want +got):\n%s", d)
	}
}

// TestCA trusts a registry by a certificate of the caller's.
func TestCA(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v2/" {
			index(w, r)
		}
	}))
	t.Cleanup(s.Close)
	m, err := ParseMirror(s.URL + "/hub/")
	if err != nil {
		t.Fatal(err)
	}
	c := &Client{Mirror: &m, Keychain: anonymous{}}
	_, err = c.Resolve(t.Context(), "docker.io/library/python:3.13")
	var e *Error
	if !errors.As(err, &e) || e.Next != "give the registry's CA certificate: --ca FILE" {
		t.Errorf("without the CA: %v", err)
	}
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c.Transport = Transport(roots)
	if _, err := c.Resolve(t.Context(), "docker.io/library/python:3.13"); err != nil {
		t.Errorf("with the CA: %v", err)
	}
}

func TestMirror(t *testing.T) {
	m := &Mirror{Host: "mirror.example:5000/hub", PlainHTTP: true}
	for ref, want := range map[string]string{
		"docker.io/library/python:3.13":         "http://mirror.example:5000/hub/library/python:3.13",
		"gcr.io/distroless/static:nonroot":      "http://mirror.example:5000/hub/distroless/static:nonroot",
		"registry.acme.example/hub/python:3.13": "https://registry.acme.example/hub/python:3.13",
	} {
		tag, err := (&Client{Mirror: m}).tag(ref)
		if got := tag.Scheme() + "://" + tag.String(); err != nil || got != want {
			t.Errorf("%s is asked for at %s, %v; want %s", ref, got, err, want)
		}
	}
	for _, ref := range []string{"x:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "UPPER:1", "a b"} {
		if _, err := (&Client{}).Resolve(t.Context(), ref); err == nil {
			t.Errorf("%q is taken", ref)
		}
	}
}

// hanging is a credential helper that never answers.
type hanging struct{ until chan struct{} }

func (h hanging) Resolve(authn.Resource) (authn.Authenticator, error) {
	<-h.until
	return authn.Anonymous, nil
}

func TestCredentialHelperHangs(t *testing.T) {
	h := hanging{make(chan struct{})}
	defer close(h.until)
	c := &Client{Keychain: h, Timeout: time.Millisecond, Wait: new(clock).wait}
	_, err := c.Resolve(t.Context(), "registry.example/xy:1")
	if err == nil || !strings.Contains(err.Error(), "the credential helper of Docker did not answer in time") {
		t.Errorf("error is %v", err)
	}
}

// Package registry asks container registries what a tag points at.
//
// The model: a [Client] asks for the manifest behind name:tag, over
// go-containerregistry, with Docker's credentials. What comes back must be an index (an
// OCI index or a Docker manifest list), since the digest of one platform's image would
// break the others; its digest is the hash of the bytes that were read. Network errors,
// 429 and 5xx are asked again a few times, after the time that the registry names. Every
// request has a deadline, every body a limit, and no request leaves the host that was
// asked, but for the token service that it names.
//
// Limits: a mirror is asked alone, with no way back to the registry that it stands for. A
// registry that redirects manifests to another host is refused.
//
// Nothing that generates imports this package: the root's architecture test holds that.
package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/containerd/platforms"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	specs "github.com/opencontainers/image-spec/specs-go/v1"
)

// A Client asks registries. The zero value asks each registry itself, trusts the system's
// CAs and takes Docker's credentials.
type Client struct {
	Mirror    *Mirror           // asked for the images of [Mirrored]; nil: none
	Transport http.RoundTripper // Default: [Transport] without further CAs.
	Keychain  authn.Keychain    // Default: Docker's configuration.
	Timeout   time.Duration     // of one try: ping, token and manifest. Default: 20s.
	Tries     int               // Default: 4.

	// Wait waits between tries; it returns early with ctx's error. Default: a timer.
	Wait func(ctx context.Context, d time.Duration) error
}

// An Index is what a tag points at.
type Index struct {
	Digest    string   // sha256:…
	Platforms []string // that it has an image for, such as linux/arm64; attestations are none
}

// Lacks returns those of the wanted platforms that the index has no image for.
func (i Index) Lacks(wanted []string) []string {
	var missing []string
	for _, w := range wanted {
		p, err := platforms.Parse(w)
		if err != nil || !slices.ContainsFunc(i.Platforms, func(s string) bool { return serves(s, p) }) {
			missing = append(missing, w)
		}
	}
	return missing
}

// serves reports whether BuildKit takes an index's image for a platform: of the same
// architecture, and of its variant or a lesser one.
func serves(have string, want specs.Platform) bool {
	p, err := platforms.Parse(have)
	return err == nil && p.Architecture == want.Architecture && platforms.Only(want).Match(p)
}

// firstWait is how long the client waits after the first try; then twice that, and so on.
const firstWait = time.Second

// maxWait bounds what a registry may ask for in Retry-After.
const maxWait = time.Minute

// Resolve asks what ref, a name with a tag, points at. The error is an [Error], or ctx's.
func (c *Client) Resolve(ctx context.Context, ref string) (Index, error) {
	tag, err := c.tag(ref)
	if err != nil {
		return Index{}, err
	}
	if err := ctx.Err(); err != nil {
		return Index{}, stopped(ctx, tag, err)
	}
	wait := firstWait
	for try := 1; ; try++ {
		index, err := c.try(ctx, tag)
		if err == nil {
			return index, nil
		}
		if ctx.Err() != nil {
			return Index{}, stopped(ctx, tag, err)
		}
		after, again := retry(err, wait)
		if !again || after > maxWait || try >= c.tries() {
			return Index{}, told(tag, err, try)
		}
		if err := c.wait(ctx, after); err != nil {
			return Index{}, stopped(ctx, tag, err)
		}
		wait *= 2
	}
}

func (c *Client) try(ctx context.Context, tag name.Tag) (Index, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	desc, err := remote.Get(tag, remote.WithContext(ctx), remote.WithUserAgent("scaffold"),
		remote.WithAuthFromKeychain(keychain{c.keychain()}), remote.WithTransport(guard{c.transport()}),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1})) // this client retries by itself
	if err != nil {
		return Index{}, err
	}
	return read(desc)
}

// read takes the digest and the platforms from what a registry answered.
func read(desc *remote.Descriptor) (Index, error) {
	switch {
	case desc.MediaType.IsImage(), desc.MediaType.IsSchema1():
		return Index{}, errSinglePlatform
	case !desc.MediaType.IsIndex():
		return Index{}, &answerError{fmt.Sprintf("it answered with %s, which is no image index", tame(string(desc.MediaType)))}
	}
	manifest, err := v1.ParseIndexManifest(bytes.NewReader(desc.Manifest))
	if err != nil {
		return Index{}, &answerError{"what it answered is no image index: " + tame(err.Error())}
	}
	index := Index{Digest: desc.Digest.String()}
	for _, m := range manifest.Manifests {
		if p := m.Platform; p != nil && p.OS != "unknown" && m.Annotations["vnd.docker.reference.type"] == "" {
			index.Platforms = append(index.Platforms, platformOf(*p))
		}
	}
	if index.Platforms == nil {
		return Index{}, &answerError{"the image index names no platform"}
	}
	return index, nil
}

// platformOf is a platform as people write it: linux/arm64 for linux/arm64/v8.
func platformOf(p v1.Platform) string {
	return platforms.Format(platforms.Normalize(specs.Platform{OS: p.OS, Architecture: p.Architecture, Variant: p.Variant}))
}

// tag is ref where it is asked for: at the mirror, for images that it stands for.
func (c *Client) tag(ref string) (name.Tag, error) {
	var opts []name.Option
	place := ref
	if c.Mirror != nil {
		var insecure bool
		if place, insecure = c.Mirror.place(ref); insecure {
			opts = append(opts, name.Insecure)
		}
	}
	if strings.Contains(place, "@") {
		return name.Tag{}, &Error{Place: place, Err: errors.New("it has a digest, and a tag is asked for")}
	}
	tag, err := name.NewTag(place, opts...)
	if err != nil {
		return name.Tag{}, &Error{Place: tame(place), Err: errors.New("it is no image reference")}
	}
	return tag, nil
}

func (c *Client) timeout() time.Duration {
	if c.Timeout == 0 {
		return 20 * time.Second
	}
	return c.Timeout
}

func (c *Client) tries() int {
	if c.Tries == 0 {
		return 4
	}
	return c.Tries
}

func (c *Client) transport() http.RoundTripper {
	if c.Transport == nil {
		return remote.DefaultTransport
	}
	return c.Transport
}

func (c *Client) keychain() authn.Keychain {
	if c.Keychain == nil {
		return authn.DefaultKeychain
	}
	return c.Keychain
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// keychain gives up a credential helper that does not answer in time.
type keychain struct{ inner authn.Keychain }

func (k keychain) Resolve(r authn.Resource) (authn.Authenticator, error) { return k.inner.Resolve(r) }

func (k keychain) ResolveContext(ctx context.Context, r authn.Resource) (authn.Authenticator, error) {
	type answer struct {
		auth authn.Authenticator
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		auth, err := authn.Resolve(ctx, k.inner, r)
		answers <- answer{auth, err}
	}()
	select {
	case a := <-answers:
		return a.auth, a.err
	case <-ctx.Done():
		return nil, errHelper
	}
}

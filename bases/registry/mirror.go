package registry

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/distribution/reference"
)

// Mirrored are the registries whose images a mirror answers for.
var Mirrored = []string{"docker.io", "gcr.io"}

// A Mirror is a registry that answers for those of [Mirrored].
type Mirror struct {
	Host      string // with the path below which the images are, if any
	PlainHTTP bool
}

// ParseMirror reads host[:port][/path], with http:// or https:// before it.
func ParseMirror(mirror string) (Mirror, error) {
	full := mirror
	if !strings.Contains(mirror, "://") {
		full = "https://" + mirror
	}
	u, err := url.Parse(full)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "http" && u.Scheme != "https") {
		return Mirror{}, fmt.Errorf("%q is not a registry", mirror)
	}
	return Mirror{Host: u.Host + strings.TrimRight(u.Path, "/"), PlainHTTP: u.Scheme == "http"}, nil
}

// MirrorHint says how a mirror is written.
const MirrorHint = "a mirror is HOST, HOST:PORT or HOST:PORT/PATH, with http:// before it for plain HTTP"

// place is where ref is asked for, and whether over plain HTTP.
func (m Mirror) place(ref string) (string, bool) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil || !slices.Contains(Mirrored, reference.Domain(named)) {
		return ref, false
	}
	return m.Host + strings.TrimPrefix(named.String(), reference.Domain(named)), m.PlainHTTP
}

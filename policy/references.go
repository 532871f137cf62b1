package policy

import "slices"

// A Reference is one image that a Dockerfile uses.
type Reference struct {
	Ref      string // as written, with build arguments' defaults filled in
	Platform string // what --platform says, for example $BUILDPLATFORM; empty: the target's
	Line     int
}

// References returns the images that a Dockerfile uses, in order, each once per
// platform: the syntax image, FROM, COPY --from and RUN --mount=from. Stages and scratch
// are none. Errors are the parser's, with the line.
func References(text []byte) ([]Reference, error) {
	d, err := parse(text)
	if err != nil {
		return nil, err
	}
	var refs []Reference
	for _, u := range d.uses {
		same := func(r Reference) bool { return r.Ref == u.ref && r.Platform == u.platform }
		if u.ref != "" && u.ref != "scratch" && !slices.ContainsFunc(refs, same) {
			refs = append(refs, Reference{Ref: u.ref, Platform: u.platform, Line: u.line})
		}
	}
	return refs, nil
}

// Canonical is a reference with its registry written out: docker.io/library/debian:trixie
// for debian:trixie. What is no reference comes back as it is.
func Canonical(ref string) string {
	named, err := Named(ref)
	if err != nil {
		return ref
	}
	return named.String()
}

package bases

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestKnow(t *testing.T) {
	for ref, want := range map[string]Known{
		"scratch": {Names: []string{"scratch", "scratch"}, Family: "scratch", Libc: "none", Shell: No, Packages: No},
		"docker.io/library/debian:trixie-slim": {Names: []string{"debian", "debian-slim"}, Family: "slim", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"debian 13", "2028-08-09", "endoflife"}}},
		"debian:12.10": {Names: []string{"debian", "debian"}, Family: "full", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"debian 12", "2026-07-11", "endoflife"}}, Frozen: "debian 12.10 was superseded by 12.15"},
		"alpine:3.21": {Names: []string{"alpine", "alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"alpine 3.21", "2026-11-01", "endoflife"}}},
		"alpine:3.99": {Names: []string{"alpine", "alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No},
		"node:24-alpine3.22": {Names: []string{"node", "node-alpine-builder", "node-alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No,
			Ends:   []End{{"alpine 3.22", "2027-05-01", "endoflife"}, {"node 24", "2028-04-30", "endoflife"}},
			Frozen: "node is not built on alpine 3.22 any more"},
		"node:24.99.0-slim": {Names: []string{"node", "node-slim-builder", "node-slim"}, Family: "slim", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: No, Ends: []End{{"node 24", "2028-04-30", "endoflife"}}},
		"node:23": {Names: []string{"node", "node-builder", "node"}, Family: "full", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: Yes, Ends: []End{{"node 23", "2025-06-01", "endoflife"}},
			Frozen: "node 23 is not built any more"},
		"python:3.10-slim-bookworm@sha256:0123": {Names: []string{"python", "python-slim-builder", "python-slim"}, Family: "slim", Libc: "glibc", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"debian 12", "2026-07-11", "endoflife"}, {"python 3.10", "2026-10-31", "endoflife"}}},
		"python:3.13.2-alpine3.99": {Names: []string{"python", "python-alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No,
			Ends: []End{{"python 3.13", "2029-10-31", "endoflife"}}, Frozen: "python 3.13.2 was superseded by 3.13.15"},
		"eclipse-temurin:21-jre-alpine-3.20": {Names: []string{"eclipse-temurin", "temurin-jre-alpine"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: No,
			Ends:   []End{{"alpine 3.20", "2026-04-01", "endoflife"}, {"eclipse-temurin 21", "2029-12-31", "endoflife"}},
			Frozen: "eclipse-temurin is not built on alpine 3.20 any more"},
		"gcr.io/distroless/static-debian12:debug-nonroot": {Names: []string{"gcr.io/distroless/static-debian12"}, Family: "distroless", Libc: "none", Shell: Yes, Packages: No, Compiler: No,
			Ends: []End{{"debian 12", "2026-07-11", "endoflife"}}},
		"gcr.io/distroless/base-debian13:nonroot": {Names: []string{"gcr.io/distroless/base-debian13", "distroless-base"}, Family: "distroless", Libc: "glibc", Shell: No, Packages: No, Compiler: No,
			Ends: []End{{"debian 13", "2028-08-09", "endoflife"}}},
		"golang:1.99-alpine":         {Names: []string{"golang"}, Family: "alpine", Libc: "musl", Shell: Yes, Packages: Yes, Compiler: Yes},
		"registry.example/some/x:v1": {Names: []string{"registry.example/some/x"}},
		"":                           {Names: []string{""}},
	} {
		t.Run(ref, func(t *testing.T) {
			if d := cmp.Diff(want, Embedded().Know(EmbeddedReleases(), ref)); d != "" {
				t.Errorf("known (-want +got):\n%s", d)
			}
		})
	}
}

// TestReleasesAreWhole holds the table to itself: every row has a source of the catalog, a
// day is a day, and lists stand newest first.
func TestReleasesAreWhole(t *testing.T) {
	r, c := EmbeddedReleases(), Embedded()
	source := func(row, id string) {
		if !slices.ContainsFunc(c.Sources, func(s Source) bool { return s.ID == id }) {
			t.Errorf("%s: no source %q", row, id)
		}
	}
	sorted := func(row string, releases []Release) {
		for i, rel := range releases {
			if _, err := time.Parse(time.DateOnly, rel.EOL); err != nil {
				t.Errorf("%s %s: %v", row, rel.Version, err)
			}
			if i > 0 && compareVersions(releases[i-1].Version, rel.Version) <= 0 {
				t.Errorf("%s: %s stands before %s", row, releases[i-1].Version, rel.Version)
			}
		}
	}
	for _, d := range r.Distributions {
		source(d.Name, d.Source)
		sorted(d.Name, d.Releases)
	}
	for _, im := range r.Images {
		source(im.Name, im.Source)
		sorted(im.Name, im.Versions)
		for _, v := range im.Built {
			if strings.Count(v, ".") < im.Line-1 {
				t.Errorf("%s: %s is less than a version line", im.Name, v)
			}
		}
		for _, on := range im.On {
			if _, rel := r.distribution("", []string{on}); rel == nil {
				t.Errorf("%s: no release is called %s", im.Name, on)
			}
		}
	}
	for _, o := range r.Origins {
		source(o.Prefix, o.Source)
	}
}

func TestDecodeReleasesIsStrict(t *testing.T) {
	for text, want := range map[string]string{
		"[[image]]\nnam = \"x\"\n": "unknown keys [image.nam]",
		"revision = 1\n":           "decoding the releases",
	} {
		if _, err := decodeReleases(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("decodeReleases(%q) = %v, want an error with %q", text, err, want)
		}
	}
}

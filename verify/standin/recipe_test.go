package standin

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookup(t *testing.T) {
	for _, tt := range []struct {
		ref     string
		suite   string // "" when there is none
		version string
		user    string
		slim    bool
	}{
		{ref: "debian:trixie-slim", suite: "trixie", slim: true},
		{ref: "debian:trixie", suite: "trixie"},
		{ref: "debian:13-slim", suite: "trixie", slim: true},
		{ref: "docker.io/library/debian:12", suite: "bookworm"},
		{ref: "golang:1.26-trixie", suite: "trixie", version: "1.26", slim: true},
		{ref: "golang:1.26-trixie@sha256:" + strings.Repeat("a", 64), suite: "trixie", version: "1.26", slim: true},
		{ref: "golang:1.27.3-bookworm", suite: "bookworm", version: "1.27.3", slim: true},
		{ref: "golang:1.27", suite: "trixie", version: "1.27", slim: true},
		{ref: "golang:1.27-alpine"},
		{ref: "golang"},
		{ref: "python:3.13-slim", suite: "trixie", version: "3.13", slim: true},
		{ref: "python:3.11-slim-bookworm", suite: "bookworm", version: "3.11", slim: true},
		{ref: "python:3.11-slim"}, // is trixie's, which has no 3.11
		{ref: "python:3.14-slim-trixie", suite: "forky", version: "3.14", slim: true},
		{ref: "python:3.13"},
		{ref: "gcr.io/distroless/static-debian13", suite: "trixie", slim: true},
		{ref: "gcr.io/distroless/static-debian13:nonroot", suite: "trixie", user: "65532", slim: true},
		{ref: "gcr.io/distroless/cc-debian13:debug-nonroot", suite: "trixie", user: "65532", slim: true},
		{ref: "gcr.io/distroless/static-debian12:nonroot"},
		{ref: "gcr.io/distroless/python3-debian13:nonroot", suite: "trixie", user: "65532", slim: true},
		{ref: "gcr.io/distroless/python3-debian12"},
		{ref: "busybox:1.37-musl", suite: "trixie"},
		{ref: "busybox:1.37.0", suite: "trixie"},
		{ref: "busybox:1.38-musl"},
		{ref: "node:24-trixie-slim", suite: "trixie", version: "24", slim: true},
		{ref: "node:24.9.0-trixie", suite: "trixie", version: "24.9.0", slim: true},
		{ref: "node:24-slim"}, // is bookworm's
		{ref: "node:24-alpine3.24"},
		{ref: "node:lts-trixie-slim"},
		{ref: "gcr.io/distroless/nodejs24-debian13:nonroot", suite: "trixie", version: "24", user: "65532", slim: true},
		{ref: "gcr.io/distroless/nodejs24-debian12:nonroot"},
		{ref: "example.org/debian:trixie-slim"},
		{ref: ""},
	} {
		r, ok := lookup(tt.ref)
		if ok != (tt.suite != "") || ok != Supports(tt.ref) {
			t.Errorf("lookup(%q) found: %t", tt.ref, ok)
		}
		got := []any{r.Suite, r.Version, r.User, r.Slim}
		if diff := cmp.Diff([]any{tt.suite, tt.version, tt.user, tt.slim}, got); diff != "" {
			t.Errorf("lookup(%q): -want +got\n%s", tt.ref, diff)
		}
	}
}

// TestDebugVariants holds what a debug image adds, and that those of languages keep their
// entrypoint.
func TestDebugVariants(t *testing.T) {
	for ref, entrypoint := range map[string]string{
		"gcr.io/distroless/base-debian13:debug":            "/busybox/sh",
		"gcr.io/distroless/base-debian13:debug-nonroot":    "/busybox/sh",
		"gcr.io/distroless/python3-debian13:debug":         "/usr/bin/python3.13",
		"gcr.io/distroless/python3-debian13:debug-nonroot": "/usr/bin/python3.13",
		"gcr.io/distroless/nodejs24-debian13:debug":        "/nodejs/bin/node",
	} {
		r, _ := lookup(ref)
		if !slices.Contains(r.Steps, "busybox") || r.Path != "/busybox" || !slices.Equal(r.Entrypoint, []string{entrypoint}) {
			t.Errorf("%s: steps %v, path %s, entrypoint %v", ref, r.Steps, r.Path, r.Entrypoint)
		}
	}
	for _, ref := range []string{"gcr.io/distroless/base-debian13:nonroot", "gcr.io/distroless/python3-debian13:latest"} {
		if r, _ := lookup(ref); slices.Contains(r.Steps, "busybox") || r.Path != "" {
			t.Errorf("%s has a shell: steps %v, path %s", ref, r.Steps, r.Path)
		}
	}
}

func TestRepository(t *testing.T) {
	for ref, want := range map[string][2]string{
		"golang:1.26-trixie":                            {"library/golang", "1.26-trixie"},
		"docker.io/library/golang:1.26@sha256:00":       {"library/golang", "1.26"},
		"docker/dockerfile:1":                           {"docker/dockerfile", "1"},
		"gcr.io/distroless/static-debian13":             {"distroless/static-debian13", "latest"},
		"gcr.io/distroless/static-debian13:nonroot@x:1": {"distroless/static-debian13", "nonroot"},
	} {
		path, tag := repository(ref)
		if diff := cmp.Diff(want, [2]string{path, tag}); diff != "" {
			t.Errorf("repository(%q): -want +got\n%s", ref, diff)
		}
	}
}

// Every name in the data leads somewhere, so that a wrong one shows here and not in somebody's build.
func TestRecipesHold(t *testing.T) {
	c, err := parseCatalog(recipesTOML)
	if err != nil {
		t.Fatal(err)
	}
	check := func(where string, p parts) {
		for _, s := range p.Steps {
			if steps[s] == nil {
				t.Errorf("%s: no step %q", where, s)
			}
		}
		for _, l := range p.Laid {
			if _, err := laid.ReadDir("laid/" + l); err != nil {
				t.Errorf("%s: %v", where, err)
			}
		}
	}
	for _, r := range c.Row {
		check(r.Show, r.parts)
		if len(r.Sets) > 0 && c.Suite[r.Suite].Pockets == nil {
			t.Errorf("%s: no suite %q", r.Show, r.Suite)
		}
		for _, s := range r.Sets {
			if c.Set[s] == nil {
				t.Errorf("%s: no set %q", r.Show, s)
			}
		}
		for _, g := range r.re.SubexpNames() {
			if _, ok := c.Variant[g]; !ok && g != "" && g != "version" {
				t.Errorf("%s: no variant %q", r.Show, g)
			}
		}
	}
	for name, v := range c.Variant {
		check(name, v)
	}
	if _, err := parseCatalog("[[row]]\nshwo = 1"); err == nil {
		t.Error("an unknown key passed")
	}
}

func TestPathExcludesMatchUnwanted(t *testing.T) {
	data, err := laid.ReadFile("laid/slim/etc/dpkg/dpkg.cfg.d/docker")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		glob, ok := strings.CutPrefix(strings.TrimSpace(line), "path-exclude /")
		if ok && !unwanted(strings.TrimSuffix(glob, "*")+"x") {
			t.Errorf("dpkg would leave out %s, unpacking does not", glob)
		}
	}
	for _, name := range []string{"usr/share/doc/libc6/copyright", "usr/share/docs/x", "usr/bin/man", "usr/share/zoneinfo/UTC"} {
		if unwanted(name) {
			t.Errorf("%s is left out", name)
		}
	}
}

func TestNewest(t *testing.T) {
	list := "v0.0.1-go1.26.8.linux-amd64 v0.0.1-go1.26.8.linux-arm64 v0.0.1-go1.26.10.linux-amd64 v0.0.1-go1.26.10.linux-arm64 " +
		"v0.0.1-go1.26.11.linux-amd64 v0.0.1-go1.27rc1.linux-amd64 v0.0.1-go1.27rc1.linux-arm64"
	for want, got := range map[string]string{"1.26": "1.26.10", "1.27": "", "1.2": ""} {
		if v := newest(list, want); v != got {
			t.Errorf("newest %s is %q, want %q", want, v, got)
		}
	}
}

func TestUpstream(t *testing.T) {
	for in, want := range map[string]string{"3.13.5-2+deb13u1": "3.13.5", "1:3.14.0~rc1-1": "3.14.0", "3.11.2": "3.11.2", "1.3.dfsg+really1.3.1-1+b1": "1.3.dfsg"} {
		if got := upstream(in); got != want {
			t.Errorf("upstream(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestApplets(t *testing.T) {
	got := applets([]byte("\x7fELF…\x00[\x00[[\x00ash\x00sh\x00\x00rest\x00"))
	if want := []string{"[", "[[", "ash", "sh"}; !slices.Equal(got, want) {
		t.Errorf("applets = %q, want %q", got, want)
	}
	if got := applets([]byte("nothing")); got != nil {
		t.Errorf("applets of nothing = %q", got)
	}
}

func TestDatabaseEntries(t *testing.T) {
	d := &deb{
		control: "Package: libx1\nVersion: 1-1\nArchitecture: arm64\nMulti-Arch: same\nDescription: x\n more\n",
		info:    map[string][]byte{"triggers": []byte("# none\ninterest /usr/lib/x\ninterest-noawait x-made\nactivate-noawait ldconfig\n")},
		sums:    map[string]string{"/etc/x": "00ff", "/etc/gone": ""},
	}
	want := "Package: libx1\nStatus: install ok installed\nVersion: 1-1\nArchitecture: arm64\nMulti-Arch: same\nDescription: x\n more\nConffiles:\n /etc/x 00ff\n"
	if diff := cmp.Diff(want, d.stanza()); diff != "" {
		t.Errorf("stanza: -want +got\n%s", diff)
	}
	index := map[string]string{}
	d.interests(index)
	if diff := cmp.Diff(map[string]string{"File": "/usr/lib/x libx1:arm64\n", "x-made": "libx1:arm64/noawait\n"}, index); diff != "" {
		t.Errorf("interests: -want +got\n%s", diff)
	}
}

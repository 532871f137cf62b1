package policy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/sourcepolicy"
	spb "github.com/moby/buildkit/sourcepolicy/pb"

	"scaffold/bases"
	"scaffold/policy"
)

// exportedRules are the rules that a source policy can hold, but for the rewrite, which it
// does instead of finding it.
var exportedRules = []string{"registry/allow", "base/allow", "base/deny"}

// engine is BuildKit's own, under an exported policy as its text says it.
func engine(t *testing.T, exported *policy.SourcePolicy) *sourcepolicy.Engine {
	t.Helper()
	var s spb.Policy
	if err := json.Unmarshal(exported.Text(), &s); err != nil {
		t.Fatal(err)
	}
	return sourcepolicy.NewEngine([]*spb.Policy{&s})
}

// taken is what BuildKit takes for a reference, or denied.
func taken(t *testing.T, e *sourcepolicy.Engine, ref string) string {
	t.Helper()
	op := &pb.SourceOp{Identifier: policy.Identifier(ref)}
	_, err := e.Evaluate(t.Context(), op)
	if errors.Is(err, sourcepolicy.ErrSourceDenied) {
		return "denied"
	} else if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(op.Identifier, "docker-image://")
}

func parsePolicy(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("policy.toml", []byte("schema = 1\nname = \"test\"\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestExportGolden(t *testing.T) {
	text, err := os.ReadFile("testdata/export/policy.toml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse("policy.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Export()
	var left strings.Builder
	for _, l := range s.Left {
		fmt.Fprintf(&left, "%s: %s\n", l.What, l.Why)
	}
	for name, got := range map[string]string{"buildkit.json": string(s.Text()), "left.txt": left.String()} {
		file := filepath.Join("testdata/export", name)
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestExportedVerdicts(t *testing.T) {
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for name, tt := range map[string]struct {
		policy string
		want   map[string]string // what BuildKit takes; same: the reference itself
	}{
		"nothing": {"", map[string]string{"evil.example/x:1": "same"}},
		"registries": {"registry.allow = [\"docker.io/library/*\", \"gcr.io/distroless/*\"]\n", map[string]string{
			"debian:trixie": "same", "debian:trixie" + digest: "same", "debian": "same", "gcr.io/distroless/static-debian13:nonroot": "same",
			"grafana/grafana:12": "denied", "ghcr.io/x/y:1": "denied", "docker.io/library/a/b:1": "denied", "evil.example/docker.io/library/debian": "denied",
		}},
		"a rewrite": {"[registry]\nallow = [\"docker.io/library/*\"]\nrewrite = { \"docker.io/library\" = \"registry.acme.example/hub\" }\n", map[string]string{
			"debian:trixie": "registry.acme.example/hub/debian:trixie", "debian:trixie" + digest: "registry.acme.example/hub/debian:trixie" + digest,
			"registry.acme.example/hub/debian:trixie": "same", "registry.acme.example/other/debian:trixie": "denied", "grafana/grafana:12": "denied",
		}},
		"the narrower rewrite wins": {"registry.rewrite = { \"docker.io\" = \"a.example/d\", \"docker.io/library\" = \"a.example/l\" }\n", map[string]string{
			"debian:trixie": "a.example/l/debian:trixie", "x/y:1": "a.example/d/x/y:1",
		}},
		"one repository": {"[registry]\nrewrite = { \"docker.io/library/python\" = \"a.example/py/own\", \"docker.io/library/node\" = \"a.example/node\" }\n[base]\ndeny = [\"alpine\", \"docker.io/library/node:2*\"]\n", map[string]string{
			"python:3.13": "a.example/py/own:3.13", "python:3.13" + digest: "a.example/py/own:3.13" + digest, "python:3.13-alpine": "denied",
			"node:24": "denied", "node:18": "a.example/node:18", "debian:trixie": "same", "pythons:1": "same",
		}},
		"denied behind the rewrite": {"[registry]\nrewrite = { \"docker.io/library\" = \"a.example/hub\" }\n[base]\ndeny = [\"alpine\", \"docker.io/library/node\"]\n", map[string]string{
			"alpine:3.24": "denied", "a.example/hub/alpine:3.24": "denied", "a.example/hub/python:3.13-alpine3.24": "denied", "node:24": "denied",
			"debian:trixie": "a.example/hub/debian:trixie", "b.example/tool:1-alpine": "denied", "b.example/tool-alpine:1": "denied",
		}},
		"digests":         {"base.digest = \"required\"\n", map[string]string{"debian:trixie": "denied", "debian:trixie" + digest: "same"}},
		"digests may not": {"base.digest = \"forbidden\"\n", map[string]string{"debian:trixie": "same", "debian:trixie" + digest: "same"}},
		"the syntax image": {"[registry]\nallow = [\"docker.io/library/*\"]\n[syntax]\nimage = \"docker/dockerfile:1\"\n", map[string]string{
			"docker/dockerfile:1": "same", "docker/dockerfile:1" + digest: "same", "docker/dockerfile:2": "denied",
		}},
		"the syntax image is no base": {"base.allow = [\"slim\"]\n", map[string]string{"docker/dockerfile:1": "same", "debian:trixie-slim": "same", "debian:trixie": "denied"}},
		"a warning denies nothing":    {"base.deny = [\"alpine\"]\nrules = { \"base/deny\" = \"warning\" }\n", map[string]string{"alpine:3.24": "same"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := engine(t, parsePolicy(t, tt.policy).Export())
			got := map[string]string{}
			for ref := range tt.want {
				if got[ref] = taken(t, e, ref); "docker-image://"+got[ref] == policy.Identifier(ref) && got[ref] != tt.want[ref] {
					got[ref] = "same"
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestExportAgreesWithCheck holds what BuildKit does with a reference to what check says of
// a Dockerfile that names it.
func TestExportAgreesWithCheck(t *testing.T) {
	refs := references()
	for _, text := range []string{
		"base.deny = [\"alpine\"]\n", "base.deny = [\"musl\"]\n", "base.deny = [\"glibc\"]\n", "base.deny = [\"full\"]\n", "base.deny = [\"none\", \"slim\"]\n",
		"base.deny = [\"python-slim\"]\n", "base.deny = [\"python\"]\n", "base.deny = [\"debian\", \"docker.io/library/node:2*\"]\n", "base.deny = [\"distroless\"]\n",
		"base.allow = [\"slim\", \"distroless\"]\n", "base.allow = [\"alpine\"]\n", "base.allow = [\"glibc\"]\nbase.deny = [\"full\"]\n",
		"base.allow = [\"debian-slim\", \"docker.io/library/python:3.13*\", \"**/y\"]\n", "base.allow = [\"docker.io/library/*\"]\nbase.deny = [\"musl\", \"docker.io/library/python:3.13-slim*\"]\n",
		"base.allow = [\"docker.io/library/python:3.13*\"]\nbase.deny = [\"musl\", \"slim\"]\n",
		"registry.allow = [\"docker.io/library/*\"]\nbase.deny = [\"alpine\"]\n", "registry.allow = [\"gcr.io/distroless/static*\", \"docker.io/**\"]\nbase.allow = [\"distroless\", \"slim\"]\n",
		"registry.allow = [\"docker.io/library/*\", \"ghcr.io/**\"]\nbase.allow = [\"musl\", \"docker.io/*/node\"]\n",
		"registry.allow = [\"docker.io/library/python:3.1*\", \"gcr.io/distroless/*\"]\nbase.deny = [\"full\", \"none\"]\n",
		"[registry]\nallow = [\"docker.io/library/*\"]\nrewrite = { \"docker.io/library\" = \"registry.acme.example/hub\" }\n[base]\ndeny = [\"alpine\", \"full\"]\n",
		"[registry]\nallow = []\nrewrite = { \"docker.io/library/python\" = \"a.example/py/own\", \"docker.io/library/node\" = \"a.example/node\" }\n[base]\nallow = [\"slim\", \"docker.io/library/node:2*\"]\n",
		"[registry]\nrewrite = { \"docker.io\" = \"a.example/d\", \"docker.io/library\" = \"a.example/l\", \"gcr.io\" = \"a.example/g\" }\n[base]\nallow = [\"distroless\", \"slim\", \"docker.io/*/node\"]\ndeny = [\"musl\"]\n",
	} {
		p := parsePolicy(t, text)
		e, denials, denied := engine(t, p.Export()), p.Denials(), 0
		for _, ref := range refs {
			if got, want := denials.Denies(ref), found(p, ref, "registry/allow", "registry/rewrite", "base/deny"); got != want {
				t.Errorf("%q: that the build is denied %s is %t, and that check finds something %t", text, ref, got, want)
			}
			got, want := taken(t, e, ref), p.Rewritten(strings.TrimPrefix(policy.Identifier(ref), "docker-image://"))
			if found(p, want, exportedRules...) {
				want = "denied"
				denied++
			}
			if got != want {
				t.Errorf("%q: %s is %s, and check says %s", text, ref, got, want)
			}
		}
		if denied == 0 || denied == len(refs) {
			t.Errorf("%q denies %d of %d references", text, denied, len(refs))
		}
	}
}

// found reports whether check finds an error of one of the rules in FROM ref.
func found(p *policy.Policy, ref string, rules ...string) bool {
	return slices.ContainsFunc(p.Judge(policy.Subject{Path: "Dockerfile", Text: []byte("FROM " + ref + "\n"), Today: "2026-11-21"}), func(f policy.Finding) bool {
		return f.Severity == policy.Error && slices.Contains(rules, f.Rule)
	})
}

// TestExportIsNoLaxer makes up references, sensible or not: what BuildKit lets in, check does.
func TestExportIsNoLaxer(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	one := func(of ...string) string { return of[random.IntN(len(of))] }
	engines := map[string]*sourcepolicy.Engine{}
	for range 4000 {
		ref := one("node", "python", "debian", "alpine", "caddy", "x/y", "ghcr.io/x/y-alpine", "ghcr.io/a-b/y-debian-z", "gcr.io/distroless/cc-debian12", "gcr.io/distroless/static", "localhost:5000/x-slim", "a.example/h/node")
		words := random.IntN(3)
		if strings.Contains(ref, "-") { // nobody's image has three marks
			words = min(words, 1)
		}
		for n, sep := words, ":"; n > 0; n, sep = n-1, "-" {
			ref += sep + one("slim", "alpine", "alpine3.24", "3.13", "3.2", "24", "trixie", "noble", "ubuntu", "debian13", "latest", "debug", "jre", "al")
		}
		text := one("", "registry.allow = [\"docker.io/**\", \"gcr.io/distroless/*\", \"localhost:5000/*\"]\n", "registry.allow = [\"docker.io/library/*:3*\", \"ghcr.io/*/y-*\"]\n", "registry.rewrite = { \"docker.io/library\" = \"a.example/h\" }\n") +
			one("base.deny = [\"alpine\", \"**/node:2*\"]\n", "base.deny = [\"glibc\"]\n", "base.allow = [\"slim\", \"docker.io/**:3.1*\"]\nbase.deny = [\"musl\"]\n", "base.allow = [\"full\", \"musl\"]\n", "base.allow = [\"docker.io/library/*-slim\", \"debian-slim\"]\n")
		p := parsePolicy(t, text)
		if engines[text] == nil {
			engines[text] = engine(t, p.Export())
		}
		if got := taken(t, engines[text], ref); got != "denied" && found(p, got, exportedRules...) {
			t.Errorf("%q lets in %s, as %s", text, ref, got)
		}
	}
}

// references are those of the catalog for every version, the tags that official images have,
// and some that nothing is known of.
func references() []string {
	refs := []string{
		"grafana/grafana:12", "ghcr.io/x/y:1", "ghcr.io/x/y:1-alpine", "ghcr.io/x/y-alpine:1", "ghcr.io/x/y:bookworm-slim", "ghcr.io/x/node:24", "x/node:24", "postgres:18-alpine3.24", "postgres:18",
		"evil.example/docker.io/library/debian", "a.example/l/debian:trixie", "registry.acme.example/hub/node:24-trixie-slim", "registry.acme.example/hub/alpine:3.24",
		"gcr.io/distroless/base-debian12:debug", "gcr.io/distroless/static-debian12", "gcr.io/distroless/nodejs24-debian13:nonroot", "gcr.io/distroless/static:latest", "debian", "alpine",
	}
	c := bases.Embedded()
	for _, b := range c.Bases {
		for _, v := range []string{"3.13", "25"} {
			if b.Family != "scratch" {
				refs = append(refs, b.At(v))
			}
		}
	}
	for _, im := range c.Images {
		for _, version := range append([]string{"3.13.2", "latest"}, im.Newest[0]) {
			refs = append(refs, im.Name+":"+version)
			for _, on := range []string{"slim", "alpine", "alpine3.24", "alpine-3.22", "trixie", "bookworm", "noble", "trixie-slim", "slim-bookworm", "jre-noble", "alpine3.23-cli", "fpm-bookworm"} {
				refs = append(refs, im.Name+":"+version+"-"+on)
			}
		}
	}
	return refs
}

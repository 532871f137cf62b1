package generator

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/policy"
	"scaffold/profiles"
)

func TestReferences(t *testing.T) {
	const head = "schema = 1\nname = \"x\"\n"
	frontend := at("docker.io/docker/dockerfile:1", true, false)
	scratch, go126 := head+"stack = \"go\"\n[runtime]\nbase = \"scratch\"\n", []profiles.Fact{{Key: evidence.GoVersion, Value: "1.26"}}
	const golang = "docker.io/library/golang:1.26-trixie"
	for name, tt := range map[string]struct {
		profile string
		facts   []profiles.Fact
		want    []Reference
		policy  string
	}{
		"digests required":  {scratch, go126, []Reference{frontend, at(golang, true, false)}, "base.digest = \"required\"\n"},
		"digests forbidden": {scratch, go126, nil, "base.digest = \"forbidden\"\n"},
		"no syntax image":   {scratch, go126, []Reference{at(golang, true, false)}, "syntax.image = \"none\"\n"},
		"another place": {scratch, go126, []Reference{
			{Name: "docker.io/docker/dockerfile:1", Place: "r.example/hub/docker/dockerfile:1", Used: true},
			{Name: golang, Place: "r.example/hub/library/golang:1.26-trixie", Used: true},
		}, "syntax.image = \"r.example/hub/docker/dockerfile:1\"\nregistry.rewrite = { \"docker.io\" = \"r.example/hub\" }\n"},
		"cross-compiled, a shell beside": {head + "stack = \"go\"\n[runtime]\nbase = \"distroless\"\n[image]\ndebug = true\n",
			[]profiles.Fact{{Key: evidence.GoVersion, Value: "1.26"}}, []Reference{
				frontend,
				at("docker.io/library/golang:1.26-trixie", true, false),
				at("gcr.io/distroless/base-debian13:debug", false, true),
				at("gcr.io/distroless/base-debian13:nonroot", false, true),
				at("gcr.io/distroless/cc-debian13:debug", false, true),
				at("gcr.io/distroless/cc-debian13:nonroot", false, true),
				at("gcr.io/distroless/static-debian13:debug", true, true),
				at("gcr.io/distroless/static-debian13:nonroot", true, true),
			}, ""},
		"a person's own pin": {head + "stack = \"go\"\n[runtime]\nbase = \"debian:trixie-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\n",
			[]profiles.Fact{{Key: evidence.GoVersion, Value: "1.26"}}, []Reference{
				frontend, at("docker.io/library/golang:1.26-trixie", true, false),
			}, ""},
		"emulated": {head + "stack = \"python/pip\"\n[runtime]\ncommand = [\"x\"]\nbase = \"slim\"\n", nil, []Reference{
			frontend, at("docker.io/library/python:3.13-slim-trixie", true, true),
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := profiles.Parse("scaffold.toml", []byte(tt.profile))
			if err != nil {
				t.Fatal(err)
			}
			demands, err := policy.Parse("policy.toml", []byte("schema = 1\nname = \"acme\"\n"+tt.policy))
			if err != nil {
				t.Fatal(err)
			}
			got, err := References(Input{Policy: demands, Profile: p, Facts: tt.facts, AsOf: "2026-11-21", Catalog: bases.Embedded()})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("references (-want +got):\n%s", d)
			}
		})
	}
}

// at is a reference that is pulled from where its name says.
func at(name string, used, target bool) Reference {
	return Reference{Name: name, Place: name, Used: used, Target: target}
}

package generator

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/profiles"
)

func TestReferences(t *testing.T) {
	const head = "schema = 1\nname = \"x\"\n"
	frontend := Reference{Name: "docker.io/docker/dockerfile:1", Used: true}
	for name, tt := range map[string]struct {
		profile string
		facts   []profiles.Fact
		want    []Reference
	}{
		"cross-compiled, a shell beside": {head + "stack = \"go\"\n[runtime]\nbase = \"distroless\"\n[image]\ndebug = true\n",
			[]profiles.Fact{{Key: evidence.GoVersion, Value: "1.26"}}, []Reference{
				frontend,
				{Name: "docker.io/library/golang:1.26-trixie", Used: true},
				{Name: "gcr.io/distroless/base-debian13:debug", Target: true},
				{Name: "gcr.io/distroless/base-debian13:nonroot", Target: true},
				{Name: "gcr.io/distroless/cc-debian13:debug", Target: true},
				{Name: "gcr.io/distroless/cc-debian13:nonroot", Target: true},
				{Name: "gcr.io/distroless/static-debian13:debug", Used: true, Target: true},
				{Name: "gcr.io/distroless/static-debian13:nonroot", Used: true, Target: true},
			}},
		"a person's own pin": {head + "stack = \"go\"\n[runtime]\nbase = \"debian:trixie-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\n",
			[]profiles.Fact{{Key: evidence.GoVersion, Value: "1.26"}}, []Reference{
				frontend, {Name: "docker.io/library/golang:1.26-trixie", Used: true},
			}},
		"emulated": {head + "stack = \"python/pip\"\n[runtime]\ncommand = [\"x\"]\nbase = \"slim\"\n", nil, []Reference{
			frontend, {Name: "docker.io/library/python:3.13-slim-trixie", Used: true, Target: true},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := profiles.Parse("scaffold.toml", []byte(tt.profile))
			if err != nil {
				t.Fatal(err)
			}
			got, err := References(Input{Profile: p, Facts: tt.facts, AsOf: "2026-11-21", Catalog: bases.Embedded()})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("references (-want +got):\n%s", d)
			}
		})
	}
}

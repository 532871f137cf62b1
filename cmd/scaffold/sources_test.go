package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client"
	spb "github.com/moby/buildkit/sourcepolicy/pb"
	"github.com/tonistiigi/fsutil"

	"scaffold/verify"
	"scaffold/verify/builder"
	"scaffold/verify/standin"
)

// TestDeniedBaseFailsABuild gives BuildKit the exported policy, as buildctl would, and has it
// build from images that the policy denies, and from one that it does not.
func TestDeniedBaseFailsABuild(t *testing.T) {
	needsBuildKit(t)
	b := standInBuilder(t, "debian:trixie-slim", "busybox:1.37")
	dir := project(t, map[string]string{
		"policy.toml":           "schema = 1\nname = \"acme\"\n[registry]\nallow = [\"docker.io/library/*\"]\n[base]\ndeny = [\"slim\"]\n",
		"denied/Dockerfile":     "FROM debian:trixie-slim\nRUN true\n",
		"copied/Dockerfile":     "FROM scratch\nCOPY --from=debian:trixie-slim /etc/os-release /\n",
		"elsewhere/Dockerfile":  "FROM registry.example/base:1\n",
		"allowed/Dockerfile":    "FROM busybox:1.37\nRUN true\n",
		"unreferred/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
	})
	mustRun(t, dir, "policy", "export", "--output", "buildkit.json")
	text, err := os.ReadFile(filepath.Join(dir, "buildkit.json"))
	if err != nil {
		t.Fatal(err)
	}
	exported := new(spb.Policy)
	if err := json.Unmarshal(text, exported); err != nil {
		t.Fatal(err)
	}
	if err := buildUnder(t, b, nil, filepath.Join(dir, "denied")); err != nil {
		t.Fatalf("without the policy: %v", err)
	}
	for name, message := range map[string]string{
		"denied":     `source "docker-image://docker.io/library/debian:trixie-slim" denied by policy`,
		"copied":     `source "docker-image://docker.io/library/debian:trixie-slim" denied by policy`,
		"elsewhere":  `source "docker-image://registry.example/base:1" denied by policy`,
		"allowed":    "",
		"unreferred": "",
	} {
		switch err := buildUnder(t, b, exported, filepath.Join(dir, name)); {
		case message == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case message != "" && (err == nil || !strings.Contains(err.Error(), message)):
			t.Errorf("%s: %v, want %s", name, err, message)
		}
	}
}

// standInBuilder is scaffold's own BuildKit, whose registry has stand-ins.
func standInBuilder(t *testing.T, refs ...string) *builder.Builder {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	cache = filepath.Join(cache, "scaffold")
	self, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	b, err := builder.Connect(t.Context(), builder.Options{CacheDir: cache, StandIns: true, Self: []string{self, "builder", "serve"}, Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Client.Close() })
	var needs []standin.Need
	for _, ref := range refs {
		needs = append(needs, standin.Need{Ref: ref, Platforms: []string{nativePlatform}})
	}
	if _, err := standin.Ensure(t.Context(), standin.Options{CacheDir: cache, Registry: b.Registry, Needs: needs}); err != nil {
		t.Fatal(err)
	}
	return b
}

// buildUnder builds the Dockerfile in dir under a source policy.
func buildUnder(t *testing.T, b *builder.Builder, under *spb.Policy, dir string) error {
	t.Helper()
	files, err := fsutil.NewFS(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	_, err = b.Client.Solve(ctx, nil, client.SolveOpt{
		Frontend: "dockerfile.v0", LocalMounts: map[string]fsutil.FS{"context": files, "dockerfile": files}, SharedKey: dir, SourcePolicy: under,
	}, nil)
	return err
}

// TestRewrittenStandIns verifies a Dockerfile that names its images behind a rewrite, and then
// one that takes an image past the policy.
func TestRewrittenStandIns(t *testing.T) {
	needsBuildKit(t)
	dir := project(t, map[string]string{
		"requirements.txt": "",
		"main.py":          "print('hello')\n",
		"scaffold.toml":    "schema = 1\nname = \"rewritten\"\nstack = \"python/pip\"\n[runtime]\ncommand = [\"python\", \"main.py\"]\n[verify]\nexit = 0\n",
		"policy.toml": `schema = 1
name = "acme"
[registry]
allow   = []
rewrite = { "docker.io" = "registry.acme.example/hub" }
[syntax]
image = "registry.acme.example/hub/docker/dockerfile:1"
`,
	})
	mustRun(t, dir, "generate")
	r, code, stderr := verified(t, dir, "--stand-ins", "--platform", nativePlatform)
	if code != exitDone || len(r.Results) != 1 {
		t.Fatalf("exit code %d, results %+v\n%s", code, r.Results, stderr)
	}
	var bases []verify.Base
	for _, b := range r.Results[0].Bases {
		if b.Digest == "" {
			t.Errorf("%s has no digest", b.Ref)
		}
		b.Digest = ""
		bases = append(bases, b)
	}
	want := []verify.Base{
		{Ref: "registry.acme.example/hub/docker/dockerfile:1", StandIn: true, Image: "docker/dockerfile:1"},
		{Ref: "registry.acme.example/hub/library/python:3.13-slim-trixie", StandIn: true, Image: "python:3.13-slim-trixie"},
	}
	if d := cmp.Diff(want, slices.Compact(bases)); d != "" {
		t.Errorf("bases (-want +got):\n%s", d)
	}
	if !has(r.Results[0].Checks, "build/sources", verify.Pass, "the policy denies none") {
		t.Errorf("checks %+v", r.Results[0].Checks)
	}

	past(t, filepath.Join(dir, "Dockerfile"), "COPY --from=busybox:1.37 /bin/busybox /busybox\n")
	r, code, stderr = verified(t, dir, "--stand-ins", "--platform", nativePlatform)
	if code != exitFindings || len(r.Results) != 1 || !has(r.Results[0].Checks, "build", verify.Fail, `"docker-image://docker.io/library/busybox:1.37" denied by policy`) {
		t.Errorf("exit code %d, results %+v\n%s", code, r.Results, stderr)
	}
}

// past adds a line to a Dockerfile.
func past(t *testing.T, file, line string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append(text, line...), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func has(checks []verify.Check, id string, status verify.Status, detail string) bool {
	return slices.ContainsFunc(checks, func(c verify.Check) bool {
		return c.ID == id && c.Status == status && strings.Contains(c.Detail, detail)
	})
}

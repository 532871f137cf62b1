package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/golden"
	"scaffold/policy"
	"scaffold/verify"
	"scaffold/verify/standin"
)

// golden case → checks that must have been made on each platform.
var wantChecks = map[string][]string{
	"go-scratch":             {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"go-distroless":          {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"go-slim":                {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"go-cgo-distroless":      {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"python-distroless":      {"build", "debug/shell", "image/ca", "image/platform", "image/shell", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"python-slim":            {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"python-uv":              {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"python-poetry":          {"build", "debug/shell", "image/ca", "image/platform", "image/shell", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"python-pdm":             {"build", "image/ca", "image/platform", "image/tz", "run/http", "run/nonroot", "run/starts", "run/stop"},
	"python-pipenv":          {"build", "image/ca", "image/platform", "image/tz", "run/http", "run/nonroot", "run/starts", "run/stop"},
	"node-distroless":        {"build", "debug/shell", "image/ca", "image/platform", "image/shell", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"node-native":            {"build", "image/ca", "image/platform", "image/tz", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"node-pnpm":              {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"node-yarn":              {"build", "image/ca", "image/platform", "image/tz", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"node-yarn4":             {"build", "image/ca", "image/platform", "image/tz", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"node-bun":               {"build", "image/ca", "image/platform", "image/tz", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"node-slim":              {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"go-ca":                  {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"go-extra":               {"build", "image/ca", "image/platform", "image/tz", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"python-ca":              {"build", "image/ca", "image/platform", "image/tz", "run/http", "run/nonroot", "run/starts", "run/stop"},
	"java-distroless-spring": {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
	"java-temurin-plain":     {"build", "image/ca", "image/platform", "image/tz", "run/health", "run/http", "run/nonroot", "run/output", "run/starts", "run/stop"},
}

// TestGoldenCasesRun builds and runs every golden case: a golden file is of an image
// that ran.
func TestGoldenCasesRun(t *testing.T) {
	needsBuildKit(t)
	cases, err := golden.Cases("../../golden/cases")
	if err != nil {
		t.Fatal(err)
	}
	notRun := 0
	for _, c := range cases {
		if c.NotRun != "" {
			t.Logf("not run here: %s: %s", c.Name, c.NotRun)
			holdsNotRun(t, c)
			notRun++
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			dir := t.TempDir()
			for _, from := range []string{c.Dir, filepath.Join(c.Dir, "want")} {
				if err := copyTree(dir, from); err != nil {
					t.Fatal(err)
				}
			}
			r, code, stderr := verified(t, dir, "--stand-ins")
			if code != exitDone {
				t.Errorf("exit code %d\n%s", code, stderr)
			}
			var platforms []string
			for _, res := range r.Results {
				platforms = append(platforms, res.Platform)
				holdsResult(t, res, wantChecks[c.Name])
			}
			slices.Sort(platforms)
			want := []string{"linux/amd64", "linux/arm64"}
			if c.Name == "python-ca" {
				want = want[:1]
			}
			if d := cmp.Diff(want, platforms); d != "" {
				t.Errorf("platforms (-want +got):\n%s", d)
			}
		})
	}
	if ran := len(cases) - notRun; ran != len(wantChecks) {
		t.Errorf("%d of %d cases ran, want %d", ran, len(cases), len(wantChecks))
	}
}

// holdsNotRun holds that a case is left out only as long as there is no stand-in for one
// of its bases.
func holdsNotRun(t *testing.T, c golden.Case) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.Dir, "want", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	refs, err := policy.References(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range refs {
		if !standin.Supports(r.Ref) {
			return
		}
	}
	t.Errorf("%s is not run, though there is a stand-in for each of its bases", c.Name)
}

func holdsResult(t *testing.T, res verify.Result, want []string) {
	t.Helper()
	if !res.OK || res.Drift != "none" || res.Edited {
		t.Errorf("%s: ok %t, drift %s, edited %t", res.Platform, res.OK, res.Drift, res.Edited)
	}
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(res.Image.Digest) || res.Image.Bytes == 0 {
		t.Errorf("%s: image %+v", res.Platform, res.Image)
	}
	var ids []string
	for _, check := range res.Checks {
		ids = append(ids, check.ID)
		emulated := res.Platform != nativePlatform && check.ID == "run/stop" && check.Status == verify.Skip
		if check.Status != verify.Pass && !emulated {
			t.Errorf("%s: %s is %s: %s", res.Platform, check.ID, check.Status, check.Detail)
		}
	}
	slices.Sort(ids)
	if d := cmp.Diff(want, ids); d != "" {
		t.Errorf("%s: checks (-want +got):\n%s", res.Platform, d)
	}
	for _, b := range res.Bases {
		if !b.StandIn || b.Digest == "" {
			t.Errorf("%s: base %+v is not marked as a stand-in", res.Platform, b)
		}
	}
}

// copyTree copies files over those that are there.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o644)
	})
}

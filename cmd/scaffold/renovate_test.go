package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scaffold/golden"
	"scaffold/policy"
)

// TestRenovate has Renovate itself read every Dockerfile of the golden cases, pinned by
// update: it must find every image that BuildKit's parser finds, as often as it stands
// there, and would bump every digest once the tags have moved. $RENOVATE is the command
// that scripts/renovate prints.
func TestRenovate(t *testing.T) {
	renovate := strings.Fields(os.Getenv("RENOVATE"))
	if len(renovate) == 0 {
		skipUnlessCI(t, "there is no Renovate: scripts/renovate installs it")
	}
	dir := t.TempDir()
	host, err := startRegistry(registryProgram(t), dir, t.Cleanup)
	if err != nil {
		t.Fatal(err)
	}
	images := goldenImages(t)
	pushAll(t, host, images)
	pinned := pinnedGolden(t, filepath.Join(dir, "pinned"), host)

	got := map[string]map[string]int{}
	for file, deps := range runRenovate(t, renovate, filepath.Join(dir, "pinned"), host, "extract") {
		got[file] = map[string]int{}
		for _, d := range deps {
			got[file][d.DepName+":"+d.CurrentValue+"@"+d.CurrentDigest]++
		}
	}
	want := map[string]map[string]int{}
	for file, text := range pinned {
		want[file] = uses(t, text)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("images that Renovate finds (-want +got):\n%s", d)
	}

	// The names as a rewrite leaves them, at a registry that can be asked.
	moved := pushAll(t, host, images)
	rewritten := map[string]map[string]int{}
	for file, text := range pinned {
		for ref := range images {
			text = strings.NewReplacer("FROM "+ref+"@", "FROM "+at(host, ref)+"@", "$BUILDPLATFORM "+ref+"@", "$BUILDPLATFORM "+at(host, ref)+"@",
				"# syntax="+ref+"@", "# syntax="+at(host, ref)+"@").Replace(text)
		}
		rewritten[file] = uses(t, text)
		write(t, filepath.Join(dir, "rewritten", file), text)
	}
	bumped := map[string]map[string]int{}
	for file, deps := range runRenovate(t, renovate, filepath.Join(dir, "rewritten"), host, "lookup") {
		bumped[file] = map[string]int{}
		for _, d := range deps {
			for _, u := range d.Updates {
				if u.UpdateType == "digest" && u.NewDigest == moved[d.DepName+":"+d.CurrentValue] {
					bumped[file][d.DepName+":"+d.CurrentValue+"@"+d.CurrentDigest]++
				}
			}
		}
	}
	if d := cmp.Diff(rewritten, bumped); d != "" {
		t.Errorf("stale digests that Renovate would bump (-want +got):\n%s", d)
	}
}

// goldenImages are the images that the golden cases use.
func goldenImages(t *testing.T) map[string]bool {
	t.Helper()
	cases, err := golden.Cases(filepath.Join("..", "..", "golden", "cases"))
	if err != nil {
		t.Fatal(err)
	}
	images := map[string]bool{}
	for _, c := range cases {
		text, err := os.ReadFile(filepath.Join(c.Dir, "want", "Dockerfile"))
		if err != nil {
			t.Fatal(err)
		}
		for ref := range uses(t, string(text)) {
			images[ref] = true
		}
	}
	return images
}

// uses counts how often each image stands in a Dockerfile.
func uses(t *testing.T, text string) map[string]int {
	t.Helper()
	refs, err := policy.References([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, r := range refs {
		lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
			words := strings.Fields(strings.TrimPrefix(line, "# syntax="))
			return strings.HasPrefix(line, "LABEL ") || !slices.Contains(words, r.Ref)
		})
		counts[r.Ref] = len(lines)
	}
	return counts
}

// at is an image where the registry of the test has it.
func at(host, ref string) string {
	_, path, _ := strings.Cut(policy.Canonical(ref), "/")
	return host + "/" + path
}

// pushAll has every image's tag point at something new, and returns what, by reference.
func pushAll(t *testing.T, host string, images map[string]bool) map[string]string {
	t.Helper()
	digests := map[string]string{}
	for _, ref := range slices.Sorted(maps.Keys(images)) {
		digest, err := pushIndex(at(host, ref), []string{"linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "linux/ppc64le", "linux/riscv64", "linux/s390x"})
		if err != nil {
			t.Fatal(err)
		}
		digests[at(host, ref)] = digest
	}
	return digests
}

// pinnedGolden copies the golden cases into dir and has update pin them. It returns their
// Dockerfiles by their path in dir.
func pinnedGolden(t *testing.T, dir, host string) map[string]string {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "golden", "cases"))); err != nil {
		t.Fatal(err)
	}
	cases, err := golden.Cases(dir)
	if err != nil {
		t.Fatal(err)
	}
	day, err := time.Parse(time.DateOnly, golden.AsOf)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, c := range cases {
		if err := os.RemoveAll(filepath.Join(c.Dir, "want")); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &out, getenv: os.Getenv, now: func() time.Time { return day }}
		if code := run(t.Context(), a, []string{"update", "--mirror", "http://" + host, c.Dir}); code != exitDone {
			t.Fatalf("update of %s: exit code %d\n%s", c.Name, code, &out)
		}
		text, err := os.ReadFile(filepath.Join(c.Dir, "Dockerfile"))
		if err != nil {
			t.Fatal(err)
		}
		for ref := range uses(t, string(text)) {
			if !strings.Contains(ref, "@sha256:") {
				t.Errorf("%s: update did not pin %s", c.Name, ref)
			}
		}
		files[c.Name+"/Dockerfile"] = string(text)
	}
	return files
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A dependency is one that Renovate found.
type dependency struct {
	DepName, CurrentValue, CurrentDigest string
	Updates                              []struct{ UpdateType, NewDigest string }
}

// runRenovate has Renovate look at a folder, and returns what it found in each Dockerfile.
func runRenovate(t *testing.T, command []string, dir, host, dryRun string) map[string][]dependency {
	t.Helper()
	tmp := t.TempDir()
	rules, err := json.Marshal([]map[string]any{{"matchHost": host, "hostType": "docker", "insecureRegistry": true}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), command[0], append(command[1:], "--dry-run="+dryRun)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+tmp, "LOG_LEVEL=warn", "RENOVATE_PLATFORM=local", "RENOVATE_BASE_DIR="+tmp,
		`RENOVATE_ENABLED_MANAGERS=["dockerfile"]`, "RENOVATE_HOST_RULES="+string(rules),
		"RENOVATE_REPORT_TYPE=file", "RENOVATE_REPORT_PATH="+filepath.Join(tmp, "report.json"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", command, err, out)
	}
	data, err := os.ReadFile(filepath.Join(tmp, "report.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Repositories map[string]struct {
			PackageFiles map[string][]struct {
				PackageFile string
				Deps        []dependency
			}
		}
	}
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	files := map[string][]dependency{}
	for _, f := range report.Repositories["local"].PackageFiles["dockerfile"] {
		files[f.PackageFile] = f.Deps
	}
	if len(files) == 0 {
		t.Fatalf("Renovate found no Dockerfile: %s", data)
	}
	return files
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"scaffold/verify"
	"scaffold/verify/builder"
	"scaffold/verify/standin"
)

// These tests build with a real BuildKit, from stand-in bases, and run what was built on
// two platforms. They need root on Linux, runc and Debian's apt; scripts/test installs
// them, and there nothing is skipped.
func needsBuildKit(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"runc", "apt-get", "dpkg-deb", "go"} {
		if _, err := exec.LookPath(tool); err != nil {
			skipUnlessCI(t, "there is no "+tool)
		}
	}
	if os.Getuid() != 0 {
		skipUnlessCI(t, "a private buildkitd needs root")
	}
}

func skipUnlessCI(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// binary is a static scaffold, as people build it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "scaffold-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "scaffold")
	cmd := exec.Command("go", "build", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building scaffold: %w\n%s", err, out)
	}
	return path, nil
})

// nativePlatform is the one that runs without emulation.
const nativePlatform = "linux/" + runtime.GOARCH

// report is verify --json.
type report struct {
	Schema  int
	Results []verify.Result
}

// verified runs scaffold verify --json with args in dir and returns its report, exit
// code and stderr.
func verified(t *testing.T, dir string, args ...string) (report, int, string) {
	t.Helper()
	cmd, stderr := command(t, dir, append([]string{"verify", "--json", "--progress", "plain"}, args...)...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var r report
	if len(out) > 0 {
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatalf("decoding the report: %v\n%s\n%s", err, out, stderr)
		}
	}
	return r, cmd.ProcessState.ExitCode(), stderr.String()
}

func command(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	stderr := new(bytes.Buffer)
	cmd.Stderr = stderr
	return cmd, stderr
}

// project lays files in a new folder.
func project(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// mustRun runs scaffold and fails the test where it fails.
func mustRun(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd, stderr := command(t, dir, args...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("scaffold %v: %v\n%s", args, err, stderr)
	}
	return string(out)
}

// printer is a Go program that prints its arguments and environment as JSON.
var printer = map[string]string{
	"go.mod": "module example.org/printer\n\ngo 1.26\n",
	"main.go": `package main

import (
	"encoding/json"
	"os"
	"strings"
)

func main() {
	env := map[string]string{}
	for _, kv := range os.Environ() {
		if k, v, _ := strings.Cut(kv, "="); strings.HasPrefix(k, "H_") {
			env[k] = v
		}
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(os.Args[1:])
	_ = enc.Encode(env)
}
`,
}

// TestHostileValuesInside reads, inside the built image, what the profile said.
func TestHostileValuesInside(t *testing.T) {
	needsBuildKit(t)
	env := map[string]string{
		"H_QUOTES": `a "b" 'c'`, "H_SHELL": "$HOME ${HOME} $(id) `id` && false; # no", "H_SLASH": `\ \n C:\dir\`,
		"H_WORD": "héllo wörld ☃ <<EOF", "H_BLANKS": " x\ty ",
	}
	args := []string{"line\nbreak", "$HOME", "`id`", `"q" 'q' \`, "# c", "☃", " "}
	inline := func(v any) string { b, _ := json.Marshal(v); return string(b) }
	files := map[string]string{}
	for name, text := range printer {
		files[name] = text
	}
	var envTOML []string
	for k, v := range env {
		envTOML = append(envTOML, k+" = "+inline(v))
	}
	wantArgs, wantEnv := new(bytes.Buffer), new(bytes.Buffer)
	for b, v := range map[*bytes.Buffer]any{wantArgs: args, wantEnv: env} {
		enc := json.NewEncoder(b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	files["scaffold.toml"] = "schema = 1\nname = \"printer\"\nstack = \"go\"\n[runtime]\ncommand = " +
		inline(append([]string{"/printer"}, args...)) + "\nenv = { " + strings.Join(envTOML, ", ") + " }\n[image]\nlabels = { hostile = " +
		inline(env["H_SHELL"]) + " }\n[verify]\nexit = 0\noutput = " + inline(wantArgs.String()+wantEnv.String()) + "\n"
	dir := project(t, files)
	mustRun(t, dir, "generate")
	r, code, stderr := verified(t, dir, "--stand-ins", "--platform", nativePlatform)
	if code != exitDone || len(r.Results) != 1 {
		t.Fatalf("exit code %d, results %+v\n%s", code, r.Results, stderr)
	}
	if i := slices.IndexFunc(r.Results[0].Checks, func(c verify.Check) bool { return c.ID == "run/output" && c.Status == verify.Pass }); i < 0 {
		t.Errorf("the program did not print what the profile said: %+v", r.Results[0].Checks)
	}
}

// TestStubWithoutCgo switches cgo off for a program that is a stub without it: the
// decision is warned of, and verify says what failed and why.
func TestStubWithoutCgo(t *testing.T) {
	needsBuildKit(t)
	dir := t.TempDir()
	if err := copyTree(dir, "../../golden/cases/go-cgo-distroless"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "scaffold.toml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "\n[build]\ncgo = \"off\"\n"...)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	generate, warned := command(t, dir, "generate")
	if err := generate.Run(); err != nil || !strings.Contains(warned.String(), "build.cgo is off: github.com/mattn/go-sqlite3 needs cgo") {
		t.Fatalf("generate: %v\n%s", err, warned)
	}
	r, code, stderr := verified(t, dir, "--stand-ins", "--platform", nativePlatform)
	if code != exitFindings || len(r.Results) != 1 {
		t.Fatalf("exit code %d, results %+v\n%s", code, r.Results, stderr)
	}
	i := slices.IndexFunc(r.Results[0].Checks, func(c verify.Check) bool { return c.ID == "run/starts" })
	if c := r.Results[0].Checks[i]; c.Status != verify.Fail || !strings.Contains(c.Hint, `delete build.cgo = "off"`) || !strings.Contains(c.Output, "This is a stub") {
		t.Errorf("run/starts is %+v", c)
	}
}

// TestDebugOnScratch gives a program of scratch a shell, in its debug stage alone.
func TestDebugOnScratch(t *testing.T) {
	needsBuildKit(t)
	dir := project(t, printer)
	mustRun(t, dir, "init", "--yes", "--set", "verify.exit=0", "--set", "image.debug=true")
	r, code, stderr := verified(t, dir, "--stand-ins")
	if code != exitDone || len(r.Results) != 2 {
		t.Fatalf("exit code %d, results %+v\n%s", code, r.Results, stderr)
	}
	for _, res := range r.Results {
		for _, id := range []string{"image/shell", "debug/shell"} {
			if !slices.ContainsFunc(res.Checks, func(c verify.Check) bool { return c.ID == id && c.Status == verify.Pass }) {
				t.Errorf("%s: %s did not pass: %+v", res.Platform, id, res.Checks)
			}
		}
	}
}

// TestGoImageIsSmall holds a Go image to its binary and one megabyte.
func TestGoImageIsSmall(t *testing.T) {
	needsBuildKit(t)
	dir := t.TempDir()
	if err := copyTree(dir, "../../golden/cases/go-scratch"); err != nil {
		t.Fatal(err)
	}
	if err := copyTree(dir, "../../golden/cases/go-scratch/want"); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "hello"), "./cmd/hello")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(filepath.Join(dir, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "hello")); err != nil {
		t.Fatal(err)
	}
	r, code, stderr := verified(t, dir, "--stand-ins", "--platform", nativePlatform)
	if code != exitDone {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	over := r.Results[0].Image.Bytes - info.Size()
	t.Logf("image %d bytes, binary %d, the rest %d", r.Results[0].Image.Bytes, info.Size(), over)
	if over > 1e6 {
		t.Errorf("the image holds %d bytes beside its binary, want at most 1 MB", over)
	}
}

// TestPinnedReferencesTakeStandIns builds a Dockerfile whose FROM a bot has pinned.
func TestPinnedReferencesTakeStandIns(t *testing.T) {
	needsBuildKit(t)
	dir := project(t, printer)
	mustRun(t, dir, "init", "--yes", "--set", "verify.exit=0")
	path := filepath.Join(dir, "Dockerfile")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	pinned := strings.Replace(string(text), "golang:1.26-trixie", "golang:1.26-trixie@sha256:"+strings.Repeat("1", 64), 1)
	if err := os.WriteFile(path, []byte(pinned), 0o644); err != nil {
		t.Fatal(err)
	}
	r, code, stderr := verified(t, dir, "--stand-ins", "--platform", nativePlatform)
	if code != exitDone || len(r.Results) != 1 || r.Results[0].Drift != "pins" || r.Results[0].Edited {
		t.Errorf("exit code %d, results %+v\n%s", code, r.Results, stderr)
	}
}

// TestUnknownStandIn names what there is.
func TestUnknownStandIn(t *testing.T) {
	needsBuildKit(t)
	dir := project(t, printer)
	mustRun(t, dir, "init", "--yes", "--set", "runtime.base=registry.example/base:1")
	_, code, stderr := verified(t, dir, "--stand-ins")
	if code == exitDone || !strings.Contains(stderr, "registry.example/base:1") || !strings.Contains(stderr, "debian") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
}

// TestMirror pulls every base from a company's registry, and then finds it down.
func TestMirror(t *testing.T) {
	needsBuildKit(t)
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	cache = filepath.Join(cache, "scaffold")
	server := httptest.NewServer(registry.New())
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	_, err = standin.Ensure(t.Context(), standin.Options{
		CacheDir: cache, Registry: host,
		Needs: []standin.Need{{Ref: "golang:1.26-trixie", Platforms: []string{nativePlatform}}, {Ref: "docker/dockerfile:1", Platforms: []string{nativePlatform}}},
		Frontend: func(ctx context.Context, platform string) (string, error) {
			return builder.Tool(ctx, cache, "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend", platform, os.Stderr)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := project(t, printer)
	mustRun(t, dir, "init", "--yes", "--set", "verify.exit=0")
	r, code, stderr := verified(t, dir, "--mirror", server.URL, "--platform", nativePlatform)
	if code != exitDone || len(r.Results) != 1 || !r.Results[0].OK {
		t.Fatalf("exit code %d, results %+v\n%s", code, r.Results, stderr)
	}
	for _, b := range r.Results[0].Bases {
		if b.StandIn {
			t.Errorf("%+v is called a stand-in", b)
		}
	}
	server.Close()
	start := time.Now()
	r, code, _ = verified(t, dir, "--mirror", server.URL, "--platform", nativePlatform)
	if code != exitFindings || len(r.Results) != 1 || time.Since(start) > 2*time.Minute {
		t.Fatalf("with the mirror down: exit code %d after %s, results %+v", code, time.Since(start), r.Results)
	}
	if c := r.Results[0].Checks[0]; c.ID != "build" || c.Status != verify.Fail || !strings.Contains(c.Detail+c.Output, "docker/dockerfile:1") {
		t.Errorf("with the mirror down: %+v", c)
	}
}

// TestInterrupt ends a build with Ctrl-C: soon, with nothing left running.
func TestInterrupt(t *testing.T) {
	needsBuildKit(t)
	dir := project(t, printer)
	mustRun(t, dir, "init", "--yes")
	const mark = "sleep 86399"
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM debian:trixie-slim\nRUN "+mark+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd, stderr := command(t, dir, "verify", "--stand-ins", "--progress", "plain", "--platform", nativePlatform)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	waitFor(t, 5*time.Minute, func() bool { return running(mark) })
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("still running 20 s after Ctrl-C")
	}
	if code := cmd.ProcessState.ExitCode(); code != exitFailure || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	waitFor(t, 20*time.Second, func() bool { return !running(mark) })
	left, err := filepath.Glob(filepath.Join(dir, ".scaffold-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// running reports whether a process has mark in its command line.
func running(mark string) bool {
	found, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range found {
		if data, err := os.ReadFile(f); err == nil && strings.Contains(strings.ReplaceAll(string(data), "\x00", " "), mark) {
			return true
		}
	}
	return false
}

// waitFor waits until a condition holds.
func waitFor(t *testing.T, limit time.Duration, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	end := time.After(limit)
	for !holds() {
		select {
		case <-end:
			t.Fatalf("waited %s in vain", limit)
		case <-tick.C:
		}
	}
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scaffold/verify"
	"scaffold/verify/builder"
	"scaffold/verify/builder/enginetest"
)

// waiter is a program that waits, in an image of scratch: nothing of it needs a registry
// or stand-ins. With a mark, the build for arm64 runs it too, with that argument.
func waiter(t *testing.T, mark string) string {
	t.Helper()
	dir := project(t, map[string]string{
		"go.mod":        "module example.org/waiter\n\ngo 1.26\n",
		"main.go":       "package main\n\nimport \"time\"\n\nfunc main() { time.Sleep(time.Hour) }\n",
		"scaffold.toml": "schema = 1\nname = \"waiter\"\nstack = \"go\"\n[runtime]\nneeds = []\n",
	})
	mustRun(t, dir, "generate")
	text := "FROM scratch AS base\nARG TARGETARCH\nCOPY waiter-$TARGETARCH /waiter\nUSER 65532:65532\nENTRYPOINT [\"/waiter\"]\n"
	if mark != "" {
		text += "FROM base AS amd64\nFROM base AS arm64\nRUN --network=none [\"/waiter\", \"" + mark + "\"]\nFROM $TARGETARCH\n"
	}
	for name, data := range map[string]string{"Dockerfile": text, ".dockerignore": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, arch := range []string{"amd64", "arm64"} {
		cmd := exec.Command("go", "build", "-o", "waiter-"+arch, ".")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+arch)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return dir
}

// TestBuilders says which builder was taken and why, and routes platforms to several.
func TestBuilders(t *testing.T) {
	needsBuildKit(t)
	e := enginetest.Start(t)
	t.Setenv("DOCKER_HOST", e.Host)
	t.Setenv("BUILDKIT_HOST", "")
	dir := waiter(t, "")
	tests := map[string]struct {
		args  []string
		lines []string // of stderr, each with the words that follow its first
	}{
		"Docker, found": {nil, []string{"scaffold: builder: BuildKit", e.Host, "no --builder, no BUILDKIT_HOST"}},
		"Docker, named": {[]string{"--builder", "docker"}, []string{"scaffold: builder: BuildKit", e.Host, "given with --builder"}},
		"private":       {[]string{"--builder", "private"}, []string{"scaffold: builder: private buildkitd", "given with --builder"}},
		"one each": {[]string{"--builder", "private", "--builder", "linux/arm64=docker"},
			[]string{"scaffold: builder: private buildkitd", "scaffold: builder of linux/arm64: BuildKit", e.Host}},
		"no use": {[]string{"--builder", "docker", "--builder", "linux/s390x=docker"},
			[]string{"scaffold: builder: BuildKit", "scaffold: warning: --builder linux/s390x=… has no effect"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, code, stderr := verified(t, dir, tt.args...)
			if code != exitDone || len(r.Results) != 2 {
				t.Errorf("exit code %d, results %+v\n%s", code, r.Results, stderr)
			}
			for _, line := range tt.lines {
				if !strings.Contains(stderr, line) {
					t.Errorf("stderr lacks %q:\n%s", line, stderr)
				}
			}
		})
	}
}

// TestOneBuilderKilled reports what the other builder found, says which one is gone, and
// ends with 1.
func TestOneBuilderKilled(t *testing.T) {
	needsBuildKit(t)
	mark := fmt.Sprintf("until-killed-%d", os.Getpid())
	dir := waiter(t, mark)
	doomed := t.TempDir()
	shared, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(shared, "scaffold", "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(shared, "scaffold", "bin"), filepath.Join(doomed, "bin")); err != nil {
		t.Fatal(err)
	}
	doomedVerb := func(args ...string) []byte {
		t.Helper()
		cmd, stderr := command(t, dir, args...)
		cmd.Env = append(os.Environ(), "SCAFFOLD_CACHE="+doomed)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("scaffold %v: %v\n%s", args, err, stderr)
		}
		return out
	}
	doomedVerb("verify", "--builder", "private", "--platform", "linux/amd64")
	defer doomedVerb("builder", "prune")
	var status struct{ Instances []builder.InstanceStatus }
	if err := json.Unmarshal(doomedVerb("builder", "status", "--json"), &status); err != nil || len(status.Instances) != 1 {
		t.Fatalf("status is %+v, %v", status, err)
	}

	cmd, stderr := command(t, dir, "verify", "--json", "--progress", "plain", "--builder", "private", "--builder", "linux/arm64="+status.Instances[0].Addr)
	ended := make(chan struct{})
	var out []byte
	var failed error
	go func() {
		defer close(ended)
		out, failed = cmd.Output()
	}()
	waitFor(t, 5*time.Minute, func() bool { return running("/waiter " + mark) })
	daemon, err := os.FindProcess(status.Instances[0].BuildkitdPid)
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(2 * time.Minute):
		t.Fatal("still running 2 minutes after a builder was killed")
	}
	var exit *exec.ExitError
	if !errors.As(failed, &exit) || exit.ExitCode() != exitFailure {
		t.Errorf("it ended with %v, want exit code 1", failed)
	}
	for _, want := range []string{"scaffold: error: ", "linux/arm64: BuildKit went away"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, stderr)
		}
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("decoding the report: %v\n%s", err, out)
	}
	if len(r.Results) != 1 || r.Results[0].Platform != "linux/amd64" || !r.Results[0].OK || r.Results[0].Checks[0] == (verify.Check{}) {
		t.Errorf("results are %+v, want that of linux/amd64", r.Results)
	}
}

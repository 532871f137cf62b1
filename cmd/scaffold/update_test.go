package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestUpdateScripts runs testdata/update, each file against a registry of its own: a
// process of the distribution project's registry, at $REGISTRY. Beside the commands of
// TestScripts there are push and updated.
func TestUpdateScripts(t *testing.T) {
	program := registryProgram(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "update"),
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			address, err := startRegistry(program, env.WorkDir, env.Defer)
			env.Setenv("REGISTRY", address)
			env.Setenv("HOME", env.WorkDir) // git's configuration
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"drift":   drift,
			"push":    push,
			"updated": updated,
		},
	})
}

// registryProgram is the distribution project's registry, by Debian's name for it.
func registryProgram(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("docker-registry")
	if err != nil {
		skipUnlessCI(t, "there is no docker-registry")
	}
	return program
}

var listening = regexp.MustCompile(`listening on (127\.0\.0\.1:[0-9]+)`)

// startRegistry starts a registry on a free port. It keeps what it has in dir, and is
// stopped by what it hands to later.
func startRegistry(program, dir string, later func(func())) (string, error) {
	config := filepath.Join(dir, ".registry.yml")
	text := fmt.Sprintf("version: 0.1\nstorage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: 127.0.0.1:0}\n", filepath.Join(dir, ".registry"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return "", err
	}
	cmd := exec.Command(program, "serve", config)
	log, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	address := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
	}()
	later(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	select {
	case a := <-address:
		return a, nil
	case <-time.After(time.Minute):
		return "", fmt.Errorf("%s does not say where it listens", program)
	}
}

// push REPOSITORY:TAG PLATFORM... pushes an image of random bytes to $REGISTRY: an index
// of these platforms, whose digest is then in $DIGEST, or with none the image of one.
func push(ts *testscript.TestScript, _ bool, args []string) {
	ref := ts.Getenv("REGISTRY") + "/" + args[0]
	if len(args) == 1 {
		tag, err := name.NewTag(ref)
		ts.Check(err)
		image, err := random.Image(16, 1)
		ts.Check(err)
		ts.Check(remote.Write(tag, image))
		return
	}
	digest, err := pushIndex(ref, args[1:])
	ts.Check(err)
	ts.Setenv("DIGEST", digest)
}

// pushIndex pushes an index of images of random bytes, with an attestation beside them.
func pushIndex(ref string, platforms []string) (string, error) {
	tag, err := name.NewTag(ref)
	if err != nil {
		return "", err
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, platform := range append(slices.Clone(platforms), "unknown/unknown") {
		image, err := random.Image(16, 1)
		if err != nil {
			return "", err
		}
		p, err := v1.ParsePlatform(platform)
		if err != nil {
			return "", err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: p}})
	}
	if err := remote.WriteIndex(tag, index); err != nil {
		return "", err
	}
	digest, err := index.Digest()
	return digest.String(), err
}

// updated CHANGE ... holds the last command's stdout to be the JSON of update, of one
// project with these changes: kind[:reference], and = where something came to be, else -.
func updated(ts *testscript.TestScript, _ bool, args []string) {
	var doc struct {
		Schema   int
		Projects []struct {
			Profile  string
			Outdated bool
			Changes  []struct{ Kind, Name, From, To, Why string }
			Files    []struct {
				Path, Drift, Rejected, Copy string
				Edited, Conflict, Wrote     bool
			}
			Warnings []string
			Error    string
		}
	}
	strictJSON(ts, &doc)
	if doc.Schema != 1 || len(doc.Projects) != 1 {
		ts.Fatalf("schema is %d, of %d projects", doc.Schema, len(doc.Projects))
	}
	got := []string{}
	for _, c := range doc.Projects[0].Changes {
		if c.Why == "" || c.From == c.To {
			ts.Fatalf("the change is not whole: %+v", c)
		}
		s := strings.TrimSuffix(c.Kind+":"+familiar(c.Name), ":")
		if c.To == "" {
			s = "-" + s
		}
		got = append(got, s)
	}
	if d := cmp.Diff(append([]string{}, args...), got); d != "" {
		ts.Fatalf("changes (-want +got):\n%s", d)
	}
}

// TestUpdateInterrupted holds that Ctrl-C while a registry is asked ends at once and leaves
// every file as it was.
func TestUpdateInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	dir := project(t, printer)
	var stdout, stderr strings.Builder
	a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: os.Getenv, now: time.Now}
	if code := run(t.Context(), a, []string{"init", "--yes", dir}); code != exitDone {
		t.Fatalf("init: exit code %d\n%s", code, &stderr)
	}
	before := snapshot(t, dir)
	stdout.Reset()
	code := run(ctx, a, []string{"update", "--mirror", server.URL, dir})
	if code != exitFailure || !strings.HasSuffix(stderr.String(), "scaffold: error: interrupted\n") || stdout.String() != "" {
		t.Errorf("exit code %d\n%s%s", code, &stdout, &stderr)
	}
	if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
		t.Errorf("files changed (-before +after):\n%s", d)
	}
}

// snapshot is the text of every file in a folder, by name.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			files[e.Name()] = string(text)
		}
	}
	return files
}

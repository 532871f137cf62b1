package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"scaffold/verify/builder"
	"scaffold/verify/standin"
)

// TestMirrorBehindCA pulls every base from a registry that only a company's CA vouches for.
func TestMirrorBehindCA(t *testing.T) {
	needsBuildKit(t)
	cache, err := (&app{getenv: os.Getenv}).cacheDir()
	if err != nil {
		t.Fatal(err)
	}
	ca, handler := newCompanyCA(t), registry.New()
	plain, server := httptest.NewServer(handler), httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{ca.leaf}}
	server.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(server.Close)
	t.Setenv("NO_PROXY", os.Getenv("NO_PROXY")+",localhost")
	var needs []standin.Need
	for _, ref := range []string{"golang:1.26-trixie", "docker/dockerfile:1"} {
		needs = append(needs, standin.Need{Ref: ref, Platforms: []string{nativePlatform}})
	}
	_, err = standin.Ensure(t.Context(), standin.Options{
		CacheDir: cache, Registry: strings.TrimPrefix(plain.URL, "http://"), Needs: needs,
		Frontend: func(ctx context.Context, platform string) (string, error) {
			return builder.Tool(ctx, cache, "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend", platform, os.Stderr)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := project(t, printer)
	mustRun(t, dir, "init", "--yes", "--set", "verify.exit=0")
	args := []string{"--mirror", strings.Replace(server.URL, "127.0.0.1", "localhost", 1), "--platform", nativePlatform}
	r, code, stderr := verified(t, dir, args...)
	if code != exitFindings || len(r.Results) != 1 || !strings.Contains(r.Results[0].Checks[0].Hint, "--ca FILE") {
		t.Errorf("without the CA: exit code %d, results %+v\n%s", code, r.Results, stderr)
	}
	r, code, stderr = verified(t, dir, append(args, "--ca", secretFile(t, string(ca.pem)))...)
	if code != exitDone || len(r.Results) != 1 || !r.Results[0].OK {
		t.Errorf("with the CA: exit code %d, results %+v\n%s", code, r.Results, stderr)
	}
}

// TestSSH lists, in a dependency step, the keys of an agent here; the key stays here.
func TestSSH(t *testing.T) {
	needsBuildKit(t)
	for _, tool := range []string{"ssh-agent", "ssh-keygen", "ssh-add"} {
		if _, err := exec.LookPath(tool); err != nil {
			skipUnlessCI(t, "there is no "+tool)
		}
	}
	key := filepath.Join(t.TempDir(), "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", version, "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	socket := filepath.Join(t.TempDir(), "agent")
	agent := exec.Command("ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = agent.Process.Kill(); _ = agent.Wait() })
	t.Setenv("SSH_AUTH_SOCK", socket)
	waitFor(t, time.Minute, func() bool { return exec.Command("ssh-add", "-q", key).Run() == nil })

	dir := project(t, printer)
	mustRun(t, dir, "init", "--yes", "--set", "build.ssh=true", "--set", "verify.exit=0")
	edit(t, filepath.Join(dir, "Dockerfile"), "go mod download", "ssh-add -l && echo "+version+" && go mod download")
	archive := filepath.Join(t.TempDir(), "image.tar")
	r, code, stderr := verified(t, dir, "--stand-ins", "--platform", nativePlatform, "--ssh", "default", "--output", "oci="+archive, "--provenance=mode=max")
	if code != exitDone || !strings.Contains(stderr, version+" (ED25519)") {
		t.Fatalf("exit code %d, results %+v\n%s", code, r.Results, stderr)
	}
	private, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if found := places(t, archive, strings.Split(string(private), "\n")[1], socket); found != nil {
		t.Errorf("in what was shipped: %v", found)
	}
}

// edit replaces text in a file, which must be there.
func edit(t *testing.T, file, old, new string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%q is not in\n%s", old, text)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), old, new, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestAptBehindCA has the generated step install a package from an archive behind a
// company's CA.
func TestAptBehindCA(t *testing.T) {
	needsBuildKit(t)
	ca := newCompanyCA(t)
	pkg := t.TempDir()
	control := fmt.Sprintf("Package: acme-tool\nVersion: %s\nArchitecture: all\nMaintainer: Acme <acme@acme.example>\nDescription: a tool\n", version)
	if err := os.MkdirAll(filepath.Join(pkg, "DEBIAN"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(pkg, "DEBIAN", "control"), []byte(control), 0o644); err != nil {
		t.Fatal(err)
	}
	deb := filepath.Join(t.TempDir(), "acme-tool.deb")
	if out, err := exec.Command("dpkg-deb", "--root-owner-group", "--build", pkg, deb).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(deb)
	if err != nil {
		t.Fatal(err)
	}
	list := control + fmt.Sprintf("Filename: ./acme-tool.deb\nSize: %d\nSHA256: %x\n\n", len(data), sha256.Sum256(data))
	archive := serveIndex(t, map[string][]byte{"/Packages": []byte(list), "/acme-tool.deb": data}, &ca)

	for _, trusted := range []bool{false, true} {
		dir := project(t, printer)
		if err := os.WriteFile(filepath.Join(dir, "acme.pem"), ca.pem, 0o644); err != nil {
			t.Fatal(err)
		}
		args := []string{"init", "--yes", "--set", "verify.exit=0", "--set", "build.packages=acme-tool"}
		if trusted {
			args = append(args, "--set", "build.ca=acme.pem")
		}
		mustRun(t, dir, args...)
		source := fmt.Sprintf("deb [trusted=yes] https://%s:%s@%s/ ./", indexUser, indexPassword, archive.host())
		edit(t, filepath.Join(dir, "Dockerfile"), "apt-get ", fmt.Sprintf("rm -f /etc/apt/sources.list.d/* && echo '%s' > /etc/apt/sources.list && apt-get ", source))
		r, code, stderr := verified(t, dir, "--stand-ins", "--platform", nativePlatform)
		if trusted && code != exitDone {
			t.Errorf("with the CA: exit code %d\n%s", code, stderr)
		}
		if !trusted && (code != exitFindings || len(r.Results) != 1 || !strings.Contains(r.Results[0].Checks[0].Hint, "build.ca")) {
			t.Errorf("without the CA: exit code %d, %+v\n%s", code, r.Results, stderr)
		}
	}
}

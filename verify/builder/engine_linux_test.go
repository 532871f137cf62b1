package builder

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"scaffold/verify/builder/enginetest"
)

// TestDockerEngine reaches the BuildKit of a real Docker Engine in every way that the
// docker command would.
func TestDockerEngine(t *testing.T) {
	certs := certificates(t)
	at := func(name string) string { return filepath.Join(certs, name) }
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	far := "tcp://" + strings.Replace(free.Addr().String(), "127.0.0.1", "localhost", 1)
	free.Close()
	e := enginetest.Start(t, "--host", far, "--tlsverify", "--tlscacert", at("ca.pem"), "--tlscert", at("daemon.pem"), "--tlskey", at("daemon.key"))
	local := map[string]string{"DOCKER_HOST": e.Host}
	tests := map[string]struct {
		env  map[string]string
		addr string
		why  []string
	}{
		"found by DOCKER_HOST":  {local, "", []string{e.Host, `context "default"`, "; no --builder, no BUILDKIT_HOST"}},
		"named":                 {local, "docker", []string{e.Host, `context "default"`, "; given with --builder"}},
		"a context":             {nil, "docker://near", []string{e.Host, `context "near"`}},
		"the current context":   {map[string]string{"DOCKER_CONTEXT": "near"}, "", []string{e.Host, `context "near"`}},
		"over TLS, by variable": {map[string]string{"DOCKER_HOST": far, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs}, "", []string{far}},
		"over TLS, by context":  {nil, "docker://far", []string{far, `context "far"`}},
		"over ssh":              {map[string]string{"DOCKER_HOST": "ssh://me@far"}, "docker", []string{"ssh://me@far", `context "default"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config := noDocker(t)
			e.Path(t)
			e.Docker(t, "context", "create", "near", "--docker", "host="+e.Host)
			e.Docker(t, "context", "create", "far", "--docker", "host="+far+",ca="+at("ca.pem")+",cert="+at("cert.pem")+",key="+at("key.pem"))
			if left, _ := filepath.Glob(filepath.Join(config, "contexts", "meta", "*")); len(left) != 2 {
				t.Fatalf("contexts are %v", left)
			}
			// The far end of ssh runs docker there, which finds its engine by itself.
			ssh := t.TempDir()
			write(t, filepath.Join(ssh, "ssh"), "#!/bin/sh\nfor command; do :; done\nDOCKER_HOST="+e.Host+" exec sh -c \"$command\"\n")
			if err := os.Chmod(filepath.Join(ssh, "ssh"), 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", ssh+string(os.PathListSeparator)+os.Getenv("PATH"))
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			var log bytes.Buffer
			b := connect(t, Options{CacheDir: t.TempDir(), Addr: tt.addr, Log: &log})
			for _, w := range append(tt.why, "Docker Engine "+b.Engine) {
				if !strings.Contains(b.Why, w) {
					t.Errorf("why is %q, want %q in it", b.Why, w)
				}
			}
			if b.Native != native() || b.SessionDialer == nil || b.Engine == "" || log.Len() > 0 {
				t.Errorf("builder is %+v, log %q", b, &log)
			}
		})
	}
	t.Run("by its socket", func(t *testing.T) {
		_, err := Connect(context.Background(), Options{CacheDir: t.TempDir(), Addr: e.Host})
		holdsError(t, err, e.Host, "--builder docker")
	})
	t.Run("over TLS, without a certificate", func(t *testing.T) {
		noDocker(t)
		t.Setenv("DOCKER_HOST", far)
		_, err := Connect(context.Background(), Options{CacheDir: t.TempDir(), Addr: "docker"})
		holdsError(t, err, far, "HTTPS")
	})
}

// TestDockerContainer reaches a buildkitd that runs in a container. The container has the
// programs of this machine, since its image has to come from somewhere.
func TestDockerContainer(t *testing.T) {
	o := private(t)
	e := enginetest.Start(t)
	e.Path(t)
	noDocker(t)
	t.Setenv("DOCKER_HOST", e.Host)
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	root := t.TempDir()
	for _, name := range []string{"buildkitd", "buildctl"} {
		path, err := Tool(ctx, o.CacheDir, "github.com/moby/buildkit/cmd/"+name, native(), testLog{t})
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(root, "bk", name), string(data))
		if err := os.Chmod(filepath.Join(root, "bk", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"etc", "proc", "root", "run", "sys", "tmp", "usr", "var/lib"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"bin", "lib", "lib64", "sbin"} {
		if err := os.Symlink("usr/"+dir, filepath.Join(root, dir)); err != nil {
			t.Fatal(err)
		}
	}
	tar := filepath.Join(t.TempDir(), "image.tar")
	if out, err := exec.Command("tar", "-C", root, "-cf", tar, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	e.Docker(t, "import", tar, "buildkit:test")
	// What --privileged gives, but for capabilities that a machine may lack itself.
	e.Docker(t, "run", "--detach", "--name", "bk", "--network=host",
		"--cap-add=SYS_ADMIN", "--cap-add=NET_ADMIN", "--cap-add=SYS_PTRACE",
		"--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined", "--security-opt=systempaths=unconfined",
		"--volume=/usr:/usr:ro", "--volume=/etc:/etc:ro", "--volume=/sys/fs/cgroup:/sys/fs/cgroup", "--volume=/var/lib/buildkit",
		"--env=PATH=/bk:/usr/sbin:/usr/bin:/sbin:/bin", "buildkit:test", "buildkitd")
	defer e.Docker(t, "rm", "--force", "--volumes", "bk")
	eventually(t, "buildkitd serves in its container", func() bool {
		return strings.Contains(e.Docker(t, "logs", "bk"), "running server")
	})
	b := connect(t, Options{CacheDir: t.TempDir(), Addr: "docker-container://bk"})
	if b.Native != native() || !strings.HasPrefix(b.Why, "BuildKit v0.") || !strings.Contains(b.Why, "at docker-container://bk; given with --builder") {
		t.Errorf("why is %q", b.Why)
	}
}

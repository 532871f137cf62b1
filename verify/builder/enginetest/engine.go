// Package enginetest runs a Docker Engine for a test: a dockerd of the test's own, with
// its data, its socket and its processes apart from those of the machine, and with
// neither a bridge nor firewall rules.
package enginetest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// deadline bounds each step of an engine's life on a busy machine.
const deadline = 2 * time.Minute

// Engine is a Docker Engine that runs.
type Engine struct {
	Host string // Its socket, as DOCKER_HOST takes it.
	docker
}

// docker is the docker command and where it finds its engine.
type docker struct{ path, host string }

// Start runs a dockerd until the test ends; args are its own, beside what keeps it apart.
// A test is skipped where there is no dockerd, and fails where CI is set.
func Start(t testing.TB, args ...string) Engine {
	t.Helper()
	dockerd, err := exec.LookPath("dockerd")
	if err != nil {
		skip(t, "there is no dockerd: install the package docker.io")
	}
	if os.Geteuid() != 0 {
		skip(t, "dockerd needs root")
	}
	dir, err := os.MkdirTemp("", "dockerd-") // short, for its sockets
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	log, err := os.Create(at("log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	e := Engine{Host: "unix://" + at("docker.sock")}
	e.docker = docker{command(t), e.Host}
	cmd := exec.Command(dockerd, append([]string{"--data-root", at("data"), "--exec-root", at("exec"), "--pidfile", at("pid"),
		"--host", e.Host, "--bridge=none", "--iptables=false"}, args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(t, cmd, ended, dir) })
	e.await(t, at("docker.sock"), ended, at("log"))
	return e
}

// command is a real docker command; a container tool of another make may have its name.
func command(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"/usr/bin/docker", "docker"} {
		if path, err := exec.LookPath(name); err == nil {
			if out, err := exec.Command(path, "--version").Output(); err == nil && strings.HasPrefix(string(out), "Docker version") {
				return path
			}
		}
	}
	skip(t, "there is no docker command: install the package docker.io, or docker-cli")
	return ""
}

func skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// await returns when the engine answers, and fails the test with its log if it ends.
func (e Engine) await(t testing.TB, socket string, ended chan error, log string) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(deadline)
	for {
		select {
		case err := <-ended:
			ended <- err
			text, _ := os.ReadFile(log)
			t.Fatalf("dockerd ended: %v\n%s", err, text)
		case <-limit:
			text, _ := os.ReadFile(log)
			t.Fatalf("dockerd does not answer within %s\n%s", deadline, text)
		case <-tick.C:
		}
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			if _, err := e.try("version"); err == nil {
				return
			}
		}
	}
}

func stop(t testing.TB, cmd *exec.Cmd, ended chan error, dir string) {
	_ = cmd.Process.Signal(os.Interrupt)
	select {
	case <-ended:
	case <-time.After(deadline):
		_ = cmd.Process.Kill()
		t.Errorf("dockerd did not end within %s", deadline)
		return
	}
	mounts, _ := os.ReadFile("/proc/self/mounts")
	for line := range strings.Lines(string(mounts)) {
		// A network namespace that dockerd leaves.
		if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[1], dir+"/") {
			_ = exec.Command("umount", f[1]).Run()
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Errorf("dockerd left something: %v", err)
	}
}

// try runs the docker command on the engine.
func (d docker) try(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.path, args...)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+d.host, "DOCKER_CONTEXT=", "DOCKER_TLS_VERIFY=", "DOCKER_TLS=")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// Docker runs the docker command on the engine, and returns what it printed.
func (e Engine) Docker(t testing.TB, args ...string) string {
	t.Helper()
	out, err := e.try(args...)
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// Path puts the docker command first in PATH, for what runs it by its name.
func (e Engine) Path(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(e.path, filepath.Join(dir, "docker")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

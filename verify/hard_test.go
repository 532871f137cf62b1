//go:build linux

package verify_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scaffold/verify"
	"scaffold/verify/builder"
)

// detail of one check.
func detail(r verify.Result, id string) string {
	for _, c := range r.Checks {
		if c.ID == id {
			return c.Detail
		}
	}
	return ""
}

// noPort makes the profile that of a program that answers nothing.
func noPort(more string) []string {
	return []string{
		"port   = 8000\nhealth = [\"/app\", \"health\"]\n", "",
		`http    = { path = "/healthz", body = "hello from 65532" }`, more,
	}
}

func TestPrograms(t *testing.T) {
	unasked := []string{"run/http", "", "run/health", ""}
	tests := []struct {
		name       string
		dockerfile []string
		profile    []string
		want       []string // statuses unlike the healthy image's
		starts     string
	}{
		{"stays up", nil, noPort(""), nil, "still runs after"},
		{"ends with 0", fault("end"), noPort(""), []string{"run/stop", "skip"}, "with 0"},
		{"ends with the expected code", fault("exit"), noPort("exit = 1"), []string{"run/stop", "skip"}, "with 1"},
		{"ends with another code", fault("exit"), noPort("exit = 4"), []string{"run/starts", "fail", "run/stop", "skip"}, "want exit code 4"},
		{"ends with 1", fault("exit"), noPort(""), []string{"run/starts", "fail", "run/stop", "skip"}, "want 0"},
		{"does not end", nil, append(noPort("exit = 0"), "20s", "8s"), []string{"run/starts", "fail"}, "still runs after 8s"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, options(t, "linux/amd64"), request(t, tc.dockerfile, tc.profile))[0]
			if diff := cmp.Diff(with(append(tc.want, unasked...)...), statuses(r)); diff != "" {
				t.Errorf("checks differ (-want +got):\n%s%+v", diff, r.Checks)
			}
			if got := detail(r, "run/starts"); !strings.Contains(got, tc.starts) {
				t.Errorf("run/starts says %q, want %q in it", got, tc.starts)
			}
		})
	}
}

func TestSpecialProfiles(t *testing.T) {
	runs := []string{"run/starts", "run/output", "run/http", "run/health", "run/nonroot", "run/stop"}
	skipped := func(ids ...string) (pairs []string) {
		for _, id := range ids {
			pairs = append(pairs, id, "skip")
		}
		return pairs
	}
	tests := []struct {
		name                string
		dockerfile, profile []string
		options             func(*verify.Options)
		want                []string
		id, says            string
	}{
		{"port alone", nil, []string{`http    = { path = "/healthz", body = "hello from 65532" }`, ""}, nil,
			[]string{"run/http", "", "run/tcp", "pass"}, "run/tcp", "port 8000"},
		{"health path", nil, []string{`["/app", "health"]`, `"/healthz"`}, nil,
			nil, "run/health", "GET /healthz: 200"},
		{"health path that nothing reaches", fault("port"), []string{`["/app", "health"]`, `"/healthz"`, "20s", "8s"}, nil,
			[]string{"run/http", "fail", "run/health", "skip"}, "run/health", "see run/http"},
		{"not run", nil, []string{"[verify]", "[verify]\nrun = false", `env     = { GREETING = "good day" }`, "", `timeout = "20s"`, "",
			`output  = "GREETING is good day"`, "", `http    = { path = "/healthz", body = "hello from 65532" }`, ""}, nil,
			append(skipped("run/starts", "run/nonroot", "run/stop", "run/health"), "run/output", "", "run/http", "", "run/tcp", "skip"),
			"run/starts", "verify.run = false"},
		{"cannot run here", nil, nil, func(o *verify.Options) { o.Platforms, o.CanRun = []string{"linux/arm64"}, []string{"linux/amd64"} },
			append(skipped(runs...), "run/starts", "fail"), "run/starts", "linux/arm64 cannot run here"},
		{"root is wanted", []string{"USER 65532:65532\n", ""}, []string{"port   = 8000", "port   = 8000\nuser = \"root\"", "from 65532", "from 0"}, nil,
			[]string{"run/nonroot", "skip"}, "run/nonroot", "runtime.user = root"},
		{"another stop signal", []string{"USER", "STOPSIGNAL SIGUSR1\nUSER"}, nil, nil,
			nil, "run/stop", "after SIGUSR1"},
		{"a user that is not there", []string{"USER 65532:65532", "USER somebody"}, nil, nil,
			append(skipped("run/http", "run/health", "run/stop", "run/output"), "run/starts", "fail", "run/nonroot", "fail"), "run/starts", "somebody"},
		{"deaf under emulation", fault("deaf"), nil, func(o *verify.Options) { o.Platforms = []string{"linux/arm64"} },
			skipped("run/stop"), "run/stop", "emulation cannot tell"},
		{"a build without end", append(fault("silent"), "USER", "RUN [\"/app\"]\nUSER"), nil, func(o *verify.Options) { o.BuildTimeout = 2 * time.Second },
			append(skipped(append(runs, "image/platform", "image/ca", "image/tz", "image/size")...), "build", "fail"), "build", "did not end within 2s"},
		{"a file at the prober's place", []string{"USER", "COPY ca.crt /.scaffold\nUSER"}, nil, nil,
			append(skipped("run/http", "run/health", "run/stop", "run/output"), "run/starts", "fail"), "run/starts", ".scaffold"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o := options(t, "linux/amd64")
			if tc.options != nil {
				tc.options(&o)
			}
			r := run(t, o, request(t, tc.dockerfile, tc.profile))[0]
			if diff := cmp.Diff(with(tc.want...), statuses(r)); diff != "" {
				t.Errorf("checks differ (-want +got):\n%s%+v", diff, r.Checks)
			}
			if got := detail(r, tc.id); !strings.Contains(got, tc.says) {
				t.Errorf("%s says %q, want %q in it", tc.id, got, tc.says)
			}
		})
	}
}

// TestFlood runs a program that prints 100 MB: what is kept is bounded, and nothing stalls.
func TestFlood(t *testing.T) {
	r := run(t, options(t, "linux/amd64"), request(t, fault("flood"), []string{"GREETING is good day\"\nhttp", "app: flooded\"\nhttp"}))[0]
	if diff := cmp.Diff(healthy(), statuses(r)); diff != "" {
		t.Errorf("checks differ (-want +got):\n%s%+v", diff, r.Checks)
	}
}

// marked counts the processes of this machine whose environment holds mark.
func marked(mark string) int {
	n := 0
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		if env, err := os.ReadFile(f); err == nil && strings.Contains(string(env), mark) {
			n++
		}
	}
	return n
}

// eventually waits until done, and fails after d.
func eventually(t *testing.T, d time.Duration, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(d); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", d, what)
		}
	}
}

// TestCancel cancels a run while the program runs on both platforms: it ends within
// seconds and leaves no process.
func TestCancel(t *testing.T) {
	mark := fmt.Sprintf("cancel-%d-%d", os.Getpid(), time.Now().UnixNano())
	o := options(t, "linux/amd64", "linux/arm64")
	req := request(t, fault("silent"), []string{`GREETING = "good day"`, `GREETING = "` + mark + `"`})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := verify.Run(ctx, o, []verify.Request{req})
		done <- err
	}()
	// Each platform has the program and the prober that asks it.
	eventually(t, time.Minute, "both programs run", func() bool { return marked(mark) >= 4 })
	began := time.Now()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want a cancel", err)
	}
	if d := time.Since(began); d > 20*time.Second {
		t.Errorf("the run ended %s after the cancel", d)
	}
	eventually(t, 30*time.Second, "no process is left", func() bool { return marked(mark) == 0 })
	t.Logf("ended and gone after %s", time.Since(began))
}

// onText calls do once when text is written to it.
type onText struct {
	text string
	do   func()
	at   time.Time
}

func (w *onText) Write(p []byte) (int, error) {
	if w.at.IsZero() && strings.Contains(string(p), w.text) {
		w.at = time.Now()
		w.do()
	}
	return len(p), nil
}

// TestBuilderKilled kills BuildKit while a step runs.
func TestBuilderKilled(t *testing.T) {
	b, cache := newBuilder(t)
	o := options(t, "linux/amd64")
	o.Client, o.BuilderHint, o.Show = b.Client, "its log is at hand", verify.ShowPlain
	kill := &onText{text: "app: listening", do: func() {
		all, err := builder.Status(cache)
		if err != nil || len(all) != 1 {
			t.Errorf("status: %v, %v", all, err)
			return
		}
		_ = syscall.Kill(all[0].BuildkitdPid, syscall.SIGKILL)
	}}
	o.Progress = kill
	req := request(t, []string{"USER", "RUN [\"/app\"]\nUSER"}, nil)
	_, err := verify.Run(context.Background(), o, []verify.Request{req})
	if !errors.Is(err, verify.ErrBuilder) || !strings.Contains(err.Error(), "its log is at hand") {
		t.Fatalf("got %v, want that BuildKit went away", err)
	}
	if d := time.Since(kill.at); d > 30*time.Second {
		t.Errorf("the error came %s after the kill", d)
	}
	t.Log(err)
}

// TestIgnoreFile has an ignore file beside the Dockerfile leave a file out of the context.
func TestIgnoreFile(t *testing.T) {
	req := request(t, nil, nil)
	must(t, os.WriteFile(req.Dockerfile+".dockerignore", []byte("ca.crt\n"), 0o644))
	r := run(t, options(t, "linux/amd64"), req)[0]
	if diff := cmp.Diff(notBuilt(), statuses(r)); diff != "" {
		t.Errorf("checks differ (-want +got):\n%s%+v", diff, r.Checks)
	}
	if got := detail(r, "build"); !strings.Contains(got, "ca.crt") {
		t.Errorf("build says %q", got)
	}
}

// TestSecret mounts secrets for a step; the program of another step cannot see them.
func TestSecret(t *testing.T) {
	t.Setenv("VERIFY_TEST_TOKEN", "open sesame")
	req := request(t, []string{"USER", "RUN --mount=type=secret,id=token,env=GREETING [\"/app\"]\nUSER", "FAULT=none", "FAULT=exit"}, nil)
	req.Secrets = []verify.SecretSource{{ID: "token", Env: "VERIFY_TEST_TOKEN"}}
	r := run(t, options(t, "linux/amd64"), req)[0]
	if len(r.Checks) == 0 || !strings.Contains(r.Checks[0].Output, "GREETING is open sesame") {
		t.Errorf("the step did not get the secret: %+v", r.Checks)
	}
}

func TestUnusableRequest(t *testing.T) {
	req := request(t, nil, nil)
	req.Dockerfile = filepath.Base(req.Dockerfile)
	if _, err := verify.Run(context.Background(), options(t), []verify.Request{req}); err == nil {
		t.Error("a relative path was taken")
	}
	if _, err := verify.Run(context.Background(), options(t, "nonsense platform"), []verify.Request{request(t, nil, nil)}); err == nil {
		t.Error("a platform that is none was taken")
	}
}

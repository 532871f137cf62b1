//go:build linux

package verify_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/verify"
)

// statuses are those of every check of a result.
func statuses(r verify.Result) map[string]verify.Status {
	m := map[string]verify.Status{}
	for _, c := range r.Checks {
		m[c.ID] = c.Status
	}
	return m
}

// healthy is what every check says about the healthy image.
func healthy() map[string]verify.Status {
	return map[string]verify.Status{
		"build": verify.Pass, "run/starts": verify.Pass, "run/output": verify.Pass, "run/http": verify.Pass,
		"run/health": verify.Pass, "run/nonroot": verify.Pass, "run/stop": verify.Pass,
		"image/platform": verify.Pass, "image/ca": verify.Pass, "image/tz": verify.Pass, "image/size": verify.Pass,
	}
}

func TestHealthy(t *testing.T) {
	results := run(t, options(t), request(t, nil, nil))
	if len(results) != 2 || results[0].Platform != "linux/amd64" || results[1].Platform != "linux/arm64" {
		t.Fatalf("got %+v, want linux/amd64 and linux/arm64", results)
	}
	for _, r := range results {
		if diff := cmp.Diff(healthy(), statuses(r)); diff != "" {
			t.Errorf("%s: %s\n%+v", r.Platform, diff, r.Checks)
		}
		if !r.OK || !strings.HasPrefix(r.Image.Digest, "sha256:") || r.Image.Bytes < 1_000_000 || r.Seconds <= 0 {
			t.Errorf("%s: result is %+v", r.Platform, r)
		}
	}
	if results[0].Image.Digest == results[1].Image.Digest {
		t.Error("both platforms have one digest")
	}
	var text, doc bytes.Buffer
	must(t, verify.WriteText(&text, results, false))
	if n := strings.Count(text.String(), "\n"); n != 2 {
		t.Errorf("a healthy platform takes one line; got\n%s", text.String())
	}
	must(t, verify.WriteJSON(&doc, results))
	t.Logf("\n%s\n%s", text.String(), doc.String())
	var back struct {
		Schema  int
		Results []verify.Result
	}
	must(t, json.Unmarshal(doc.Bytes(), &back))
	if diff := cmp.Diff(results, back.Results); back.Schema != 1 || diff != "" {
		t.Errorf("schema %d, %s", back.Schema, diff)
	}
}

// with are the statuses of the healthy image but for some; "" takes one out.
func with(pairs ...string) map[string]verify.Status {
	m := healthy()
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = verify.Status(pairs[i+1])
		if pairs[i+1] == "" {
			delete(m, pairs[i])
		}
	}
	return m
}

// notBuilt are the statuses where the build failed: nothing else is judged.
func notBuilt() map[string]verify.Status {
	m := healthy()
	for id := range m {
		m[id] = verify.Skip
	}
	m["build"] = verify.Fail
	return m
}

// ended are the statuses of a service that ended before anybody could ask it.
func ended() map[string]verify.Status {
	return with("run/starts", "fail", "run/http", "skip", "run/health", "skip", "run/stop", "skip")
}

func fault(name string) []string { return []string{"FAULT=none", "FAULT=" + name} }

// TestBroken breaks the healthy image in one way each: that check alone fails, and says
// why and what to do.
func TestBroken(t *testing.T) {
	const app = "app-${TARGETARCH}"
	quick := []string{"20s", "8s"} // long enough for a program to start on a machine that does much else
	tests := []struct {
		name       string
		dockerfile []string // edits, as request takes them
		profile    []string
		platform   string
		want       map[string]verify.Status
		fails      string
		detail     []string
		hint       string
		output     string
	}{
		{name: "no CA", dockerfile: []string{"COPY ca.crt /etc/ssl/certs/ca-certificates.crt\n", ""},
			fails: "image/ca", detail: []string{"no CA certificates"}, hint: "ca-certificates"},
		{name: "empty CA", dockerfile: []string{"COPY ca.crt", "COPY zoneinfo.zip"},
			fails: "image/ca", detail: []string{"no CA certificates", "holds no certificate"}, hint: "ca-certificates"},
		{name: "no tz", dockerfile: []string{"COPY zoneinfo.zip /zoneinfo.zip\n", ""},
			fails: "image/tz", detail: []string{"Europe/Berlin"}, hint: "time/tzdata"},
		{name: "empty tz", dockerfile: []string{"COPY zoneinfo.zip", "COPY empty.zip"},
			fails: "image/tz", detail: []string{"Europe/Berlin", "/zoneinfo.zip"}, hint: "tzdata"},
		{name: "wrong architecture", dockerfile: []string{app, "app-amd64"}, platform: "linux/arm64",
			fails: "image/platform", detail: []string{"/app: x86-64, want aarch64"}, hint: "GOARCH=$TARGETARCH"},
		{name: "root", dockerfile: []string{"USER 65532:65532\n", ""}, profile: []string{"from 65532", ""},
			fails: "run/nonroot", detail: []string{"no USER", "root"}, hint: "USER 65532:65532"},
		{name: "user zero", dockerfile: []string{"USER 65532:65532", "USER 0:65532"}, profile: []string{"from 65532", ""},
			fails: "run/nonroot", detail: []string{`"0:65532"`, "root"}, hint: "USER 65532:65532"},
		{name: "never listens", dockerfile: fault("silent"), profile: append(quick, `health = ["/app", "health"]`, ""),
			want:  with("run/http", "fail", "run/health", ""),
			fails: "run/http", detail: []string{"nothing listens on port 8000", "nor on any other"}, hint: "output", output: "GREETING is"},
		{name: "wrong port", dockerfile: fault("port"), profile: append(quick, `health = ["/app", "health"]`, ""),
			want:  with("run/http", "fail", "run/health", ""),
			fails: "run/http", detail: []string{"port 8000", "listens on 5000"}, hint: "runtime.port = 5000"},
		{name: "loopback", dockerfile: fault("loopback"),
			fails: "run/http", detail: []string{"127.0.0.1:8000", "outside"}, hint: "0.0.0.0"},
		{name: "wrong status", dockerfile: fault("status"), profile: []string{`health = ["/app", "health"]`, ""},
			want:  with("run/http", "fail", "run/health", ""),
			fails: "run/http", detail: []string{"GET /healthz", "status 418", "want 200"}, hint: "verify.http.status = 418"},
		{name: "wrong body", dockerfile: fault("body"),
			fails: "run/http", detail: []string{`lacks "hello from 65532"`, `"goodbye"`}, hint: "verify.http.body"},
		{name: "ignores its stop signal", dockerfile: fault("deaf"),
			fails: "run/stop", detail: []string{"10s", "SIGTERM"}, hint: "STOPSIGNAL"},
		{name: "exits 1", dockerfile: fault("exit"), want: ended(),
			fails: "run/starts", detail: []string{"exit code 1", "should stay up"}, hint: "verify.env", output: "app: cannot go on"},
		{name: "stub without cgo", dockerfile: fault("stub"), want: ended(),
			fails: "run/starts", detail: []string{"exit code 1"}, hint: `delete build.cgo = "off"`, output: "go-sqlite3 requires cgo"},
		{name: "no loader", dockerfile: []string{app, "app-dynamic"},
			want:  with("run/starts", "fail", "run/http", "skip", "run/health", "skip", "run/stop", "skip", "run/output", "skip"),
			fails: "run/starts", detail: []string{"could not be started"}, hint: "CGO_ENABLED=0"},
		{name: "no program", dockerfile: []string{`ENTRYPOINT ["/app"]`, `ENTRYPOINT ["/ap"]`},
			want:  with("run/starts", "fail", "run/http", "skip", "run/health", "skip", "run/stop", "skip", "run/output", "skip"),
			fails: "run/starts", detail: []string{"could not be started"}, hint: `no "/ap"`},
		{name: "not executable", dockerfile: []string{"chmod=755", "chmod=644"},
			want:  with("run/starts", "fail", "run/http", "skip", "run/health", "skip", "run/stop", "skip", "run/output", "skip"),
			fails: "run/starts", detail: []string{"could not be started"}, hint: "chmod +x"},
		{name: "too large", profile: []string{"40MB", "1.5MB"},
			fails: "image/size", detail: []string{"limit is 1.5 MB"}, hint: "verify.size"},
		{name: "output absent", profile: append(quick, "GREETING is good day", "GREETING is good night"),
			fails: "run/output", detail: []string{`"GREETING is good night"`, "within 8s"}, hint: "verify.output", output: "GREETING is good day"},
		{name: "sick", dockerfile: fault("sick"), profile: quick,
			fails: "run/health", detail: []string{"/app health", "ended with 1"}, hint: "runtime.health", output: "not healthy"},
		{name: "COPY of what is not there", dockerfile: []string{app, "no-such-file"}, want: notBuilt(),
			fails: "build", detail: []string{"COPY", "Dockerfile:5", "not found"}, hint: ".dockerignore", output: ">>> COPY"},
		{name: "RUN that fails", dockerfile: append(fault("exit"), "USER", "RUN [\"/app\"]\nUSER"), want: notBuilt(),
			fails: "build", detail: []string{"RUN", "Dockerfile:7", "exit code: 1"}, hint: "correct this step", output: "app: cannot go on"},
		{name: "base that cannot be read", dockerfile: []string{"FROM scratch", "FROM 127.0.0.1:1/nothing:1"}, want: notBuilt(),
			fails: "build", detail: []string{"Dockerfile:1", "127.0.0.1:1/nothing:1"}, hint: "registry"},
		{name: "no loader, emulated", dockerfile: []string{app, "app-dynamic-arm64"}, platform: "linux/arm64",
			want:  with("run/starts", "fail", "run/http", "skip", "run/health", "skip", "run/stop", "skip", "run/output", "skip"),
			fails: "run/starts", detail: []string{"could not be started"}, hint: "ld-linux-aarch64"},
		{name: "unknown instruction", dockerfile: []string{"FROM scratch", "FORM scratch"}, want: notBuilt(),
			fails: "build", detail: []string{"Dockerfile:1", "FORM"}, hint: "correct"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.platform == "" {
				tc.platform = "linux/amd64"
			}
			if tc.want == nil {
				tc.want = with(tc.fails, "fail")
			}
			results := run(t, options(t, tc.platform), request(t, tc.dockerfile, tc.profile))
			var text bytes.Buffer
			must(t, verify.WriteText(&text, results, false))
			t.Logf("\n%s", text.String())
			r := results[0]
			if diff := cmp.Diff(tc.want, statuses(r)); diff != "" {
				t.Errorf("checks differ (-want +got):\n%s%+v", diff, r.Checks)
			}
			if r.OK {
				t.Error("the result is ok")
			}
			for _, c := range r.Checks {
				if c.ID == tc.fails {
					says(t, c, tc.detail, tc.hint, tc.output)
				}
			}
			if strings.ContainsAny(text.String(), "\x1b\r\a") {
				t.Errorf("control characters in %q", text.String())
			}
		})
	}
}

func says(t *testing.T, c verify.Check, detail []string, hint, output string) {
	t.Helper()
	for _, want := range detail {
		if !strings.Contains(c.Detail, want) {
			t.Errorf("%s: detail %q lacks %q", c.ID, c.Detail, want)
		}
	}
	if !strings.Contains(c.Hint, hint) {
		t.Errorf("%s: hint %q lacks %q", c.ID, c.Hint, hint)
	}
	if !strings.Contains(c.Output, output) {
		t.Errorf("%s: output %q lacks %q", c.ID, c.Output, output)
	}
}

//go:build linux

package verify_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/verify"
)

// TestDebugStage builds the stage debug beside the final one, and breaks each in one way.
func TestDebugStage(t *testing.T) {
	const end = `ENTRYPOINT ["/app"]` + "\n"
	stage := func(debug, final string) []string {
		return []string{"FROM scratch", "FROM scratch AS app", end, end + debug + final}
	}
	const good = "FROM app AS debug\nARG TARGETARCH\nCOPY --chmod=755 app-${TARGETARCH} /busybox/sh\nENV PATH=$PATH:/busybox ANSWER=42\n"
	for name, tc := range map[string]struct {
		dockerfile   []string
		shell, debug verify.Status
		detail, hint string // of the check that fails
	}{
		"a shell":            {stage(good, "FROM app\n"), verify.Pass, verify.Pass, "", ""},
		"no stage":           {nil, verify.Pass, verify.Fail, "debug", "scaffold generate"},
		"no shell in it":     {stage("FROM app AS debug\n", "FROM app\n"), verify.Pass, verify.Fail, "no shell", "scaffold generate"},
		"none that works":    {stage(good+"ENV ANSWER=\n", "FROM app\n"), verify.Pass, verify.Fail, `answers ""`, "scaffold generate"},
		"a shell in the end": {stage(good, ""), verify.Fail, verify.Pass, "/busybox/sh", "last FROM"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := request(t, tc.dockerfile, []string{"[verify]", "[image]\ndebug = true\n[verify]"})
			want := with("image/shell", string(tc.shell), "debug/shell", string(tc.debug))
			r := run(t, options(t, "linux/amd64"), req)[0]
			if diff := cmp.Diff(want, statuses(r)); diff != "" {
				t.Errorf("checks (-want +got):\n%s%+v", diff, r.Checks)
			}
			for _, c := range r.Checks {
				if c.Status == verify.Fail {
					says(t, c, []string{tc.detail}, tc.hint, "")
				}
			}
		})
	}
}

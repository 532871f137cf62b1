package verify

import (
	"strings"
	"testing"
)

// TestHints holds which hint a real message leads to.
func TestHints(t *testing.T) {
	for _, c := range []struct {
		all          []hint
		output, want string
	}{
		{hints, "x509: certificate signed by unknown authority", "CA"},
		{hints, "main.go:4:8: build constraints exclude all Go files in /go/pkg/mod/github.com/godror/godror@v0.49.1", `build.cgo = "on"`},
		{hints, "Package libpq was not found in the pkg-config search path.", "build.packages"},
		{hints, "main.go:5:10: fatal error: libpq-fe.h: No such file or directory", "build.packages"},
		{hints, "\"/no-such-file\": not found", ".dockerignore"},
		{hints, "exit code: 1", "otherwise"},
		{outputHints, "Binary was compiled with 'CGO_ENABLED=0', go-sqlite3 requires cgo to work. This is a stub", "build.cgo"},
		{outputHints, "/app: error while loading shared libraries: libpq.so.5: cannot open shared object file", "runtime.packages"},
		{outputHints, "panic: something else", "otherwise"},
	} {
		if got := hintIn(c.all, c.output, "otherwise"); !strings.Contains(got, c.want) {
			t.Errorf("%q leads to %q, want %q", c.output, got, c.want)
		}
	}
}

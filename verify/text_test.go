package verify

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestClean(t *testing.T) {
	tests := map[string]string{
		"plain\ttext\n":                      "plain\ttext\n",
		"\x1b[31mred\x1b[0m":                 "red",
		"\x1b]0;title\abody":                 "body",
		"\x1b]8;;http://x\x1b\\link":         "link",
		"\x1bP dcs \x1b\\after":              "after",
		"\x1b[2":                             "",
		"\x1b":                               "",
		"bell\a back\b cr\r nul\x00 del\x7f": "bell back cr nul del",
		"c1 \u009b31m":                       "c1 31m",
		"bidi \u202egnp.exe":                 "bidi gnp.exe",
		"bad \xff utf":                       "bad \uFFFD utf",
		"größe 日本":                           "größe 日本",
	}
	for in, want := range tests {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("\x1b[31m\x1b]0;x")
	f.Fuzz(func(t *testing.T, s string) {
		if got := clean(s); strings.ContainsAny(got, "\x1b\x07\x08\r\x00\u009b") {
			t.Errorf("clean(%q) = %q", s, got)
		}
	})
}

func TestTailIsBounded(t *testing.T) {
	out := newTail("needle")
	chunk := bytes.Repeat([]byte("x"), 1<<20)
	for range 100 {
		_, _ = out.Write(chunk)
	}
	_, _ = out.Write([]byte("nee"))
	_, _ = out.Write([]byte("dle\nlast"))
	if len(out.data) > maxTail || cap(out.data) > 4<<20 {
		t.Errorf("keeps %d bytes, of %d allocated", len(out.data), cap(out.data))
	}
	if !out.found() {
		t.Error("what spans two writes was not found")
	}
	if got, want := out.lines(1), fmt.Sprintf("… %d bytes before …\nlast", 100<<20+11-maxTail); got != want {
		t.Errorf("lines = %q, want %q", got, want)
	}
	if got := len(out.lines(5)); got > 5*(maxLine+4)+50 {
		t.Errorf("five lines have %d bytes", got)
	}
}

func TestEnding(t *testing.T) {
	for code, want := range map[int]string{1: "exit code 1", 137: "exit code 137 (SIGKILL)", 139: "exit code 139 (SIGSEGV)"} {
		if got := ending(code); got != want {
			t.Errorf("ending(%d) = %q, want %q", code, got, want)
		}
	}
}

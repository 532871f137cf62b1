package generator_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/generator"
)

var one, two = "@sha256:" + strings.Repeat("1", 64), "@sha256:" + strings.Repeat("2", 64)

func TestLineKey(t *testing.T) {
	for line, want := range map[string]string{
		"FROM a:1" + one: "FROM a:1",
		"from --platform=$BUILDPLATFORM a:1" + one + " AS build": "from --platform=$BUILDPLATFORM a:1 AS build",
		"# syntax=docker/dockerfile:1" + one:                     "# syntax=docker/dockerfile:1",
		"COPY --link --from=a:1" + one + " /x /y":                "COPY --link --from=a:1 /x /y",
		"COPY --from=build /x" + one + " /y":                     "COPY --from=build /x" + one + " /y",
		"LABEL base=a:1" + one:                                   "LABEL base=a:1" + one,
		"RUN echo FROM a:1" + one:                                "RUN echo FROM a:1" + one,
		"FROM a:1" + one[:len(one)-1]:                            "FROM a:1" + one[:len(one)-1],
		generator.Header + strings.Repeat("0", 64):               generator.Header,
	} {
		if got := generator.LineKey(line); got != want {
			t.Errorf("key of %q is %q, want %q", line, got, want)
		}
	}
}

func TestBumped(t *testing.T) {
	written := "# syntax=docker/dockerfile:1" + one + "\nFROM a:1" + one + " AS x\nFROM b:1\nFROM c:1" + one + "\n"
	for name, c := range map[string]struct {
		edited string
		want   map[string]string
	}{
		"nothing":         {written, map[string]string{}},
		"a bump":          {strings.Replace(written, "a:1"+one, "a:1"+two, 1) + "RUN x\n", map[string]string{"docker.io/library/a:1": two[1:]}},
		"a first digest":  {strings.Replace(written, "b:1", "b:1"+two, 1), map[string]string{"docker.io/library/b:1": two[1:]}},
		"the syntax line": {strings.ReplaceAll(strings.Replace(written, one, two, 1), "\n", "\r\n"), map[string]string{"docker.io/docker/dockerfile:1": two[1:]}},
		"another tag":     {strings.Replace(written, "a:1"+one, "a:2"+two, 1), map[string]string{}},
		"an edited line":  {strings.Replace(written, "a:1"+one+" AS x", "a:1"+two+" AS y", 1), map[string]string{}},
		"a digest away":   {strings.Replace(written, "a:1"+one, "a:1", 1), map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(c.want, generator.Bumped(written, c.edited)); d != "" {
				t.Errorf("digests (-want +got):\n%s", d)
			}
		})
	}
}

func TestRestamp(t *testing.T) {
	old, fresh := generator.Header+strings.Repeat("0", 64), generator.Header+strings.Repeat("a", 64)
	for text, want := range map[string]string{
		"x\n" + old + "\ny\n":          "x\n" + fresh + "\ny\n",
		"x\r\n" + old + "\r\ny\r\n":    "x\r\n" + fresh + "\r\ny\r\n",
		old + "\n" + old + "\n":        fresh + "\n" + fresh + "\n",
		"no header " + old + " here\n": "no header " + old + " here\n",
	} {
		if got := generator.Restamp(text, "FROM x\n"+fresh+"\n"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := generator.Stated("x\r\n" + old + "\r\n"); got != strings.Repeat("0", 64) {
		t.Errorf("states %q", got)
	}
	if got := generator.Stated("x\n"); got != "" {
		t.Errorf("states %q", got)
	}
}

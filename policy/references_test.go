package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReferences(t *testing.T) {
	const sum = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for name, c := range map[string]struct {
		text string
		want []Reference
	}{
		"one":          {"FROM debian:trixie\n", []Reference{{"debian:trixie", "", 1}}},
		"scratch":      {"FROM scratch\n", nil},
		"syntax":       {"# syntax=docker/dockerfile:1\n\nFROM scratch\n", []Reference{{"docker/dockerfile:1", "$BUILDPLATFORM", 1}}},
		"platform":     {"FROM --platform=$BUILDPLATFORM golang AS b\nFROM debian\n", []Reference{{"golang", "$BUILDPLATFORM", 1}, {"debian", "", 2}}},
		"digest":       {"FROM debian:trixie" + sum + "\n", []Reference{{"debian:trixie" + sum, "", 1}}},
		"stages":       {"FROM golang AS Build\nFROM build AS next\nFROM debian\nCOPY --from=BUILD /a /a\nCOPY --from=0 /b /b\n", []Reference{{"golang", "", 1}, {"debian", "", 3}}},
		"a later name": {"FROM next\nFROM debian AS next\n", []Reference{{"next", "", 1}, {"debian", "", 2}}},
		"copy":         {"FROM scratch\nCOPY --from=busybox:1 /bin/sh /sh\n", []Reference{{"busybox:1", "", 2}}},
		"mount":        {"FROM debian\nRUN --mount=type=bind,from=busybox:1,target=/b \\\n    true\n", []Reference{{"debian", "", 1}, {"busybox:1", "", 2}}},
		"arguments":    {"ARG V=trixie\nARG I=debian:${V}-slim\nFROM $I\n", []Reference{{"debian:trixie-slim", "", 3}}},
		"once":         {"FROM debian\nFROM debian\nFROM --platform=$BUILDPLATFORM debian\n", []Reference{{"debian", "", 1}, {"debian", "$BUILDPLATFORM", 3}}},
		"heredoc":      {"FROM debian\nCOPY <<EOF /a\nFROM evil\nEOF\n", []Reference{{"debian", "", 1}}},
		"comment":      {"# FROM evil\nFROM debian\n", []Reference{{"debian", "", 2}}},
		"CRLF":         {"# syntax=docker/dockerfile:1\r\nFROM debian\r\n", []Reference{{"docker/dockerfile:1", "$BUILDPLATFORM", 1}, {"debian", "", 2}}},
		"backtick":     {"# escape=`\nFROM `\n  debian\n", []Reference{{"debian", "", 2}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := References([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("references (-want +got):\n%s", d)
			}
		})
	}
}

func TestReferencesRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "file with no instructions",
		"FROMM debian\n":        "unknown instruction: FROMM",
		"FROM\n":                "FROM requires either one or three arguments",
		"RUN id\n":              "no build stage in current context",
		"FROM a\nCOPY <<E /a\n": "unterminated heredoc",
	} {
		if refs, err := References([]byte(text)); refs != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("References(%q) = %v, %v; want an error with %q", text, refs, err, want)
		}
	}
}

func TestCanonical(t *testing.T) {
	for ref, want := range map[string]string{
		"debian:trixie":         "docker.io/library/debian:trixie",
		"docker/dockerfile:1":   "docker.io/docker/dockerfile:1",
		"gcr.io/distroless/x:y": "gcr.io/distroless/x:y",
		"localhost:5000/x":      "localhost:5000/x",
		"debian":                "docker.io/library/debian",
		"No Reference":          "No Reference",
	} {
		if got := Canonical(ref); got != want {
			t.Errorf("Canonical(%q) = %q, want %q", ref, got, want)
		}
	}
}

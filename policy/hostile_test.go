package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHostileDockerfiles holds the judge to an answer within its bounds, whatever it reads.
// The time is generous: each takes a second or two, and what these texts provoke takes minutes.
func TestHostileDockerfiles(t *testing.T) {
	var doubling strings.Builder
	doubling.WriteString("ARG A0=xxxxxxxxxxxxxxxx\n")
	for i := range 60 {
		fmt.Fprintf(&doubling, "ARG A%d=$A%d$A%d\n", i+1, i, i)
	}
	all := mustParse(t, "registry.allow = [\"**\"]\nbase.allow = [\"slim\"]\nbase.deny = [\"alpine\"]\nshell.allow = false\nhealth.required = true\ntrust.ca = \"ca.pem\"\nlabels.required = [\"a\"]\nlabels.forbidden = [\"*b*\"]\n")
	for name, text := range map[string]string{
		"arguments that double":  doubling.String() + "FROM $A60\n",
		"many stages":            strings.Repeat("FROM a\n", MaxDockerfile/4/7),
		"a long chain":           "FROM a AS s\n" + strings.Repeat("FROM s AS s\n", MaxDockerfile/4/12),
		"many arguments":         strings.Repeat("ARG A=$A$A\n", MaxDockerfile/4/11) + "FROM $A\n",
		"many words":             "FROM x\nENV " + strings.Repeat("A=$B ", MaxDockerfile/4/5) + "\n",
		"one long line":          "FROM x\nRUN " + strings.Repeat("a", MaxDockerfile) + "\n",
		"nested substitutions":   "FROM x\nRUN " + strings.Repeat("$(", maxScript/2-10) + "\n",
		"nested groups":          "FROM x\nRUN " + strings.Repeat("(", maxScript-10) + "\n",
		"nested conditions":      "FROM x\nRUN " + strings.Repeat("if ", maxScript/3-10) + "\n",
		"nested quotes":          "FROM x\nRUN " + strings.Repeat("\"${a:-", maxScript/6-10) + "\n",
		"nested arithmetic":      "FROM x\nRUN echo $((" + strings.Repeat("(", maxScript-20) + "\n",
		"nested shells":          "FROM x\nRUN " + strings.Repeat("sh -c ", 1000) + "x\n",
		"many pipes":             "FROM x\nRUN true" + strings.Repeat("|sh", maxScript/3-10) + "\n",
		"many downloads":         "FROM x\nRUN curl" + strings.Repeat("|curl", maxScript/5-10) + "\n",
		"many runs":              "FROM x\n" + strings.Repeat("RUN a|b\n", MaxDockerfile/4/8),
		"many installs":          "FROM x\nRUN apk add " + strings.Repeat("gcc ", maxScript/4-10) + "&& apk del " + strings.Repeat("gcc ", 100) + "\n",
		"many labels":            "FROM x\nLABEL " + strings.Repeat("b=1 ", MaxDockerfile/4/4-10) + "\n",
		"many secrets":           "FROM x\nENV " + strings.Repeat("KEY=1 ", 20000) + "\n",
		"many heredocs":          "FROM x\n" + strings.Repeat("COPY <<a /a\na\n", MaxDockerfile/4/14),
		"binary":                 strings.Repeat("\x00\xff\xfe\x80", 1000),
		"control characters":     "FROM \x1b[31mx\x07 AS a\nUSER \x1b]0;t\x07\n",
		"a mark and CRLF":        "\xef\xbb\xbfFROM debian:bookworm\r\nUSER root\r\nRUN a \\\r\n  b\r\n",
		"an escape and nothing":  "# escape=`\nFROM x\nRUN a `\n",
		"continued for ever":     "FROM x\nRUN " + strings.Repeat("\\\n", MaxDockerfile/4/2-10),
		"flags":                  "FROM --platform= x\nCOPY --from= --from= a b\n",
		"a syntax that is empty": "# syntax=\nFROM x\n",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			found := all.Judge(Subject{Path: "Dockerfile", Rel: "Dockerfile", Text: []byte(text), Today: today})
			if took := time.Since(start); took > 60*time.Second {
				t.Errorf("took %v", took)
			} else if took > time.Second {
				t.Logf("took %v", took)
			}
			if found == nil {
				t.Error("nothing was found")
			}
			for _, f := range found {
				if len(f.Msg) > 4*maxMessage+3 || strings.ContainsAny(f.Msg, "\x00\x07\x1b\n\r") {
					t.Errorf("the message %.100q is not fit for a terminal", f.Msg)
				}
			}
		})
	}
}

// FuzzJudge looks for a Dockerfile that stops the judge, and for findings that no report
// could carry.
func FuzzJudge(f *testing.F) {
	for _, r := range Rules {
		f.Add(r.Good)
		f.Add(r.Bad)
	}
	f.Add("# escape=`\nFROM a AS b\nONBUILD COPY --from=b <<EOF /x\ny\nEOF\nSHELL [\"sh\"]\nRUN <<EOF\nsh -c \"$(curl x)\"\nEOF\n")
	keys := head
	for _, r := range Rules {
		if r.ID != "base/digest" {
			keys += r.Policy
		}
	}
	p, err := Parse("policy.toml", []byte(keys))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		for _, found := range p.Judge(Subject{Path: "Dockerfile", Rel: "Dockerfile", Text: []byte(text), Today: today}) {
			if _, ok := RuleByID(found.Rule); !ok || found.Msg == "" || found.Line < 0 || found.Line > lines || found.Severity != Error && found.Severity != Warning {
				t.Errorf("finding %+v of a text with %d lines", found, lines)
			}
			if strings.ContainsAny(found.Msg, "\x00\x1b\n\r") {
				t.Errorf("message %q", found.Msg)
			}
		}
	})
}

// FuzzParse looks for a policy that stops the parser, and for one that is neither taken nor
// refused with a line of the file.
func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Add(head + "[rules]\n\"run/unreadable\" = \"off\"\n[registry.rewrite]\n\"a\" = \"b\"\n\"b\" = \"a\"\n")
	for _, r := range Rules {
		f.Add(head + r.Policy)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse("policy.toml", []byte(text))
		if (p == nil) == (err == nil) {
			t.Fatalf("Parse = %v, %v", p, err)
		}
		if p != nil {
			p.Judge(Subject{Text: []byte("FROM debian:1\n"), Today: today})
		}
	})
}

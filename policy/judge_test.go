package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

const sum = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// only is what one rule finds, as line: message.
func only(p *Policy, id, text string) []string {
	var got []string
	for _, f := range p.Judge(Subject{Path: "Dockerfile", Rel: "Dockerfile", Text: []byte(text), Today: today}) {
		if f.Rule == id {
			got = append(got, fmt.Sprintf("%d: %s", f.Line, f.Msg))
		}
	}
	return got
}

// TestRulesSee holds rules to what their two examples do not show: a line of want a finding.
func TestRulesSee(t *testing.T) {
	for _, c := range []struct {
		rule, policy, text string
		want               string
	}{
		{"registry/allow", "registry.allow = [\"docker.io/library/debian\"]\n", "ARG R=ghcr.io\nARG I=${R}/a/b:1\nFROM ${I}\nRUN --mount=type=bind,from=quay.io/x/y:1,target=/y true\nCOPY --from=0 /a /a\nFROM debian\nONBUILD COPY --from=quay.io/o/n:1 /a /b\n",
			"3: FROM: ghcr.io/a/b:1 is not in registry.allow\n4: RUN --mount: quay.io/x/y:1 is not in registry.allow\n7: COPY --from: quay.io/o/n:1 is not in registry.allow"},
		{"registry/allow", "registry.allow = [\"docker.io/library/*\"]\n", "# escape=`\n# syntax=docker/dockerfile:1\nFROM `\n  docker.io/library/debian:1\n", "2: # syntax: docker.io/docker/dockerfile:1 is not in registry.allow"},
		{"registry/allow", "registry.allow = [\"docker.io/library/*\"]\nregistry.rewrite = { \"docker.io/library\" = \"r.example/hub\" }\nsyntax.image = \"r.example/dockerfile:1\"\n", "# syntax=r.example/dockerfile:1@" + sum + "\nFROM r.example/hub/debian:1\nFROM r.example/hubs/debian:1\n", "3: FROM: r.example/hubs/debian:1 is not in registry.allow"},
		{"registry/allow", "registry.allow = [\"gcr.io/**\", \"docker.io/library/debian:trixie*\"]\n", "FROM gcr.io/a/b/c\nFROM debian:trixie-slim\nFROM debian:12\nFROM scratch\nFROM Not/AReference\n", "3: FROM: docker.io/library/debian:12 is not in registry.allow\n5: FROM: Not/AReference is not in registry.allow"},
		{"registry/rewrite", "registry.rewrite = { \"docker.io\" = \"r.example/d\", \"docker.io/library\" = \"r.example/hub\" }\n", "# syntax=docker/dockerfile:1\nFROM debian:1 AS a\nFROM a\nCOPY --from=grafana/k6:1 /a /a\nFROM r.example/hub/debian:1\n",
			"1: # syntax: docker/dockerfile:1 should be r.example/d/docker/dockerfile:1\n2: FROM: debian:1 should be r.example/hub/debian:1\n4: COPY --from: grafana/k6:1 should be r.example/d/grafana/k6:1"},
		{"base/deny", "base.deny = [\"alpine\", \"golang\", \"quay.io/**\"]\nregistry.rewrite = { \"docker.io/library\" = \"r.example/hub\" }\n", "FROM r.example/hub/node:24-alpine AS a\nFROM golang:1.26 AS b\nFROM debian:trixie\nCOPY --from=quay.io/a/b:1 /a /a\nCOPY --from=a /a /a\nCOPY --from=alpine:3.24 /a /a\n",
			"1: FROM: r.example/hub/node:24-alpine is denied, of the family alpine\n2: FROM: golang:1.26 is denied\n4: COPY --from: quay.io/a/b:1 is denied\n6: COPY --from: alpine:3.24 is denied, of the family alpine"},
		{"base/deny", "base.deny = [\"scratch\"]\n", "FROM scratch\n", "1: FROM: scratch is denied, of the family scratch"},
		{"base/allow", "base.allow = [\"distroless\", \"none\", \"node\"]\n", "FROM gcr.io/distroless/cc-debian13\nFROM scratch\nFROM node:24\nFROM quay.io/x/y:1\nCOPY --from=debian /a /a\n", "4: quay.io/x/y:1 is not in base.allow: distroless, none, node"},
		{"base/digest", "base.digest = \"required\"\n", "# syntax=docker/dockerfile:1\nFROM debian@" + sum + " AS a\nFROM scratch\nCOPY --from=busybox:1 /a /a\nCOPY --from=A /a /a\n", "4: COPY --from: busybox:1 has no digest"},
		{"base/digest", "base.digest = \"forbidden\"\n", "FROM debian:trixie@" + sum + "\n", "1: FROM: debian:trixie has a digest"},
		{"base/single-platform", "", "FROM gcr.io/distroless/static-debian13:nonroot-arm64\nFROM arm64v8/alpine:3.24\nFROM myorg/tool:v1-amd64\n", "1: FROM: gcr.io/distroless/static-debian13:nonroot-arm64 is an image of one platform\n2: FROM: arm64v8/alpine:3.24 is an image of one platform"},
		{"base/floating-tag", "", "FROM node:latest\nFROM node@" + sum + "\nFROM localhost:5000/x\nFROM scratch\nFROM node:lts\n", "1: FROM: the tag of node:latest moves to other versions\n3: FROM: localhost:5000/x has no tag, and so means latest\n5: FROM: the tag of node:lts moves to other versions"},
		{"base/frozen-tag", "", "FROM python:3.13.1-slim@" + sum + "\nFROM python:3.13-slim\nFROM golang:1.27-bullseye\nFROM python:3.13-alpine3.99\n", "1: FROM: the tag of python:3.13.1-slim gets no more rebuilds: python 3.13.1 was superseded by 3.13.15\n3: FROM: the tag of golang:1.27-bullseye gets no more rebuilds: golang is not built on debian 11 any more"},
		{"base/support", "base.min_support_days = 300\n", "FROM python:3.10-slim-trixie AS b\nFROM node:22-trixie-slim\nFROM quay.io/x/y:debian12\nFROM alpine:3.24\n", "1: python:3.10-slim-trixie: python 3.10 is past its end of life since 2026-10-31\n2: node:22-trixie-slim: node 22 has 160 days of support left, until 2027-04-30; the policy wants 300\n3: quay.io/x/y:debian12: debian 12 is past its end of life since 2026-07-11"},
		{"base/unresolved", "base.deny = [\"alpine\"]\n", "ARG A\nFROM x:${A} AS a\nFROM ${A:-debian:1}\nFROM a\nARG B=\nCOPY --from=a / /\n", "2: FROM: x:${A} has no default for A, so that no rule can judge it"},
		{"base/unresolved", "", "FROM debian:1 AS build-amd64\nFROM build-${TARGETARCH}\n", ""},
		{"base/unresolved", "", "ARG E=\nFROM $E\n", "2: FROM: $E is empty"},
		{"syntax/pinned", "syntax.image = \"none\"\n", "# syntax=docker/dockerfile:1\nFROM a:1\n", "1: # syntax=docker/dockerfile:1: the policy wants no syntax image"},
		{"syntax/pinned", "syntax.image = \"r.example/df:1\"\n", "FROM a:1\n", "1: there is no # syntax= line; the policy wants r.example/df:1"},
		{"syntax/pinned", "syntax.image = \"r.example/df:1\"\n", "# syntax=docker/dockerfile:1\nFROM a:1\n", "1: # syntax=docker/dockerfile:1: the policy wants r.example/df:1"},
		{"syntax/pinned", "syntax.image = \"r.example/df:1@" + sum + "\"\n", "# syntax=r.example/df:1\nFROM a:1\n", "1: # syntax=r.example/df:1: the policy wants r.example/df:1@" + sum},
		{"syntax/pinned", "base.digest = \"required\"\n", "# syntax=docker/dockerfile:1\nFROM a:1\n", "1: # syntax=docker/dockerfile:1 has no digest"},

		{"user/nonroot", "", "FROM debian:1\nUSER 65532\nUSER root:root\n", "3: USER is root"},
		{"user/nonroot", "", "FROM debian:1\nUSER 0:5\n", "2: USER is root"},
		{"user/nonroot", "", "FROM debian:1\nUSER app\n", "2: USER \"app\" is a name: write its number"},
		{"user/nonroot", "", "FROM debian:1\nARG U=1000\nENV V=\"$U\"\nUSER ${V}:0\n", ""},
		{"user/nonroot", "", "FROM debian:1\nARG U\nUSER $U\n", "3: USER comes from U, which has no default"},
		{"user/nonroot", "", "FROM debian:1 AS base\nUSER 1000\nFROM base\nONBUILD USER root\n", ""},
		{"user/nonroot", "", "FROM debian:1 AS base\nUSER 1000\nFROM debian:1\n", "3: there is no USER: the process runs as the base's user, which mostly is root"},
		{"user/nonroot", "", "FROM gcr.io/distroless/static-debian13:debug-nonroot\n", ""},
		{"user/nonroot", "user.nonroot = false\n", "FROM debian:1\n", ""},
		{"shell/none", "shell.allow = false\n", "FROM gcr.io/distroless/static-debian13:debug\n", "1: gcr.io/distroless/static-debian13:debug holds a shell"},
		{"shell/none", "shell.allow = false\n", "FROM quay.io/x/y:1 AS a\nFROM a\nFROM scratch AS b\nCOPY --from=a /bin/busybox /x\nFROM b\n", "4: COPY puts the shell busybox into the image"},
		{"shell/none", "shell.allow = false\n", "FROM quay.io/x/y:1\n", "1: nothing is known of quay.io/x/y:1, so that it may hold a shell"},
		{"build/package-manager-in-runtime", "package_manager.allow = false\n", "FROM debian:1 AS a\nFROM quay.io/x/y:1\n", "2: nothing is known of quay.io/x/y:1, so that it may hold a package manager"},
		{"build/compiler-in-runtime", "", "FROM golang:1.26 AS a\nFROM a AS b\n", "1: golang:1.26 holds a compiler"},
		{"build/compiler-in-runtime", "", "FROM alpine:3.24\nRUN apk add --no-cache --virtual .deps gcc=13 musl-dev && make && apk del .deps\nRUN apk add --virtual=.x g++ && apk del .y\nRUN [\"apk\", \"add\", \"build-base\"]\nRUN sudo -E apk add cargo; apk del cargo\n", "3: RUN installs g++, which holds a compiler\n4: RUN installs build-base, which holds a compiler"},
		{"build/compiler-in-runtime", "", "FROM debian:1\nRUN <<EOF\nset -e\napt-get install -y clang-19:amd64\nEOF\nONBUILD RUN apt-get install gcc\n", "4: RUN installs clang-19, which holds a compiler"},
		{"build/compiler-in-runtime", "", "FROM debian:1 AS a\nRUN apt-get install gcc\nFROM debian:1\nRUN apt-get install libgcc-s1 && echo apt-get install gcc\n", ""},
		{"build/compiler-in-runtime", "", "FROM debian:1\nRUN echo gcc && \\\n  apt-get install \\\n  gcc && \\\n  echo gcc done\n", "4: RUN installs gcc, which holds a compiler"},
		{"run/curl-pipe-shell", "", "FROM debian:1\nRUN apk add curl && \\\n  # curl | sh\n  curl https://x | sh && \\\n  curl https://y\n", "4: what curl downloads is run by sh as it is"},
		{"labels/required", "labels.required = [\"a.b\", \"c\", \"d\"]\n", "FROM x:1 AS p\nLABEL \"a.b\"=1\nFROM p\nLABEL c=2\nFROM x:1 AS other\nLABEL d=1\nFROM p\n", "7: the label c is missing\n7: the label d is missing"},
		{"entrypoint/exec-form", "", "FROM x:1 AS a\nENTRYPOINT a b\nFROM a\nCMD c\nHEALTHCHECK CMD x\n", "2: ENTRYPOINT is in shell form: write ENTRYPOINT [\"program\", \"argument\"]\n4: CMD is in shell form: write CMD [\"program\", \"argument\"]"},
		{"health/required", "health.required = true\n", "FROM x:1\n", "1: there is no HEALTHCHECK"},

		{"add/url-without-checksum", "", "FROM x:1\nADD a https://user:hunter2@example.org/x?token=hunter2 /x/\nADD https://github.com/a/b.git#0123456789abcdef0123456789abcdef01234567 /b\nADD git@github.com:a/b.git /b\nADD --checksum=" + sum + " https://e.org/f /f\nONBUILD ADD http://e.org/g /g\n",
			"2: ADD of a file from example.org has no --checksum\n4: ADD of a file from github.com has no --checksum\n6: ADD of a file from e.org has no --checksum"},
		{"trust/ca", "trust.ca = \"certs/ca.pem\"\n", "FROM x:1 AS ca\nRUN --mount=type=bind,source=ca.pem,target=/run/company-ca.pem cat /run/company-ca.pem >/all.pem\nFROM x:1 AS other\nRUN true\nFROM x:1 AS b\nRUN --mount=type=bind,from=CA,source=/all.pem,target=/etc/all.pem go mod download\nRUN --mount=type=bind,from=other,source=/all.pem,target=/etc/all.pem go mod download\n", "7: go downloads, and the CA ca.pem is not mounted"},
		{"trust/ca", "trust.ca = \"ca.pem\"\n", "FROM x:1 AS a\nCOPY ca.pem /usr/local/share/ca-certificates/ca.pem\nRUN curl https://x\nFROM a\nRUN go mod download\nFROM x:1 AS f\nRUN go build\nRUN --mount=type=secret,id=ca.pem git clone https://x\nRUN true && \\\n  npm ci\nCOPY --from=a /etc/ca.pem /etc/\n", "10: npm downloads, and the CA ca.pem is not mounted\n11: COPY leaves the CA ca.pem in the final image"},
		{"secrets/arg-env", "", "ARG GITHUB_TOKEN\nFROM x:1\nARG API_KEY=hunter2 NAME=x\nENV AUTH=\nENV MY_SECRET hunter2\nENV PUBLIC_KEY=x KEYBOARD=de TOKEN_PATH=/x\nONBUILD ARG npm_token\n", "1: ARG GITHUB_TOKEN asks for a secret\n3: ARG API_KEY asks for a secret\n5: ENV MY_SECRET asks for a secret\n7: ARG npm_token asks for a secret"},
		{"secrets/literal", "", "# ghp_0123456789012345678901234567890123456789\nFROM x:1\nRUN git clone https://bob:hunter2@example.org/x && git clone https://bob:${PW}@example.org/x && echo http://a.b:80/c@d\nCOPY <<EOF /k\n-----BEGIN RSA PRIVATE KEY-----\nEOF\n", "1: the line holds a GitHub token\n3: the line holds a password in a URL\n5: the line holds a private key"},
		{"secrets/copied", "", "FROM x:1\nCOPY a .env.production ./\nCOPY --from=0 /etc/ssl/private.pem /etc/ssl/\nCOPY certs/ca.pem server.key /k/\nADD [\"conf/.ssh/config\", \"/x\"]\nCOPY <<EOF /root/.netrc\nx\nEOF\nCOPY fullchain.pem id_rsa.pub .env.example /x/\nCOPY package.json /app/\nONBUILD COPY .npmrc /x/\n",
			"2: COPY of .env.production, which holds secrets\n4: COPY of server.key, which holds secrets\n5: ADD of conf/.ssh/config, which holds secrets\n6: COPY of /root/.netrc, which holds secrets\n11: COPY of .npmrc, which holds secrets"},
		{"secrets/copied", "trust.ca = \"certs/acme.pem\"\n", "FROM x:1\nCOPY certs/acme.pem /x/\nCOPY acme.pem /x/\n", ""},
		{"dockerfile/readable", "", "FROM x:1\nENV A=1 hunter2 \"hunter3\"\n", "2: parsing the Dockerfile: Syntax error - can't find = in \"…\". Must be of the form: name=value"},
		{"dockerfile/readable", "", "COPPY a b\n", "1: parsing the Dockerfile: dockerfile parse error on line 1: unknown instruction: COPPY (did you mean COPY?)"},
		{"dockerfile/readable", "", "", "0: parsing the Dockerfile: file with no instructions"},
		{"dockerfile/readable", "", "ARG A=1\n", "0: parsing the Dockerfile: it has no FROM"},
		{"dockerfile/readable", "", "-----BEGIN RSA PRIVATE KEY-----\nabc\n", "1: parsing the Dockerfile: a line begins with no instruction"},
	} {
		t.Run(c.rule+"/"+strings.SplitN(c.text, "\n", 2)[0], func(t *testing.T) {
			got := strings.Join(only(mustParse(t, c.policy), c.rule, c.text), "\n")
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
			if strings.Contains(got, "hunter") {
				t.Errorf("a message holds a secret: %s", got)
			}
		})
	}
}

// TestCurlPipeShell holds the forms in which a download is run as it comes, and those that
// are something else.
func TestCurlPipeShell(t *testing.T) {
	for run, want := range map[string]string{
		"curl https://x | sh":                                            "what curl downloads is run by sh as it is",
		"curl https://x|bash -":                                          "what curl downloads is run by bash as it is",
		"wget -qO- https://x | sudo -E bash -s -- -y":                    "what wget downloads is run by bash as it is",
		"curl https://x | tee /log | gunzip | /bin/sh":                   "what curl downloads is run by sh as it is",
		"(curl https://x || wget -O- https://x) | sh":                    "what curl downloads is run by sh as it is",
		"set -eux; curl https://x | { cd /; sh; }":                       "what curl downloads is run by sh as it is",
		"curl https://x | python3":                                       "what curl downloads is run by python3 as it is",
		"curl https://x | python3 - --yes":                               "what curl downloads is run by python3 as it is",
		"curl https://x | bash -o pipefail":                              "what curl downloads is run by bash as it is",
		"curl https://x | bash /dev/stdin":                               "what curl downloads is run by bash as it is",
		"curl https://x |& sh":                                           "what curl downloads is run by sh as it is",
		`sh -c "$(curl -fsSL https://x)"`:                                "what curl downloads is run by sh as it is",
		"sh -c \"`curl https://x`\"":                                     "what curl downloads is run by sh as it is",
		`bash <(curl https://x)`:                                         "what curl downloads is run by bash as it is",
		`bash < <(curl https://x)`:                                       "what curl downloads is run by bash as it is",
		`bash <<<"$(curl https://x)"`:                                    "what curl downloads is run by bash as it is",
		`source <(curl https://x)`:                                       "what curl downloads is run by source as it is",
		`. <(wget -O- https://x)`:                                        "what wget downloads is run by . as it is",
		`eval "$(curl https://x)"`:                                       "what curl downloads is run by eval as it is",
		`bash -ec 'true && curl https://x | sh'`:                         "what curl downloads is run by sh as it is",
		`["sh", "-c", "curl https://x | sh"]`:                            "what curl downloads is run by sh as it is",
		`["/bin/bash", "-lc", "sh -c 'curl https://x | sh'"]`:            "what curl downloads is run by sh as it is",
		"<<EOF\nset -e\ncurl https://x | sh\nEOF":                        "what curl downloads is run by sh as it is",
		"<<EOF\n#!/bin/bash\ncurl https://x | sh\nEOF":                   "what curl downloads is run by sh as it is",
		"if true; then for i in 1; do curl https://x | sh; done; fi":     "what curl downloads is run by sh as it is",
		"f() { curl https://x; }; curl https://y | busybox sh":           "what curl downloads is run by sh as it is",
		"curl https://x | env A=b timeout 5m sh":                         "what curl downloads is run by sh as it is",
		"cur\\\n  l https://x | sh":                                      "",
		"curl https://x | sh install.sh":                                 "",
		"curl https://x | tar xz":                                        "",
		"curl https://x | python3 -m json.tool":                          "",
		"curl https://x | python3 -c 'import sys'":                       "",
		"curl https://x | jq -r .a":                                      "",
		"curl -o a https://x && sh a":                                    "",
		"echo 'curl https://x | sh'":                                     "",
		"echo hi | sh":                                                   "",
		"cat <<EOF >/x\ncurl https://x | sh\nEOF":                        "",
		"<<EOF\n#!/usr/bin/python3\nprint('curl https://x | sh')\nEOF":   "",
		`echo "$(curl https://x)"`:                                       "",
		"# curl | sh\ntrue":                                              "",
		"python3 <<EOF\nprint(1)\nEOF":                                   "",
		"curl https://x | while read -r l; do echo \"$l\"; done":         "",
		"curl https://x > /dev/null; sh -c 'echo hi'":                    "",
		"sh -c 'echo hi' >$(curl https://x)":                             "",
		`echo "https://x | sh" && curl https://x | sha256sum -c /x/sums`: "",
	} {
		t.Run(run, func(t *testing.T) {
			got := only(Default(), "run/curl-pipe-shell", "FROM x:1\nRUN "+run+"\n")
			if want == "" && got != nil || want != "" && (len(got) != 1 || !strings.HasSuffix(got[0], ": "+want)) {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
	for _, text := range []string{
		"FROM x:1\nSHELL [\"pwsh\", \"-c\"]\nRUN curl https://x | sh\n",
		"FROM x:1\nSHELL [\"pwsh\", \"-c\"]\nRUN if (1) { iex }\n",
	} {
		if got := judged(mustParse(t, "user.nonroot = false\n"), text); got != nil {
			t.Errorf("%q is found by %v", text, got)
		}
	}
}

func TestPinAge(t *testing.T) {
	p := mustParse(t, "base.max_pin_age_days = 31\nregistry.rewrite = { \"docker.io/library\" = \"r.example/hub\" }\n")
	lock := &profiles.Lock{AsOf: "2026-10-20", Digests: map[string]string{"docker.io/library/debian:trixie-slim": sum}}
	judge := func(lock *profiles.Lock, ref string) []string {
		var got []string
		for _, f := range p.Judge(Subject{Text: []byte("FROM " + ref + "\nUSER 1\n"), Lock: lock, Today: today}) {
			if f.Rule == "base/pin-age" {
				got = append(got, f.Msg)
			}
		}
		return got
	}
	want := []string{"FROM: the digest of r.example/hub/debian:trixie-slim is 32 days old (lock of 2026-10-20); the policy allows 31"}
	if d := cmp.Diff(want, judge(lock, "r.example/hub/debian:trixie-slim@"+sum)); d != "" {
		t.Errorf("an old pin (-want +got):\n%s", d)
	}
	judged := *lock // anew, and no registry was asked
	judged.AsOf, judged.Resolved = today, lock.AsOf
	if d := cmp.Diff(want, judge(&judged, "r.example/hub/debian:trixie-slim@"+sum)); d != "" {
		t.Errorf("an old pin in a fresh lock (-want +got):\n%s", d)
	}
	fresh := *lock
	fresh.AsOf = "2026-10-21"
	for name, got := range map[string][]string{
		"no lock":        judge(nil, "debian:trixie-slim@"+sum),
		"no digest":      judge(lock, "debian:trixie-slim"),
		"another digest": judge(lock, "debian:trixie-slim@sha256:"+strings.Repeat("f", 64)),
		"31 days":        judge(&fresh, "debian:trixie-slim@"+sum),
	} {
		if got != nil {
			t.Errorf("%s: found %v", name, got)
		}
	}
}

func TestWaivers(t *testing.T) {
	waiver := func(rule, path, until string) string {
		return fmt.Sprintf("[[waiver]]\nrule = %q\npath = %q\nuntil = %s\nreason = \"because\"\n", rule, path, until)
	}
	p := mustParse(t, waiver("base/support", "legacy/**", "2026-11-21")+waiver("base/support", "**/Dockerfile.old", "2026-11-20")+
		waiver("user/nonroot", "legacy/*", "2026-12-20")+waiver("user/nonroot", "x", "2026-12-21"))
	found := func(rel string) []string {
		var got []string
		for _, f := range p.Judge(Subject{Rel: rel, Text: []byte("FROM debian:bookworm-slim\n"), Today: today}) {
			got = append(got, f.Rule+" "+f.Waived)
		}
		return got
	}
	for rel, want := range map[string][]string{
		"legacy/a/Dockerfile": {"base/support because", "user/nonroot "},
		"legacy/Dockerfile":   {"base/support because", "user/nonroot because"},
		"Dockerfile.old":      {"base/support ", "user/nonroot "},
		"old/legacy/x":        {"base/support ", "user/nonroot "},
	} {
		if d := cmp.Diff(want, found(rel)); d != "" {
			t.Errorf("%s (-want +got):\n%s", rel, d)
		}
	}
	want := []Finding{
		{Rule: "waiver/expiring", Severity: Warning, Path: "policy.toml", Line: 3, Msg: "the waiver of base/support for legacy/** ends on 2026-11-21, in 0 days"},
		{Rule: "waiver/expired", Severity: Error, Path: "policy.toml", Line: 8, Msg: "the waiver of base/support for **/Dockerfile.old ended on 2026-11-20"},
		{Rule: "waiver/expiring", Severity: Warning, Path: "policy.toml", Line: 13, Msg: "the waiver of user/nonroot for legacy/* ends on 2026-12-20, in 29 days"},
	}
	if d := cmp.Diff(want, p.JudgeWaivers(today)); d != "" {
		t.Errorf("waivers (-want +got):\n%s", d)
	}
}

func TestSeverities(t *testing.T) {
	const text = "FROM debian:trixie-slim\n"
	for keys, want := range map[string]Severity{
		"":                      Warning,
		"user.nonroot = true\n": Error,
		"[rules]\n\"user/nonroot\" = \"error\"\n":                        Error,
		"user.nonroot = true\n[rules]\n\"user/nonroot\" = \"warning\"\n": Warning,
		"[rules]\n\"user/nonroot\" = \"off\"\n":                          "",
	} {
		var got Severity
		for _, f := range mustParse(t, keys).Judge(Subject{Text: []byte(text), Today: today}) {
			got = f.Severity
		}
		if got != want {
			t.Errorf("%q: %q, want %q", keys, got, want)
		}
	}
}

// A file that cannot be judged is waived and weighed like any other finding.
func TestUnreadable(t *testing.T) {
	s := Subject{Path: "p", Rel: "Dockerfile", Today: today, Text: []byte("FROMM x\n")}
	waived := mustParse(t, "[[waiver]]\nrule = \"dockerfile/readable\"\npath = \"Dockerfile\"\nuntil = 2027-01-01\nreason = \"a template\"\n")
	if got := waived.Judge(s); len(got) != 1 || got[0].Waived != "a template" || got[0].Severity != Error {
		t.Errorf("waived: %+v", got)
	}
	if got := mustParse(t, "[rules]\n\"dockerfile/readable\" = \"warning\"\n").Judge(s); len(got) != 1 || got[0].Severity != Warning {
		t.Errorf("a warning: %+v", got)
	}
	if got := mustParse(t, "[rules]\n\"dockerfile/readable\" = \"off\"\n").Judge(s); got != nil {
		t.Errorf("off: %+v", got)
	}
}

func TestSizeLimit(t *testing.T) {
	waiver := "[[waiver]]\nrule = \"size/max\"\npath = \"big/**\"\nuntil = 2026-11-21\nreason = \"x\"\n"
	for _, c := range []struct{ keys, profile, rel, want string }{
		{"", "", "Dockerfile", ""},
		{"", "20MB", "Dockerfile", "20MB"},
		{"size.max = \"250MB\"\n", "", "Dockerfile", "250MB"},
		{"size.max = \"250MB\"\n", "20MB", "Dockerfile", "20MB"},
		{"size.max = \"250MB\"\n", "1GiB", "Dockerfile", "250MB"},
		{"size.max = \"250MB\"\n" + waiver, "1GiB", "big/Dockerfile", "1GiB"},
		{"size.max = \"250MB\"\n[rules]\n\"size/max\" = \"warning\"\n", "", "Dockerfile", "250MB"},
	} {
		if got := mustParse(t, c.keys).SizeLimit(c.profile, c.rel, today); got != c.want {
			t.Errorf("%q, profile %q, %s: %q, want %q", c.keys, c.profile, c.rel, got, c.want)
		}
	}
}

func TestTame(t *testing.T) {
	for in, want := range map[string]string{
		"plain":               "plain",
		"a\nb\tc":             "a b c",
		"\x1b[31mred\x9b\x00": `\u001b[31mred\ufffd\u0000`,
		"a\u202eb\u2028":      `a\u202eb\u2028`,
	} {
		if got := tame(in); got != want {
			t.Errorf("tame(%q) = %q, want %q", in, got, want)
		}
	}
	if got := tame(strings.Repeat("é", 1000)); got != strings.Repeat("é", maxMessage)+"…" {
		t.Errorf("a long message gives %d bytes", len(got))
	}
}

func TestGlobMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"a/*", "a/b", true}, {"a/*", "a/b/c", false}, {"a/**", "a/b/c", true}, {"a/**", "a", false},
		{"**/x", "x", true}, {"**/x", "a/b/x", true}, {"**/x", "ax", false}, {"a?c", "abc", true}, {"a?c", "a/c", false},
		{"a.c", "abc", false}, {"*", "a", true}, {"*", "", true}, {"**", "a/b", true}, {"[a]", "a", false}, {"a", "a\n", false},
	} {
		if got := globMatch(c.pattern, c.name); got != c.want {
			t.Errorf("globMatch(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

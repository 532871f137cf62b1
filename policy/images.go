package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// imageRules are about the images that a Dockerfile uses.
var imageRules = []Rule{
	{
		ID: "registry/allow", Name: "Images come from allowed registries",
		Description: "registry.allow lists the repositories that FROM, COPY --from, RUN --mount=from and # syntax may name, by their canonical names. The targets of registry.rewrite and syntax.image are allowed by being named.",
		URL:         "https://docs.docker.com/build/building/base-images/",
		Policy:      "registry.allow = [\"docker.io/library/*\", \"docker.io/docker/dockerfile\"]\n",
		Good:        "# syntax=docker/dockerfile:1\nFROM debian:trixie-slim\nUSER 65532\n",
		Bad:         "# syntax=docker/dockerfile:1\nFROM debian:trixie-slim\nCOPY --from=ghcr.io/someone/tool:1.2 /tool /tool\nUSER 65532\n", Line: 3,
		Level: asked(func(p *Policy) bool { return p.Registry.Allow != nil }), Lift: func(p *Policy) { p.Registry.Allow = nil }, Check: registryAllow,
	},
	{
		ID: "registry/rewrite", Name: "Images come through the company's registry",
		Description: "registry.rewrite names registries, or paths in them, and where their images are pulled from instead. An image that is named by its own registry does not come through it.",
		URL:         "https://docs.docker.com/docker-hub/image-library/mirror/",
		Policy:      "registry.rewrite = { \"docker.io/library\" = \"registry.example/hub\" }\n",
		Good:        "FROM registry.example/hub/debian:trixie-slim\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nUSER 65532\n", Line: 1,
		Level: asked(func(p *Policy) bool { return len(p.Registry.Rewrite) > 0 }), Lift: func(p *Policy) { p.Registry.Rewrite = nil }, Check: registryRewrite,
	},
	{
		ID: "base/allow", Name: "Stages stand on allowed bases",
		Description: "base.allow lists the only families, names, libcs or repositories that a stage may stand on. A base that scaffold's catalog does not know is allowed only by its repository.",
		URL:         "https://docs.docker.com/build/building/base-images/",
		Policy:      "base.allow = [\"distroless\", \"slim\", \"scratch\"]\n",
		Good:        "FROM python:3.13-slim-trixie\nUSER 65532\n",
		Bad:         "FROM python:3.13-alpine3.24\nUSER 65532\n", Line: 1,
		Level: asked(func(p *Policy) bool { return p.Base.Allow != nil }), Lift: func(p *Policy) { p.Base.Allow = nil }, Check: baseAllow,
	},
	{
		ID: "base/deny", Name: "No denied base is used",
		Description: "base.deny lists families, names, libcs or repositories that FROM, COPY --from and RUN --mount=from must not use. The family and libc of a base that scaffold's catalog does not know are not known: deny it by its repository.",
		URL:         "https://docs.docker.com/build/building/base-images/",
		Policy:      "base.deny = [\"musl\"]\n",
		Good:        "FROM debian:trixie-slim\nUSER 65532\n",
		Bad:         "FROM alpine:3.24\nUSER 65532\n", Line: 1,
		Level: asked(func(p *Policy) bool { return len(p.Base.Deny) > 0 }), Lift: func(p *Policy) { p.Base.Deny = nil }, Check: baseDeny,
	},
	{
		ID: "base/digest", Name: "References carry a digest, or none",
		Description: "base.digest = \"required\" wants name:tag@sha256:…, so that a build uses the bytes that were reviewed; \"forbidden\" wants tags only. Whether a digest is an index's or a single platform's only a registry can tell: base/single-platform finds those that their name gives away.",
		URL:         "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
		Policy:      "base.digest = \"required\"\n",
		Good:        "FROM debian:trixie-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nUSER 65532\n", Line: 1,
		Level: asked(func(p *Policy) bool { return p.Base.Digest == "required" || p.Base.Digest == "forbidden" }), Lift: func(p *Policy) { p.Base.Digest = "" }, Check: baseDigest,
	},
	{
		ID: "base/single-platform", Name: "References are of every platform",
		Description: "amd64/debian or distroless tags that end in -arm64 are images of one platform: builds for another fail, or run the wrong program. Offline, a digest does not tell its platforms.",
		URL:         "https://github.com/docker-library/official-images#architectures-other-than-amd64",
		Good:        "FROM debian:trixie-slim\nUSER 65532\n",
		Bad:         "FROM amd64/debian:trixie-slim\nUSER 65532\n", Line: 1,
		Level: always(Warning), Check: baseSinglePlatform,
	},
	{
		ID: "base/floating-tag", Name: "References have a tag that says what they are",
		Description: "No tag, latest, stable and their like move to other major versions without a change in the Dockerfile. A digest behind the tag holds it.",
		URL:         "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
		Good:        "FROM nginx:1.31-trixie\nUSER 65532\n",
		Bad:         "FROM nginx\nUSER 65532\n", Line: 1,
		Level: always(Warning), Check: baseFloatingTag,
	},
	{
		ID: "base/frozen-tag", Name: "Tags are still rebuilt",
		Description: "A tag of an older patch, version line or distribution release stays in the registry, and is no longer rebuilt: it gets no fixes. By the dated table of official images; a tag that is newer than the table is taken for live.",
		URL:         "https://github.com/docker-library/faq#why-does-my-security-scanner-show-that-an-image-has-cves",
		Good:        "FROM node:24-alpine3.24\nUSER 65532\n",
		Bad:         "FROM node:24-alpine3.22\nUSER 65532\n", Line: 1,
		Level: always(Warning), Check: baseFrozenTag,
	},
	{
		ID: "base/support", Name: "Bases get security fixes",
		Description: "A base past its end of life gets no fixes. base.min_support_days asks for days left from today. By the dated tables of scaffold's catalog, for the release that a tag names and the language's version; what a tag without a release stands on is not known.",
		URL:         "https://endoflife.date/",
		Good:        "FROM debian:trixie-slim\nUSER 65532\n",
		Bad:         "FROM debian:bookworm-slim\nUSER 65532\n", Line: 1,
		Level: always(Error), Lift: func(p *Policy) { p.Base.MinSupportDays = nil }, Check: baseSupport,
	},
	{
		ID: "base/pin-age", Name: "Digests are not too old",
		Description: "base.max_pin_age_days bounds the days since the day on which the lock's digests were resolved. A digest that is not the lock's has no date, and is not judged.",
		URL:         "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
		Policy:      "base.max_pin_age_days = 31\n",
		Level:       asked(func(p *Policy) bool { return p.Base.MaxPinAgeDays != nil }), Check: basePinAge,
	},
	{
		ID: "base/unresolved", Name: "References can be read",
		Description: "FROM $BASE with no default for BASE names no image: no rule can judge it, and bots cannot update it. An error under a policy that judges images, else a warning.",
		URL:         "https://docs.docker.com/build/building/variables/#arg-usage-example",
		Good:        "ARG VERSION=24\nFROM node:${VERSION}-trixie-slim\nUSER 65532\n",
		Bad:         "ARG BASE\nFROM ${BASE}\nUSER 65532\n", Line: 2,
		Level: usually(func(p *Policy) bool {
			return p.Registry.Allow != nil || len(p.Registry.Rewrite) > 0 || p.Base.Allow != nil || len(p.Base.Deny) > 0 || p.Base.Digest != ""
		}, never), Check: baseUnresolved,
	},
	{
		ID: "syntax/pinned", Name: "The syntax image is the one that is wanted",
		Description: "# syntax= names a program that reads the Dockerfile and runs in the builder. syntax.image names the only one, or \"none\"; a digest may stand behind it. Without that key, a syntax image without a version is found, and with base.digest = \"required\" one without a digest.",
		URL:         "https://docs.docker.com/build/buildkit/frontend/",
		Good:        "# syntax=docker/dockerfile:1\nFROM debian:trixie-slim\nUSER 65532\n",
		Bad:         "# syntax=docker/dockerfile\nFROM debian:trixie-slim\nUSER 65532\n", Line: 1,
		Level: usually(func(p *Policy) bool { return p.Syntax.Image != "" || p.Base.Digest == "required" }, never), Lift: func(p *Policy) { p.Syntax.Image = "" }, Check: syntaxPinned,
	},
}

// images are the uses of images from registries that can be read.
func (j *judgement) images(kinds ...useKind) []use {
	var found []use
	for _, u := range j.file.uses {
		if u.ref != "" && u.ref != "scratch" && len(u.missing) == 0 && (kinds == nil || slices.Contains(kinds, u.kind)) {
			found = append(found, u)
		}
	}
	return found
}

// under returns the rest of a name below a registry, a path in it, or a repository.
func under(name, prefix string) (string, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	tagged := strings.Contains(prefix, "/") && (strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "@"))
	return rest, ok && (rest == "" || strings.HasPrefix(rest, "/") || tagged)
}

// rewriteOf returns the longest source of a rewrite that covers a canonical name, and the
// name behind the rewrite.
func (p *Policy) rewriteOf(name string) (source, rewritten string, ok bool) {
	for from, to := range p.Registry.Rewrite {
		if rest, covers := under(name, from); covers && len(from) > len(source) {
			source, rewritten, ok = from, to+rest, true
		}
	}
	return source, rewritten, ok
}

// original is a canonical name as it was before a rewrite.
func (p *Policy) original(name string) string {
	longest := ""
	original := name
	for from, to := range p.Registry.Rewrite {
		if rest, covers := under(name, to); covers && (len(to) > len(longest) || len(to) == len(longest) && from+rest < original) {
			longest, original = to, from+rest
		}
	}
	return original
}

// isTarget reports whether a canonical name is one behind a rewrite.
func (p *Policy) isTarget(name string) bool {
	for _, to := range p.Registry.Rewrite {
		if _, ok := under(name, to); ok {
			return true
		}
	}
	return false
}

// isSyntax reports whether a reference is the syntax image that the policy names.
func (p *Policy) isSyntax(u use) bool {
	return u.kind == useSyntax && p.Syntax.Image != "" && withoutDigest(u.ref) == withoutDigest(p.Syntax.Image)
}

func withoutDigest(ref string) string { ref, _, _ = strings.Cut(ref, "@"); return ref }

// tagOf is a reference's tag, or "".
func tagOf(ref string) string {
	ref = withoutDigest(ref)
	if i := strings.LastIndex(ref, ":"); i > strings.LastIndex(ref, "/") {
		return ref[i+1:]
	}
	return ""
}

// repositoryOf is a reference's canonical name without tag and digest.
func repositoryOf(ref string) string {
	ref = withoutDigest(ref)
	return strings.TrimSuffix(ref, ":"+tagOf(ref))
}

func registryAllow(j *judgement) {
	for _, u := range j.images() {
		if !j.policy.allowedFrom(u.name) && !j.policy.isSyntax(u) {
			j.report(u.line, "%s: %s is not in registry.allow", u.kind, u.name)
		}
	}
}

func registryRewrite(j *judgement) {
	for _, u := range j.images() {
		if _, to, ok := j.policy.rewriteOf(u.name); ok && !j.policy.isTarget(u.name) && !j.policy.isSyntax(u) {
			j.report(u.line, "%s: %s should be %s", u.kind, u.ref, to)
		}
	}
}

// called reports whether a word of base.allow or base.deny means an image, and as what.
func (j *judgement) called(word string, u use) (string, bool) {
	return means(word, j.policy.original(u.name), j.know(u))
}

func baseAllow(j *judgement) {
	for _, u := range j.file.uses {
		if u.kind != useFrom || u.ref == "" || len(u.missing) > 0 {
			continue
		}
		allowed := func(word string) bool { _, ok := j.called(word, u); return ok }
		if !slices.ContainsFunc(j.policy.Base.Allow, allowed) {
			j.report(u.line, "%s is not in base.allow: %s", u.ref, strings.Join(j.policy.Base.Allow, ", "))
		}
	}
}

func baseDeny(j *judgement) {
	for _, u := range j.file.uses {
		if u.kind == useSyntax || u.ref == "" || len(u.missing) > 0 {
			continue
		}
		for _, word := range j.policy.Base.Deny {
			if as, ok := j.called(word, u); ok {
				j.report(u.line, "%s: %s is denied%s", u.kind, u.ref, as)
				break
			}
		}
	}
}

func baseDigest(j *judgement) {
	for _, u := range j.images(useFrom, useCopy, useMount) {
		has := strings.Contains(u.ref, "@")
		switch {
		case !has && j.policy.Base.Digest == "required":
			j.report(u.line, "%s: %s has no digest", u.kind, u.ref)
		case has && j.policy.Base.Digest == "forbidden":
			j.report(u.line, "%s: %s has a digest", u.kind, withoutDigest(u.ref))
		}
	}
}

func baseSinglePlatform(j *judgement) {
	k := known().SinglePlatform
	for _, u := range j.images(useFrom, useCopy, useMount) {
		name := j.policy.original(u.name)
		byName := slices.ContainsFunc(k.Prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
		byTag := strings.HasPrefix(name, "gcr.io/distroless/") && slices.ContainsFunc(k.Suffixes, func(s string) bool { return strings.HasSuffix(tagOf(name), s) })
		if byName || byTag {
			j.report(u.line, "%s: %s is an image of one platform", u.kind, u.ref)
		}
	}
}

func baseFloatingTag(j *judgement) {
	for _, u := range j.images(useFrom, useCopy, useMount) {
		tag := tagOf(u.ref)
		switch {
		case strings.Contains(u.ref, "@"):
		case tag == "":
			j.report(u.line, "%s: %s has no tag, and so means latest", u.kind, u.ref)
		case slices.Contains(known().FloatingTags, tag):
			j.report(u.line, "%s: the tag of %s moves to other versions", u.kind, u.ref)
		}
	}
}

func baseFrozenTag(j *judgement) {
	for _, u := range j.images(useFrom, useCopy, useMount) {
		if why := j.know(u).Frozen; why != "" {
			j.report(u.line, "%s: the tag of %s gets no more rebuilds: %s", u.kind, withoutDigest(u.ref), why)
		}
	}
}

func baseSupport(j *judgement) {
	least := 0
	if d := j.policy.Base.MinSupportDays; d != nil {
		least = *d
	}
	for _, u := range j.images(useFrom) {
		ends := j.know(u).Ends
		if len(ends) == 0 {
			continue
		}
		end := ends[0]
		switch left := daysBetween(j.subject.Today, end.Day); {
		case left <= 0:
			j.report(u.line, "%s: %s is past its end of life since %s", withoutDigest(u.ref), end.What, end.Day)
		case left < least:
			j.report(u.line, "%s: %s has %s of support left, until %s; the policy wants %d", withoutDigest(u.ref), end.What, days(left), end.Day, least)
		}
	}
}

func basePinAge(j *judgement) {
	lock := j.subject.Lock
	if lock == nil {
		return
	}
	resolved := cmp.Or(lock.Resolved, lock.AsOf)
	age := daysBetween(resolved, j.subject.Today)
	for _, u := range j.images() {
		ref, digest, pinned := strings.Cut(u.ref, "@")
		if pinned && lock.Digests[j.policy.original(Canonical(ref))] == digest && age > *j.policy.Base.MaxPinAgeDays {
			j.report(u.line, "%s: the digest of %s is %s old (lock of %s); the policy allows %d", u.kind, ref, days(age), resolved, *j.policy.Base.MaxPinAgeDays)
		}
	}
}

func baseUnresolved(j *judgement) {
	for _, u := range j.file.uses {
		if len(u.missing) > 0 {
			j.report(u.line, "%s: %s has no default for %s, so that no rule can judge it", u.kind, u.written, strings.Join(u.missing, ", "))
		} else if u.ref == "" {
			j.report(u.line, "%s: %s is empty", u.kind, u.written)
		}
	}
}

func syntaxPinned(j *judgement) {
	want := j.policy.Syntax.Image
	i := slices.IndexFunc(j.file.uses, func(u use) bool { return u.kind == useSyntax })
	if i < 0 {
		if want != "" && want != "none" {
			j.report(1, "there is no # syntax= line; the policy wants %s", want)
		}
		return
	}
	u := j.file.uses[i]
	pinned := strings.Contains(u.ref, "@")
	switch tag := tagOf(u.ref); {
	case want == "none":
		j.report(u.line, "# syntax=%s: the policy wants no syntax image", u.ref)
	case want != "":
		if u.ref != want && (strings.Contains(want, "@") || withoutDigest(u.ref) != want) {
			j.report(u.line, "# syntax=%s: the policy wants %s", u.ref, want)
		}
	case j.policy.Base.Digest == "required" && !pinned:
		j.report(u.line, "# syntax=%s has no digest", u.ref)
	case !pinned && (tag == "" || slices.Contains(known().FloatingTags, tag)):
		j.report(u.line, "# syntax=%s has no version; %s", u.ref, fmt.Sprintf("%s:1 gets the fixes of version 1", repositoryOf(u.ref)))
	}
}

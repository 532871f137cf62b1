package policy

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"mvdan.cc/sh/v3/syntax"
)

// resolvConf is the file that whatever runs a container mounts its own over.
const resolvConf = "/etc/resolv.conf"

// fileRules are about files that an image cannot hold.
var fileRules = []Rule{{
	ID: "run/resolv-conf", Name: "No step writes /etc/resolv.conf",
	Description: "Docker, BuildKit and Kubernetes mount their own /etc/resolv.conf over that of the image, so a step that writes it does nothing. Say it where the container is run: docker run --dns-opt, dns_opt of Compose, dnsConfig of Kubernetes. Of the options, musl reads ndots, attempts and timeout alone: single-request does nothing on Alpine.",
	URL:         "https://docs.docker.com/engine/network/#dns-services",
	Good:        "FROM debian:trixie-slim\nRUN cat /etc/resolv.conf\nUSER 65532\n",
	Bad:         "FROM debian:trixie-slim\nRUN echo 'options single-request' >> /etc/resolv.conf\nUSER 65532\n", Line: 2,
	Level: always(Warning), Check: writesResolvConf,
}}

func writesResolvConf(j *judgement) {
	const msg = "writing " + resolvConf + " does nothing: what runs the container mounts its own over it"
	j.scripts(j.allStages(), func(s step, sc *script) {
		if slices.ContainsFunc(sc.texts, func(t parsedText) bool { return redirectsTo(t.file, resolvConf) }) ||
			slices.ContainsFunc(sc.calls(), func(c call) bool { return writes(c, resolvConf) }) {
			j.report(j.file.lineOf(s, resolvConf), msg)
		}
	})
	every(j, func(_ *stage, c *instructions.CopyCommand, at step) {
		if copiesTo(c.SourcesAndDest, resolvConf) {
			j.report(at.line, msg)
		}
	})
	every(j, func(_ *stage, c *instructions.AddCommand, at step) {
		if copiesTo(c.SourcesAndDest, resolvConf) {
			j.report(at.line, msg)
		}
	})
}

// copiesTo reports whether COPY or ADD makes the file.
func copiesTo(c instructions.SourcesAndDest, file string) bool {
	if path.Clean(c.DestPath) == file {
		return true
	}
	return path.Clean(c.DestPath) == path.Dir(file) && slices.ContainsFunc(c.SourcePaths, func(s string) bool { return path.Base(s) == path.Base(file) })
}

// redirectsTo reports whether shell text sends output to the file.
func redirectsTo(node syntax.Node, file string) bool {
	found := false
	syntax.Walk(node, func(n syntax.Node) bool {
		if r, ok := n.(*syntax.Redirect); ok && r.Word != nil {
			output := r.Op != syntax.RdrIn && r.Op != syntax.Hdoc && r.Op != syntax.DashHdoc && r.Op != syntax.WordHdoc
			found = found || output && literal(r.Word) == file
		}
		return !found
	})
	return found
}

// writes reports whether a command makes or changes the file: one of knowledge.toml's writers
// that names it, last where the command reads its other arguments.
func writes(c call, file string) bool {
	w, ok := known().Writers[c.name]
	if !ok || len(c.args) == 0 {
		return false
	}
	if w == "last" {
		return c.args[len(c.args)-1] == file
	}
	return slices.Contains(c.args, file) && (w == "any" || slices.ContainsFunc(c.args, func(a string) bool { return strings.HasPrefix(a, w) }))
}

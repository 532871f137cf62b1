// Package policy reads Dockerfiles, generated or hand-written, with BuildKit's own
// parser. For now it finds the images that a Dockerfile uses.
package policy

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// A Reference is one image that a Dockerfile uses.
type Reference struct {
	Ref      string // as written, with build arguments' defaults filled in
	Platform string // what --platform says, for example $BUILDPLATFORM; empty: the target's
	Line     int
}

// References returns the images that a Dockerfile uses, in order, each once per
// platform: the syntax image, FROM, COPY --from and RUN --mount=from. Stages and scratch
// are none. Errors are the parser's, with the line.
func References(dockerfile []byte) ([]Reference, error) {
	var refs []Reference
	add := func(ref, platform string, line int) {
		same := func(r Reference) bool { return r.Ref == ref && r.Platform == platform }
		if ref != "" && ref != "scratch" && !slices.ContainsFunc(refs, same) {
			refs = append(refs, Reference{Ref: ref, Platform: platform, Line: line})
		}
	}
	if syntax, _, loc, ok := parser.DetectSyntax(dockerfile); ok {
		add(syntax, "$BUILDPLATFORM", firstLine(loc))
	}
	parsed, err := parser.Parse(bytes.NewReader(dockerfile))
	if err != nil {
		return nil, fmt.Errorf("parsing the Dockerfile: %w", err)
	}
	stages, metaArgs, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return nil, fmt.Errorf("parsing the Dockerfile: %w", err)
	}
	expand := argExpander(metaArgs, parsed.EscapeToken)
	names := map[string]bool{}
	external := func(from string) bool {
		_, err := strconv.Atoi(from)
		return from != "" && err != nil && !names[strings.ToLower(from)]
	}
	for _, stage := range stages {
		if base := expand(stage.BaseName); external(base) {
			add(base, stage.Platform, firstLine(stage.Location))
		}
		for _, c := range stage.Commands {
			switch c := c.(type) {
			case *instructions.CopyCommand:
				if from := expand(c.From); external(from) {
					add(from, "", firstLine(c.Location()))
				}
			case *instructions.RunCommand:
				for _, m := range instructions.GetMounts(c) {
					if from := expand(m.From); external(from) {
						add(from, "", firstLine(c.Location()))
					}
				}
			}
		}
		if stage.Name != "" {
			names[strings.ToLower(stage.Name)] = true
		}
	}
	return refs, nil
}

// argExpander fills in the defaults of arguments before the first FROM.
func argExpander(metaArgs []instructions.ArgCommand, escape rune) func(string) string {
	lex := shell.NewLex(escape)
	var env []string
	expand := func(word string) string {
		if out, err := lex.ProcessWordWithMatches(word, shell.EnvsFromSlice(env)); err == nil {
			return out.Result
		}
		return word
	}
	for _, cmd := range metaArgs {
		for _, a := range cmd.Args {
			if a.Value != nil {
				env = append(env, a.Key+"="+expand(*a.Value))
			}
		}
	}
	return expand
}

func firstLine(loc []parser.Range) int {
	if len(loc) == 0 {
		return 0
	}
	return loc[0].Start.Line
}

// Canonical is a reference with its registry written out: docker.io/library/debian:trixie
// for debian:trixie. What is no reference comes back as it is.
func Canonical(ref string) string {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return ref
	}
	return named.String()
}

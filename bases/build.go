package bases

import (
	"fmt"
	"slices"
	"strings"

	"scaffold/evidence"
	"scaffold/profiles"
)

// A carrier finds, for a language, a fact by which native code of the build stage goes into
// the final one, and what that code is called.
type carrier func(*Input) (what string, f profiles.Fact)

// carriers are those of the languages. Java is not among them: the libraries inside a jar
// are for any libc that the jar has them for.
var carriers = map[string]carrier{
	"go": func(in *Input) (string, profiles.Fact) {
		if in.linked() {
			return "the binary", in.cgo
		}
		return "", profiles.Fact{}
	},
	"node":   carriedByNode,
	"python": carriedByPython,
}

// carriedByPython takes what it does not know for native code.
func carriedByPython(in *Input) (string, profiles.Fact) {
	for _, f := range in.Facts {
		if slices.Contains([]string{evidence.PyNative, evidence.PySource, evidence.PyUnknown, evidence.PyLocal, evidence.PyWheels, evidence.PyVCS}, f.Key) {
			what, more, _ := strings.Cut(evidence.Subject(f), " ")
			if more != "" {
				what = "what pip installs"
			}
			return what, f
		}
	}
	return "", profiles.Fact{}
}

// carried is what native code goes from the build stage into the final one; "" for none.
func (in *Input) carried() (string, profiles.Fact) {
	if find := carriers[in.Language]; find != nil {
		return find(in)
	}
	return "", profiles.Fact{}
}

// libcs are those of the candidates that can serve.
func libcs(candidates []Candidate) []string {
	var all []string
	for _, c := range candidates {
		if c.Verdict != Out && !slices.Contains(all, c.Base.Libc) {
			all = append(all, c.Base.Libc)
		}
	}
	return all
}

// buildLibc holds both stages to one libc: a final stage to those that there is a build
// stage for, and a build stage to that of the final stage once it is chosen.
func buildLibc(b Base, in *Input) []Reason {
	what, f := in.carried()
	if what == "" {
		return muslForNothing(b, in)
	}
	if b.Role == "runtime" {
		if !slices.Contains(b.Runs, in.kind) || b.Libc == "unknown" || slices.Contains(in.builderLibc, b.Libc) {
			return nil
		}
		return one(Out, fmt.Sprintf("is of %s, and no build stage makes %s for it", b.Libc, what), f.Source())
	}
	switch {
	case in.runtimeLibc == "":
		return nil
	case b.Libc == in.runtimeLibc || in.runtimeLibc == "unknown" && b.Libc == "glibc":
		return one(Fits, fmt.Sprintf("is of %s, as the final stage is", b.Libc), f.Source())
	}
	return one(Out, fmt.Sprintf("is of %s, and %s is to run on %s", b.Libc, what, in.runtimeLibc), f.Source())
}

// muslForNothing is what speaks against a build stage of musl where nothing is made for it.
func muslForNothing(b Base, in *Input) []Reason {
	if b.Role != "builder" || b.Libc != "musl" || carriers[in.Language] == nil {
		return nil
	}
	return one(Cost, "nothing has to be made for musl", "evidence")
}

// emulated says why the build stage has to run on the platform that it builds for, or "".
func (in *Input) emulated() string {
	switch in.Language {
	case "python":
		return "dependencies are installed for the interpreter that installs them"
	case "node":
		if slices.ContainsFunc(in.Facts, func(f profiles.Fact) bool { return OnTarget(f.Key) }) {
			return "packages with native code are installed for the machine that installs them"
		}
	}
	return ""
}

// OnTarget reports whether a fact of that key has dependencies installed on the platform
// that the image is for.
func OnTarget(key string) bool {
	return slices.Contains([]string{evidence.NodeNative, evidence.NodeScript, evidence.NodeUnknown}, key)
}

func buildEmulated(b Base, in *Input) []Reason {
	why := in.emulated()
	if why == "" || b.Role != "builder" || len(in.Platforms) < 2 {
		return nil
	}
	return one(Cost, "other platforms than the builder's own are built under emulation: "+why, "image.platforms")
}

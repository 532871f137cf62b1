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
		return nil
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

// emulated says of a language why its build stage has to run on the platform that it
// builds for.
var emulated = map[string]string{"python": "dependencies are installed for the interpreter that installs them"}

func buildEmulated(b Base, in *Input) []Reason {
	why := emulated[in.Language]
	if why == "" || b.Role != "builder" || len(in.Platforms) < 2 {
		return nil
	}
	return one(Cost, "other platforms than the builder's own are built under emulation: "+why, "image.platforms")
}

package bases

import (
	"fmt"
	"slices"

	"scaffold/evidence"
	"scaffold/profiles"
)

// carriers find, for a language, the fact by which the build stage's native code goes into
// the final stage. Java is not among them: the libraries inside a jar are for any libc.
var carriers = map[string]func(*Input) (profiles.Fact, bool){
	"go":     func(in *Input) (profiles.Fact, bool) { return in.cgo, in.linked() },
	"python": carriedByPython,
}

// carriedByPython takes what it does not know for native code.
func carriedByPython(in *Input) (profiles.Fact, bool) {
	for _, f := range in.Facts {
		if slices.Contains([]string{evidence.PyNative, evidence.PySource, evidence.PyUnknown, evidence.PyLocal}, f.Key) {
			return f, true
		}
	}
	return profiles.Fact{}, false
}

// carries reports whether native code goes from the build stage into the final one.
func carries(in *Input) bool {
	find := carriers[in.Language]
	if find == nil {
		return false
	}
	_, ok := find(in)
	return ok
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
	find := carriers[in.Language]
	if find == nil {
		return nil
	}
	f, ok := find(in)
	switch {
	case !ok || b.Libc == "none":
		return nil
	case b.Role == "runtime" && (b.Libc == "unknown" || slices.Contains(in.builderLibc, b.Libc)):
		return nil
	case b.Role == "runtime":
		return one(Out, fmt.Sprintf("is of %s, and there is no build stage of %s for what is native: %s", b.Libc, b.Libc, f.Text), f.Source())
	case in.runtimeLibc == "":
		return nil
	case b.Libc == in.runtimeLibc || in.runtimeLibc == "unknown" && b.Libc == "glibc":
		return one(Fits, fmt.Sprintf("is of %s, as the final stage is", b.Libc), f.Source())
	}
	return one(Out, fmt.Sprintf("is of %s, and the final stage of %s: %s", b.Libc, in.runtimeLibc, f.Text), f.Source())
}

// emulated says of a language why its build stage has to run on the platform that it
// builds for.
var emulated = map[string]string{"python": "pip installs for the interpreter that it runs on"}

func buildEmulated(b Base, in *Input) []Reason {
	why := emulated[in.Language]
	if why == "" || b.Role != "builder" || len(in.Platforms) < 2 {
		return nil
	}
	return one(Cost, "other platforms than the builder's own are built under emulation: "+why, "image.platforms")
}

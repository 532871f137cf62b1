package bases

import (
	"fmt"
	"slices"
	"strings"

	"scaffold/evidence"
	"scaffold/profiles"
	"scaffold/profiles/maven"
)

// buildMaven judges build stages: the wrapper pins its own Maven, and an image with
// another one would only be larger.
func buildMaven(b Base, in *Input) []Reason {
	if in.Language != "java" || b.Role != "builder" {
		return nil
	}
	has := slices.Contains(b.Holds, "maven")
	i := slices.IndexFunc(in.Facts, func(f profiles.Fact) bool { return f.Key == evidence.JavaWrapper })
	switch {
	case i < 0 && !has:
		return one(Out, "has no Maven, and the project brings no wrapper", maven.FileName)
	case i < 0:
		return one(Fits, "has Maven, and the project brings no wrapper", maven.FileName)
	case has:
		return one(Cost, "its Maven would not be used: "+in.Facts[i].Text, in.Facts[i].Source())
	}
	return one(Fits, in.Facts[i].Text, in.Facts[i].Source())
}

// libcJNI judges by the facts about Java libraries with native code.
func libcJNI(b Base, in *Input) []Reason {
	var reasons []Reason
	for _, f := range in.Facts {
		l, ok := evidence.Library(f.Value)
		if f.Key == evidence.JavaNative && ok {
			reasons = append(reasons, each(in, func(platform string) Reason { return jniReason(b, platform, f, l) })...)
		}
	}
	return reasons
}

func jniReason(b Base, platform string, f profiles.Fact, l evidence.NativeLibrary) Reason {
	arches := l.Glibc
	if b.Libc == "musl" {
		arches = l.Musl
	}
	if slices.Contains(arches, strings.TrimPrefix(platform, "linux/")) {
		return Reason{Verdict: Fits, Fact: fmt.Sprintf("%s has a native library for %s", l.Name, b.Libc), Source: f.Source()}
	}
	r := Reason{Verdict: Cost, Source: f.Source(), Fact: fmt.Sprintf("%s: no native library for %s is known", l.Name, b.Libc)}
	if more := without[l.Without]; b.Libc == "musl" {
		r.Verdict, r.Fact = more.verdict, r.Fact+more.text
	}
	return r
}

// without is what a library does on musl where it has nothing for it.
var without = map[string]struct {
	verdict Verdict
	text    string
}{
	"fails":      {Out, ", and the one for glibc cannot be loaded"},
	"unverified": {Cost, "; whether the one for glibc loads was not tried"},
	"falls back": {Cost, ", so it goes on in Java"},
}

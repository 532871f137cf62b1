package bases

import (
	"fmt"

	"scaffold/evidence"
	"scaffold/profiles"
)

// program says what kind of program the project makes, and by which fact. It returns what
// a person is to know of their own decision.
func (in *Input) program() (warnings []string) {
	if in.Language != "go" {
		in.kind, in.kindText, in.kindFrom = in.Language, fmt.Sprintf("runs %s %s", in.Language, in.Version), in.VersionFrom
		return nil
	}
	in.kind, in.kindText, in.kindFrom = "static", "the binary is static: nothing in the module needs cgo", "go.mod"
	if in.Cgo == "off" {
		in.kindText, in.kindFrom = "the binary is static: cgo is off", "build.cgo"
		for _, f := range in.Facts {
			if f.Key == evidence.GoCgo {
				warnings = append(warnings, fmt.Sprintf("build.cgo is off: %s (%s)", f.Text, f.Source()))
			}
		}
		return warnings
	}
	if in.Cgo == "on" {
		in.links("glibc", profiles.Fact{Text: "cgo is on", Path: "build.cgo"})
	}
	for _, f := range in.Facts {
		switch {
		case f.Key == evidence.GoCgo && !in.linked():
			in.links("glibc", f)
		case f.Key == evidence.GoCXX:
			in.links("c++", f)
			return nil
		}
	}
	return nil
}

// needsOf says in words which libraries a kind of program needs.
var needsOf = map[string]string{"glibc": "glibc", "c++": "glibc and libstdc++"}

// links makes the program one that is linked against shared libraries, because of a fact.
func (in *Input) links(kind string, f profiles.Fact) {
	in.cgo = f
	in.kind, in.kindText, in.kindFrom = kind, fmt.Sprintf("the binary links %s: %s", needsOf[kind], f.Text), f.Source()
}

// linked reports whether the program is linked against shared libraries.
func (in *Input) linked() bool { return needsOf[in.kind] != "" }

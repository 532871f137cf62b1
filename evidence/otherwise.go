package evidence

import (
	"fmt"
	"slices"
	"strings"

	"scaffold/profiles"
)

// An Otherwise is a way in which a dependency could be other than a fact says.
type Otherwise struct {
	Text  string          // for people: "psycopg2-binary instead of psycopg2"
	Facts []profiles.Fact // what would be known then, in place of all facts about the dependency
}

// otherwise are the kinds of fact about dependencies that a person could change, with the
// ways to.
var otherwise = map[string]func(f profiles.Fact) []Otherwise{
	GoCgo:      goOtherwise,
	GoCXX:      goOtherwise,
	JavaNative: without,
	PySource:   sourceOtherwise,
	PyNative:   without,
	PyLocal:    without,
	PyWheels:   sourceOtherwise,
	PyVCS:      without,
	NodeNative: without,
	NodeScript: without,
	PyUnknown: func(f profiles.Fact) []Otherwise {
		return []Otherwise{{Text: fmt.Sprintf("were it known that there is no native code in %s", few(strings.Fields(f.Value)))}}
	},
}

// OtherwiseOf are the ways in which the dependency that a fact is about could be other;
// none for a fact that is about no dependency.
func OtherwiseOf(f profiles.Fact) []Otherwise {
	if ways, ok := otherwise[f.Key]; ok {
		return ways(f)
	}
	return nil
}

// IsDependency reports whether a fact is about a dependency that could be another.
func IsDependency(f profiles.Fact) bool { return otherwise[f.Key] != nil }

func without(f profiles.Fact) []Otherwise {
	return []Otherwise{{Text: "without " + Subject(f)}}
}

func goOtherwise(f profiles.Fact) []Otherwise {
	if f.Path == f.Value { // a file, not a module
		return []Otherwise{{Text: "without " + map[string]string{GoCgo: `import "C" in `, GoCXX: "the C++ file "}[f.Key] + f.Value}}
	}
	ways := without(f)
	if m := cgoModules()[f.Value]; m.Instead != "" {
		ways = []Otherwise{{Text: fmt.Sprintf("%s instead of %s", m.Instead, f.Value)}}
	}
	return ways
}

// sourceOtherwise knows a package of the same code that has wheels, for some.
func sourceOtherwise(f profiles.Fact) []Otherwise {
	ways := without(f)
	p, _ := Native(Subject(f))
	if p.Instead == "" {
		return ways
	}
	instead := profiles.Fact{Key: PyNative, Value: p.Instead, Text: p.Instead + " has wheels", Path: f.Path, Line: f.Line}
	return slices.Insert(ways, 0, Otherwise{Text: fmt.Sprintf("%s instead of %s", p.Instead, Subject(f)), Facts: []profiles.Fact{instead}})
}

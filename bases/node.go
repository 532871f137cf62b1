package bases

import (
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"scaffold/evidence"
	"scaffold/profiles"
)

// nodeBinaries are the facts about packages with native code.
func nodeBinaries(in *Input) (facts []profiles.Fact, binaries []evidence.NodeBinaries) {
	for _, f := range in.Facts {
		if f.Key != evidence.NodeNative {
			continue
		}
		if b, ok := evidence.ParseNodeBinaries(f.Value); ok {
			facts, binaries = append(facts, f), append(binaries, b)
		}
	}
	return facts, binaries
}

// libcPrebuilds judges by the facts about Node packages with native code: each has
// binaries for the base's libc on every platform, or does without in its own way.
func libcPrebuilds(b Base, in *Input) []Reason {
	var reasons []Reason
	facts, binaries := nodeBinaries(in)
	for i, n := range binaries {
		if n.Libc == b.Libc {
			reasons = append(reasons, prebuildReason(in, facts[i], n))
		}
	}
	for _, f := range in.Facts {
		switch {
		case f.Key == evidence.NodeScript:
			reasons = append(reasons, Reason{Verdict: Fits, Doubt: b.Packages == "", Fact: f.Text, Source: f.Source()})
		case f.Key == evidence.NodeUnknown && b.Libc == "musl":
			reasons = append(reasons, Reason{Verdict: Cost, Fact: f.Text + ", so binaries for musl are in doubt", Source: f.Source()})
		case f.Key == evidence.NodeUnknown:
			reasons = append(reasons, Reason{Verdict: Fits, Doubt: b.Packages == "", Fact: f.Text, Source: f.Source()})
		}
	}
	return reasons
}

// without is what comes of a package that has no binary for a base.
var withoutBinary = map[string]struct {
	verdict Verdict
	text    string
}{
	"compiles":  {Cost, "so it is compiled with node-gyp"},
	"downloads": {Cost, "so its install script downloads one from outside the registry, or compiles with node-gyp"},
	"fails":     {Out, "and it does not work without"},
	"nothing":   {Cost, "and it is left out"},
}

func prebuildReason(in *Input, f profiles.Fact, n evidence.NodeBinaries) Reason {
	for _, platform := range in.Platforms {
		arch := strings.TrimPrefix(platform, "linux/")
		if slices.Contains(n.Arches, arch) {
			continue
		}
		then, ok := withoutBinary[n.Without]
		if !ok {
			then = withoutBinary["fails"]
		}
		return Reason{Verdict: then.verdict, Source: f.Source(), Fact: fmt.Sprintf("%s has no binary for %s on %s, %s", n.Name, n.Libc, arch, then.text)}
	}
	return Reason{Verdict: Fits, Source: f.Source(), Fact: fmt.Sprintf("%s has binaries for %s on every platform", n.Name, n.Libc)}
}

// compiles is the first fact by which installing compiles, or may, for a libc.
func compiles(in *Input, libc string) (profiles.Fact, string, bool) {
	facts, binaries := nodeBinaries(in)
	for i, n := range binaries {
		if n.Libc != libc || n.Without != "compiles" && n.Without != "downloads" {
			continue
		}
		for _, platform := range in.Platforms {
			if !slices.Contains(n.Arches, strings.TrimPrefix(platform, "linux/")) {
				return facts[i], n.Name + " is compiled", true
			}
		}
	}
	for _, f := range in.Facts {
		if f.Key == evidence.NodeScript {
			return f, f.Value + " runs an install script, which may compile", true
		}
	}
	return profiles.Fact{}, "", false
}

// buildGyp judges build stages: node-gyp needs Python, make and a C++ compiler.
func buildGyp(b Base, in *Input) []Reason {
	if in.Language != "node" || b.Role != "builder" {
		return nil
	}
	f, why, ok := compiles(in, b.Libc)
	has := slices.Contains(b.Holds, "gcc")
	switch {
	case ok && !has && b.Packages == "apt":
		return one(Out, why+", and it has no compiler", f.Source())
	case ok:
		return one(Fits, why, f.Source())
	case has:
		return one(Cost, "its compiler would not be used: nothing is compiled", "evidence")
	}
	return one(Fits, "nothing is compiled", "evidence")
}

// carriedByNode is the first package that has native code, or may.
func carriedByNode(in *Input) (string, profiles.Fact) {
	facts, binaries := nodeBinaries(in)
	if len(facts) > 0 {
		return binaries[0].Name, facts[0]
	}
	for _, f := range in.Facts {
		if f.Key == evidence.NodeScript {
			return f.Value, f
		}
	}
	return "", profiles.Fact{}
}

// programShell judges commands that only an image with a shell, or with npm, can start.
func programShell(b Base, in *Input) []Reason {
	if in.Language != "node" || b.Shell || len(in.Command) == 0 || !slices.Contains(needShell, in.Command[0]) {
		return nil
	}
	return one(Out, "has neither a shell nor npm to start "+in.Command[0], "runtime.command")
}

var needShell = []string{"npm", "npx", "yarn", "pnpm", "corepack", "sh", "bash"}

// withinRange is the version line of a language that a range of versions admits: the
// default where it does, else the newest that is supported, else the newest; "" where
// there is none.
func withinRange(lang Language, text, day string) string {
	admits, err := semver.NewConstraint(text)
	if err != nil {
		return lang.Default
	}
	fits := func(line string) bool {
		newest, err := semver.NewVersion(line + ".999.999") // of which the tag of the line is always the newest
		return err == nil && admits.Check(newest)
	}
	if fits(lang.Default) {
		return lang.Default
	}
	past := ""
	for _, v := range lang.Versions {
		switch {
		case !fits(v.Version):
		case v.EOL == "" || day < v.EOL:
			return v.Version
		case past == "":
			past = v.Version
		}
	}
	return past
}

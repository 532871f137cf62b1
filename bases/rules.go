package bases

import (
	"fmt"
	"slices"
	"strings"
)

// A Verdict says whether a base can serve.
type Verdict string

// The verdicts, best first.
const (
	Fits Verdict = "fits" // nothing speaks against it
	Cost Verdict = "cost" // it works, at a cost that is named
	Out  Verdict = "out"  // it cannot serve, or must not
)

// A Reason is one rule's word on one base.
type Reason struct {
	Rule     string  `json:"rule"`
	Verdict  Verdict `json:"verdict"`
	Platform string  `json:"platform,omitempty"` // for which it is so; empty: for all
	Fact     string  `json:"fact"`
	Source   string  `json:"source"` // path:line, key of the profile, or where the catalog has it from
	Price    Price   `json:"-"`      // what a cost is, where costs of its kind are to be added up
	Policy   bool    `json:"-"`      // a policy says so, which can be changed
	Warn     bool    `json:"-"`      // a person is told of it where the base is chosen
	Doubt    bool    `json:"-"`      // nothing known speaks against the base, and not enough is known
}

// A Price is one part of what a base costs: {compiles package numpy}.
type Price struct{ Does, Thing, Of string }

// Text is the fact, and the platform for which it is so.
func (r Reason) Text() string {
	if r.Platform == "" || strings.Contains(r.Fact, r.Platform) {
		return r.Fact
	}
	return r.Platform + ": " + r.Fact
}

// each judges a base for each platform of the project. What is the same on all is said once.
func each(in *Input, judge func(platform string) Reason) []Reason {
	var all []Reason
	same := true
	for i, platform := range in.Platforms {
		all = append(all, judge(platform))
		same = same && (i == 0 || all[i] == all[0])
	}
	if same && len(all) > 0 {
		return all[:1]
	}
	for i := range all {
		all[i].Platform = in.Platforms[i]
	}
	return all
}

// A Rule judges one base by one thing. Judge returns a reason for each thing that it
// has to say, in favour too; none where it does not apply.
type Rule struct {
	ID    string // family/thing
	Doc   string // one line: why the rule is there
	URL   string // where the field documents it
	Judge func(b Base, in *Input) []Reason
}

// Rules is every rule, in the order in which reasons are shown.
var Rules = []Rule{
	{ID: "program/kind", Doc: "A base must be able to start the kind of program that the project is.",
		URL: "https://docs.docker.com/build/building/base-images/", Judge: programKind},
	{ID: "program/version", Doc: "A base with one fixed language version serves only that version.",
		URL: "https://github.com/GoogleContainerTools/distroless/blob/main/python3/README.md", Judge: programVersion},
	{ID: "program/libc-version", Doc: "A program runs on the glibc that it was linked against or a newer one.",
		URL: "https://sourceware.org/glibc/wiki/FAQ", Judge: libcVersion},
	{ID: "platform/missing", Doc: "A base must exist for every platform of the project.",
		URL: "https://docs.docker.com/build/building/multi-platform/", Judge: platformMissing},
	{ID: "shell/wanted", Doc: "runtime.shell asks for a shell in the image.", URL: "https://github.com/GoogleContainerTools/distroless#debug-images", Judge: shellWanted},
	{ID: "packages/manager", Doc: "OS packages can be installed only where there is a package manager.", URL: "https://docs.docker.com/build/building/best-practices/#apt-get", Judge: packageManager},
	{ID: "packages/names", Doc: "OS packages are asked for by Debian names, which no other package manager knows.", URL: "https://wiki.alpinelinux.org/wiki/Comparison_with_other_distros", Judge: packageNames},
	{ID: "build/maven", Doc: "A Maven project is built by the wrapper that it brings, else by the image's Maven.",
		URL: "https://maven.apache.org/tools/wrapper/", Judge: buildMaven},
	{ID: "build/libc", Doc: "Native code that the build stage makes runs only on the libc that it was made for.",
		URL: "https://wiki.musl-libc.org/functional-differences-from-glibc.html", Judge: buildLibc},
	{ID: "build/emulated", Doc: "What a build stage installs for its own platform is installed once for each platform, the others under emulation.",
		URL: "https://docs.docker.com/build/building/multi-platform/#strategies", Judge: buildEmulated},
	{ID: "libc/jni", Doc: "A native library inside a jar is built for glibc or for musl.",
		URL: "https://docs.oracle.com/en/java/javase/21/docs/specs/jni/", Judge: libcJNI},
	{ID: "program/shell", Doc: "A command that is a package manager or a shell needs a base that has one.",
		URL: "https://github.com/GoogleContainerTools/distroless/blob/main/nodejs/README.md", Judge: programShell},
	{ID: "build/node-gyp", Doc: "A package without a binary for a platform is compiled, which takes Python, make and a C++ compiler.",
		URL: "https://github.com/nodejs/node-gyp#installation", Judge: buildGyp},
	{ID: "libc/prebuilds", Doc: "A package's binary is built for glibc or for musl; without one it is compiled, or does not work.",
		URL: "https://docs.npmjs.com/cli/v11/configuring-npm/package-json#libc", Judge: libcPrebuilds},
	{ID: "libc/wheels", Doc: "A wheel is built for glibc or for musl, from a version on; without one for the base's libc the package is compiled.",
		URL: "https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/", Judge: libcWheels},
	{ID: "packages/unknown", Doc: "A package that scaffold does not know may need OS libraries, which only a package manager can install.",
		URL: "https://peps.python.org/pep-0600/", Judge: unknownPackages},
	{ID: "support/eol", Doc: "A base past its end of life gets no security fixes.", URL: "https://endoflife.date/", Judge: support},
	{ID: "base/note", Doc: "What every use of the base costs, and what is worth knowing of it.", URL: "https://docs.docker.com/build/building/best-practices/#choose-the-right-base-image", Judge: note},
	{ID: "person/asked", Doc: "runtime.base narrows the choice.", URL: "https://docs.docker.com/reference/dockerfile/#from", Judge: personAsked},
	{ID: "template/none", Doc: "scaffold writes Dockerfiles only from templates that it has.", URL: "https://docs.docker.com/build/building/multi-stage/", Judge: template},
}

func programKind(b Base, in *Input) []Reason {
	if slices.Contains(b.Runs, in.kind) {
		return one(Fits, in.kindText, in.kindFrom)
	}
	if in.linked() {
		return one(Out, fmt.Sprintf("holds no %s, which the program links: %s", needsOf[in.kind], in.cgo.Text), in.cgo.Source())
	}
	return one(Out, fmt.Sprintf("holds no %s", in.Language), "catalog: "+b.Source)
}

func programVersion(b Base, in *Input) []Reason {
	if b.Versions == nil || slices.Contains(b.Versions, in.Version) {
		return nil
	}
	return one(Out, fmt.Sprintf("has %s %s only, and the project builds with %s", in.Language, strings.Join(b.Versions, " and "), in.Version), in.VersionFrom)
}

func libcVersion(b Base, in *Input) []Reason {
	switch {
	case !in.linked() || !slices.Contains(b.Runs, in.kind):
		return nil
	case b.LibcVersion == "":
		return []Reason{{Verdict: Cost, Source: "build stage", Warn: true,
			Fact: fmt.Sprintf("the version of its glibc is not known; the program is linked against %s and starts on no older one", in.libc)}}
	case compareVersions(b.LibcVersion, in.libc) < 0:
		return one(Out, fmt.Sprintf("its glibc is %s, and the build stage links against %s", b.LibcVersion, in.libc), "catalog: "+b.Source)
	}
	return one(Fits, fmt.Sprintf("its glibc is %s, and the build stage links against %s", b.LibcVersion, in.libc), "catalog: "+b.Source)
}

func platformMissing(b Base, in *Input) []Reason {
	if b.Role == "builder" && in.emulated() == "" {
		return nil // it runs on the platform that builds, whichever that is
	}
	var missing []Reason
	there := b.platforms(in.Version)
	for _, p := range in.Platforms {
		if there != nil && !slices.Contains(there, p) {
			missing = append(missing, Reason{Verdict: Out, Platform: p, Fact: "does not exist for " + p, Source: "catalog: " + b.Source})
		}
	}
	return missing
}

func shellWanted(b Base, in *Input) []Reason {
	if !in.Shell || b.Shell {
		return nil
	}
	return one(Out, "has no shell, and the profile wants one", "runtime.shell")
}

func packageManager(b Base, in *Input) []Reason {
	switch {
	case len(in.Packages) == 0:
		return nil
	case b.Packages == "":
		return one(Out, "has no package manager to install "+strings.Join(in.Packages, ", "), "runtime.packages")
	}
	var costs []Reason
	for _, p := range in.Packages {
		costs = append(costs, Reason{Verdict: Cost, Fact: "installs " + p, Source: "runtime.packages", Price: Price{"installs", "OS package", p}})
	}
	return costs
}

func packageNames(b Base, in *Input) []Reason {
	if b.Packages != "apk" || len(in.Packages) == 0 {
		return nil
	}
	return one(Out, "installs packages by Alpine's names, and "+strings.Join(in.Packages, ", ")+" are Debian's", "runtime.packages")
}

func support(b Base, in *Input) []Reason {
	switch {
	case b.EOL == "":
		return nil
	case in.AsOf < b.EOL:
		return one(Fits, "supported until "+b.EOL, "catalog: "+b.Source)
	case b.ID == "custom": // a person asked for just this one
		return []Reason{{Verdict: Cost, Warn: true, Fact: "past its end of life since " + b.EOL + ": it gets no security fixes", Source: "catalog: releases"}}
	}
	return one(Out, "past its end of life since "+b.EOL, "catalog: "+b.Source)
}

func note(b Base, _ *Input) []Reason {
	var reasons []Reason
	if b.Note != "" {
		reasons = one(Cost, b.Note, "catalog: "+b.Source)
	}
	if b.Aside != "" {
		reasons = append(reasons, Reason{Verdict: Fits, Fact: b.Aside, Source: "catalog: " + b.Source})
	}
	return reasons
}

func personAsked(b Base, in *Input) []Reason {
	if in.Base == "auto" || b.ID == "custom" || b.Family == in.Base {
		return nil
	}
	return one(Out, fmt.Sprintf("runtime.base = %q asks for another", in.Base), "runtime.base")
}

func template(b Base, in *Input) []Reason {
	if in.Templates == nil || in.Templates(in.Language, b.Family) {
		return nil
	}
	return one(Out, fmt.Sprintf("scaffold has no template for %s on %s yet", in.Language, b.Family), "templates")
}

func one(v Verdict, fact, source string) []Reason {
	return []Reason{{Verdict: v, Fact: fact, Source: source}}
}

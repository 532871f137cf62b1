package bases

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"scaffold/evidence"
	"scaffold/evidence/wheels"
	"scaffold/profiles"
)

// libcWheels judges by the facts about Python packages: exactly by those of a lock, which
// names wheels. A requirements file names none, so that a package which is not in
// scaffold's table stays unknown.
func libcWheels(b Base, in *Input) []Reason {
	if in.Language != "python" {
		return nil
	}
	var reasons []Reason
	for _, f := range in.Facts {
		switch f.Key {
		case evidence.PySource:
			reasons = append(reasons, Reason{Verdict: Cost, Fact: f.Text, Source: f.Source(), Price: Price{"compiles", "package", f.Value}})
		case evidence.PyUnknown:
			if b.Libc == "musl" {
				reasons = append(reasons, Reason{Verdict: Cost, Fact: f.Text + ", so musl wheels are in doubt", Source: f.Source()})
			}
		case evidence.PyNative:
			p, _ := evidence.Native(f.Value)
			arches := p.Glibc
			if b.Libc == "musl" {
				arches = p.Musl
			}
			reasons = append(reasons, wheelReason(b, in, f, arches))
		case evidence.PyVCS:
			reasons = append(reasons, in.fromRepository(f))
		case evidence.PyPure:
			reasons = append(reasons, Reason{Verdict: Fits, Fact: f.Text, Source: f.Source()})
		}
	}
	for _, p := range in.lockedPackages() {
		reasons = append(reasons, p.reason(b, in)...)
	}
	return append(reasons, glibcUnknown(b, in)...)
}

func wheelReason(b Base, in *Input, f profiles.Fact, arches []string) Reason {
	for _, platform := range in.Platforms {
		if arch := strings.TrimPrefix(platform, "linux/"); !slices.Contains(arches, arch) {
			return Reason{Verdict: Cost, Source: f.Source(), Price: Price{"compiles", "package", f.Value},
				Fact: fmt.Sprintf("%s: no %s wheel is known for %s, so pip compiles it", f.Value, b.Libc, arch)}
		}
	}
	return Reason{Verdict: Fits, Fact: fmt.Sprintf("%s has %s wheels for every platform", f.Value, b.Libc), Source: f.Source()}
}

func (in *Input) fromRepository(f profiles.Fact) Reason {
	if in.lacks("git") {
		return Reason{Verdict: Out, Source: f.Source(), Fact: f.Text + ", and the build stage has no git: name it in build.packages"}
	}
	return Reason{Verdict: Cost, Source: f.Source(), Fact: f.Text + " and built from source"}
}

// lacks reports whether the build stage has not the package, nor is told to install it.
func (in *Input) lacks(name string) bool {
	return !slices.Contains(in.builder.Holds, name) && !slices.Contains(in.BuildPackages, name)
}

// A lockedPackage is a fact about a locked package, taken apart.
type lockedPackage struct {
	wheels.Release
	fact profiles.Fact
	err  error // it cannot be taken apart
}

// lockedPackages are the packages of a lock that differ by platform. They are taken apart
// once for all bases.
func (in *Input) lockedPackages() []lockedPackage {
	if in.locked == nil {
		in.locked = []lockedPackage{}
		for _, f := range in.Facts {
			if f.Key == evidence.PyWheels {
				r, err := wheels.ParseRelease(f.Value)
				in.locked = append(in.locked, lockedPackage{r, f, err})
			}
		}
	}
	return in.locked
}

// target is what wheels are taken for: the build stage takes them, and where its libc is
// the base's, its version decides which.
func (in *Input) target(b Base, arch string) wheels.Target {
	t := wheels.Target{Libc: b.Libc, Arch: arch}
	if b.Libc != "glibc" && b.Libc != "musl" {
		t.Libc = "glibc"
	}
	version := b.LibcVersion
	if in.builder.Libc == t.Libc {
		version = in.builder.LibcVersion
	}
	t.Since, _ = wheels.ParseVersion(version)
	t.Python, _ = strconv.Atoi(strings.TrimPrefix(in.Version, "3."))
	return t
}

// A taken is the wheel that a platform gets.
type taken struct {
	wheels.Wheel
	target wheels.Target
	none   bool // there is no wheel
}

// take picks a wheel for each platform on which the package is installed.
func (p lockedPackage) take(b Base, in *Input) []taken {
	var all []taken
	for _, platform := range in.Platforms {
		t := in.target(b, strings.TrimPrefix(platform, "linux/"))
		if !p.Where.Has(t.Arch, t.Python) {
			continue
		}
		w, ok := p.Pick(t)
		all = append(all, taken{w, t, !ok})
	}
	return all
}

// at is the place in the lock of something that stands lines behind the package.
func (p lockedPackage) at(lines int) string {
	f := p.fact
	f.Line += lines
	return f.Source()
}

func (p lockedPackage) name() string { return p.Package + " " + p.Version }

// reason judges one locked package. There is none where every platform takes the wheel
// for any.
func (p lockedPackage) reason(b Base, in *Input) []Reason {
	if p.err != nil {
		return one(Cost, p.fact.Text+", and which wheels it has cannot be read from the lock", p.fact.Source())
	}
	var has []string
	source := ""
	for _, t := range p.take(b, in) {
		since, known := wheels.ParseVersion(b.LibcVersion)
		switch {
		case t.none:
			return []Reason{p.withoutWheel(b, in, t.target)}
		case t.Tag.Platform == "any":
			continue
		case known && since.Before(t.Needs()):
			return one(Out, fmt.Sprintf("%s: the %s wheel that the build stage takes needs %s %s, and the base has %s", p.name(), t.Tag.Platform, b.Libc, t.Needs(), since), p.at(t.Line))
		case source == "":
			source = p.at(t.Line)
			has = append(has, fmt.Sprintf("%s has a %s wheel", p.name(), t.Tag.Platform))
		default:
			has = append(has, fmt.Sprintf("a %s one (%s)", t.Tag.Platform, p.at(t.Line)))
		}
	}
	if has == nil {
		return nil
	}
	return one(Fits, strings.Join(has, " and "), source)
}

// withoutWheel judges a package that has no wheel for a target.
func (p lockedPackage) withoutWheel(b Base, in *Input, t wheels.Target) Reason {
	text := fmt.Sprintf("%s has no wheel for %s %s on %s with Python %s", p.name(), t.Libc, t.Since, t.Arch, in.Version)
	if len(p.Wheels) == 0 {
		text = p.name() + " has no wheel for Linux"
	}
	if p.Source < 0 {
		return Reason{Verdict: Out, Source: p.fact.Source(), Fact: text + ", and no source"}
	}
	r := Reason{Verdict: Cost, Source: p.at(p.Source), Fact: text + ", so it is compiled"}
	known, isKnown := evidence.Native(p.Package)
	missing := slices.DeleteFunc(slices.Clone(known.Build), func(name string) bool { return !in.lacks(name) })
	switch {
	case in.builder.Libc != b.Libc: // the build stage would be another
	case len(missing) > 0:
		r.Verdict, r.Fact = Out, text+", and compiling it needs "+strings.Join(missing, ", ")+" in build.packages"
	case !isKnown && len(p.Wheels) == 0:
		r.Fact = text + ", so it is built from source, which may need a compiler"
	case !in.compiles():
		r.Verdict, r.Fact = Out, text+", and the build stage has no compiler: name what it needs in build.packages"
	}
	if r.Verdict == Cost {
		r.Price = Price{"compiles", "package", p.Package}
	}
	return r
}

// compiles reports whether the build stage has a compiler.
func (in *Input) compiles() bool {
	return slices.ContainsFunc(in.compilers, func(name string) bool { return !in.lacks(name) })
}

// glibcUnknown is for a base of which it is not known which glibc it has, if any: what the
// wheels need of it.
func glibcUnknown(b Base, in *Input) []Reason {
	if b.Libc == "musl" || b.LibcVersion != "" {
		return nil
	}
	var most taken
	var of lockedPackage
	for _, p := range in.lockedPackages() {
		for _, t := range p.take(b, in) {
			if !t.none && t.Tag.Platform != "any" && most.Needs().Before(t.Needs()) {
				most, of = t, p
			}
		}
	}
	if of.Package == "" {
		return nil
	}
	return []Reason{{Verdict: Cost, Source: of.at(most.Line), Warn: true,
		Fact: fmt.Sprintf("the version of its glibc is not known; the wheel of %s needs %s", of.name(), most.Needs())}}
}

// unknownPackages judges bases on which no OS library can be installed.
func unknownPackages(b Base, in *Input) []Reason {
	if b.Packages != "" {
		return nil
	}
	var reasons []Reason
	for _, f := range in.Facts {
		p, known := evidence.Native(f.Value)
		switch {
		case f.Key == evidence.PySource && known && len(p.Runtime) > 0:
			reasons = append(reasons, cannotInstall(p, f.Source()))
		case f.Key == evidence.PyUnknown, f.Key == evidence.PyLocal, f.Key == evidence.PyVCS:
			reasons = append(reasons, Reason{Verdict: Fits, Doubt: true, Fact: f.Text + "; an OS library that they need could not be installed", Source: f.Source()})
		case f.Key == evidence.PyNative: // wheels take some libraries from the system, see PEP 600
			reasons = append(reasons, Reason{Verdict: Fits, Doubt: true, Fact: f.Value + " has native code; an OS library that it lacks could not be installed", Source: f.Source()})
		}
	}
	return append(reasons, unknownLocked(b, in)...)
}

func cannotInstall(p evidence.NativePackage, source string) Reason {
	return Reason{Verdict: Out, Source: source,
		Fact: fmt.Sprintf("%s needs %s, and there is no package manager to install it", p.Name, strings.Join(p.Runtime, ", "))}
}

// unknownLocked is one doubt for all locked packages with native code.
func unknownLocked(b Base, in *Input) []Reason {
	var reasons []Reason
	var native []string
	source := ""
	for _, p := range in.lockedPackages() {
		known, ok := evidence.Native(p.Package)
		fromSource := slices.ContainsFunc(p.take(b, in), func(t taken) bool { return t.none })
		if fromSource && ok && len(known.Runtime) > 0 {
			reasons = append(reasons, cannotInstall(known, p.fact.Source()))
			continue
		}
		if fromSource || slices.ContainsFunc(p.take(b, in), func(t taken) bool { return t.Tag.Platform != "any" }) {
			if native == nil {
				source = p.fact.Source()
			}
			native = append(native, p.Package)
		}
	}
	if native == nil {
		return reasons
	}
	verb := "has"
	if len(native) > 1 {
		verb = "have"
	}
	return append(reasons, Reason{Verdict: Fits, Doubt: true, Source: source,
		Fact: fmt.Sprintf("%s %s native code; an OS library that is lacking could not be installed", few(native), verb)})
}

// few names at most three of a list.
func few(names []string) string {
	if len(names) <= 3 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
}

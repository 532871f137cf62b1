package wheels

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Wheel is one tag of a wheel file, and where a lock names the file. A file for several
// architectures or versions of Python is several wheels of one line.
type Wheel struct {
	Tag  Tag
	Line int // behind the line of the package
}

// A Release is what one release of a package has for Linux.
type Release struct {
	Package string // normalised
	Version string
	Wheels  []Wheel
	Source  int   // line of the source archive, behind that of the package; -1: there is none
	Where   Where // it is installed
}

// Add adds a wheel file. Tags that no target on Linux takes are left out, and of several
// for one libc all but that which asks for the least: with it the file is known to run.
func (r *Release) Add(n Name, line int) {
	from := len(r.Wheels)
	for _, tag := range n.Tags {
		if tag, ok := matters(tag); ok {
			r.Wheels = leaner(r.Wheels, from, Wheel{tag, line})
		}
	}
}

// leaner adds w, or puts it in the place of one from the index on that differs from it by
// asking for a later libc.
func leaner(all []Wheel, from int, w Wheel) []Wheel {
	p, _ := parsePlatform(w.Tag.Platform)
	for i, other := range all[from:] {
		o, _ := parsePlatform(other.Tag.Platform)
		if other.Tag.Python != w.Tag.Python || other.Tag.ABI != w.Tag.ABI || o.libc != p.libc || o.arch != p.arch {
			continue
		}
		if p.since.Before(o.since) {
			all[from+i] = w
		}
		return all
	}
	return append(all, w)
}

// matters reports whether some target takes a tag, and gives its platform the name that
// it has since PEP 600.
func matters(tag Tag) (Tag, bool) {
	kind, minor, ok := parsePython(tag.Python)
	exact := kind == "cp" && tag.ABI != "abi3"
	if !ok || exact && minor < FirstPython || tag.ABI != "abi3" && tag.ABI != "none" && tag.ABI != tag.Python {
		return tag, false
	}
	if tag.Platform == "any" {
		return tag, tag.ABI == "none"
	}
	p, ok := parsePlatform(tag.Platform)
	tag.Platform = p.String()
	return tag, ok
}

// Pure reports whether a wheel of any platform serves every version of Python.
func (r Release) Pure() bool {
	return slices.ContainsFunc(r.Wheels, func(w Wheel) bool {
		_, minor, ok := parsePython(w.Tag.Python)
		return ok && w.Tag.Platform == "any" && strings.HasPrefix(w.Tag.Python, "py") && minor <= FirstPython
	})
}

// Pick is the wheel that pip takes on a target, if any.
func (r Release) Pick(t Target) (Wheel, bool) {
	best, rank := -1, 0
	for i, w := range r.Wheels {
		if n, ok := t.Rank(w.Tag); ok && (best < 0 || n < rank) {
			best, rank = i, n
		}
	}
	if best < 0 {
		return Wheel{}, false
	}
	return r.Wheels[best], true
}

// Needs is the version of the libc that a wheel runs on, or a newer one. It is zero where
// its tag says nothing of that.
func (w Wheel) Needs() Version {
	p, _ := parsePlatform(w.Tag.Platform)
	return p.since
}

// String writes the release on one line: a part for each platform with its interpreters,
// as numpy 2.3.1; manylinux_2_27_x86_64 cp313@3 cp314@9; py3-none@4; source@1; on amd64/*.
// An interpreter stands for its own ABI where none is named.
func (r Release) String() string {
	var b strings.Builder
	b.WriteString(r.Package + " " + r.Version)
	platform := ""
	for _, w := range r.sorted() {
		if w.Tag.Platform != platform {
			platform = w.Tag.Platform
			b.WriteString("; " + platform)
		}
		b.WriteString(" " + w.Tag.Python)
		if w.Tag.ABI != w.Tag.Python {
			b.WriteString("-" + w.Tag.ABI)
		}
		b.WriteString("@" + strconv.Itoa(w.Line))
	}
	if r.Source >= 0 {
		b.WriteString("; source@" + strconv.Itoa(r.Source))
	}
	if r.Where != Everywhere {
		b.WriteString("; on " + r.Where.String())
	}
	return b.String()
}

// sorted are the wheels by platform, as the file has them otherwise.
func (r Release) sorted() []Wheel {
	all := slices.Clone(r.Wheels)
	slices.SortStableFunc(all, func(a, b Wheel) int { return strings.Compare(a.Tag.Platform, b.Tag.Platform) })
	return all
}

// ParseRelease reads what [Release.String] wrote.
func ParseRelease(s string) (Release, error) {
	parts := strings.Split(s, "; ")
	r := Release{Source: -1, Where: Everywhere}
	var ok bool
	if r.Package, r.Version, ok = strings.Cut(parts[0], " "); !ok {
		return Release{}, fmt.Errorf("parsing release %q: want a name and a version first", s)
	}
	for _, part := range parts[1:] {
		if !r.parse(part) {
			return Release{}, fmt.Errorf("parsing release %q: %q is no part of one", s, part)
		}
	}
	return r, nil
}

func (r *Release) parse(part string) (ok bool) {
	words := strings.Split(part, " ")
	if line, found := strings.CutPrefix(part, "source@"); found {
		r.Source, ok = lineNumber(line)
		return ok
	}
	if words[0] == "on" && len(words) == 2 {
		r.Where, ok = ParseWhere(words[1])
		return ok
	}
	for _, word := range words[1:] {
		interpreter, at, _ := strings.Cut(word, "@")
		line, isLine := lineNumber(at)
		python, abi, named := strings.Cut(interpreter, "-")
		if !named {
			abi = python
		}
		tag, mattersHere := matters(Tag{python, abi, words[0]})
		if !isLine || !mattersHere {
			return false
		}
		r.Wheels = append(r.Wheels, Wheel{tag, line})
	}
	return len(words) > 1
}

func lineNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}

package wheels

import (
	"slices"
	"strconv"
	"strings"
)

// A Target is what a wheel is to be installed on: CPython, with its lock, on Linux.
type Target struct {
	Python int     // minor version of Python 3
	Libc   string  // glibc or musl
	Since  Version // of the libc; the zero one takes any wheel for that libc
	Arch   string  // as in image.platforms: amd64, arm64, arm/v7 …
}

// A Version is the version of a libc.
type Version struct{ Major, Minor int }

// ParseVersion reads major.minor.
func ParseVersion(s string) (Version, bool) {
	major, minor, ok := strings.Cut(s, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	return Version{a, b}, ok && errA == nil && errB == nil && a >= 0 && b >= 0
}

func (v Version) String() string { return strconv.Itoa(v.Major) + "." + strconv.Itoa(v.Minor) }

// Before reports whether v is older than w.
func (v Version) Before(w Version) bool {
	return v.Major < w.Major || v.Major == w.Major && v.Minor < w.Minor
}

// machines are the architectures by their names in image.platforms, with what Linux and
// so Python's platform tags call them. [Where] depends on their order and number.
var machines = []struct{ arch, machine string }{
	{"amd64", "x86_64"}, {"arm64", "aarch64"}, {"386", "i686"}, {"arm/v7", "armv7l"},
	{"ppc64le", "ppc64le"}, {"riscv64", "riscv64"}, {"s390x", "s390x"},
}

// Arches are the architectures that are known, as image.platforms writes them.
func Arches() []string {
	var all []string
	for _, m := range machines {
		all = append(all, m.arch)
	}
	return all
}

// Machine is what Linux calls an architecture (platform_machine of PEP 508), or "".
func Machine(arch string) string {
	for _, m := range machines {
		if m.arch == arch {
			return m.machine
		}
	}
	return ""
}

func archOf(machine string) string {
	for _, m := range machines {
		if m.machine == machine {
			return m.arch
		}
	}
	return ""
}

// A platform is a platform tag taken apart.
type platform struct {
	libc  string // glibc, musl, or "" for linux_ARCH, which says nothing of it
	since Version
	arch  string
}

// legacy are the names that manylinux tags had before PEP 600.
var legacy = map[string]Version{"manylinux1": {2, 5}, "manylinux2010": {2, 12}, "manylinux2014": {2, 17}}

// parsePlatform takes apart the tags of Linux on a known architecture.
func parsePlatform(tag string) (platform, bool) {
	kind, rest, _ := strings.Cut(tag, "_")
	switch {
	case kind == "linux":
		arch := archOf(rest)
		return platform{arch: arch}, arch != ""
	case legacy[kind] != Version{}:
		arch := archOf(rest)
		return platform{"glibc", legacy[kind], arch}, arch != ""
	case kind == "manylinux" || kind == "musllinux":
		parts := strings.SplitN(rest, "_", 3)
		if len(parts) < 3 {
			return platform{}, false
		}
		since, ok := ParseVersion(parts[0] + "." + parts[1])
		arch := archOf(parts[2])
		return platform{libcOf[kind], since, arch}, ok && arch != ""
	}
	return platform{}, false
}

var libcOf = map[string]string{"manylinux": "glibc", "musllinux": "musl"}

// String is the tag, by its name since PEP 600.
func (p platform) String() string {
	for kind, libc := range libcOf {
		if libc == p.libc {
			return kind + "_" + strconv.Itoa(p.since.Major) + "_" + strconv.Itoa(p.since.Minor) + "_" + Machine(p.arch)
		}
	}
	return "linux_" + Machine(p.arch)
}

// oldestGlibc is the oldest glibc that installers make tags for: that of manylinux1 on
// x86, of manylinux2014 elsewhere (packaging/_manylinux.py, platform_tags).
func oldestGlibc(arch string) Version {
	if arch == "amd64" || arch == "386" {
		return Version{2, 5}
	}
	return Version{2, 17}
}

// takes reports whether the target takes wheels of a platform.
func (t Target) takes(p platform) bool {
	switch {
	case p.arch != t.Arch:
		return false
	case p.libc == "":
		return true
	case p.libc != t.Libc || p.libc == "glibc" && p.since.Before(oldestGlibc(p.arch)):
		return false
	case t.Since == Version{}:
		return true
	case p.libc == "musl" && p.since.Major != t.Since.Major:
		return false
	}
	return !t.Since.Before(p.since)
}

// Rank is the place that a tag has in pip's order of preference on the target, from 0 for
// the best; false where pip does not take it. The order is that of packaging.tags: what
// is built for the interpreter, then for the stable ABI, then for Python alone; in each
// the newest libc first, and files of any platform last.
func (t Target) Rank(tag Tag) (int, bool) {
	group, ok := t.interpreter(tag)
	if !ok {
		return 0, false
	}
	if tag.Platform == "any" {
		return group * perGroup, tag.ABI == "none"
	}
	p, ok := parsePlatform(tag.Platform)
	if !ok || !t.takes(p) {
		return 0, false
	}
	return group*perGroup + t.distance(p, tag.Platform), true
}

// perGroup is more than there are platforms in one group of tags.
const perGroup = 10_000

// distance is how far behind the most preferred platform p is: linux_ARCH comes first,
// then the libc of the target; of two names of one version the older name comes last.
func (t Target) distance(p platform, tag string) int {
	if p.libc == "" {
		return 0
	}
	behind := 0
	if tag != p.String() {
		behind = 1
	}
	return min(2+2*(100*(t.Since.Major-p.since.Major)+t.Since.Minor-p.since.Minor)+behind, perGroup-1)
}

// interpreter is the group of tags that a tag's interpreter and ABI belong to; those with
// a smaller number are preferred.
func (t Target) interpreter(tag Tag) (group int, ok bool) {
	kind, minor, ok := parsePython(tag.Python)
	switch {
	case !ok || minor > t.Python:
		return 0, false
	case kind == "cp" && minor == t.Python:
		group = slices.Index([]string{tag.Python, "abi3", "none"}, tag.ABI)
		if tag.Platform == "any" {
			group = 200 // only cp3X-none-any is a tag
		}
		return group, group >= 0
	case kind == "cp":
		return 3 + t.Python - minor, tag.ABI == "abi3" && minor >= 2 && tag.Platform != "any"
	case tag.ABI != "none":
		return 0, false
	}
	group = 100 + 2*(t.Python-minor)
	if tag.Python == "py3" {
		group = 101 // py313, py3, py312 …
	}
	if tag.Platform == "any" {
		group += 200
	}
	return group, true
}

// parsePython reads cp313 as cp and 13, py3 as py and 0. Other interpreters, and Python 2,
// are none.
func parsePython(tag string) (kind string, minor int, ok bool) {
	kind, rest, ok := strings.Cut(tag, "3")
	if !ok || kind != "cp" && kind != "py" || kind == "cp" && rest == "" {
		return "", 0, false
	}
	if rest == "" {
		return kind, 0, true
	}
	if len(rest) > 2 || rest[0] == '0' && rest != "0" {
		return "", 0, false
	}
	minor, err := strconv.Atoi(rest)
	return kind, minor, err == nil && minor >= 0
}

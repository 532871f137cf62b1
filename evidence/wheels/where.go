package wheels

import (
	"slices"
	"strconv"
	"strings"
)

// Minor versions of Python 3 that are told apart: from the oldest that there is an image
// for. Wheels of older ones alone are left out of a [Release].
const (
	FirstPython = 10
	LastPython  = 17
	pythons     = LastPython - FirstPython + 1
)

// A Where is a set of environments, each an architecture and a version of Python: where
// a package is installed. The zero one is empty.
type Where uint64

// Everywhere is every environment.
const Everywhere Where = 1<<(7*pythons) - 1 // as many architectures as machines has

// In is the one environment; it is empty for one that is not told apart.
func In(arch string, python int) Where {
	i := slices.Index(Arches(), arch)
	if i < 0 || python < FirstPython || python > LastPython {
		return 0
	}
	return 1 << (i*pythons + python - FirstPython)
}

// Has reports whether an environment is in the set; one that is not told apart always is.
func (w Where) Has(arch string, python int) bool {
	in := In(arch, python)
	return in == 0 || w&in != 0
}

// String writes the set as architectures/versions, with * for all of them and a + between
// groups: amd64,arm64/3.10,3.11 or */3.10.
func (w Where) String() string {
	var groups [][2]string // arches, versions
	for _, arch := range Arches() {
		versions := w.versions(arch)
		if versions == "" {
			continue
		}
		if i := slices.IndexFunc(groups, func(g [2]string) bool { return g[1] == versions }); i >= 0 {
			groups[i][0] += "," + arch
			continue
		}
		groups = append(groups, [2]string{arch, versions})
	}
	var out []string
	for _, g := range groups {
		if g[0] == strings.Join(Arches(), ",") {
			g[0] = "*"
		}
		out = append(out, g[0]+"/"+g[1])
	}
	return strings.Join(out, "+")
}

func (w Where) versions(arch string) string {
	var has []string
	for python := FirstPython; python <= LastPython; python++ {
		if w&In(arch, python) != 0 {
			has = append(has, "3."+strconv.Itoa(python))
		}
	}
	if len(has) == pythons {
		return "*"
	}
	return strings.Join(has, ",")
}

// ParseWhere reads what [Where.String] wrote.
func ParseWhere(s string) (Where, bool) {
	var w Where
	for group := range strings.SplitSeq(s, "+") {
		// arm/v7 has a slash of its own.
		i := strings.LastIndex(group, "/")
		if i < 0 {
			return 0, false
		}
		arches := strings.Split(group[:i], ",")
		if group[:i] == "*" {
			arches = Arches()
		}
		for _, arch := range arches {
			in, ok := parseVersions(arch, group[i+1:])
			if !ok {
				return 0, false
			}
			w |= in
		}
	}
	return w, true
}

func parseVersions(arch, versions string) (w Where, ok bool) {
	for python := FirstPython; versions == "*" && python <= LastPython; python++ {
		w |= In(arch, python)
	}
	if versions == "*" {
		return w, w != 0
	}
	for v := range strings.SplitSeq(versions, ",") {
		minor, err := strconv.Atoi(strings.TrimPrefix(v, "3."))
		in := In(arch, minor)
		if err != nil || in == 0 {
			return 0, false
		}
		w |= in
	}
	return w, true
}

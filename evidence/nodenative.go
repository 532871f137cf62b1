package evidence

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/semver/v3"
)

//go:embed node.toml
var nodeTOML string

// A nodePackage is a row of node.toml.
type nodePackage struct {
	Name     string
	Versions string
	Read     string
	Glibc    []string
	Musl     []string
	Untagged []string
	Without  string
	admits   *semver.Constraints
}

type nodeData struct {
	Date     string
	Harmless []string
	Package  []nodePackage
	Static   []struct{ Prefix string }
}

var nodeKnown = sync.OnceValue(func() nodeData {
	var data nodeData
	meta, err := toml.Decode(nodeTOML, &data)
	if err != nil || len(meta.Undecoded()) > 0 {
		panic(fmt.Sprintf("decoding embedded node.toml: %v %v", err, meta.Undecoded()))
	}
	for i := range data.Package {
		if data.Package[i].admits, err = semver.NewConstraint(data.Package[i].Versions); err != nil {
			panic("decoding embedded node.toml: " + err.Error())
		}
	}
	return data
})

// known is the row for a package, if there is one for its version.
func (p lockedPackage) known() (nodePackage, bool) {
	v, err := semver.NewVersion(p.version)
	for _, row := range nodeKnown().Package {
		if row.Name == p.name && err == nil && row.admits.Check(v) {
			return row, true
		}
	}
	return nodePackage{}, false
}

// nodeNative notes the packages with native code: for each libc, for which architectures
// there are binaries.
func nodeNative(r *repo, lock string, packages []lockedPackage) error {
	byName := map[string]lockedPackage{}
	for _, p := range packages {
		byName[p.name] = p
	}
	native := 0
	for _, p := range packages {
		variants := variantsOf(p, byName)
		row, known := p.known()
		switch {
		case len(variants) > 0:
			r.variantFacts(lock, p, variants)
		case known:
			r.rowFacts(lock, p, row)
		case p.script && !slices.Contains(nodeKnown().Harmless, p.name) && admits(p.os, "linux"):
			r.fact(NodeScript, p.name, lock, p.line, "%s runs a script when it is installed; what that makes is not known", p)
		default:
			continue
		}
		native++
	}
	r.fact(NodeCount, fmt.Sprint(len(packages)), lock, 0, "%d packages to run it, %d of them with native code or a script of their own", len(packages), native)
	return nil
}

// A variant is an optional dependency that is another's binary for one kind of machine.
type variant struct {
	lockedPackage
	libcs  []string
	arch   string
	family string // name without what tells the machine: a package may need one variant of each
}

// machineWords are the parts of a variant's name that tell the machine.
var machineWords = regexp.MustCompile(`(linuxmusl|linux|musl|glibc|gnueabihf|gnueabi|gnu|x64|arm64|arm|ia32|ppc64|s390x|riscv64|v7|v8)(-|$)`)

// arches are Node's names of architectures (process.arch) and Docker's.
var arches = map[string]string{"x64": "amd64", "arm64": "arm64", "arm": "arm/v7", "ia32": "386", "ppc64": "ppc64le", "s390x": "s390x", "riscv64": "riscv64"}

// variantsOf are the optional dependencies of a package that are limited to a processor
// and run on Linux. A variant has none of its own.
func variantsOf(p lockedPackage, byName map[string]lockedPackage) []variant {
	var found []variant
	if len(p.cpu) > 0 {
		return nil
	}
	musl := false
	for _, name := range p.optionals {
		v, ok := byName[name]
		if !ok || len(v.cpu) != 1 || arches[v.cpu[0]] == "" || !slices.Contains(v.os, "linux") {
			continue
		}
		musl = musl || strings.Contains(name, "musl")
		found = append(found, variant{lockedPackage: v, arch: arches[v.cpu[0]], family: machineWords.ReplaceAllString(name, "")})
	}
	for i, v := range found {
		found[i].libcs = v.libcsOf(musl)
	}
	return found
}

// libcsOf says which libcs a variant is for: by its field libc, which npm writes since
// 11.11 (https://github.com/npm/cli/pull/9025), else by its name. One that names none is
// for glibc, and for both where it is known to be static.
func (v variant) libcsOf(besideMusl bool) []string {
	switch {
	case len(v.libc) > 0:
		return v.libc
	case strings.Contains(v.name, "musl"):
		return []string{"musl"}
	case !besideMusl && slices.ContainsFunc(nodeKnown().Static, func(s struct{ Prefix string }) bool { return strings.HasPrefix(v.name, s.Prefix) }):
		return []string{"glibc", "musl"}
	}
	return []string{"glibc"}
}

// libcs are those that bases have.
var libcs = []string{"glibc", "musl"}

// variantFacts notes a package whose binaries are packages of their own, with the line of
// the first of them.
func (r *repo) variantFacts(lock string, p lockedPackage, variants []variant) {
	without := "fails"
	if row, known := p.known(); known {
		without = row.Without
	}
	if p.optional {
		without = "nothing"
	}
	for _, libc := range libcs {
		line, in := p.line, ""
		for _, v := range variants {
			if slices.Contains(v.libcs, libc) {
				line, in = v.line, v.name
				break
			}
		}
		r.nativeFact(lock, line, p, libc, without, covered(variants, libc), in, "the lock")
	}
}

// covered are the architectures for which there is a variant of every family.
func covered(variants []variant, libc string) []string {
	families, there := map[string]bool{}, map[string]map[string]bool{}
	for _, v := range variants {
		families[v.family] = true
		if there[v.arch] == nil {
			there[v.arch] = map[string]bool{}
		}
		if slices.Contains(v.libcs, libc) {
			there[v.arch][v.family] = true
		}
	}
	var all []string
	for arch, has := range there {
		if len(has) == len(families) {
			all = append(all, arch)
		}
	}
	return all
}

// rowFacts notes a package of which node.toml knows what it has.
func (r *repo) rowFacts(lock string, p lockedPackage, row nodePackage) {
	without, from := row.Without, fmt.Sprintf("%s, read %s", row.Read, nodeKnown().Date)
	if p.optional {
		without = "nothing"
	}
	glibc := append(slices.Clone(row.Glibc), row.Untagged...)
	r.nativeFact(lock, p.line, p, "glibc", without, glibc, p.name, from)
	r.nativeFact(lock, p.line, p, "musl", without, row.Musl, p.name, from)
}

// nativeFact notes for which architectures a package has binaries for a libc.
func (r *repo) nativeFact(lock string, line int, p lockedPackage, libc, without string, there []string, in, from string) {
	slices.Sort(there)
	text := fmt.Sprintf("%s: binaries for %s on %s (%s; %s)", p, libc, list(there), in, from)
	if len(there) == 0 {
		text = fmt.Sprintf("%s: no binary for %s (%s)", p, libc, from)
	}
	value := strings.Join(append([]string{p.name, without, libc}, there...), " ")
	r.fact(NodeNative, value, lock, line, "%s", text)
}

// A NodeBinaries is the value of a fact [NodeNative].
type NodeBinaries struct {
	Name    string
	Without string   // what installing does where there is none; see node.toml
	Libc    string   // glibc or musl
	Arches  []string // with a binary for it
}

// ParseNodeBinaries reads the value of a fact [NodeNative].
func ParseNodeBinaries(value string) (NodeBinaries, bool) {
	f := strings.Fields(value)
	if len(f) < 3 {
		return NodeBinaries{}, false
	}
	return NodeBinaries{f[0], f[1], f[2], f[3:]}, true
}

package generator

import (
	"slices"
	"strings"
)

// newCross plans the C toolchain for a cgo program: Debian's cross compilers, which serve
// the builder's own platform too, and for C libraries (packages that end in -dev)
// Debian's multiarch, which installs them for the target
// (https://wiki.debian.org/CrossCompiling). Other packages are tools, which run on the
// builder.
func newCross(in Input) (*CrossPlan, error) {
	p, debian := in.Profile, in.Catalog.Debian
	c := &CrossPlan{Arch: "$TARGETARCH"}
	for _, platform := range p.Image.Platforms {
		arch := strings.Split(platform, "/")[1]
		if name, ok := debian[arch]; ok {
			c.Renamed = append(c.Renamed, Rename{Go: arch, Debian: name})
			c.Arch = "$(cat /target)"
		}
	}
	packages := []string{"dpkg-dev", `"crossbuild-essential-` + c.Arch + `"`}
	for _, name := range p.Build.Packages {
		bare, version, pinned := strings.Cut(name, "=")
		if strings.HasSuffix(bare, "-dev") {
			c.Libraries = true
			if pinned {
				version = "=" + version
			}
			name = `"` + bare + ":" + c.Arch + version + `"`
		}
		packages = append(packages, name)
	}
	slices.Sort(packages)
	var err error
	c.Packages, err = aptStep(in, packages)
	return c, err
}

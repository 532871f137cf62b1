package generator

import (
	"slices"
	"strings"

	"scaffold/profiles"
)

// newCross plans the C toolchain for a cgo program: Debian's cross compilers, which serve
// the builder's own platform too, and for C libraries (packages that end in -dev)
// Debian's multiarch, which installs them for the target
// (https://wiki.debian.org/CrossCompiling). Other packages are tools, which run on the
// builder.
func newCross(p *profiles.Profile, debian map[string]string) *CrossPlan {
	c := &CrossPlan{Arch: "$TARGETARCH"}
	for _, platform := range p.Image.Platforms {
		arch := strings.Split(platform, "/")[1]
		if name, ok := debian[arch]; ok {
			c.Renamed = append(c.Renamed, Rename{Go: arch, Debian: name})
			c.Arch = "$(cat /target)"
		}
	}
	c.Packages = []string{"dpkg-dev", `"crossbuild-essential-` + c.Arch + `"`}
	for _, name := range p.Build.Packages {
		bare, version, pinned := strings.Cut(name, "=")
		if strings.HasSuffix(bare, "-dev") {
			c.Libraries = true
			if pinned {
				version = "=" + version
			}
			name = `"` + bare + ":" + c.Arch + version + `"`
		}
		c.Packages = append(c.Packages, name)
	}
	slices.Sort(c.Packages)
	return c
}

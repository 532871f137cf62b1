package evidence

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"scaffold/profiles"
	"scaffold/profiles/node"
)

// settings are further files that a package manager reads when it installs.
var settings = map[string][]string{
	"npm":  {".npmrc"},
	"yarn": {".npmrc", ".yarnrc", ".yarnrc.yml"},
	"pnpm": {".npmrc", pnpmWorkspace, ".pnpmfile.cjs"},
	"bun":  {".npmrc", "bunfig.toml"},
}

// byLock are the versions of package managers that write a lock of some version, for
// projects that name none. The newest that still writes it (changelogs, looked up
// 2026-11-21).
var byLock = map[string]string{
	"pnpm 9.0": "pnpm@10", "pnpm 6.0": "pnpm@8", "pnpm 5.4": "pnpm@7", "pnpm 5.3": "pnpm@6",
	"yarn": "yarn@1.22.22", "berry": "@yarnpkg/cli-dist@4",
	"bun": "bun@1",
}

var pnpmVersion = regexp.MustCompile(`(?m)^lockfileVersion: '?([0-9]+\.[0-9]+)'?\s*$`)

// nodeManager notes what the package manager reads, and which version of it is to be
// installed: the one that packageManager names, else one that writes locks like this.
func (r *repo) nodeManager(m *node.Manifest, lock []byte) error {
	for _, name := range settings[r.manager] {
		if r.exists(name) {
			r.fact(NodeFile, name, name, 0, "settings of %s", r.manager)
		}
	}
	name, version, from := m.PackageManager()
	kind := r.manager
	switch {
	case kind == "npm":
		return nil
	case kind == "pnpm":
		if match := pnpmVersion.FindSubmatch(lock); match != nil {
			kind += " " + string(match[1])
		} else {
			kind += " 9.0"
		}
	case kind == "yarn" && (isBerry(lock) || name == "yarn" && version != "" && !strings.HasPrefix(version, "1.")):
		kind = "berry"
		if done, err := r.berry(); done || err != nil {
			return err
		}
	}
	setup, ok := byLock[kind]
	if !ok {
		setup = byLock["pnpm 9.0"]
	}
	if name == r.manager && version != "" {
		pkg, _, _ := cutLast(setup, "@")
		r.fact(NodeSetup, pkg+"@"+version, from.Path, from.Line, "the project is installed with %s", from.Text)
		return nil
	}
	r.fact(NodeSetup, setup, m.Path, 0, "no version of %s is named; %s writes locks like this", r.manager, setup)
	return nil
}

var yarnPath = regexp.MustCompile(`(?m)^yarnPath:\s*["']?([^"'\s]+)["']?\s*$`)

// berry notes that the project brings its own yarn, where it does.
func (r *repo) berry() (done bool, err error) {
	r.fact(NodeBerry, "true", "yarn.lock", 0, "the lock is of yarn 2 or newer")
	data, err := r.read(".yarnrc.yml")
	if err != nil {
		return false, nil // there are no settings
	}
	match := yarnPath.FindSubmatch(data)
	if match == nil {
		return false, nil
	}
	file := path.Clean(string(match[1]))
	if !r.exists(file) {
		return false, profiles.Problems{{File: ".yarnrc.yml", Line: 1, Msg: fmt.Sprintf("yarnPath names %q, which is not there", file), Hint: "commit it, or delete the line and set packageManager in package.json"}}
	}
	r.fact(NodeFile, file, ".yarnrc.yml", 0, "the project brings its own yarn")
	r.fact(NodeYarn, file, ".yarnrc.yml", 0, "the project brings its own yarn")
	return true, nil
}

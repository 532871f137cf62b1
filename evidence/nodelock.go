package evidence

import (
	"fmt"
	"slices"
	"strings"

	"scaffold/profiles/node"
)

// A lockedPackage is one package as a lock has it. Development packages are left out.
type lockedPackage struct {
	name, version string
	line          int
	os, cpu, libc []string // what it is limited to; empty: nothing
	script        bool     // installing runs a script of its own
	optional      bool     // installing goes on without it
	optionals     []string // names of its optional dependencies
}

// A lockInput is a lock, and the manifests that it was made for.
type lockInput struct {
	name      string
	data      []byte
	manifests []*node.Manifest
}

// An unreadLock says why a lock that the package manager takes tells nothing.
type unreadLock struct{ why, hint string }

func (e *unreadLock) Error() string { return e.why }

// lockReaders by the lock's name. Each is linear in the lock's size.
var lockReaders = map[string]func(lockInput) ([]lockedPackage, error){
	"package-lock.json":   readNPMLock,
	"npm-shrinkwrap.json": readNPMLock,
	"pnpm-lock.yaml":      readPnpmLock,
	"yarn.lock":           readYarnLock,
	"bun.lock":            readBunLock,
	"bun.lockb":           readBinaryLock,
}

// readNPMLock reads a lock of npm 7 or newer, versions 2 and 3
// (https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json). A lock of version 1
// says nothing of platforms.
func readNPMLock(in lockInput) ([]lockedPackage, error) {
	top, err := node.Parse(in.data)
	if err != nil {
		return nil, lockProblem(in.name, err)
	}
	all := top.Get("packages")
	if all == nil {
		return nil, &unreadLock{"is of a version that says nothing of platforms", "npm install --package-lock-only brings it up to date"}
	}
	var packages []lockedPackage
	for _, key := range all.Keys {
		p := all.Get(key)
		_, called, inside := cutLast(key, "node_modules/")
		if !inside || p.Get("dev").True() || p.Get("link").True() {
			continue
		}
		if alias := p.Get("name").Text(); alias != "" {
			called = alias
		}
		locked := lockedPackage{
			name: called, version: p.Get("version").Text(), line: p.Line,
			os: p.Get("os").Texts(), cpu: p.Get("cpu").Texts(), libc: p.Get("libc").Texts(),
			script: p.Get("hasInstallScript").True(), optional: p.Get("optional").True(),
		}
		if o := p.Get("optionalDependencies"); o != nil {
			locked.optionals = o.Keys
		}
		packages = append(packages, locked)
	}
	return packages, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// admits reports whether a field os, cpu or libc lets a value pass
// (https://docs.npmjs.com/cli/v11/configuring-npm/package-json#os).
func admits(field []string, value string) bool {
	only := false
	for _, f := range field {
		if f == "!"+value {
			return false
		}
		if !strings.HasPrefix(f, "!") {
			only = true
		}
	}
	return !only || slices.Contains(field, value) || slices.Contains(field, "any")
}

func (p lockedPackage) String() string { return fmt.Sprintf("%s %s", p.name, p.version) }

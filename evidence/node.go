package evidence

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"scaffold/profiles"
	"scaffold/profiles/node"
)

// readNode notes what the dependency steps read, the Node version, the build script, and
// what the lock says of packages with native code.
func readNode(r *repo, target string) error {
	m, err := node.ReadManifest(r.source, ".")
	if errors.Is(err, fs.ErrNotExist) {
		return profiles.Problems{{File: node.ManifestName, Msg: "there is none in the build context",
			Hint: "set context to the folder that has it"}}
	}
	if err != nil {
		return err
	}
	r.fact(NodeFile, m.Path, m.Path, 0, "what is installed")
	if err := nodeVersion(r, m); err != nil {
		return err
	}
	if err := nodeBuild(r, m, target); err != nil {
		return err
	}
	if name, at := m.Lifecycle(); name != "" {
		r.fact(NodeLifecycle, name, at.Path, at.Line, "installing runs the project's own script %s: %s", name, at.Text)
	}
	return nodeDependencies(r, m)
}

func nodeVersion(r *repo, m *node.Manifest) error {
	pin, err := m.Pin(r.source)
	if err != nil {
		return err
	}
	if pin.Text != "" {
		r.fact(NodeVersion, pin.Text, pin.Path, pin.Line, "the project is developed with Node %s", pin.Text)
	}
	if e := m.Engines(); e.Text != "" {
		r.fact(NodeEngines, e.Text, e.Path, e.Line, "engines admits Node %s", e.Text)
	}
	return nil
}

// nodeBuild notes the script that builds the project: the profile's, else build.
func nodeBuild(r *repo, m *node.Manifest, target string) error {
	name := target
	if name == "" {
		name = "build"
	}
	script := m.Script(name)
	if script.Text != "" {
		r.fact(NodeBuild, name, script.Path, script.Line, "the script %s builds: %s", name, script.Text)
		return nil
	}
	if target == "" {
		return nil
	}
	return profiles.Problems{{File: m.Path, Line: 1, Msg: fmt.Sprintf("it has no script %q, which build.target names", target)}}
}

// nodeDependencies notes the lock and what it says.
func nodeDependencies(r *repo, m *node.Manifest) error {
	if err := nodeWorkspaces(r, m); err != nil {
		return err
	}
	manager := r.manager
	lock := node.LockOf(manager, r.exists)
	if lock == "" {
		if m.Depends() {
			r.fact(NodeDepends, "true", m.Path, 0, "it has dependencies")
			r.fact(NodeUnknown, "no lock", m.Path, 0, "there is no lock of %s: what is installed differs from build to build, and of native code nothing is known", manager)
		}
		return nil
	}
	data, err := r.source(lock)
	if err != nil {
		return err
	}
	r.fact(NodeFile, lock, lock, 0, "lock of %s", manager)
	r.fact(NodeLock, lock, lock, 0, "versions are locked")
	if m.Depends() || len(m.Workspaces()) > 0 {
		r.fact(NodeDepends, "true", m.Path, 0, "it has dependencies")
	}
	for _, name := range settings[manager] {
		if r.exists(name) {
			r.fact(NodeFile, name, name, 0, "settings of %s", manager)
		}
	}
	packages, err := lockReaders[lock](lock, data)
	if err != nil {
		return err
	}
	return nodeNative(r, lock, packages)
}

// settings are further files that a package manager reads when it installs.
var settings = map[string][]string{
	"npm": {".npmrc"},
}

// maxWorkspaces bounds how many folders are looked at for workspaces.
const maxWorkspaces = 500

// nodeWorkspaces notes the manifests of the workspaces: installing reads them.
func nodeWorkspaces(r *repo, m *node.Manifest) error {
	var dirs []string
	for _, pattern := range m.Workspaces() {
		pattern = path.Clean(strings.TrimPrefix(pattern, "!"))
		found, err := fs.Glob(r.root.FS(), strings.ReplaceAll(pattern, "**", "*"))
		if err != nil || !fs.ValidPath(pattern) {
			return profiles.Problems{{File: m.Path, Line: 1, Msg: fmt.Sprintf("the workspace %q is no path or pattern of one", pattern)}}
		}
		dirs = append(dirs, found...)
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	if len(dirs) > maxWorkspaces {
		return profiles.Problems{{File: m.Path, Line: 1, Msg: fmt.Sprintf("it has more than %d workspaces", maxWorkspaces)}}
	}
	for _, dir := range dirs {
		name := path.Join(dir, node.ManifestName)
		if r.exists(name) {
			r.fact(NodeFile, name, name, 0, "workspace")
		}
	}
	return nil
}

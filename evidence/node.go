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
	manifests, err := nodeWorkspaces(r, m)
	if err != nil {
		return err
	}
	if m.Depends() || len(manifests) > 1 {
		r.fact(NodeDepends, "true", m.Path, 0, "it has dependencies")
	}
	lock := node.LockOf(r.manager, r.exists)
	if lock == "" {
		if m.Depends() {
			r.fact(NodeUnknown, "no lock", m.Path, 0, "there is no lock of %s: what is installed differs from build to build, and of native code nothing is known", r.manager)
		}
		return r.nodeManager(m, nil)
	}
	data, err := r.source(lock)
	if err != nil {
		return err
	}
	packages, err := lockReaders[lock](lockInput{lock, data, manifests})
	var unread *unreadLock
	if err != nil && !errors.As(err, &unread) {
		return err
	}
	r.fact(NodeFile, lock, lock, 0, "lock of %s", r.manager)
	r.fact(NodeLock, lock, lock, 0, "versions are locked")
	if err := r.nodeManager(m, data); err != nil {
		return err
	}
	if unread != nil {
		r.fact(NodeUnknown, "lock", lock, 1, "the lock %s, so of native code nothing is known; %s", unread.why, unread.hint)
		return nil
	}
	return nodeNative(r, lock, packages)
}

// maxWorkspaces bounds how many folders are looked at for workspaces.
const maxWorkspaces = 500

// nodeWorkspaces notes the manifests of the workspaces, which installing reads, and
// returns all manifests.
func nodeWorkspaces(r *repo, m *node.Manifest) ([]*node.Manifest, error) {
	patterns, at, err := r.workspacePatterns(m)
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, pattern := range patterns {
		pattern = path.Clean(strings.TrimPrefix(pattern, "!"))
		found, err := fs.Glob(r.root.FS(), strings.ReplaceAll(pattern, "**", "*"))
		if err != nil || !fs.ValidPath(pattern) {
			return nil, profiles.Problems{{File: at, Line: 1, Msg: fmt.Sprintf("the workspace %q is no path or pattern of one", pattern)}}
		}
		dirs = append(dirs, found...)
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	if len(dirs) > maxWorkspaces {
		return nil, profiles.Problems{{File: at, Line: 1, Msg: fmt.Sprintf("it has more than %d workspaces", maxWorkspaces)}}
	}
	manifests := []*node.Manifest{m}
	for _, dir := range dirs {
		name := path.Join(dir, node.ManifestName)
		if dir == "." || !r.exists(name) {
			continue
		}
		w, err := node.ReadManifest(r.source, dir)
		if err != nil {
			return nil, err
		}
		manifests = append(manifests, w)
		r.fact(NodeFile, name, name, 0, "workspace")
	}
	return manifests, nil
}

// pnpmWorkspace is where pnpm looks for workspaces (https://pnpm.io/pnpm-workspace_yaml).
const pnpmWorkspace = "pnpm-workspace.yaml"

// workspacePatterns are the patterns of workspaces, and the file that has them.
func (r *repo) workspacePatterns(m *node.Manifest) (patterns []string, at string, err error) {
	if r.manager != "pnpm" {
		return m.Workspaces(), m.Path, nil
	}
	data, err := r.source(pnpmWorkspace)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	top, err := node.ParseYAML(data)
	if err != nil {
		return nil, "", lockProblem(pnpmWorkspace, err)
	}
	return top.Get("packages").Texts(), pnpmWorkspace, nil
}

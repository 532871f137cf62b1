package evidence

import (
	"errors"
	"fmt"
	"strings"

	"scaffold/profiles"
	"scaffold/profiles/node"
)

// lockProblem is the error for a lock that cannot be read.
func lockProblem(name string, err error) error {
	var syntax *node.SyntaxError
	if errors.As(err, &syntax) {
		return profiles.Problems{{File: name, Line: syntax.Line, Msg: "is no lock: " + profiles.OneLine(syntax.Msg)}}
	}
	return err
}

// readPnpmLock reads locks of version 6 and 9
// (https://github.com/pnpm/spec/blob/master/lockfile/9.0.md).
func readPnpmLock(in lockInput) ([]lockedPackage, error) {
	top, err := node.ParseYAML(in.data)
	if err != nil {
		return nil, lockProblem(in.name, err)
	}
	version := top.Get("lockfileVersion")
	if major, _, _ := strings.Cut(version.Text(), "."); major != "9" && major != "6" {
		return nil, &unreadLock{fmt.Sprintf("is of version %q, and 6.0 and 9.0 are read", version.Text()), "pnpm install --lockfile-only, with pnpm 8 or newer, brings it up to date"}
	}
	key := func(name, version string) string {
		if strings.HasPrefix(version, "/") { // version 6
			return strings.TrimPrefix(version, "/")
		}
		if at := strings.LastIndex(before(version, "("), "@"); at > 0 {
			return version // an alias: the whole key of another name
		}
		return name + "@" + version
	}
	g := newGraph()
	snapshots := top.Get("snapshots")
	if snapshots == nil {
		snapshots = top.Get("packages")
	}
	if snapshots != nil {
		for _, full := range snapshots.Keys {
			snapshot := snapshots.Get(full)
			full = strings.TrimPrefix(full, "/")
			entry := top.Get("packages", before(full, "("))
			if entry == nil {
				entry = snapshot
			}
			name, version, _ := cutLast(before(full, "("), "@")
			g.add(full, &graphPackage{
				lockedPackage: lockedPackage{
					name: name, version: version, line: entry.Line, script: entry.Get("requiresBuild").True(),
					os: entry.Get("os").Texts(), cpu: entry.Get("cpu").Texts(), libc: entry.Get("libc").Texts(),
					optionals: names(snapshot.Get("optionalDependencies")),
				},
				needs: keysOf(snapshot.Get("dependencies"), key),
				wants: keysOf(snapshot.Get("optionalDependencies"), key),
			})
		}
	}
	var needs, wants []string
	importers := []*node.Value{top}
	if all := top.Get("importers"); all != nil {
		importers = nil
		for _, dir := range all.Keys {
			importers = append(importers, all.Get(dir))
		}
	}
	for _, i := range importers {
		needs = append(needs, imported(i.Get("dependencies"), key)...)
		wants = append(wants, imported(i.Get("optionalDependencies"), key)...)
	}
	return g.reached(needs, wants), nil
}

// imported are the keys of what an importer asks for.
func imported(group *node.Value, key func(name, version string) string) []string {
	if group == nil {
		return nil
	}
	var keys []string
	for _, name := range group.Keys {
		keys = append(keys, key(name, group.Get(name, "version").Text()))
	}
	return keys
}

// readYarnLock reads locks of yarn 1 and of its successors, which are YAML
// (https://yarnpkg.com/configuration/yarnrc).
func readYarnLock(in lockInput) ([]lockedPackage, error) {
	if isBerry(in.data) {
		return readBerryLock(in)
	}
	top, err := node.ParseYarn(in.data)
	if err != nil {
		return nil, lockProblem(in.name, err)
	}
	key := func(name, wanted string) string { return name + "@" + wanted }
	g := newGraph()
	added := map[*node.Value]*graphPackage{}
	for _, k := range top.Keys {
		entry := top.Get(k)
		if added[entry] == nil {
			name, _, _ := cutLast(k, "@")
			p := &graphPackage{
				lockedPackage: lockedPackage{name: name, version: entry.Get("version").Text(), line: entry.Line, optionals: names(entry.Get("optionalDependencies"))},
				needs:         keysOf(entry.Get("dependencies"), key),
				wants:         keysOf(entry.Get("optionalDependencies"), key),
			}
			p.limits()
			added[entry] = p
		}
		g.add(k, added[entry])
	}
	needs, wants := roots(in.manifests, key)
	return g.reached(needs, wants), nil
}

func isBerry(data []byte) bool {
	return strings.Contains(string(data[:min(len(data), 1000)]), "__metadata:")
}

func readBerryLock(in lockInput) ([]lockedPackage, error) {
	top, err := node.ParseYAML(in.data)
	if err != nil {
		return nil, lockProblem(in.name, err)
	}
	key := func(name, wanted string) string {
		if !strings.Contains(wanted, ":") {
			wanted = "npm:" + wanted
		}
		return name + "@" + wanted
	}
	g := newGraph()
	for _, k := range top.Keys {
		entry := top.Get(k)
		name, _, _ := cutLast(before(entry.Get("resolution").Text(), "#"), "@")
		p := &graphPackage{lockedPackage: lockedPackage{name: name, version: entry.Get("version").Text(), line: entry.Line}}
		meta := entry.Get("dependenciesMeta")
		if group := entry.Get("dependencies"); group != nil {
			for _, d := range group.Keys {
				if meta.Get(d, "optional").True() {
					p.optionals = append(p.optionals, d)
					p.wants = append(p.wants, key(d, group.Get(d).Text()))
				} else {
					p.needs = append(p.needs, key(d, group.Get(d).Text()))
				}
			}
		}
		p.conditions(entry.Get("conditions").Text())
		for one := range strings.SplitSeq(k, ", ") {
			g.add(one, p)
		}
	}
	needs, wants := roots(in.manifests, key)
	return g.reached(needs, wants), nil
}

// conditions reads "os=linux & cpu=x64 & libc=musl".
func (p *lockedPackage) conditions(text string) {
	for c := range strings.SplitSeq(text, "&") {
		field, value, _ := strings.Cut(strings.TrimSpace(c), "=")
		switch field {
		case "os":
			p.os = []string{value}
		case "cpu":
			p.cpu = []string{value}
		case "libc":
			p.libc = []string{value}
		}
	}
}

// readBunLock reads bun's text lock.
func readBunLock(in lockInput) ([]lockedPackage, error) {
	top, err := node.ParseRelaxed(in.data)
	if err != nil {
		return nil, lockProblem(in.name, err)
	}
	all := top.Get("packages")
	g := newGraph()
	if all != nil {
		for _, k := range all.Keys {
			entry := all.Get(k)
			if len(entry.Items) < 1 {
				continue
			}
			name, version, _ := cutLast(entry.Items[0].Text(), "@")
			p := &graphPackage{lockedPackage: lockedPackage{name: name, version: version, line: entry.Line}}
			if info := bunInfo(entry); info != nil {
				p.os, p.cpu, p.libc = info.Get("os").Texts(), info.Get("cpu").Texts(), info.Get("libc").Texts()
				p.script = info.Get("hasInstallScript").True()
				p.optionals = names(info.Get("optionalDependencies"))
				inside := func(name, _ string) string { return nested(all, k, name) }
				p.needs, p.wants = keysOf(info.Get("dependencies"), inside), keysOf(info.Get("optionalDependencies"), inside)
			}
			g.add(k, p)
		}
	}
	needs, wants := roots(in.manifests, func(name, _ string) string { return name })
	return g.reached(needs, wants), nil
}

// bunInfo is the object of a package's entry: its place depends on where it came from.
func bunInfo(entry *node.Value) *node.Value {
	for _, i := range entry.Items {
		if i.Object() {
			return i
		}
	}
	return nil
}

// nested is the key of a dependency: below the package itself, or at the top.
func nested(all *node.Value, parent, name string) string {
	if key := parent + "/" + name; all.Get(key) != nil {
		return key
	}
	return name
}

// readBinaryLock is for bun's old lock, which only bun can read.
func readBinaryLock(lockInput) ([]lockedPackage, error) {
	return nil, &unreadLock{"is a binary lock, which only bun reads", "bun install --save-text-lockfile --frozen-lockfile --lockfile-only writes one that tells more"}
}

func names(group *node.Value) []string {
	if group == nil {
		return nil
	}
	return group.Keys
}

// before is what stands before the first sep.
func before(s, sep string) string {
	s, _, _ = strings.Cut(s, sep)
	return s
}

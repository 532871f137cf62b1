package generator

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/profiles"
	"scaffold/profiles/node"
)

// NodePlan is what only Node templates print.
type NodePlan struct {
	Setup        string     // installs the package manager; empty: the image has it
	Files        []CopyStep // what installing reads
	Cache        string     // folder that the package manager keeps
	Install      string     // what the program needs to run
	InstallAll   string     // that and what its build needs
	Build        string     // empty: there is nothing to build
	SourcesFirst bool       // installing for the build runs scripts of the project's own, which read its sources
	Workspaces   bool       // packages stand in folders of the project, too
	Depends      bool       // the program has dependencies
	Target       bool       // they are installed on the platform that the image is for
	Production   bool       // NODE_ENV is set
	Tini         bool       // an init starts the program
	Init         *InitPlan  // stage that it comes from; nil: the base has a package of it
}

// InitPlan is the stage that unpacks an init for the target platform.
type InitPlan struct {
	From    string
	Arch    string   // Debian's name of the target architecture, in double quotes
	Renamed []Rename // architectures that Debian calls otherwise than Go
	Apt     *AptStep
}

// A nodeManager is how a package manager installs. Each command fails where the lock does
// not match package.json.
type nodeManager struct {
	cache      string
	env        string // variables before each command that installs, with a blank behind
	all        string // installs everything
	production string // installs what the program needs to run
	noScripts  string // option that keeps scripts from running
	quiet      string // variable that does, with a blank behind
	rebuild    string // runs the scripts of the packages named behind it
	run        string // runs a script
}

// nodeManagers by name, and by name without a lock.
var nodeManagers = map[string]nodeManager{
	// https://docs.npmjs.com/cli/v11/commands/npm-ci
	"npm":          {cache: "/root/.npm", all: "npm ci", production: "npm ci --omit=dev", noScripts: " --ignore-scripts", rebuild: "npm rebuild", run: "npm run"},
	"npm unlocked": {cache: "/root/.npm", all: "npm install --no-save", production: "npm install --no-save --omit=dev", noScripts: " --ignore-scripts", rebuild: "npm rebuild", run: "npm run"},
	// https://classic.yarnpkg.com/en/docs/cli/install
	"yarn":          {cache: "/usr/local/share/.cache/yarn", all: "yarn install --frozen-lockfile", production: "yarn install --frozen-lockfile --production", noScripts: " --ignore-scripts", rebuild: "npm rebuild", run: "yarn run"},
	"yarn unlocked": {cache: "/usr/local/share/.cache/yarn", all: "yarn install --no-lockfile", production: "yarn install --no-lockfile --production", noScripts: " --ignore-scripts", rebuild: "npm rebuild", run: "yarn run"},
	// https://yarnpkg.com/cli/workspaces/focus. Whatever links packages in development, the
	// image has them in node_modules, where Node finds them by itself.
	"berry": {cache: "/root/.yarn/berry/cache", env: "YARN_NODE_LINKER=node-modules ", all: "yarn install --immutable", production: "yarn workspaces focus --all --production", quiet: "YARN_ENABLE_SCRIPTS=false ", rebuild: "npm rebuild", run: "yarn run"},
	// https://pnpm.io/cli/install
	"pnpm":          {cache: "/root/.local/share/pnpm/store", all: "pnpm install --frozen-lockfile", production: "pnpm install --frozen-lockfile --prod", noScripts: " --ignore-scripts", rebuild: "pnpm rebuild", run: "pnpm run"},
	"pnpm unlocked": {cache: "/root/.local/share/pnpm/store", all: "pnpm install --no-lockfile", production: "pnpm install --no-lockfile --prod", noScripts: " --ignore-scripts", rebuild: "pnpm rebuild", run: "pnpm run"},
	// https://bun.com/docs/cli/install
	"bun":          {cache: "/root/.bun/install/cache", all: "bun install --frozen-lockfile", production: "bun install --frozen-lockfile --production", noScripts: " --ignore-scripts", rebuild: "npm rebuild", run: "bun run"},
	"bun unlocked": {cache: "/root/.bun/install/cache", all: "bun install --no-save", production: "bun install --no-save --production", noScripts: " --ignore-scripts", rebuild: "npm rebuild", run: "bun run"},
}

// writtenNode are the forms of the facts that Node templates print outside of quotes.
var writtenNode = map[string]*regexp.Regexp{
	evidence.NodeFile:   regexp.MustCompile(`^[A-Za-z0-9._@+~/][A-Za-z0-9._@+~/-]*$`),
	evidence.NodeSetup:  regexp.MustCompile(`^(@[a-z0-9-]+/)?[a-z0-9][a-z0-9-]*@[A-Za-z0-9][A-Za-z0-9.-]*$`),
	evidence.NodeYarn:   regexp.MustCompile(`^[A-Za-z0-9._@+~][A-Za-z0-9._@+~/-]*$`),
	evidence.NodeBuild:  regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:/+~-]*$`),
	evidence.NodeScript: packageName,
	evidence.NodeNative: regexp.MustCompile(`^(@[A-Za-z0-9._~-]+/)?[A-Za-z0-9._~][A-Za-z0-9._~-]* [a-z]+ (glibc|musl)( [a-z0-9/]+)*$`),
}

var packageName = regexp.MustCompile(`^(@[A-Za-z0-9._~-]+/)?[A-Za-z0-9._~][A-Za-z0-9._~-]*$`)

func planNode(plan *Plan, in Input, base bases.Base) error {
	if err := checkForms(in.Facts, writtenNode); err != nil {
		return err
	}
	p := in.Profile
	n := NodePlan{
		Depends: in.has(evidence.NodeDepends),
		Target:  slices.ContainsFunc(in.Facts, func(f profiles.Fact) bool { return bases.OnTarget(f.Key) }),
	}
	n.manager(in, plan.decision.Version)
	_, told := p.Runtime.Env["NODE_ENV"]
	n.Production = !told
	plan.Ignore = []string{"**/node_modules", "**/npm-debug.log*", "**/*.tsbuildinfo", "coverage"}
	if in.has(evidence.NodeBerry) {
		plan.Ignore = append(plan.Ignore, ".pnp.*", ".yarn/*", "!.yarn/patches", "!.yarn/plugins", "!.yarn/releases")
	}
	plan.CA, plan.TZ = false, false // Node has its own, built in
	plan.NotCopied = []string{"--exclude=**/.npmrc"}
	if ca := in.ca(); ca != "" {
		plan.NotCopied = append(plan.NotCopied, "--exclude="+path.Clean(ca))
	}
	if err := n.start(plan, in, base); err != nil {
		return err
	}
	plan.Node = n
	if err := idleNode(plan, in); err != nil {
		return err
	}
	if !n.Depends && n.Build == "" && n.Init == nil && plan.RuntimePackages == nil {
		return nil // no step fetches anything
	}
	from := plan.Builder
	if !n.Target {
		from = "--platform=$BUILDPLATFORM " + from
	}
	return plan.trusts(in, "npm", from)
}

// manager decides what is installed, and how.
func (n *NodePlan) manager(in Input, version string) {
	_, name, _ := profiles.SplitStack(in.Profile.Stack)
	switch {
	case in.has(evidence.NodeBerry):
		name = "berry"
	case !in.has(evidence.NodeLock):
		name += " unlocked"
	}
	m := nodeManagers[name]
	if own := in.value(evidence.NodeYarn); own != "" {
		m.all, m.production, m.run = "node "+own+m.all[4:], "node "+own+m.production[4:], "node "+own+m.run[4:]
	}
	n.Cache, n.Install, n.InstallAll = m.cache, m.env+m.production, m.env+m.all
	n.Setup = nodeSetup(in.value(evidence.NodeSetup), version)
	if script := in.value(evidence.NodeBuild); script != "" {
		n.Build = m.run + " " + script
	}
	n.Files = nodeFiles(in)
	n.Workspaces = slices.ContainsFunc(in.Facts, func(f profiles.Fact) bool {
		return f.Key == evidence.NodeFile && node.IsManifest(f.Value) && f.Value != node.ManifestName
	})
	if n.SourcesFirst = in.has(evidence.NodeLifecycle); n.SourcesFirst {
		n.Install = m.quiet + n.Install + m.noScripts
		if scripts := scripted(in); len(scripts) > 0 {
			n.Install += " && \\\n    " + m.rebuild + " " + strings.Join(scripts, " ")
		}
	}
}

// lastWithYarn is the last version of Node whose images have yarn 1
// (https://github.com/nodejs/docker-node#yarn-v1-classic-bundling).
const lastWithYarn = 24

// nodeSetup installs a package manager of a version, where the image has it not.
func nodeSetup(pkg, version string) string {
	line, _ := strconv.Atoi(version)
	switch {
	case pkg == "", strings.HasPrefix(pkg, "yarn@1.") && line <= lastWithYarn:
		return ""
	case strings.HasPrefix(pkg, "@yarnpkg/") && line <= lastWithYarn:
		return "npm install --global --force " + pkg // over yarn 1
	}
	return "npm install --global " + pkg
}

// scripted are the packages whose install scripts have to run.
func scripted(in Input) []string {
	var names []string
	for _, f := range in.Facts {
		name := f.Value
		switch b, ok := evidence.ParseNodeBinaries(f.Value); {
		case f.Key == evidence.NodeNative && ok && b.Without != "fails":
			name = b.Name
		case f.Key != evidence.NodeScript:
			continue
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// nodeFiles are the files that installing reads, a folder a step.
func nodeFiles(in Input) []CopyStep {
	var steps []CopyStep
	for _, f := range in.Facts {
		if f.Key != evidence.NodeFile {
			continue
		}
		dir := "./"
		if d := path.Dir(f.Value); d != "." {
			dir = d + "/"
		}
		if i := slices.IndexFunc(steps, func(s CopyStep) bool { return s.To == dir }); i >= 0 {
			steps[i].From += " " + f.Value
			continue
		}
		steps = append(steps, CopyStep{From: f.Value, To: dir})
	}
	return steps
}

// inits are programs that a command begins with where the image has an init already.
var inits = []string{"tini", "dumb-init", "catatonit"}

// start decides the process: Node by the place where the base has it, under an init.
// Node installs no handler for a signal that ends it, and the kernel gives process 1 no
// default ones, so that no STOPSIGNAL would do
// (https://github.com/nodejs/docker-node/blob/main/docs/BestPractices.md#handling-kernel-signals).
func (n *NodePlan) start(plan *Plan, in Input, base bases.Base) error {
	command := slices.Clone(in.Profile.Runtime.Command)
	program := base.Program
	if program == "" {
		program = "node"
	}
	if command[0] == "node" {
		command[0] = program
	}
	if health := in.Profile.Runtime.Health.Path; health != "" {
		plan.Health = execForm([]string{program, "-e",
			"fetch(process.argv[1], { signal: AbortSignal.timeout(4000) }).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))",
			fmt.Sprintf("http://127.0.0.1:%d%s", in.Profile.Runtime.Port, health)})
	}
	if !slices.Contains(inits, path.Base(command[0])) {
		n.Tini = true
		init := "/usr/bin/tini"
		if base.Packages == "apk" {
			init = "/sbin/tini"
		}
		command = append([]string{init, "--"}, command...)
		if err := n.initStage(plan, in, base); err != nil {
			return err
		}
	}
	plan.Command = execForm(command)
	return nil
}

func (n *NodePlan) initStage(plan *Plan, in Input, base bases.Base) error {
	if base.Packages == "apk" {
		return nil
	}
	n.Init = &InitPlan{From: plan.Builder, Arch: "$TARGETARCH"}
	for _, platform := range in.Profile.Image.Platforms {
		arch := strings.Split(platform, "/")[1]
		if name, ok := in.Catalog.Debian[arch]; ok {
			n.Init.Renamed = append(n.Init.Renamed, Rename{Go: arch, Debian: name})
			n.Init.Arch = "$(cat /target)"
		}
	}
	var err error
	n.Init.Apt, err = aptStep(in, []string{"tini"})
	return err
}

// idleNode is an error where a key is only about steps that there are none of: it would
// have no effect.
func idleNode(plan *Plan, in Input) error {
	build := in.Profile.Build
	if !plan.Node.Depends && len(build.Extra) > 0 {
		return &KeyError{Key: "build.extra", Msg: "build.extra has no effect: there are no dependencies to install", Hint: "delete it"}
	}
	if plan.Node.Depends || plan.Node.Build != "" {
		return nil
	}
	for _, k := range []struct {
		key  string
		idle bool
	}{
		{"build.secrets", len(build.Secrets) > 0},
		{"build.ssh", build.SSH},
		{"build.packages", len(build.Packages) > 0},
		{"build.ca", build.CA != "" && plan.Node.Init == nil && plan.RuntimePackages == nil},
	} {
		if k.idle {
			return &KeyError{Key: k.key, Msg: k.key + " has no effect: there are no dependencies to install and nothing to build", Hint: "delete the line"}
		}
	}
	return nil
}

package generator_test

import (
	"errors"
	"strings"
	"testing"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/generator"
	"scaffold/profiles"
)

// TestNodeLines holds what a key or a fact brings into a Dockerfile for Node, or keeps out
// of it.
func TestNodeLines(t *testing.T) {
	const command = "[runtime]\ncommand = [\"node\", \"server.js\"]\n"
	fact := func(key, value string) profiles.Fact {
		return profiles.Fact{Key: key, Value: value, Path: "package-lock.json", Line: 1}
	}
	for name, c := range map[string]struct {
		lines     string
		facts     []profiles.Fact
		want, not []string
	}{
		"nothing asked": {command, nil,
			[]string{"FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS dependencies\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN --mount=type=cache,target=/root/.npm \\\n    npm ci --omit=dev\n",
				"FROM gcr.io/distroless/nodejs24-debian13:nonroot\n", "COPY --link --from=init /out/usr/bin/tini-static /usr/bin/tini\n", "ENV NODE_ENV=production\n",
				"COPY --link --from=dependencies /app/node_modules/ node_modules/\nCOPY --link --exclude=**/.npmrc . .\n", `ENTRYPOINT ["/usr/bin/tini", "--", "/nodejs/bin/node", "server.js"]`},
			[]string{"HEALTHCHECK", "AS build", "ca-certificates", "STOPSIGNAL", "useradd"}},
		"an init of its own": {"[runtime]\ncommand = [\"/usr/bin/dumb-init\", \"node\", \"x.js\"]\npackages = [\"dumb-init\"]", nil,
			[]string{"dumb-init \\\n", `ENTRYPOINT ["/usr/bin/dumb-init", "node", "x.js"]`}, []string{"tini", "AS init"}},
		"health":   {command + "port = 80\nhealth = \"/h?a=b&c\"", nil, []string{`CMD ["/nodejs/bin/node", "-e", "fetch(`, `"http://127.0.0.1:80/h?a=b&c"]`}, nil},
		"native":   {command, []profiles.Fact{fact(evidence.NodeNative, "sharp fails glibc amd64 arm64")}, []string{"\nFROM node:24-trixie-slim AS dependencies\n"}, []string{"JavaScript runs anywhere"}},
		"compiled": {command, []profiles.Fact{fact(evidence.NodeNative, "node-pty compiles glibc")}, []string{"\nFROM node:24-trixie AS dependencies\n", "FROM gcr.io/distroless/nodejs24-debian13:nonroot\n"}, nil},
		"no lock":  {command, []profiles.Fact{fact(evidence.NodeUnknown, "no lock")}, []string{"npm ci"}, nil},
		"a build": {command, []profiles.Fact{fact(evidence.NodeBuild, "build:prod")},
			[]string{"AS build\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN --mount=type=cache,target=/root/.npm \\\n    npm ci\nCOPY . .\nRUN npm run build:prod\n", "COPY --link --from=build --exclude=**/node_modules --exclude=**/.npmrc /app/ ./\n"}, []string{". .\nUSER"}},
		"scripts of its own": {command, []profiles.Fact{fact(evidence.NodeBuild, "build"), fact(evidence.NodeLifecycle, "postinstall"), fact(evidence.NodeNative, "bcrypt compiles glibc amd64 arm64"), fact(evidence.NodeNative, "bcrypt compiles musl amd64 arm64"), fact(evidence.NodeScript, "@a/odd"), fact(evidence.NodeNative, "sharp fails glibc amd64 arm64")},
			[]string{"npm ci --omit=dev --ignore-scripts && \\\n    npm rebuild bcrypt @a/odd\n", "COPY . .\nRUN --mount=type=cache,target=/root/.npm \\\n    npm ci\nRUN npm run build\n"}, nil},
		"workspaces":                    {command, []profiles.Fact{fact(evidence.NodeFile, "packages/a/package.json")}, []string{"COPY packages/a/package.json packages/a/\n", "COPY --link --from=dependencies --exclude=**/.npmrc /app/ ./\n"}, nil},
		"another place for settings":    {command + "env = { NODE_ENV = \"staging\" }", nil, []string{`ENV NODE_ENV="staging"`}, []string{"NODE_ENV=production"}},
		"slim":                          {command + "base = \"slim\"\nuser = \"1000\"", nil, []string{"groupadd --non-unique --gid 1000 app", `ENTRYPOINT ["/usr/bin/tini", "--", "node", "server.js"]`}, nil},
		"alpine":                        {command + "base = \"alpine\"", nil, []string{"RUN apk add --no-cache tini\n", "FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS dependencies", `ENTRYPOINT ["/sbin/tini", "--", "node", "server.js"]`}, []string{"AS init", "dpkg"}},
		"alpine, native":                {command + "base = \"alpine\"", []profiles.Fact{fact(evidence.NodeNative, "sharp fails musl amd64 arm64")}, []string{"\nFROM node:24-alpine3.24 AS dependencies\n"}, nil},
		"another name for the platform": {command + "[image]\nplatforms = [\"linux/ppc64le\"]", nil, []string{"      ppc64le) echo ppc64el ;; \\\n", `"tini:$(cat /target)"`}, nil},
		"a company's CA": {command + "[build]\nca = \"acme.pem\"", nil, []string{"AS ca\nRUN --mount=type=bind,source=acme.pem,target=/run/company-ca.pem \\\n    { node -p 'require(\"tls\").rootCertificates.join(\"\\n\")'; cat /run/company-ca.pem; } > /ca.pem\n",
			"    NODE_EXTRA_CA_CERTS=/run/ca.pem \\\n    npm ci --omit=dev\n", "--exclude=acme.pem"}, nil},
		"a secret":               {command + "[build]\nsecrets = [{ id = \"npm\", target = \"/root/.npmrc\" }]", []profiles.Fact{fact(evidence.NodeBuild, "build")}, []string{"--mount=type=secret,id=npm,target=/root/.npmrc,required=true \\\n    npm ci --omit=dev\n", "required=true \\\n    npm ci\n"}, nil},
		"packages for the build": {command + "[build]\npackages = [\"git\"]", []profiles.Fact{fact(evidence.NodeBuild, "build")}, []string{"git \\\n"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			text := dockerfile(t, "node", c.lines, c.facts...)
			readBack(t, name, text)
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("there is no %q in\n%s", w, text)
				}
			}
			for _, n := range append(c.not, "\n\n\n", " \n") {
				if strings.Contains(text, n) {
					t.Errorf("there is %q in\n%s", n, text)
				}
			}
		})
	}
}

// TestNodeManagers holds how each package manager comes into the image, and installs.
func TestNodeManagers(t *testing.T) {
	for name, c := range map[string]struct {
		stack, lines string
		facts        map[string]string
		want, not    []string
	}{
		"pnpm": {"node/pnpm", "", map[string]string{evidence.NodeLock: "pnpm-lock.yaml", evidence.NodeSetup: "pnpm@9.15.4", evidence.NodeBuild: "build"},
			[]string{"RUN --mount=type=cache,target=/root/.npm \\\n    npm install --global pnpm@9.15.4\nCOPY package.json ./\nRUN --mount=type=cache,target=/root/.local/share/pnpm/store \\\n    pnpm install --frozen-lockfile --prod\n", "    pnpm install --frozen-lockfile\nCOPY . .\nRUN pnpm run build\n"}, nil},
		"pnpm, no lock": {"node/pnpm", "", map[string]string{evidence.NodeSetup: "pnpm@10"}, []string{"    pnpm install --no-lockfile --prod\n"}, nil},
		"yarn 1": {"node/yarn", "", map[string]string{evidence.NodeLock: "yarn.lock", evidence.NodeSetup: "yarn@1.22.22"},
			[]string{"target=/usr/local/share/.cache/yarn \\\n    yarn install --frozen-lockfile --production\n"}, []string{"npm install"}},
		"yarn 1, Node 26": {"node/yarn", "[build]\nversion = \"26\"", map[string]string{evidence.NodeLock: "yarn.lock", evidence.NodeSetup: "yarn@1.22.22"}, []string{"    npm install --global yarn@1.22.22\n"}, nil},
		"yarn 4": {"node/yarn", "", map[string]string{evidence.NodeLock: "yarn.lock", evidence.NodeBerry: "true", evidence.NodeSetup: "@yarnpkg/cli-dist@4"},
			[]string{"    npm install --global --force @yarnpkg/cli-dist@4\n", "target=/root/.yarn/berry/cache \\\n    YARN_NODE_LINKER=node-modules yarn workspaces focus --all --production\n"}, nil},
		"yarn 4, Node 26": {"node/yarn", "[build]\nversion = \"26\"", map[string]string{evidence.NodeLock: "yarn.lock", evidence.NodeBerry: "true", evidence.NodeSetup: "@yarnpkg/cli-dist@4"}, []string{"    npm install --global @yarnpkg/cli-dist@4\n"}, nil},
		"yarn 4, its own": {"node/yarn", "", map[string]string{evidence.NodeLock: "yarn.lock", evidence.NodeBerry: "true", evidence.NodeYarn: ".yarn/releases/yarn-4.5.0.cjs", evidence.NodeBuild: "build", evidence.NodeLifecycle: "postinstall"},
			[]string{"    YARN_ENABLE_SCRIPTS=false YARN_NODE_LINKER=node-modules node .yarn/releases/yarn-4.5.0.cjs workspaces focus --all --production\n", "    YARN_NODE_LINKER=node-modules node .yarn/releases/yarn-4.5.0.cjs install --immutable\n", "RUN node .yarn/releases/yarn-4.5.0.cjs run build\n"}, []string{"npm install"}},
		"bun": {"node/bun", "", map[string]string{evidence.NodeLock: "bun.lock", evidence.NodeSetup: "bun@1"}, []string{"    npm install --global bun@1\n", "target=/root/.bun/install/cache \\\n    bun install --frozen-lockfile --production\n"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := profiles.Parse("f", []byte("schema = 1\nname = \"x\"\nstack = \""+c.stack+"\"\n[runtime]\ncommand = [\"node\", \"x.js\"]\n"+c.lines))
			if err != nil {
				t.Fatal(err)
			}
			in := generator.Input{Profile: p, AsOf: "2026-11-21", Catalog: bases.Embedded(), Facts: []profiles.Fact{{Key: evidence.NodeFile, Value: "package.json"}, {Key: evidence.NodeDepends, Value: "true"}}}
			for key, value := range c.facts {
				in.Facts = append(in.Facts, profiles.Fact{Key: key, Value: value})
			}
			out, err := generator.Generate(in)
			if err != nil {
				t.Fatal(err)
			}
			text := out.Files[0].Text
			readBack(t, name, text)
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("there is no %q in\n%s", w, text)
				}
			}
			for _, n := range c.not {
				if strings.Contains(text, n) {
					t.Errorf("there is %q in\n%s", n, text)
				}
			}
		})
	}
}

// TestNodeAlone holds that a project with nothing to install has no stage for it, and
// that a key about such a stage is refused.
func TestNodeAlone(t *testing.T) {
	generate := func(lines string) (string, error) {
		p, err := profiles.Parse("f", []byte("schema = 1\nname = \"x\"\nstack = \"node\"\n[runtime]\ncommand = [\"node\", \"x.js\"]\n"+lines))
		if err != nil {
			t.Fatal(err)
		}
		out, err := generator.Generate(generator.Input{Profile: p, AsOf: "2026-11-21", Catalog: bases.Embedded(), Facts: []profiles.Fact{{Key: evidence.NodeFile, Value: "package.json"}}})
		if err != nil {
			return "", err
		}
		return out.Files[0].Text, nil
	}
	text, err := generate("")
	if err != nil || strings.Contains(text, "npm") && !strings.Contains(text, ".npmrc") || strings.Contains(text, "node_modules") {
		t.Errorf("error %v\n%s", err, text)
	}
	for _, key := range []string{"[build]\npackages = [\"git\"]", "[build]\nssh = true", "[[build.extra]]\nat = \"before-dependencies\"\nlines = [\"RUN id\"]", "[build]\nsecrets = [{ id = \"a\", env = \"A\" }]"} {
		_, err := generate(key)
		var idle *generator.KeyError
		if !errors.As(err, &idle) {
			t.Errorf("%s: error is %v", key, err)
		}
	}
}

func TestRefusedNodeFacts(t *testing.T) {
	p, err := profiles.Parse("f", []byte("schema = 1\nname = \"x\"\nstack = \"node\"\n[runtime]\ncommand = [\"x\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []profiles.Fact{
		{Key: evidence.NodeFile, Value: "a b/package.json"}, {Key: evidence.NodeFile, Value: "--from=x"}, {Key: evidence.NodeFile, Value: "$(id)"},
		{Key: evidence.NodeBuild, Value: "x; id"}, {Key: evidence.NodeBuild, Value: "-x"}, {Key: evidence.NodeSetup, Value: "pnpm@1 && id"},
		{Key: evidence.NodeScript, Value: "x\nRUN id"}, {Key: evidence.NodeNative, Value: "x fails glibc $(id)"},
	} {
		f.Path, f.Line = "scaffold.lock", 7
		_, err := generator.Generate(generator.Input{Profile: p, AsOf: "2026-11-21", Catalog: bases.Embedded(), Facts: append([]profiles.Fact{f}, facts["node"]...)})
		var problems profiles.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), "scaffold.lock:7: ") {
			t.Errorf("%s %q: error is %v", f.Key, f.Value, err)
		}
	}
}

package evidence

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

// entry is one package of a lock, on lines of its own.
func entry(path, fields string) string {
	return fmt.Sprintf("    %q: {\n      %s\n    }", path, fields)
}

// npmLock is a lock of version 3; its first entry stands on line 4.
func npmLock(entries ...string) string {
	return "{\n  \"lockfileVersion\": 3,\n  \"packages\": {\n" + strings.Join(entries, ",\n") + "\n  }\n}\n"
}

const deps = `{"dependencies": {"x": "1"}}`

func TestNode(t *testing.T) {
	base := []string{"node/file package.json package.json", "node/depends true package.json", "node/file package-lock.json package-lock.json", "node/lock package-lock.json package-lock.json"}
	count := func(n int) string { return fmt.Sprintf("node/count %d package-lock.json", n) }
	// The packages of the lock, after the facts that every project has.
	for name, c := range map[string]struct {
		lock []string
		want []string
	}{
		"pure": {[]string{entry("", `"name": "x"`), entry("node_modules/a", `"version": "1.0.0"`)}, []string{count(1)}},
		"carried in the package": {[]string{entry("node_modules/bcrypt", `"version": "6.0.0", "hasInstallScript": true`)},
			[]string{"node/native bcrypt compiles glibc amd64 arm/v7 arm64 package-lock.json:4", "node/native bcrypt compiles musl amd64 arm/v7 arm64 package-lock.json:4", count(1)}},
		"an older version of it": {[]string{entry("node_modules/bcrypt", `"version": "5.1.1", "hasInstallScript": true`)},
			[]string{"node/native bcrypt downloads glibc package-lock.json:4", "node/native bcrypt downloads musl package-lock.json:4", count(1)}},
		"no script, and native all the same": {[]string{entry("node_modules/better-sqlite3", `"version": "13.2.0"`)},
			[]string{"node/native better-sqlite3 fails glibc amd64 arm64 package-lock.json:4", "node/native better-sqlite3 fails musl amd64 arm64 package-lock.json:4", count(1)}},
		"untagged binaries": {[]string{entry("node_modules/bufferutil", `"version": "4.1.0", "hasInstallScript": true, "optional": true`)},
			[]string{"node/native bufferutil nothing glibc amd64 package-lock.json:4", "node/native bufferutil nothing musl package-lock.json:4", count(1)}},
		"for development": {[]string{entry("node_modules/bcrypt", `"version": "6.0.0", "hasInstallScript": true, "dev": true`)}, []string{count(0)}},
		"a link":          {[]string{entry("node_modules/bcrypt", `"resolved": "packages/bcrypt", "link": true`)}, []string{count(0)}},
		"an unknown script": {[]string{entry("node_modules/a/node_modules/@b/c", `"version": "1.0.0", "hasInstallScript": true`)},
			[]string{"node/script @b/c package-lock.json:4", count(1)}},
		"a harmless script":      {[]string{entry("node_modules/core-js", `"version": "3.0.0", "hasInstallScript": true`)}, []string{count(1)}},
		"a script for macOS":     {[]string{entry("node_modules/fsevents", `"version": "2.3.3", "hasInstallScript": true, "os": ["darwin"]`)}, []string{count(1)}},
		"a script, not Windows":  {[]string{entry("node_modules/odd", `"version": "1.0.0", "hasInstallScript": true, "os": ["!win32"]`)}, []string{"node/script odd package-lock.json:4", count(1)}},
		"an alias":               {[]string{entry("node_modules/hash", `"name": "bcrypt", "version": "6.0.0"`)}, []string{"node/native bcrypt compiles glibc amd64 arm/v7 arm64 package-lock.json:4", "node/native bcrypt compiles musl amd64 arm/v7 arm64 package-lock.json:4", count(1)}},
		"variants, named":        {variants("", "linux-x64-gnu", "linux-arm64-gnu", "linux-x64-musl", "darwin-arm64"), []string{"node/native n fails glibc amd64 arm64 package-lock.json:7", "node/native n fails musl amd64 package-lock.json:13", count(5)}},
		"variants, libc":         {variants(`, "libc": ["musl"]`, "linux-x64"), []string{"node/native n fails glibc package-lock.json:4", "node/native n fails musl amd64 package-lock.json:7", count(2)}},
		"variants, no libc":      {variants("", "linux-x64", "linux-arm64"), []string{"node/native n fails glibc amd64 arm64 package-lock.json:7", "node/native n fails musl package-lock.json:4", count(3)}},
		"variants, beside musl":  {variants("", "linux-x64", "linuxmusl-x64"), []string{"node/native n fails glibc amd64 package-lock.json:7", "node/native n fails musl amd64 package-lock.json:10", count(3)}},
		"a variant of two parts": {variants("", "linux-x64-gnu", "lib-linux-x64-gnu", "linux-arm64-gnu"), []string{"node/native n fails glibc amd64 package-lock.json:7", "node/native n fails musl package-lock.json:4", count(4)}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{"package.json": deps, "package-lock.json": npmLock(c.lock...)})
			got, err := Read(dir, Project{Language: "node", Manager: "npm"})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(append(base[:len(base):len(base)], c.want...), brief(got.Facts)); d != "" {
				t.Errorf("facts (-want +got):\n%s", d)
			}
		})
	}
}

// variants is a package n and its variants, each limited as its name says.
func variants(more string, names ...string) []string {
	var optional, entries []string
	for _, name := range names {
		system, cpu := "linux", "x64"
		if strings.Contains(name, "darwin") {
			system = "darwin"
		}
		if strings.Contains(name, "arm64") {
			cpu = "arm64"
		}
		optional = append(optional, fmt.Sprintf("%q: \"1.0.0\"", "@n/n-"+name))
		entries = append(entries, entry("node_modules/@n/n-"+name, fmt.Sprintf(`"version": "1.0.0", "optional": true, "os": [%q], "cpu": [%q]%s`, system, cpu, more)))
	}
	return append([]string{entry("node_modules/n", `"version": "1.0.0", "optionalDependencies": {`+strings.Join(optional, ", ")+"}")}, entries...)
}

// TestNodeProject holds the facts beside the packages.
func TestNodeProject(t *testing.T) {
	lock := npmLock()
	for name, c := range map[string]struct {
		files  map[string]string
		target string
		want   []string
	}{
		"nothing to install": {files: map[string]string{"package.json": "{}"}, want: []string{"node/file package.json package.json"}},
		"no lock":            {files: map[string]string{"package.json": deps}, want: []string{"node/file package.json package.json", "node/depends true package.json", "node/unknown no lock package.json"}},
		"versions": {files: map[string]string{"package.json": "{\n\"engines\": {\n\"node\": \">=22\"}}", ".nvmrc": "24\n"},
			want: []string{"node/file package.json package.json", "node/version 24 .nvmrc:1", "node/engines >=22 package.json:3"}},
		"a build": {files: map[string]string{"package.json": "{\n\"scripts\": {\n\"build\": \"tsc\",\n\"prepare\": \"husky\"}}"},
			want: []string{"node/file package.json package.json", "node/build build package.json:3", "node/lifecycle prepare package.json:4"}},
		"another build": {files: map[string]string{"package.json": "{\n\"scripts\": {\n\"build\": \"x\",\n\"build:prod\": \"y\"}}"}, target: "build:prod",
			want: []string{"node/file package.json package.json", "node/build build:prod package.json:4"}},
		"workspaces and settings": {files: map[string]string{"package.json": `{"workspaces": ["packages/*", "!packages/no", "tool"]}`, "package-lock.json": lock, ".npmrc": "",
			"packages/b/package.json": "{}", "packages/a/package.json": "{}", "packages/c/x": "", "tool/package.json": "{}"},
			want: []string{"node/file package.json package.json", "node/file packages/a/package.json packages/a/package.json", "node/file packages/b/package.json packages/b/package.json", "node/file tool/package.json tool/package.json",
				"node/depends true package.json", "node/file package-lock.json package-lock.json", "node/lock package-lock.json package-lock.json", "node/file .npmrc .npmrc", "node/count 0 package-lock.json"}},
		"shrinkwrap": {files: map[string]string{"package.json": "{}", "npm-shrinkwrap.json": lock, "package-lock.json": lock},
			want: []string{"node/file package.json package.json", "node/file npm-shrinkwrap.json npm-shrinkwrap.json", "node/lock npm-shrinkwrap.json npm-shrinkwrap.json", "node/count 0 npm-shrinkwrap.json"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read(write(t, c.files), Project{Language: "node", Manager: "npm", Target: c.target})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, brief(got.Facts)); d != "" {
				t.Errorf("facts (-want +got):\n%s", d)
			}
		})
	}
}

func TestNodeRefused(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		target string
		want   string
	}{
		"no manifest":            {map[string]string{"x": ""}, "", "package.json: there is none in the build context"},
		"no JSON":                {map[string]string{"package.json": "{\n!"}, "", "package.json:2: is no JSON"},
		"a list":                 {map[string]string{"package.json": "[]"}, "", "package.json:1: is no JSON object"},
		"a lock that is no JSON": {map[string]string{"package.json": deps, "package-lock.json": "{\n\n"}, "", "package-lock.json:3: is no lock: unexpected EOF"},
		"no such script":         {map[string]string{"package.json": "{}"}, "make", `package.json:1: it has no script "make", which build.target names`},
		"a workspace outside":    {map[string]string{"package.json": `{"workspaces": ["../x"]}`}, "", `package.json:1: the workspace "../x" is no path or pattern of one`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(write(t, c.files), Project{Language: "node", Manager: "npm", Target: c.target})
			var problems profiles.Problems
			if !errors.As(err, &problems) || !strings.HasPrefix(problems[0].String(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestNodeTable holds the table of native packages to its form.
func TestNodeTable(t *testing.T) {
	known := map[string]bool{"compiles": true, "downloads": true, "fails": true, "nothing": true}
	for _, p := range nodeKnown().Package {
		if !known[p.Without] || p.Read == "" || p.Name == "" {
			t.Errorf("%s: without %q, read %q", p.Name, p.Without, p.Read)
		}
		for _, arch := range append(append(append([]string{}, p.Glibc...), p.Musl...), p.Untagged...) {
			found := false
			for _, a := range arches {
				found = found || a == arch
			}
			if !found {
				t.Errorf("%s: no architecture %q", p.Name, arch)
			}
		}
	}
}

// bigLock is a lock of about so many lines.
func bigLock(lines int) string {
	var entries []string
	for i := range lines / 12 {
		entries = append(entries, fmt.Sprintf("    \"node_modules/p%d\": {\n      \"version\": \"1.0.%d\",\n      \"integrity\": \"sha512-%0100d\",\n      \"license\": \"MIT\",\n      \"dependencies\": {\n        \"a\": \"^1.0.0\",\n        \"b\": \"^2.0.0\"\n      },\n      \"engines\": {\n        \"node\": \">=18\"\n      }\n    }", i, i, i))
	}
	return npmLock(entries...)
}

// BenchmarkNodeLock reads projects with locks of 20,000 and 200,000 lines: the time is to
// grow as they do.
func BenchmarkNodeLock(b *testing.B) {
	for _, lines := range []int{20_000, 200_000} {
		b.Run(fmt.Sprint(lines), func(b *testing.B) {
			dir := b.TempDir()
			for name, text := range map[string]string{"package.json": deps, "package-lock.json": bigLock(lines)} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if _, err := Read(dir, Project{Language: "node", Manager: "npm"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

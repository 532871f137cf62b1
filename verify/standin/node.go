package standin

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// nodePackage holds Node's own build for one architecture: each version's programs,
// headers and manual, as nodejs.org has them.
func nodePackage(arch string) string { return "node-linux-" + nodeArch[arch] }

// nodeArch is Node's name of an architecture.
var nodeArch = map[string]string{"amd64": "x64", "arm64": "arm64"}

// nodeVersion resolves "24" to the newest 24.M.P that is there for every architecture;
// "24.9.0" is itself. The registry's lists are asked once a day; when it cannot be, older
// answers serve.
func nodeVersion(ctx context.Context, cache, want string) (string, error) {
	if strings.Count(want, ".") == 2 {
		return want, nil
	}
	var lists [][]string
	for _, arch := range []string{"amd64", "arm64"} {
		list, err := npmVersions(ctx, filepath.Join(cache, "node-versions-"+arch), nodePackage(arch))
		if err != nil {
			return "", err
		}
		lists = append(lists, list)
	}
	if v := newestNode(lists, want); v != "" {
		return v, nil
	}
	return "", &Error{fmt.Errorf("no release of Node %s for all of linux/amd64 and linux/arm64 in the packages %s and %s", want, nodePackage("amd64"), nodePackage("arm64")), "is that version released? name another in the FROM line"}
}

func newestNode(lists [][]string, want string) string {
	best := ""
	for _, v := range lists[0] {
		everywhere := !slices.ContainsFunc(lists, func(l []string) bool { return !slices.Contains(l, v) })
		if strings.HasPrefix(v, want+".") && everywhere && semver.Prerelease("v"+v) == "" && (best == "" || semver.Compare("v"+v, "v"+best) > 0) {
			best = v
		}
	}
	return best
}

func npmVersions(ctx context.Context, file, pkg string) ([]string, error) {
	known, readErr := os.ReadFile(file)
	if st, err := os.Stat(file); err != nil || time.Since(st.ModTime()) >= 24*time.Hour {
		list, err := npmCommand(ctx, os.TempDir(), "view", pkg, "versions", "--json")
		switch {
		case err == nil:
			known, readErr = list, writeAtomic(file, list)
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case readErr != nil:
			return nil, hinted(fmt.Errorf("asking for versions of %s: %w", pkg, err), "the npm registry must answer (npm view "+pkg+")")
		}
	}
	if readErr != nil {
		return nil, readErr
	}
	var versions []string
	if err := json.Unmarshal(known, &versions); err != nil {
		return nil, fmt.Errorf("reading versions of %s: %w", pkg, err)
	}
	return versions, nil
}

// npmCommand runs the host's npm, in dir.
func npmCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if _, err := exec.LookPath("npm"); err != nil {
		return nil, errMissing("npm", "npm")
	}
	cmd := command(ctx, "npm", append(args, "--silent", "--ignore-scripts")...)
	cmd.Dir = dir
	return output(ctx, cmd)
}

// layPackage unpacks a package of the npm registry, which npm downloads and verifies, to a
// folder: keep says where a file goes, "" nowhere.
func layPackage(ctx context.Context, b *build, pkg string, keep func(name string) string) error {
	dir, err := os.MkdirTemp("", "standin-npm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if _, err := npmCommand(ctx, dir, "pack", pkg); err != nil {
		return hinted(fmt.Errorf("downloading %s: %w", pkg, err), "the npm registry must answer and have that version (npm view "+pkg+")")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("downloading %s: %d archives came of it", pkg, len(files))
	}
	if err := layArchive(b.layer, files[0], keep); err != nil {
		return fmt.Errorf("unpacking %s: %w", pkg, err)
	}
	return nil
}

func layArchive(l *layer, file string, keep func(name string) string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	archive := tar.NewReader(z)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		_, name, ok := strings.Cut(h.Name, "/") // package/
		to := keep(name)
		if !ok || to == "" || h.Typeflag != tar.TypeReg {
			continue
		}
		mode := int64(0o644)
		if h.Mode&0o100 != 0 {
			mode = 0o755
		}
		if err := l.lay(&tar.Header{Typeflag: tar.TypeReg, Name: to, Mode: mode, Size: h.Size}, archive); err != nil {
			return err
		}
	}
}

// nodeTree lays Node itself below prefix. Of OpenSSL's headers, one set an architecture,
// the official images keep none but their own either.
func nodeTree(ctx context.Context, b *build, prefix string) error {
	b.vars = append(b.vars, "{node}", b.Node)
	return layPackage(ctx, b, nodePackage(b.Arch)+"@"+b.Node, func(name string) string {
		top, _, inside := strings.Cut(name, "/")
		if !inside || strings.HasPrefix(name, "include/node/openssl/archs/") || !slices.Contains([]string{"bin", "include", "share"}, top) {
			return ""
		}
		return prefix + "/" + name
	})
}

// bundledNPM is the npm of a line of Node, by its first number: what is not here has 11.
var bundledNPM = map[string]string{"20": "10", "22": "10"}

// yarnVersion is the yarn that images before Node 26 have (docker-node, README).
const yarnVersion = "1.22.22"

// layNode makes what the official images have in /usr/local: Node, npm, and up to Node 24
// yarn 1.
func layNode(ctx context.Context, b *build) error {
	if err := nodeTree(ctx, b, "usr/local"); err != nil {
		return err
	}
	line, _, _ := strings.Cut(b.Node, ".")
	npm := bundledNPM[line]
	if npm == "" {
		npm = "11"
	}
	const modules = "usr/local/lib/node_modules/npm"
	if err := layPackage(ctx, b, "npm@"+npm, func(name string) string { return modules + "/" + name }); err != nil {
		return err
	}
	links := map[string]string{"nodejs": "/usr/local/bin/node", "npm": "../lib/node_modules/npm/bin/npm-cli.js", "npx": "../lib/node_modules/npm/bin/npx-cli.js"}
	if semver.Compare("v"+b.Node, "v26") < 0 {
		yarn := "opt/yarn-v" + yarnVersion
		if err := layPackage(ctx, b, "yarn@"+yarnVersion, func(name string) string { return yarn + "/" + name }); err != nil {
			return err
		}
		links["yarn"], links["yarnpkg"] = "/"+yarn+"/bin/yarn", "/"+yarn+"/bin/yarnpkg"
	}
	for _, name := range slices.Sorted(maps.Keys(links)) {
		if err := b.layer.link("usr/local/bin/"+name, links[name]); err != nil {
			return err
		}
	}
	return nil
}

// layNodejs makes /nodejs as distroless has it.
func layNodejs(ctx context.Context, b *build) error { return nodeTree(ctx, b, "nodejs") }

// layNodeUser gives Debian's accounts the one that the official images have besides.
func layNodeUser(_ context.Context, b *build) error {
	return b.account("node", "")
}

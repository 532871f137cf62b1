package standin

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

//go:embed all:laid
var laid embed.FS

const buildLimit = 30 * time.Minute

// inputs is what goes into an image beside its recipe; together they are its key.
type inputs struct {
	Arch     string // as Debian and Go spell it: amd64, arm64
	Sources  sources
	CA       []byte
	Go       string // exact Go version; golang rows only
	Node     string // exact Node version; node rows only
	Frontend string // file of the Dockerfile frontend; its row only
}

// build is one image in the making.
type build struct {
	recipe
	inputs
	archives string // where apt's folders are
	native   string // the host's own architecture
	dir      string // where the image is written
	layer    *layer
	unpacker
	debs []*deb
	vars []string // pairs for strings.NewReplacer over Env
	note string   // what the log is to say of the image; may be empty
}

// apt returns the archive of the recipe's suite for an architecture.
func (b *build) apt(arch string) apt { return apt{filepath.Join(b.archives, b.Suite+"-"+arch)} }

// run builds the image into b.dir, an OCI layout, and returns the layer's size.
func (b *build) run(ctx context.Context) (size int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, buildLimit)
	defer cancel()
	blobs := filepath.Join(b.dir, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return 0, err
	}
	file := filepath.Join(blobs, "layer")
	if b.layer, err = newLayer(file); err != nil {
		return 0, err
	}
	defer b.layer.file.Close()
	if err := b.fill(ctx); err != nil {
		return 0, err
	}
	hex, err := b.layer.close()
	if err != nil {
		return 0, err
	}
	if err := os.Rename(file, filepath.Join(blobs, hex)); err != nil {
		return 0, err
	}
	return b.layer.size, writeImage(b.dir, b.configFile(), v1.Hash{Algorithm: "sha256", Hex: hex}, b.layer.size)
}

func (b *build) fill(ctx context.Context) error {
	if len(b.Packages) > 0 {
		if err := b.unpackAll(ctx); err != nil {
			return err
		}
	}
	for _, tree := range b.Laid {
		if err := b.layTree(tree); err != nil {
			return err
		}
	}
	for _, name := range b.Steps {
		step, ok := steps[name]
		if !ok {
			return fmt.Errorf("recipes.toml: unknown step %q", name)
		}
		if err := step(ctx, b); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (b *build) unpackAll(ctx context.Context) error {
	for _, p := range []struct{ program, pkg string }{{"apt-get", "apt"}, {"dpkg-deb", "dpkg"}} {
		if _, err := exec.LookPath(p.program); err != nil {
			return errMissing(p.program, p.pkg)
		}
	}
	if !exists(archiveKeys) {
		return errKeyring(archiveKeys)
	}
	files, err := b.apt(b.Arch).fetch(ctx, b.Arch, b.Sources.list(b.Pockets), b.recipe)
	if err != nil {
		return err
	}
	b.unpacker = unpacker{
		slim: b.Slim, keep: wantedBySteps, kept: map[string][]byte{},
		drop: map[string]bool{"usr/lib/python" + b.Version + "/EXTERNALLY-MANAGED": true, "usr/bin/busybox": true},
	}
	for _, f := range files {
		d, err := openDeb(ctx, f)
		if err != nil {
			return err
		}
		if err := b.unpack(ctx, d, b.layer); err != nil {
			return err
		}
		b.debs = append(b.debs, d)
	}
	return nil
}

// layTree copies a folder of laid/ to the image's root.
func (b *build) layTree(tree string) error {
	root := "laid/" + tree
	return fs.WalkDir(laid, root, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := laid.ReadFile(name)
		if err != nil {
			return err
		}
		mode := int64(0o644)
		if strings.Contains(name, "/sbin/") || strings.Contains(name, "/bin/") {
			mode = 0o755
		}
		return b.layer.write(strings.TrimPrefix(name, root+"/"), mode, data)
	})
}

func (b *build) configFile() *v1.ConfigFile {
	fill := strings.NewReplacer(b.vars...)
	c := v1.Config{Entrypoint: b.Entrypoint, Cmd: b.Cmd, User: b.User, WorkingDir: b.Workdir, Labels: b.Labels}
	for _, e := range b.Env {
		e = fill.Replace(e)
		if strings.HasPrefix(e, "PATH=") && b.Path != "" {
			e += ":" + b.Path
		}
		c.Env = append(c.Env, e)
	}
	return &v1.ConfigFile{OS: "linux", Architecture: b.Arch, Variant: variant(b.Arch), Created: v1.Time{Time: epoch}, Config: c}
}

// variant is what official indexes say of an architecture.
func variant(arch string) string {
	return map[string]string{"arm64": "v8"}[arch]
}

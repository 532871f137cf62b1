package standin

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// layPython gives Debian's interpreter the official image's paths: python and pip in /usr/local/bin, packages in
// /usr/local/lib/pythonX.Y/site-packages, and bytecode beside all of them.
func layPython(ctx context.Context, b *build) error {
	i := slices.IndexFunc(b.debs, func(d *deb) bool { return d.field("Package") == "python"+b.Version })
	if i < 0 {
		return fmt.Errorf("laying Python: package python%s is not among those chosen", b.Version)
	}
	b.vars = append(b.vars, "{python}", upstream(b.debs[i].field("Version")))
	interpreter, site := "/usr/bin/python"+b.Version, "usr/local/lib/python"+b.Version
	for _, name := range []string{"python", "python3", "python" + b.Version} {
		if err := b.layer.link("usr/local/bin/"+name, interpreter); err != nil {
			return err
		}
	}
	if err := b.layer.dir(site+"/site-packages", 0o755); err != nil {
		return err
	}
	// Debian's interpreter looks into dist-packages, people copy site-packages.
	if err := b.layer.link(site+"/dist-packages", "site-packages"); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(b.kept)) {
		if ok, _ := path.Match("pip-*.whl", path.Base(name)); ok {
			if err := layWheel(b.layer, site+"/site-packages/", b.kept[name]); err != nil {
				return fmt.Errorf("unpacking %q: %w", name, err)
			}
		}
	}
	for _, name := range []string{"pip", "pip3", "pip" + b.Version} {
		text := "#!/usr/local/bin/python" + b.Version + "\nimport sys\nfrom pip._internal.cli.main import main\nif __name__ == \"__main__\":\n    sys.exit(main())\n"
		if err := b.layer.write("usr/local/bin/"+name, 0o755, []byte(text)); err != nil {
			return err
		}
	}
	return layBytecode(ctx, b)
}

// upstream drops epoch and Debian revision: "1:3.13.5-2+deb13u1" is 3.13.5.
func upstream(version string) string {
	if _, v, ok := strings.Cut(version, ":"); ok {
		version = v
	}
	if i := strings.LastIndex(version, "-"); i >= 0 {
		version = version[:i]
	}
	if i := strings.IndexAny(version, "+~"); i >= 0 {
		version = version[:i]
	}
	return version
}

func layWheel(l *layer, dir string, wheel []byte) error {
	z, err := zip.NewReader(bytes.NewReader(wheel), int64(len(wheel)))
	if err != nil {
		return err
	}
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		err = l.lay(&tar.Header{Typeflag: tar.TypeReg, Name: dir + f.Name, Mode: 0o644, Size: int64(f.UncompressedSize64)}, r)
		r.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

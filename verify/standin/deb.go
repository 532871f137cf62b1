package standin

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/md5" // dpkg's own choice for conffiles
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// deb is one package, its control part read.
type deb struct {
	file    string
	control string
	info    map[string][]byte // the control archive's other files: md5sums, postinst, triggers …
	list    []string          // paths as the package spells them
	sums    map[string]string // md5 of each conffile
}

func (d *deb) field(name string) string {
	for line := range strings.Lines(d.control) {
		if v, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// name is what dpkg calls the package in its database.
func (d *deb) name() string {
	if d.field("Multi-Arch") == "same" {
		return d.field("Package") + ":" + d.field("Architecture")
	}
	return d.field("Package")
}

func openDeb(ctx context.Context, file string) (*deb, error) {
	d := &deb{file: file, info: map[string][]byte{}, sums: map[string]string{}}
	err := stream(ctx, func(r io.Reader) error {
		return eachEntry(r, func(h *tar.Header, r io.Reader) error {
			data, err := io.ReadAll(r)
			switch name := clean(h.Name); name {
			case "":
			case "control":
				d.control = strings.TrimRight(string(data), "\n") + "\n"
			default:
				d.info[name] = data
			}
			return err
		})
	}, "dpkg-deb", "--ctrl-tarfile", file)
	if err != nil {
		return nil, fmt.Errorf("reading package %q: %w", path.Base(file), err)
	}
	for conffile := range d.conffiles() {
		d.sums[conffile] = ""
	}
	return d, nil
}

// conffiles yields the paths in the package's conffiles file; lines with a flag (remove-on-upgrade) are not files of it.
func (d *deb) conffiles() func(func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(string(d.info["conffiles"])) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "/") && !yield(line) {
				return
			}
		}
	}
}

func eachEntry(r io.Reader, fn func(*tar.Header, io.Reader) error) error {
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = fn(h, tr)
		}
		if err != nil {
			return err
		}
	}
}

var documentation = regexp.MustCompile(`^usr/share/(doc|info|linda|lintian/overrides|locale|man|groff)/.`)

// unwanted says whether a slim image leaves a path out, by the rules of laid/slim.
func unwanted(name string) bool {
	return documentation.MatchString(name) && path.Base(name) != "copyright" && name != "usr/share/locale/locale.alias"
}

// unpacker says which files of packages go into a layer, and which are wanted for later steps.
type unpacker struct {
	slim bool
	drop map[string]bool
	keep []string // path.Match patterns
	kept map[string][]byte
}

// unpack writes the package's files into the layer.
func (u *unpacker) unpack(ctx context.Context, d *deb, l *layer) error {
	err := stream(ctx, func(r io.Reader) error {
		return eachEntry(r, func(h *tar.Header, r io.Reader) error { return u.entry(d, l, h, r) })
	}, "dpkg-deb", "--fsys-tarfile", d.file)
	if err != nil {
		return fmt.Errorf("unpacking package %q: %w", path.Base(d.file), err)
	}
	return nil
}

func (u *unpacker) entry(d *deb, l *layer, h *tar.Header, r io.Reader) error {
	plain := clean(h.Name)
	d.list = append(d.list, "/"+plain)
	if plain == "" || mergedDir[plain] {
		return nil // the links are laid once all packages are in
	}
	h.Name = merged(plain)
	if u.slim && unwanted(h.Name) {
		return nil
	}
	if h.Typeflag == tar.TypeLink {
		h.Linkname = merged(clean(h.Linkname))
	}
	_, conffile := d.sums["/"+plain]
	if h.Typeflag != tar.TypeReg || !conffile && !u.wants(h.Name) {
		if u.drop[h.Name] {
			return nil
		}
		return l.add(h, r)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if conffile {
		d.sums["/"+plain] = fmt.Sprintf("%x", md5.Sum(data))
	}
	if u.wants(h.Name) {
		u.kept[h.Name] = data
	}
	if u.drop[h.Name] {
		return nil
	}
	return l.add(h, bytes.NewReader(data))
}

func (u *unpacker) wants(name string) bool {
	return slices.ContainsFunc(u.keep, func(p string) bool { ok, _ := path.Match(p, name); return ok })
}

// mergedDir are the top folders that a merged-/usr system has as links (wiki.debian.org/UsrMerge).
var mergedDir = map[string]bool{"bin": true, "sbin": true, "lib": true, "lib32": true, "lib64": true}

func merged(name string) string {
	if top, _, ok := strings.Cut(name, "/"); ok && mergedDir[top] {
		return "usr/" + name
	}
	return name
}

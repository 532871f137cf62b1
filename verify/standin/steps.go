package standin

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
)

// steps are what recipes name: each lays by hand what maintainer scripts or an image's authors would have made.
var steps = map[string]func(context.Context, *build) error{
	"debian":      layDebian,
	"alpine":      layAlpine,
	"distroless":  layDistroless,
	"golang":      layGo,
	"python":      layPython,
	"busybox":     layBusybox,
	"frontend":    layFrontend,
	"interpreter": layInterpreter,
	"toolbox":     layToolbox,
	"ubuntu":      layUbuntu,
	"java":        layJava,
	"nodeuser":    layNodeUser,
	"node":        layNode,
	"nodejs":      layNodejs,
}

// wantedBySteps are the package files whose content a step reads.
var wantedBySteps = []string{
	"usr/bin/busybox",
	"usr/share/base-files/*",
	"usr/share/base-passwd/*.master",
	"usr/share/ca-certificates/mozilla/*.crt",
	"usr/share/libc-bin/nsswitch.conf",
	"usr/share/python-wheels/*.whl",
}

func layDistroless(_ context.Context, b *build) error {
	if err := layTop(b); err != nil {
		return err
	}
	if err := b.layer.lay(&tar.Header{Typeflag: tar.TypeDir, Name: "home/nonroot", Mode: 0o700, Uid: 65532, Gid: 65532}, nil); err != nil {
		return err
	}
	if err := b.layer.linkUnlessThere("etc/localtime", "/usr/share/zoneinfo/Etc/UTC"); err != nil {
		return err
	}
	if err := b.layer.write(bundlePath, 0o644, b.CA); err != nil {
		return err
	}
	return layStatusD(b.layer, b.debs)
}

// layBusybox makes /busybox as distroless's debug images have it.
func layBusybox(_ context.Context, b *build) error {
	return layApplets(b, "busybox", b.symlink("busybox"))
}

// layToolbox makes a root that is busybox alone, under the name of each applet: as in the
// official image these are names of one file, so that the folder can be copied elsewhere.
func layToolbox(_ context.Context, b *build) error {
	return layApplets(b, "bin", func(name string) error {
		return b.layer.lay(&tar.Header{Typeflag: tar.TypeLink, Name: "bin/" + name, Linkname: "bin/busybox", Mode: 0o755}, nil)
	})
}

// layInterpreter links /usr/bin/python and python3 to the one Python that is there, as
// distroless does (its python3/python.bzl).
func layInterpreter(_ context.Context, b *build) error {
	for _, d := range b.debs {
		version, ok := strings.CutPrefix(strings.TrimSuffix(d.field("Package"), "-minimal"), "python")
		if !ok || version == "" || !strings.HasSuffix(d.field("Package"), "-minimal") {
			continue
		}
		for _, name := range []string{"python", "python3"} {
			if err := b.layer.link("usr/bin/"+name, "/usr/bin/python"+version); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.New("laying the interpreter: no package pythonX.Y-minimal is among those chosen")
}

// layAlpine makes a root that looks like Alpine's to a program copied into it.
func layAlpine(_ context.Context, b *build) error {
	if err := layTop(b); err != nil {
		return err
	}
	if err := b.layer.write(bundlePath, 0o644, b.CA); err != nil {
		return err
	}
	if err := b.layer.link("etc/ssl/cert.pem", "certs/ca-certificates.crt"); err != nil {
		return err
	}
	return layApplets(b, "usr/bin", b.symlink("usr/bin"))
}

// layApplets puts busybox into a folder, and has link lay every name that it answers to.
func layApplets(b *build, dir string, link func(name string) error) error {
	program := b.kept["usr/bin/busybox"]
	if err := b.layer.write(dir+"/busybox", 0o755, program); err != nil {
		return err
	}
	names := applets(program)
	if !slices.Contains(names, "sh") {
		return errors.New("reading busybox: no list of applets in it")
	}
	for _, name := range names {
		if b.layer.has(dir + "/" + name) {
			continue
		}
		if err := link(name); err != nil {
			return err
		}
	}
	return nil
}

// symlink links names in a folder to its busybox.
func (b *build) symlink(dir string) func(name string) error {
	return func(name string) error { return b.layer.link(dir+"/"+name, "/"+dir+"/busybox") }
}

// applets reads the names from a busybox program of any architecture: it holds them sorted, each ended by a zero
// byte, the whole by another (libbb/appletlib.c, applet_names).
func applets(program []byte) []string {
	start := bytes.Index(program, []byte("[\x00[[\x00"))
	if start < 0 {
		return nil
	}
	text, _, _ := bytes.Cut(program[start:], []byte("\x00\x00"))
	return strings.Split(string(text), "\x00")
}

func layFrontend(_ context.Context, b *build) error {
	f, err := os.Open(b.Frontend)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return b.layer.lay(&tar.Header{Typeflag: tar.TypeReg, Name: "bin/dockerfile-frontend", Mode: 0o755, Size: size}, f)
}

package standin

import (
	"archive/tar"
	"context"
	"fmt"
	"strings"
)

// layTop makes the folders and links that every root has (wiki.debian.org/UsrMerge).
func layTop(b *build) error {
	l := b.layer
	for _, d := range []struct {
		name string
		mode int64
	}{{"dev", 0o755}, {"proc", 0o555}, {"sys", 0o555}, {"run", 0o755}, {"run/lock", 0o1777}, {"root", 0o700}, {"tmp", 0o1777}, {"var/tmp", 0o1777}, {"home", 0o755}, {"usr/bin", 0o755}, {"usr/sbin", 0o755}, {"usr/lib", 0o755}} {
		if err := l.dir(d.name, d.mode); err != nil {
			return err
		}
	}
	links := [][2]string{{"bin", "usr/bin"}, {"sbin", "usr/sbin"}, {"lib", "usr/lib"}, {"var/run", "/run"}, {"var/lock", "/run/lock"}}
	if l.has("usr/lib64") {
		links = append(links, [2]string{"lib64", "usr/lib64"})
	}
	for _, k := range links {
		if err := l.linkUnlessThere(k[0], k[1]); err != nil {
			return err
		}
	}
	return nil
}

func layDebian(_ context.Context, b *build) error {
	if err := layTop(b); err != nil {
		return err
	}
	if err := b.layFiles(); err != nil {
		return err
	}
	if err := layAccounts(b); err != nil {
		return err
	}
	if err := layTrust(b); err != nil {
		return err
	}
	if err := layAlternatives(b.layer, recipes().Alternative); err != nil {
		return err
	}
	return database(b.layer, b.debs)
}

// layFiles writes what base-files, libc-bin, debianutils, tzdata and apt make when they are configured.
func (b *build) layFiles() error {
	const share = "usr/share/base-files/"
	shells := "# /etc/shells: valid login shells\n"
	for _, s := range []string{"sh", "bash", "rbash", "dash"} {
		if b.layer.has("usr/bin/" + s) {
			shells += "/bin/" + s + "\n/usr/bin/" + s + "\n"
		}
	}
	for _, f := range []struct{ name, text string }{
		{"etc/apt/sources.list.d/debian.sources", b.Sources.list(b.Pockets)},
		{"etc/hostname", "localhost\n"},
		{"etc/nsswitch.conf", string(b.kept["usr/share/libc-bin/nsswitch.conf"])},
		{"etc/profile", string(b.kept[share+"profile"])},
		{"etc/shells", shells},
		{"etc/timezone", "Etc/UTC\n"},
		{"root/.bashrc", string(b.kept[share+"dot.bashrc"])},
		{"root/.profile", string(b.kept[share+"dot.profile"])},
	} {
		if b.layer.has(f.name) {
			continue
		}
		if err := b.layer.write(f.name, 0o644, []byte(f.text)); err != nil {
			return err
		}
	}
	if err := b.layer.linkUnlessThere("usr/bin/sh", "dash"); err != nil {
		return err
	}
	return b.layer.linkUnlessThere("etc/localtime", "/usr/share/zoneinfo/Etc/UTC")
}

const shadowGroup = 42

// layAccounts makes the account files of base-passwd's master copies, as update-passwd and shadowconfig would.
func layAccounts(b *build) error {
	passwd, group := string(b.kept["usr/share/base-passwd/passwd.master"]), string(b.kept["usr/share/base-passwd/group.master"])
	if passwd == "" || group == "" {
		return fmt.Errorf("laying accounts: package base-passwd has no master copies")
	}
	if !strings.Contains(passwd, "_apt:") { // before trixie, apt made its user itself
		passwd += "_apt:*:100:65534::/nonexistent:/usr/sbin/nologin\n"
	}
	var shadow, gshadow strings.Builder
	for line := range strings.Lines(passwd) {
		name, _, _ := strings.Cut(line, ":")
		shadow.WriteString(name + ":*:20454:0:99999:7:::\n")
	}
	for line := range strings.Lines(group) {
		name, _, _ := strings.Cut(line, ":")
		gshadow.WriteString(name + ":*::\n")
	}
	for _, f := range []struct {
		name, text string
		mode       int64
		gid        int
	}{
		{"etc/passwd", strings.ReplaceAll(passwd, ":*:", ":x:"), 0o644, 0},
		{"etc/group", strings.ReplaceAll(group, ":*:", ":x:"), 0o644, 0},
		{"etc/shadow", shadow.String(), 0o640, shadowGroup},
		{"etc/gshadow", gshadow.String(), 0o640, shadowGroup},
	} {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: f.mode, Gid: f.gid, Size: int64(len(f.text))}
		if err := b.layer.lay(h, strings.NewReader(f.text)); err != nil {
			return err
		}
	}
	return nil
}

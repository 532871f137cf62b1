//go:build linux

package prober

import (
	"archive/zip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLinksStayInside(t *testing.T) {
	dir := image(t, map[string]string{
		"etc/real":     "inside",
		"absolute":     "->/etc/real",
		"relative":     "->etc/real",
		"up":           "->../../../../../../etc/real",
		"chain":        "->/hop/real",
		"hop":          "->/etc",
		"loop":         "->/loop",
		"out":          "->/etc/passwd",
		"etc/up":       "->..",
		"through":      "->/etc/up/etc/up/etc/real",
		"dangling":     "->/nowhere",
		"etc/dir/file": "x",
	})
	must(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644))
	root, err := os.OpenRoot(dir)
	must(t, err)
	defer root.Close()
	tr := tree{root}
	for _, name := range []string{"/etc/real", "etc/real", "/absolute", "/relative", "/up", "/chain", "/through", "/../../etc/real"} {
		if data, err := tr.read(name, 100); err != nil || string(data) != "inside" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	for name, want := range map[string]error{
		"/loop": errLinks, "/out": fs.ErrNotExist, "/dangling": fs.ErrNotExist, "/pipe": errNoFile, "/etc": errNoFile,
	} {
		if data, err := tr.read(name, 100); !errors.Is(err, want) {
			t.Errorf("%s: %q, %v; want %v", name, data, err, want)
		}
	}
	if _, err := tr.read("/etc/real/below", 100); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func TestInspectCountsOnce(t *testing.T) {
	dir := image(t, map[string]string{"a": strings.Repeat("x", 1000), "sub/b": strings.Repeat("y", 500), "link": "->/a"})
	must(t, os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "sub", "same")))
	in := ask[Inspection](t, "inspect", dir)
	if in.Bytes != 1500 || in.Files != 2 {
		t.Errorf("%d bytes in %d files, want 1500 in 2", in.Bytes, in.Files)
	}
}

// elfFile is the header of an ELF file.
func elfFile(kind, machine byte, big bool) string {
	head := make([]byte, 64)
	copy(head, "\x7fELF\x02\x01\x01")
	head[16], head[18] = kind, machine
	if big {
		head[5] = 2
		head[16], head[17], head[18], head[19] = 0, kind, 0, machine
	}
	return string(head)
}

func TestELF(t *testing.T) {
	dir := image(t, map[string]string{
		"app":    elfFile(2, 62, false),
		"lib.so": elfFile(3, 183, false),
		"bpf.o":  elfFile(1, 247, false), // an object file runs nowhere
		"z":      elfFile(2, 22, true),
		"short":  "\x7fELF",
		"text":   "no ELF file, but long enough to be one",
	})
	got := ask[Inspection](t, "inspect", "-arch", "arm64", dir).ELF
	want := ELF{Count: 3, Foreign: 2, Files: []string{"/app: x86-64, want aarch64", "/z: s390, want aarch64"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	many := map[string]string{}
	for i := range 50 {
		many["f"+strconv.Itoa(i)] = elfFile(2, 62, false)
	}
	if got := ask[Inspection](t, "inspect", "-arch", "arm64", image(t, many)).ELF; got.Foreign != 50 || len(got.Files) != maxForeign {
		t.Errorf("%d foreign, %d named", got.Foreign, len(got.Files))
	}
}

func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	must(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestCertificates(t *testing.T) {
	cert := certificate(t)
	junk := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("junk")}))
	tests := map[string]struct {
		files map[string]string
		given string
		want  Finding
	}{
		"debian":   {files: map[string]string{"etc/ssl/certs/ca-certificates.crt": cert + cert}, want: Finding{OK: true, Where: "/etc/ssl/certs/ca-certificates.crt", Count: 2}},
		"red hat":  {files: map[string]string{"etc/pki/tls/certs/ca-bundle.crt": "->/etc/pki/real.pem", "etc/pki/real.pem": cert}, want: Finding{OK: true, Where: "/etc/pki/tls/certs/ca-bundle.crt", Count: 1}},
		"folder":   {files: map[string]string{"etc/ssl/certs/one.pem": cert}, want: Finding{OK: true, Where: "/etc/ssl/certs", Count: 1}},
		"given":    {files: map[string]string{"my.pem": cert}, given: "/my.pem", want: Finding{OK: true, Where: "/my.pem", Count: 1}},
		"none":     {},
		"empty":    {files: map[string]string{"etc/ssl/cert.pem": ""}, want: Finding{Error: "/etc/ssl/cert.pem: holds no certificate"}},
		"junk":     {files: map[string]string{"etc/ssl/cert.pem": junk}, want: Finding{Error: "/etc/ssl/cert.pem: holds no certificate"}},
		"escapes":  {files: map[string]string{"etc/ssl/cert.pem": "->../../../../../../../../etc/ssl/certs/ca-certificates.crt"}},
		"loop":     {files: map[string]string{"etc/ssl/cert.pem": "->cert.pem"}, want: Finding{Error: "/etc/ssl/cert.pem: too many symbolic links"}},
		"overrule": {files: map[string]string{"etc/ssl/cert.pem": cert}, given: "/nowhere.pem"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := ask[Inspection](t, "inspect", "-ssl-cert-file", tc.given, image(t, tc.files)).CA
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// berlin is the zone's file, from Go's own zip.
func berlin(t *testing.T) (data, whole string) {
	t.Helper()
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	must(t, err)
	zipped := filepath.Join(strings.TrimSpace(string(goroot)), "lib", "time", "zoneinfo.zip")
	r, err := zip.OpenReader(zipped)
	must(t, err)
	defer r.Close()
	b, err := fs.ReadFile(r, zoneName)
	must(t, err)
	all, err := os.ReadFile(zipped)
	must(t, err)
	return string(b), string(all)
}

func TestZone(t *testing.T) {
	zone, zipped := berlin(t)
	elf := elfFile(2, 62, false)
	pad := strings.Repeat("\x00", 1<<20+12345) // so that the zone lies across windows
	tests := map[string]struct {
		files map[string]string
		given string
		where string // of the finding; empty for none
		err   string
	}{
		"debian":       {files: map[string]string{"usr/share/zoneinfo/Europe/Berlin": zone}, where: "/usr/share/zoneinfo"},
		"linked":       {files: map[string]string{"usr/share/zoneinfo/Europe/Berlin": "->/z", "z": zone}, where: "/usr/share/zoneinfo"},
		"zip":          {files: map[string]string{"zone.zip": zipped}, given: "/zone.zip", where: "/zone.zip"},
		"given folder": {files: map[string]string{"zones/Europe/Berlin": zone}, given: "/zones", where: "/zones"},
		"python":       {files: map[string]string{"opt/venv/lib/python3.13/site-packages/tzdata/zoneinfo/Europe/Berlin": zone}, where: "/opt/venv/lib/python3.13/site-packages/tzdata/zoneinfo"},
		"embedded":     {files: map[string]string{"app": elf + pad + zipped}, where: "/app (time/tzdata)"},
		"none":         {files: map[string]string{"app": elf + pad}},
		"junk":         {files: map[string]string{"usr/share/zoneinfo/Europe/Berlin": "TZif junk"}, err: "malformed"},
		"junk zip":     {files: map[string]string{"zone.zip": "PK"}, given: "/zone.zip", err: "not a valid zip"},
		"name alone":   {files: map[string]string{"app": elf + "Europe/BerlinTZif"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := ask[Inspection](t, "inspect", "-zoneinfo", tc.given, image(t, tc.files)).TZ
			if got.OK != (tc.where != "") || got.Where != tc.where || !strings.Contains(got.Error, tc.err) {
				t.Errorf("got %+v, want %q and error %q", got, tc.where, tc.err)
			}
		})
	}
}

// TestEmbeddedZone looks into a program as Go builds it.
func TestEmbeddedZone(t *testing.T) {
	dir := t.TempDir()
	for tag, want := range map[string]bool{"none": false, "timetzdata": true} {
		cmd := exec.Command("go", "build", "-tags", tag, "-o", filepath.Join(dir, "app"), "../testdata/dynamic")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if msg, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, msg)
		}
		if got := ask[Inspection](t, "inspect", dir).TZ; got.OK != want {
			t.Errorf("tag %s: got %+v", tag, got)
		}
	}
}

func TestShells(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"none":           {map[string]string{"app": "x", "usr/share/sh/data": "x", "etc/shells": "/bin/sh", "bin/shfmt": "x"}, nil},
		"a program":      {map[string]string{"usr/bin/bash": "x"}, []string{"/usr/bin/bash"}},
		"a link":         {map[string]string{"bin/sh": "->/bin/tool", "bin/tool": "x"}, []string{"/bin/sh"}},
		"a broken link":  {map[string]string{"bin/sh": "->/nothing"}, []string{"/bin/sh"}},
		"one among many": {map[string]string{"opt/x/busybox": "x"}, []string{"/opt/x/busybox"}},
		"at most five": {map[string]string{"a/sh": "x", "b/sh": "x", "c/sh": "x", "d/sh": "x", "e/sh": "x", "f/sh": "x"},
			[]string{"/a/sh", "/b/sh", "/c/sh", "/d/sh", "/e/sh"}},
	} {
		if d := cmp.Diff(c.want, ask[Inspection](t, "inspect", image(t, c.files)).Shells); d != "" {
			t.Errorf("%s: shells (-want +got):\n%s", name, d)
		}
	}
	dir := image(t, map[string]string{"lib/sh": "text"})
	must(t, os.Chmod(filepath.Join(dir, "lib/sh"), 0o644))
	if got := ask[Inspection](t, "inspect", dir).Shells; got != nil {
		t.Errorf("a file that nobody may execute is a shell: %v", got)
	}
}

func TestProgram(t *testing.T) {
	dir := image(t, map[string]string{"usr/bin/tool": "#!/bin/sh -e\n", "app": "->usr/bin/tool", "srv/run": "#!/usr/bin/tool"})
	tests := []struct {
		name, path, cwd string
		want            Program
	}{
		{"tool", "/bin:/usr/bin", "/", Program{Path: "/usr/bin/tool", Loader: "/bin/sh", Lacks: true, Mode: "-rwxr-xr-x", Exec: true}},
		{"/app", "", "/", Program{Path: "/app", Loader: "/bin/sh", Lacks: true, Mode: "-rwxr-xr-x", Exec: true}},
		{"./run", "", "/srv", Program{Path: "/srv/run", Loader: "/usr/bin/tool", Mode: "-rwxr-xr-x", Exec: true}},
		{"nothing", "/bin", "/", Program{}},
	}
	for _, tc := range tests {
		got := ask[Inspection](t, "inspect", "-program", tc.name, "-path", tc.path, "-cwd", tc.cwd, dir).Program
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

// jks is the head of a Java keystore with n entries and room for them.
func jks(n byte) string {
	return "\xfe\xed\xfe\xed\x00\x00\x00\x02\x00\x00\x00" + string([]byte{n}) + strings.Repeat("c", int(n)*200)
}

// TestJavaReadsItsOwn holds that a JVM's trust store and zones are judged in place of the
// system's.
func TestJavaReadsItsOwn(t *testing.T) {
	const home = "usr/lib/jvm/x/"
	jvm := func(more map[string]string) map[string]string {
		files := map[string]string{
			home + "bin/java": "", home + "lib/security/java.security": "", "usr/bin/java": "->/" + home + "bin/java",
			"etc/ssl/certs/ca-certificates.crt": certificate(t), "usr/share/zoneinfo/Europe/Berlin": "x",
		}
		for k, v := range more {
			files[k] = v
		}
		return files
	}
	for name, c := range map[string]struct {
		files  map[string]string
		ca, tz Finding
	}{
		"there": {jvm(map[string]string{home + "lib/security/cacerts": jks(3), home + "lib/tzdb.dat": "TZDB\x00\rEurope/Berlin"}),
			Finding{OK: true, Where: "/" + home + "lib/security/cacerts", Count: 3}, Finding{OK: true, Where: "/" + home + "lib/tzdb.dat"}},
		"linked": {jvm(map[string]string{home + "lib/security/cacerts": "->/etc/java/cacerts", "etc/java/cacerts": jks(1), home + "lib/tzdb.dat": "TZDB"}),
			Finding{OK: true, Where: "/" + home + "lib/security/cacerts", Count: 1}, Finding{Error: "/" + home + "lib/tzdb.dat: has no Europe/Berlin"}},
		"PKCS #12": {jvm(map[string]string{home + "lib/security/cacerts": "0" + strings.Repeat(string(certBag), 2)}),
			Finding{OK: true, Where: "/" + home + "lib/security/cacerts", Count: 2}, Finding{Error: "/" + home + "lib/tzdb.dat: no such file or directory"}},
		"encrypted": {jvm(map[string]string{home + "lib/security/cacerts": "0" + string(encrypted)}),
			Finding{OK: true, Where: "/" + home + "lib/security/cacerts"}, Finding{Error: "/" + home + "lib/tzdb.dat: no such file or directory"}},
		"empty":   {jvm(map[string]string{home + "lib/security/cacerts": jks(0)}), Finding{Where: "/" + home + "lib/security/cacerts", Error: "/" + home + "lib/security/cacerts: " + errNoStore.Error()}, Finding{Error: "/" + home + "lib/tzdb.dat: no such file or directory"}},
		"lies":    {jvm(map[string]string{home + "lib/security/cacerts": jks(9)[:50]}), Finding{Where: "/" + home + "lib/security/cacerts", Error: "/" + home + "lib/security/cacerts: " + errNoStore.Error()}, Finding{Error: "/" + home + "lib/tzdb.dat: no such file or directory"}},
		"missing": {jvm(nil), Finding{Error: "/" + home + "lib/security/cacerts: is not there"}, Finding{Error: "/" + home + "lib/tzdb.dat: no such file or directory"}},
	} {
		in := ask[Inspection](t, "inspect", "-program", "java", "-path", "/usr/local/bin:/usr/bin", image(t, c.files))
		if d := cmp.Diff([]Finding{c.ca, c.tz}, []Finding{in.CA, in.TZ}); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	in := ask[Inspection](t, "inspect", "-program", "/app/java", image(t, jvm(map[string]string{"app/java": ""})))
	if in.CA.Where != "/etc/ssl/certs/ca-certificates.crt" {
		t.Errorf("a program that is only called java reads %+v", in.CA)
	}
}

// TestPrebuildsAreData holds that what Node packages carry for other platforms is no fault
// of the image, and that anything else of another platform is.
func TestPrebuildsAreData(t *testing.T) {
	const pkg = "app/node_modules/@a/b/"
	for name, foreign := range map[string]int{
		pkg + "prebuilds/linux-x64/b.glibc.node": 0,
		pkg + "prebuilds/linux-x64.node":         0,
		pkg + "build/Release/b.node":             1,
		pkg + "prebuilds/linux-x64/tool":         1,
		"app/prebuilds/linux-x64/b.node":         1,
	} {
		if got := ask[Inspection](t, "inspect", "-arch", "arm64", image(t, map[string]string{name: elfFile(3, 62, false)})).ELF; got.Foreign != foreign {
			t.Errorf("%s: %d foreign, want %d", name, got.Foreign, foreign)
		}
	}
}

// TestNodeReadsItsOwn holds that what Node has built in is judged in place of the
// system's, also where an init starts it.
func TestNodeReadsItsOwn(t *testing.T) {
	own := "\x7fELF" + strings.Repeat("x", 1<<20) + strings.Repeat("-----BEGIN CERTIFICATE-----\nMII\n", 3) + "E\x00u\x00r\x00o\x00p\x00e\x00/\x00B\x00e\x00r\x00l\x00i\x00n\x00"
	const node = "/usr/local/bin/node"
	built := Finding{OK: true, Where: node, Count: 3}
	for name, c := range map[string]struct {
		args   []string
		files  map[string]string
		ca, tz Finding
	}{
		"itself":        {[]string{"-program", "node"}, map[string]string{node[1:]: own}, built, Finding{OK: true, Where: node}},
		"under an init": {[]string{"-program", "/usr/bin/tini", "-child", "node"}, map[string]string{node[1:]: own, "usr/bin/tini": ""}, built, Finding{OK: true, Where: node}},
		"another":       {[]string{"-program", "other"}, map[string]string{"usr/local/bin/other": own}, Finding{}, Finding{}},
		"the system's":  {[]string{"-program", "node"}, map[string]string{node[1:]: "", "etc/ssl/certs/ca-certificates.crt": certificate(t)}, Finding{OK: true, Where: "/etc/ssl/certs/ca-certificates.crt", Count: 1}, Finding{}},
	} {
		in := ask[Inspection](t, append(append([]string{"inspect"}, c.args...), "-path", "/usr/local/bin:/usr/bin", image(t, c.files))...)
		if d := cmp.Diff([]Finding{c.ca, c.tz}, []Finding{in.CA, in.TZ}); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

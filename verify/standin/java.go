package standin

import (
	"bytes"
	"context"
	"crypto/sha1" // the keystore's own choice
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"slices"
	"unicode/utf16"
)

// layUbuntu gives Debian's accounts the one that Ubuntu's images have besides
// (bugs.launchpad.net/cloud-images/+bug/2005129).
func layUbuntu(_ context.Context, b *build) error { return b.account("ubuntu", "Ubuntu") }

// account adds one of number 1000 to Debian's.
func (b *build) account(name, full string) error {
	const passwd, group = "usr/share/base-passwd/passwd.master", "usr/share/base-passwd/group.master"
	b.kept[passwd] = append(b.kept[passwd], fmt.Sprintf("%[1]s:*:1000:1000:%[2]s:/home/%[1]s:/bin/bash\n", name, full)...)
	b.kept[group] = append(b.kept[group], name+":*:1000:\n"...)
	return nil
}

// layJava gives Debian's OpenJDK the paths of the Temurin images and of distroless, and
// the host's certificates as the trust store that ca-certificates-java would have made.
func layJava(_ context.Context, b *build) error {
	i := slices.IndexFunc(b.debs, func(d *deb) bool { return d.field("Package") == "openjdk-"+b.Version+"-jre-headless" })
	if i < 0 {
		return fmt.Errorf("laying Java: package openjdk-%s-jre-headless is not among those chosen", b.Version)
	}
	b.vars = append(b.vars, "{java}", upstream(b.debs[i].field("Version")))
	home := "/usr/lib/jvm/java-" + b.Version + "-openjdk-" + b.Arch
	links := [][2]string{
		{"opt/java/openjdk", home},
		{"usr/lib/jvm/temurin-" + b.Version + "-jre-" + b.Arch, home},
		{"usr/bin/java", home + "/bin/java"},
	}
	if b.layer.has("usr/share/maven/bin/mvn") {
		links = append(links, [2]string{"usr/bin/mvn", "/usr/share/maven/bin/mvn"})
	}
	for _, l := range links {
		if err := b.layer.linkUnlessThere(l[0], l[1]); err != nil {
			return err
		}
	}
	return b.layer.write("etc/ssl/certs/java/cacerts", 0o644, trustStore(b.CA))
}

// trustStore is a bundle of certificates as a Java keystore (JKS, version 2) with the
// password that cacerts has everywhere. Its form is in OpenJDK's
// sun/security/provider/JavaKeyStore.java, engineStore: entries of tag 2, then a digest
// over the password, a salt and all that stands before.
func trustStore(bundle []byte) []byte {
	var entries bytes.Buffer
	n := uint32(0)
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		number(&entries, uint32(2))
		text(&entries, fmt.Sprintf("host-%03d", n))
		number(&entries, epoch.UnixMilli())
		text(&entries, "X.509")
		number(&entries, uint32(len(block.Bytes)))
		entries.Write(block.Bytes)
		n++
	}
	var store bytes.Buffer
	for _, v := range []uint32{0xfeedfeed, 2, n} {
		number(&store, v)
	}
	store.Write(entries.Bytes())
	sum := sha1.New()
	for _, unit := range utf16.Encode([]rune("changeit")) {
		sum.Write([]byte{byte(unit >> 8), byte(unit)})
	}
	sum.Write([]byte("Mighty Aphrodite"))
	sum.Write(store.Bytes())
	return sum.Sum(store.Bytes())
}

func number[T uint32 | int64](b *bytes.Buffer, v T) { _ = binary.Write(b, binary.BigEndian, v) } // a Buffer always takes it

// text is Java's DataOutput.writeUTF of ASCII.
func text(b *bytes.Buffer, s string) {
	b.Write([]byte{byte(len(s) >> 8), byte(len(s))})
	b.WriteString(s)
}

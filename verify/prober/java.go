package prober

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

// jvm is the home of the JVM that program starts, or "" where it starts none: a JVM has
// its own trust store and its own zones, whatever the system has.
func (t tree) jvm(program string) string {
	at, err := t.resolve(program)
	if err != nil || path.Base(at) != "java" || path.Base(path.Dir(at)) != "bin" {
		return ""
	}
	home := path.Dir(path.Dir(at))
	if _, err := t.resolve(path.Join(home, "lib/security")); err != nil {
		return ""
	}
	return path.Join("/", home)
}

// javaStores are where a JVM looks for the certificates that it trusts, the first that is
// there: https://docs.oracle.com/en/java/javase/21/security/java-secure-socket-extension-jsse-reference-guide.html,
// "Default trust store".
var javaStores = []string{"lib/security/jssecacerts", "lib/security/cacerts"}

// javaCertificates counts what the JVM at home trusts.
func (t tree) javaCertificates(home string) Finding {
	for _, name := range javaStores {
		file := path.Join(home, name)
		data, err := t.read(file, maxBundle)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		f := Finding{Where: clip(file, 500)}
		if err == nil {
			f.Count, err = keystore(data)
		}
		if f.OK = err == nil; err != nil {
			f.Error = clip(file, 200) + ": " + reason(err, "")
		}
		return f
	}
	return Finding{Error: clip(path.Join(home, javaStores[1]), 200) + ": is not there"}
}

var errNoStore = errors.New("is no Java trust store with a certificate in it")

var (
	// certBag marks a certificate, and encrypted a part that only its password opens:
	// RFC 7292, section 4.2.3 and appendix D; RFC 5652, section 8.
	certBag   = []byte{0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03}
	encrypted = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06}
)

// keystore counts the certificates of a JKS or PKCS #12 store. Of an encrypted one, which
// says nothing without its password, it returns 0 and no error.
func keystore(data []byte) (int, error) {
	if len(data) >= 12 && binary.BigEndian.Uint32(data) == 0xfeedfeed {
		n := binary.BigEndian.Uint32(data[8:])
		// Each entry takes more than a hundred bytes: a certificate has a name and a key.
		if n == 0 || uint64(n)*100 > uint64(len(data)) {
			return 0, errNoStore
		}
		return int(n), nil
	}
	if len(data) == 0 || data[0] != 0x30 {
		return 0, errNoStore
	}
	if n := bytes.Count(data, certBag); n > 0 {
		return n, nil
	}
	if bytes.Contains(data, encrypted) {
		return 0, nil
	}
	return 0, errNoStore
}

// javaZone looks for the zone in the JVM's own table, which is all that it reads.
func (t tree) javaZone(home string) Finding {
	file := path.Join(home, "lib/tzdb.dat")
	data, err := t.read(file, maxZone)
	if err == nil && !bytes.Contains(data, []byte(zoneName)) {
		err = fmt.Errorf("has no %s", zoneName)
	}
	if err != nil {
		return Finding{Error: clip(file, 200) + ": " + reason(err, "")}
	}
	return Finding{OK: true, Where: clip(file, 500)}
}

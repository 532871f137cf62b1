package standin

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestTrustStore takes the store apart as OpenJDK's JavaKeyStore.engineLoad does, and
// has keytool read it where there is one.
func TestTrustStore(t *testing.T) {
	bundle, err := readBundle("")
	if err != nil {
		t.Skipf("needs the host's certificates: %v", err)
	}
	var want [][]byte
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		want = append(want, block.Bytes)
	}
	store := trustStore(bundle)
	body, digest := store[:len(store)-sha1.Size], store[len(store)-sha1.Size:]
	sum := sha1.New()
	for _, u := range utf16.Encode([]rune("changeit")) {
		_ = binary.Write(sum, binary.BigEndian, u)
	}
	sum.Write([]byte("Mighty Aphrodite"))
	sum.Write(body)
	if !bytes.Equal(sum.Sum(nil), digest) {
		t.Error("the digest is not that of password and content")
	}
	if n := binary.BigEndian.Uint32(body[8:]); int(n) != len(want) {
		t.Errorf("%d entries of %d certificates", n, len(want))
	}
	r := bytes.NewReader(body[12:])
	text := func() string {
		var n uint16
		_ = binary.Read(r, binary.BigEndian, &n)
		b := make([]byte, n)
		_, _ = r.Read(b)
		return string(b)
	}
	for i, cert := range want {
		var tag, size uint32
		var when int64
		_ = binary.Read(r, binary.BigEndian, &tag)
		alias := text()
		_ = binary.Read(r, binary.BigEndian, &when)
		kind := text()
		_ = binary.Read(r, binary.BigEndian, &size)
		der := make([]byte, size)
		_, _ = r.Read(der)
		if tag != 2 || alias == "" || when != epoch.UnixMilli() || kind != "X.509" || !bytes.Equal(der, cert) {
			t.Fatalf("entry %d: tag %d, alias %q, time %d, kind %q", i, tag, alias, when, kind)
		}
	}
	if r.Len() != 0 {
		t.Errorf("%d bytes behind the last entry", r.Len())
	}
	keytool, err := exec.LookPath("keytool")
	if err != nil {
		return // the rest is the same judgement by another program
	}
	file := filepath.Join(t.TempDir(), "cacerts")
	if err := os.WriteFile(file, store, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(keytool, "-list", "-storepass", "changeit", "-keystore", file).CombinedOutput()
	if got := strings.Count(string(out), "trustedCertEntry"); err != nil || got != len(want) {
		t.Errorf("keytool sees %d entries of %d: %v", got, len(want), err)
	}
}

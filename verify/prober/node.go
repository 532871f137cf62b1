package prober

import (
	"bytes"
	"encoding/binary"
	"io"
	"path"
	"slices"
	"unicode/utf16"
)

// node is the place of the Node program that program is, or "": Node has the certificates
// that it trusts and the zones that it knows built in, whatever the system has
// (https://nodejs.org/api/tls.html#tlsrootcertificates, https://nodejs.org/api/intl.html).
func (t tree) node(program string) string {
	at, err := t.resolve(program)
	if err != nil || path.Base(at) != "node" {
		return ""
	}
	return path.Join("/", at)
}

// builtIn is what a program has within itself.
type builtIn struct {
	certificates int
	zone         bool
}

// ofNode judges a Node program by what is built in. One that was built to use the
// system's, as distributions do, is left to what the system has.
func (in *Inspection) ofNode(t tree, program string) {
	f, _, err := t.open(program)
	if err != nil {
		return
	}
	defer f.Close()
	has := scanNode(io.LimitReader(f, maxScan))
	if has.certificates > 0 {
		in.CA = Finding{OK: true, Where: clip(program, 500), Count: has.certificates}
	}
	if has.zone {
		in.TZ = Finding{OK: true, Where: clip(program, 500)}
	}
}

// beginCertificate starts each of Node's root certificates, which are text
// (src/node_root_certs.h); zoneNames is a zone as ICU's data has it.
var (
	beginCertificate = []byte("-----BEGIN CERTIFICATE-----\n")
	zoneNames        = [][]byte{utf16Text(binary.LittleEndian), utf16Text(binary.BigEndian)}
)

func utf16Text(order binary.AppendByteOrder) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(zoneName)) {
		b = order.AppendUint16(b, unit)
	}
	return b
}

// scanNode reads in windows, each of which begins with the end of the one before.
func scanNode(r io.Reader) (has builtIn) {
	const window = 1 << 20
	overlap := len(beginCertificate) - 1 // the longest that is looked for
	buf := make([]byte, 0, window+overlap)
	for {
		n, err := io.ReadFull(r, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		has.certificates += bytes.Count(buf, beginCertificate)
		has.zone = has.zone || slices.ContainsFunc(zoneNames, func(name []byte) bool { return bytes.Contains(buf, name) })
		if err != nil {
			return has
		}
		buf = append(buf[:0], buf[len(buf)-overlap:]...)
	}
}

package standin

import (
	"encoding/pem"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

const bundlePath = "etc/ssl/certs/ca-certificates.crt"

// bundleFiles are where systems keep their bundle, as crypto/x509 looks for it (root_linux.go).
var bundleFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
	"/etc/ssl/cert.pem",
}

// readBundle reads the host's certificates: from file, else SSL_CERT_FILE, else where systems keep them.
func readBundle(file string) ([]byte, error) {
	tried := bundleFiles
	if env := os.Getenv("SSL_CERT_FILE"); env != "" {
		tried = append([]string{env}, tried...)
	}
	if file != "" {
		tried = []string{file}
	}
	for _, f := range tried {
		data, err := os.ReadFile(f)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading certificates: %w", err)
		}
		if block, _ := pem.Decode(data); block == nil {
			return nil, fmt.Errorf("reading certificates %q: no PEM block in it", f)
		}
		return data, nil
	}
	return nil, errNoBundle(tried)
}

// layTrust puts the host's bundle where Debian's own would be, and each certificate that Debian does not ship into
// /usr/local/share/ca-certificates as well: so a later update-ca-certificates keeps them.
func layTrust(b *build) error {
	if err := b.layer.write(bundlePath, 0o644, b.CA); err != nil {
		return err
	}
	known, conf := map[string]bool{}, ""
	for _, name := range slices.Sorted(maps.Keys(b.kept)) {
		if path.Ext(name) != ".crt" {
			continue
		}
		conf += strings.TrimPrefix(name, "usr/share/ca-certificates/") + "\n"
		if block, _ := pem.Decode(b.kept[name]); block != nil {
			known[string(block.Bytes)] = true
		}
	}
	if err := b.layer.write("etc/ca-certificates.conf", 0o644, []byte(conf)); err != nil {
		return err
	}
	n := 0
	for block, rest := pem.Decode(b.CA); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" || known[string(block.Bytes)] {
			continue
		}
		n++
		known[string(block.Bytes)] = true
		name := fmt.Sprintf("usr/local/share/ca-certificates/host-%03d.crt", n)
		if err := b.layer.write(name, 0o644, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes})); err != nil {
			return err
		}
	}
	// OpenSSL's own default is this file and the hash links of a folder, which are not laid.
	return b.layer.linkUnlessThere("usr/lib/ssl/cert.pem", "/"+bundlePath)
}

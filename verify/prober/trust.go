package prober

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"path"
)

// certFiles and certDirs are where Go looks, crypto/x509/root_linux.go. OpenSSL's own
// places (Debian's, Alpine's, Red Hat's) are among them.
var (
	certFiles = []string{
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/pki/tls/cacert.pem",
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
		"/etc/ssl/cert.pem",
	}
	certDirs = []string{"/etc/ssl/certs", "/etc/pki/tls/certs"}
)

const (
	maxBundle = 16 << 20
	maxCerts  = 2000 // files looked at in a folder
)

// certificates looks for a trust store that holds at least one certificate. given is
// SSL_CERT_FILE, which takes the place of the known files.
func (t tree) certificates(given string) Finding {
	files := certFiles
	if given != "" {
		files = []string{given}
	}
	var f Finding
	for _, name := range files {
		n, err := t.bundle(name)
		if n > 0 {
			return Finding{OK: true, Where: clip(name, 500), Count: n}
		}
		if f.Error == "" && !errors.Is(err, fs.ErrNotExist) {
			f.Error = clip(name, 200) + ": " + reason(err, "holds no certificate")
		}
	}
	for _, dir := range certDirs {
		n := 0
		for _, name := range t.dir(dir, maxCerts) {
			more, _ := t.bundle(path.Join(dir, name))
			n += more
		}
		if n > 0 {
			return Finding{OK: true, Where: dir, Count: n}
		}
	}
	return f
}

// bundle counts the certificates of a PEM file.
func (t tree) bundle(name string) (int, error) {
	data, err := t.read(name, maxBundle)
	if err != nil {
		return 0, err
	}
	n := 0
	for {
		var block *pem.Block
		block, data = pem.Decode(data)
		if block == nil {
			return n, nil
		}
		if _, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			n++
		}
	}
}

// reason is err in short, or other where there is none.
func reason(err error, other string) string {
	if err == nil {
		return other
	}
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return err.Error()
}

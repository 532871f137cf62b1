package main

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"

	"scaffold/fleet"
)

// caFlag is a file of PEM certificates, read when the command line is.
type caFlag struct {
	file string
	text []byte
}

func (f *caFlag) Set(file string) error {
	text, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		return err
	}
	if what := fleet.NotCertificates(text); what != "" {
		return fmt.Errorf("%q %s; it must hold certificates in PEM form", file, what)
	}
	f.file, f.text = file, text
	return nil
}

func (f *caFlag) String() string { return f.file }
func (f *caFlag) Type() string   { return "FILE" }

// roots are the system's CAs and those of the file; nil where there is none.
func (f *caFlag) roots() (*x509.CertPool, error) {
	if f.text == nil {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's CA certificates: %w", err)
	}
	pool.AppendCertsFromPEM(f.text)
	return pool, nil
}

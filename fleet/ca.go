package fleet

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"scaffold/profiles"
)

// checkCA holds the file that build.ca names to PEM certificates. data is the profile's
// text. The error is [profiles.Problems].
func (p *Project) checkCA(data []byte) error {
	file := p.Profile.Build.CA
	if file == "" {
		return nil
	}
	problem := func(hint, format string, args ...any) error {
		return profiles.Problems{{
			File: p.Path(profiles.FileName), Line: profiles.Line(data, "build.ca"),
			Msg: fmt.Sprintf("build.ca: "+format, args...), Hint: hint,
		}}
	}
	root, err := os.OpenRoot(p.Context)
	if err != nil {
		return fmt.Errorf("opening %q: %w", p.Context, errors.Unwrap(err))
	}
	defer root.Close()
	text, err := profiles.ReadFile(root, filepath.FromSlash(file), 1<<20)
	var unfit profiles.Problems
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return problem("put the CA's certificate there, in PEM form", "there is no %q in the context", file)
	case errors.As(err, &unfit):
		return problem(unfit[0].Hint, "%q %s", file, unfit[0].Msg)
	case err != nil:
		return problem("", "%v", err)
	}
	if what := NotCertificates(text); what != "" {
		return problem("it must hold certificates in PEM form and no more", "%q %s", file, what)
	}
	return nil
}

// NotCertificates says why a PEM file is no list of certificates; "" where it is one.
func NotCertificates(text []byte) string {
	n := 0
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text, n = rest, n+1
		if strings.Contains(block.Type, "PRIVATE KEY") {
			return "holds a private key, which must not be in a repository"
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Sprintf("holds a %q", block.Type)
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return fmt.Sprintf("holds a certificate that cannot be read: %v", err)
		}
	}
	if n == 0 {
		return "holds no certificate"
	}
	return ""
}

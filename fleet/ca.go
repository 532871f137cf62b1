package fleet

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"scaffold/policy"
	"scaffold/profiles"
)

// maxCA is the most that a file of CA certificates may hold, in bytes.
const maxCA = 1 << 20

// policyCA is where the project keeps its copy of the CA that its policy names: relative to
// the context, and to the project. A build sees no file outside of its context, and a policy
// often stands in another repository. Empty where the policy names none, or the profile does.
func (p *Project) policyCA(effective *policy.Policy) (inContext, inProject string, err error) {
	if effective.Trust.CA == "" || p.Profile.Build.CA != "" {
		return "", "", nil
	}
	name := path.Base(effective.Trust.CA)
	dir, err := filepath.EvalSymlinks(p.Dir)
	if err != nil {
		return "", "", fmt.Errorf("resolving %q: %w", p.Dir, errors.Unwrap(err))
	}
	if rel, err := filepath.Rel(p.Context, dir); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(filepath.Join(rel, name)), name, nil
	}
	if rel, err := filepath.Rel(dir, p.Context); err == nil && filepath.IsLocal(rel) {
		return name, filepath.ToSlash(filepath.Join(rel, name)), nil
	}
	return "", "", profiles.Problems{profiles.ProblemAt(p.Path(profiles.FileName), p.text, "context",
		fmt.Sprintf("the CA that %s names has no place: the context is neither around nor inside the profile's folder", p.Policy.At("trust", "ca")),
		"name the CA's file in the context: build.ca")}
}

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
	text, err := profiles.ReadFile(root, filepath.FromSlash(file), maxCA)
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

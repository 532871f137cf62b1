package main

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

// companyCA is a CA that only a company trusts, and a certificate of it for localhost.
type companyCA struct {
	pem  []byte
	leaf tls.Certificate
}

func newCompanyCA(t *testing.T) companyCA {
	t.Helper()
	sign := func(template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Acme test CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, SubjectKeyId: []byte{1, 2, 3},
	}
	rootKey, leafKey := key(), key()
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "index"}, DNSNames: []string{"localhost"},
		NotBefore: root.NotBefore, NotAfter: root.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, AuthorityKeyId: root.SubjectKeyId,
	}
	der := sign(root, root, rootKey, rootKey)
	return companyCA{
		pem:  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		leaf: tls.Certificate{Certificate: [][]byte{sign(leaf, root, leafKey, rootKey)}, PrivateKey: leafKey},
	}
}

// an index serves files by path, to whom names the password.
type index struct {
	url     string
	served  atomic.Int32 // requests with the password
	refused atomic.Int32 // requests without
}

const indexUser, indexPassword = "robot", "s3cr3t-of-the-index-0815"

func (i *index) host() string { return i.url[strings.Index(i.url, "//")+2:] }

func serveIndex(t *testing.T, files map[string][]byte, ca *companyCA) *index {
	t.Helper()
	i := new(index)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != indexUser || password != indexPassword {
			i.refused.Add(1)
			w.Header().Set("WWW-Authenticate", `Basic realm="index"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		i.served.Add(1)
		data, ok := files[strings.Replace(r.URL.Path, "/./", "/", 1)] // apt asks for /./Packages
		if !ok {
			http.NotFound(w, r)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/") {
			w.Header().Set("Content-Type", "text/html")
		}
		_, _ = w.Write(data)
	}))
	if ca != nil {
		server.TLS = &tls.Config{Certificates: []tls.Certificate{ca.leaf}}
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	i.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // pip knows no server name in an address
	// Builds are not to ask a proxy for this machine.
	t.Setenv("NO_PROXY", strings.TrimPrefix(os.Getenv("NO_PROXY")+",localhost", ","))
	return i
}

func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, text)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// version is one that no cache of an earlier run holds.
var version = fmt.Sprintf("1.0.%d", time.Now().UnixNano())

// pythonIndex is a simple index (PEP 503) with one wheel.
func pythonIndex(t *testing.T) map[string][]byte {
	info := "acme_greeting-" + version + ".dist-info/"
	wheel := zipped(t, map[string]string{
		"acme_greeting.py": "TEXT = 'greetings from the private index'\n",
		info + "METADATA":  "Metadata-Version: 2.1\nName: acme-greeting\nVersion: " + version + "\n",
		info + "WHEEL":     "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		info + "RECORD":    "acme_greeting.py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n",
	})
	file := "acme_greeting-" + version + "-py3-none-any.whl"
	return map[string][]byte{
		"/simple/acme-greeting/": []byte(`<!DOCTYPE html><a href="/files/` + file + `">` + file + `</a>`),
		"/files/" + file:         wheel,
	}
}

// goProxy is a module proxy (https://go.dev/ref/mod#goproxy-protocol) with one module,
// and the go.sum that goes with it.
func goProxy(t *testing.T) (files map[string][]byte, sum string) {
	t.Helper()
	dir := project(t, map[string]string{
		"go.mod": "module acme.example/greeting\n\ngo 1.26\n", "greeting.go": "package greeting\n\nconst Text = \"greetings from the private proxy\"\n",
	})
	m := module.Version{Path: "acme.example/greeting", Version: "v" + version}
	var b bytes.Buffer
	if err := modzip.CreateFromDir(&b, m, dir); err != nil {
		t.Fatal(err)
	}
	path := t.TempDir() + "/m.zip"
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	zipSum, err := dirhash.HashZip(path, dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(dir + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	modSum, err := dirhash.Hash1([]string{"go.mod"}, openBytes(mod))
	if err != nil {
		t.Fatal(err)
	}
	at := "/acme.example/greeting/@v/" + m.Version
	return map[string][]byte{
		at + ".info": []byte(`{"Version":"` + m.Version + `","Time":"2026-11-21T00:00:00Z"}`), at + ".mod": mod, at + ".zip": b.Bytes(),
	}, fmt.Sprintf("%s %s %s\n%s %s/go.mod %s\n", m.Path, m.Version, zipSum, m.Path, m.Version, modSum)
}

package fleet

import (
	"encoding/pem"
	"os"
	"strings"
	"testing"
)

func TestNotCertificates(t *testing.T) {
	good, err := os.ReadFile("../golden/cases/go-ca/certs/acme.pem")
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("x")}))
	}
	for name, tc := range map[string]struct{ text, want string }{
		"one":               {string(good), ""},
		"two with comments": {"# Acme\n" + string(good) + "\n# and again\n" + string(good), ""},
		"carriage returns":  {strings.ReplaceAll(string(good), "\n", "\r\n"), ""},
		"nothing":           {"", "no certificate"},
		"text":              {"certificate", "no certificate"},
		"a key behind":      {string(good) + block("RSA PRIVATE KEY"), "private key"},
		"a key before":      {block("PRIVATE KEY") + string(good), "private key"},
		"a request":         {block("CERTIFICATE REQUEST"), "CERTIFICATE REQUEST"},
		"not DER":           {block("CERTIFICATE"), "cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := NotCertificates([]byte(tc.text)); got != tc.want && (tc.want == "" || !strings.Contains(got, tc.want)) {
				t.Errorf("NotCertificates says %q, want %q", got, tc.want)
			}
		})
	}
}

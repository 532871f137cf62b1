package bases

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDocsAreCurrent(t *testing.T) {
	page, err := os.ReadFile("../docs/bases.md")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(page), Docs(Embedded())); d != "" {
		t.Errorf("docs/bases.md is not what the catalog says; run: go run ./cmd/scaffold bases --doc >docs/bases.md\n%s", d)
	}
}

package policy

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDocsAreCurrent(t *testing.T) {
	page, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(page), Docs()); d != "" {
		t.Errorf("docs/rules.md is not what the rules say; run: go run ./cmd/scaffold policy rules --doc >docs/rules.md\n%s", d)
	}
}

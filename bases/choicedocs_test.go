package bases

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChoiceDocsAreCurrent(t *testing.T) {
	page, err := os.ReadFile("../docs/choice.md")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(page), ChoiceDocs()); d != "" {
		t.Errorf("docs/choice.md is not what the rules say; run: go run ./cmd/scaffold explain --rules >docs/choice.md\n%s", d)
	}
}

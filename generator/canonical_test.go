package generator

import (
	"fmt"
	"strings"
	"testing"
)

// TestCanonicalRemembers holds that a name is the same the second time, that errors stay
// errors, and that what is remembered is bounded.
func TestCanonicalRemembers(t *testing.T) {
	var n names
	for i := range 3 * maxNames {
		ref := fmt.Sprintf("registry.example/a/b%d:1", i%(maxNames+100))
		if got, err := n.canonical(ref); err != nil || got != ref {
			t.Fatalf("%s is %q, %v", ref, got, err)
		}
		if len(n.of) > maxNames {
			t.Fatalf("%d names are remembered", len(n.of))
		}
	}
	for range 2 {
		if got, err := n.canonical("golang"); err != nil || got != "docker.io/library/golang:latest" {
			t.Errorf("golang is %q, %v", got, err)
		}
		if got, err := n.canonical("A:B:C"); err == nil {
			t.Errorf("A:B:C is %q", got)
		}
		long := "x.example/" + strings.Repeat("a/", 100) + strings.Repeat("b", 50) + ":" + strings.Repeat("1", 100)
		if _, err := n.canonical(long); err == nil && n.of[long] != "" {
			t.Error("a long reference is remembered")
		}
	}
}

package policy

import (
	"fmt"
	"strings"
	"testing"
)

// TestNamedRemembers holds that a reference means the same the second time, that errors stay
// errors, and that what is remembered is bounded.
func TestNamedRemembers(t *testing.T) {
	var p memory
	for i := range 3 * maxParsed {
		ref := fmt.Sprintf("registry.example/a/b%d:1", i%(maxParsed+100))
		if got, err := p.parse(ref); err != nil || got.String() != ref {
			t.Fatalf("%s is %v, %v", ref, got, err)
		}
		if len(p.of) > maxParsed {
			t.Fatalf("%d references are remembered", len(p.of))
		}
	}
	long := "x.example/" + strings.Repeat("a/", 100) + "b:" + strings.Repeat("1", 100)
	for range 2 {
		if got, err := p.parse("golang"); err != nil || got.String() != "docker.io/library/golang" {
			t.Errorf("golang is %v, %v", got, err)
		}
		if got, err := p.parse("A:B:C"); err == nil {
			t.Errorf("A:B:C is %v", got)
		}
		if got, err := p.parse(long); err != nil || got.String() != long || p.of[long] != nil {
			t.Errorf("a long reference is %v, %v; remembered: %v", got, err, p.of[long])
		}
	}
}

package policy

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const today = "2026-11-21"

// mustParse is the policy with these keys.
func mustParse(t *testing.T, keys string) *Policy {
	t.Helper()
	p, err := Parse("policy.toml", []byte("schema = 1\nname = \"test\"\n"+keys))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// judged is what a policy finds in a Dockerfile, as line rule.
func judged(p *Policy, text string) []string {
	var got []string
	for _, f := range p.Judge(Subject{Path: "Dockerfile", Rel: "Dockerfile", Text: []byte(text), Today: today}) {
		got = append(got, fmt.Sprintf("%d %s", f.Line, f.Rule))
	}
	return got
}

// elsewhere are the rules that no Dockerfile alone can break; each has a test of its own.
var elsewhere = []string{"base/pin-age", "size/max", "waiver/expired", "waiver/expiring"}

// TestRulesByTheirExamples holds every rule to its own examples: the bad one is found by that
// rule alone, on its line; the good one by none.
func TestRulesByTheirExamples(t *testing.T) {
	for _, r := range Rules {
		t.Run(r.ID, func(t *testing.T) {
			if slices.Contains(elsewhere, r.ID) {
				if r.Good != "" || r.Bad != "" {
					t.Error("it has examples: take it from the list")
				}
				return
			}
			p := mustParse(t, r.Policy)
			if d := cmp.Diff([]string{fmt.Sprintf("%d %s", r.Line, r.ID)}, judged(p, r.Bad)); d != "" {
				t.Errorf("the bad example (-want +got):\n%s", d)
			}
			if got := judged(p, r.Good); got != nil {
				t.Errorf("the good example is found by %v", got)
			}
		})
	}
}

// TestRulesAreWhole holds what the list and the docs are made from.
func TestRulesAreWhole(t *testing.T) {
	id := regexp.MustCompile(`^[a-z]+/[a-z-]+$`)
	seen := map[string]bool{}
	for _, r := range Rules {
		if !id.MatchString(r.ID) || seen[r.ID] {
			t.Errorf("%s: no ID, or one that is there twice", r.ID)
		}
		seen[r.ID] = true
		if u, err := url.Parse(r.URL); err != nil || u.Scheme != "https" {
			t.Errorf("%s: %q is no address", r.ID, r.URL)
		}
		if r.Name == "" || !strings.HasSuffix(r.Description, ".") || strings.HasSuffix(r.Name, ".") {
			t.Errorf("%s: a name has no full stop, a description ends with one", r.ID)
		}
		if l := r.Level(Default()); r.Policy != "" && l != Off || r.Policy == "" && l == Off {
			t.Errorf("%s is %s without a policy, and its policy is %q", r.ID, l, r.Policy)
		}
	}
}

package policy

import (
	"strings"
	"testing"

	"scaffold/bases"
)

func parsed(t *testing.T, text string) *Policy {
	t.Helper()
	p, err := Parse("policy.toml", []byte("schema = 1\nname = \"p\"\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFor(t *testing.T) {
	p := parsed(t, `base.deny = ["musl"]
user.nonroot = true
base.min_support_days = 900
rules = { "base/support" = "off" }
[[waiver]]
rule = "base/deny"
path = "legacy/**"
until = 2026-12-31
reason = "r"
`)
	for _, c := range []struct {
		rel, day string
		deny     bool
	}{
		{"svc/Dockerfile", today, true},
		{"legacy/Dockerfile", today, false},
		{"legacy/Dockerfile", "2026-12-31", false},
		{"legacy/Dockerfile", "2027-01-01", true},
	} {
		got := p.For(c.rel, c.day)
		if (len(got.Base.Deny) > 0) != c.deny || !got.DemandsNonroot() || got.Base.MinSupportDays != nil {
			t.Errorf("%s on %s: deny %v, nonroot %v, support %v", c.rel, c.day, got.Base.Deny, got.DemandsNonroot(), got.Base.MinSupportDays)
		}
	}
	if len(p.Base.Deny) == 0 {
		t.Error("For changed the policy itself")
	}
}

func TestRevision(t *testing.T) {
	a := parsed(t, "base.deny = [\"musl\"]\n")
	b := parsed(t, "\n# moved\nbase.deny = [\"musl\"]\n")
	c := parsed(t, "base.deny = [\"glibc\"]\n")
	if a.Revision() != b.Revision() || a.Revision() == c.Revision() || !strings.HasPrefix(a.Revision(), "p@") || Default().Revision() != "" {
		t.Errorf("revisions %q, %q, %q, %q", a.Revision(), b.Revision(), c.Revision(), Default().Revision())
	}
}

// TestEveryDemandCanBeLifted holds that a rule which a policy asks for can be waived with an
// effect on generating, or shapes nothing.
func TestEveryDemandCanBeLifted(t *testing.T) {
	shapesNothing := map[string]bool{"size/max": true, "base/pin-age": true}
	for _, r := range Rules {
		if r.Policy == "" || shapesNothing[r.ID] {
			continue
		}
		p := parsed(t, r.Policy)
		if r.Lift == nil {
			t.Errorf("%s cannot be lifted", r.ID)
			continue
		}
		r.Lift(p)
		if level := r.Level(p); level != r.Level(Default()) {
			t.Errorf("%s is still %s after its demand was lifted", r.ID, level)
		}
	}
}

func TestPulled(t *testing.T) {
	p := parsed(t, "registry.rewrite = { \"docker.io/library\" = \"r.example/hub\", \"docker.io/library/node\" = \"r.example/js\" }\n")
	for ref, want := range map[string]string{
		"python:3.13":                         "r.example/hub/python:3.13",
		"docker.io/library/python:3.13":       "r.example/hub/python:3.13",
		"node:24":                             "r.example/js:24",
		"r.example/hub/python:3.13":           "r.example/hub/python:3.13",
		"gcr.io/distroless/static-debian13:x": "gcr.io/distroless/static-debian13:x",
		"docker/dockerfile:1":                 "docker/dockerfile:1",
	} {
		if got := p.Pulled(ref); got != want {
			t.Errorf("Pulled(%q) is %q, want %q", ref, got, want)
		}
	}
}

// TestChoiceAgrees holds that what a policy rules out in a choice is what it finds in a
// Dockerfile that uses it, for every base of the catalog.
func TestChoiceAgrees(t *testing.T) {
	for _, text := range []string{
		"registry.allow = [\"docker.io/library/*\"]\n",
		"registry.allow = [\"gcr.io/**\"]\nregistry.rewrite = { \"docker.io/library/debian\" = \"r.example/debian\" }\n",
		"base.deny = [\"musl\", \"slim\"]\n", "base.deny = [\"golang\", \"gcr.io/distroless/*\"]\n", "base.allow = [\"glibc\"]\n",
		"base.min_support_days = 800\n", "shell.allow = false\n", "package_manager.allow = false\n", "compiler.allow = false\n",
	} {
		p := parsed(t, text)
		demands := p.Choice()
		if len(demands.Rules) != 1 && !strings.Contains(text, "rewrite") {
			t.Fatalf("%s: %d rules", text, len(demands.Rules))
		}
		for _, b := range bases.Embedded().Bases {
			b.Role = "runtime"
			ref := b.At("21")
			out := map[string]bool{}
			for _, rule := range demands.Rules {
				for _, r := range rule.Judge(b, &bases.Input{Version: "21", AsOf: today}) {
					out[rule.ID] = r.Verdict == bases.Out && r.Policy && strings.HasPrefix(r.Source, "policy.toml:3")
				}
			}
			for _, rule := range demands.Rules {
				found := only(p, rule.ID, "FROM "+p.Pulled(ref)+"\nUSER 65532\n")
				if (len(found) > 0) != out[rule.ID] {
					t.Errorf("%s%s: the choice says %v, the judgement %v", text, ref, out, found)
				}
			}
		}
	}
}

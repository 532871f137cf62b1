package generator

import (
	"errors"
	"testing"

	"scaffold/evidence"
	"scaffold/profiles"
)

func TestIdleKey(t *testing.T) {
	vendored := []profiles.Fact{{Key: evidence.GoVendor}}
	for name, c := range map[string]struct {
		facts []profiles.Fact
		build profiles.Build
		plan  Plan
		want  string
	}{
		"not vendored":           {nil, profiles.Build{SSH: true, CA: "ca.pem", Secrets: []profiles.Secret{{ID: "a"}}}, Plan{}, ""},
		"nothing asked":          {vendored, profiles.Build{}, Plan{}, ""},
		"secrets":                {vendored, profiles.Build{Secrets: []profiles.Secret{{ID: "a"}}}, Plan{}, "build.secrets"},
		"ssh":                    {vendored, profiles.Build{SSH: true}, Plan{}, "build.ssh"},
		"a CA for nothing":       {vendored, profiles.Build{CA: "ca.pem"}, Plan{}, "build.ca"},
		"a CA for apt":           {vendored, profiles.Build{CA: "ca.pem"}, Plan{BuildPackages: &AptStep{}}, ""},
		"a CA for the toolchain": {vendored, profiles.Build{CA: "ca.pem"}, Plan{Go: GoPlan{Cross: &CrossPlan{}}}, ""},
	} {
		err := idleKey(&c.plan, Input{Profile: &profiles.Profile{Build: c.build}, Facts: c.facts})
		var key *KeyError
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (!errors.As(err, &key) || key.Key != c.want):
			t.Errorf("%s: got %v, want an error about %s", name, err, c.want)
		}
	}
}

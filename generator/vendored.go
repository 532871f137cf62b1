package generator

import "scaffold/evidence"

// idleKey is an error where dependencies are vendored, so that no step fetches any, and a
// key is only about such steps: it would have no effect.
func idleKey(plan *Plan, in Input) error {
	if !in.has(evidence.GoVendor) {
		return nil
	}
	build := in.Profile.Build
	installs := plan.BuildPackages != nil || plan.RuntimePackages != nil || plan.Go.Cross != nil
	for _, k := range []struct {
		key  string
		idle bool
	}{
		{"build.secrets", len(build.Secrets) > 0},
		{"build.ssh", build.SSH},
		{"build.ca", build.CA != "" && !installs},
	} {
		if k.idle {
			return &KeyError{Key: k.key, Msg: k.key + " has no effect: dependencies are vendored, so no step fetches any",
				Hint: "delete the line, or the vendor folder"}
		}
	}
	return nil
}

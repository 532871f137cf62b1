package verify

import (
	"slices"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	spb "github.com/moby/buildkit/sourcepolicy/pb"
)

// judgeSources is what a build that succeeded says of the images that it took: BuildKit has
// held each to the source policy, unless it is too old to know of it.
func (b *build) judgeSources(o gateway.BuildOpts) []Check {
	if !has(b.req.SourcePolicy, spb.PolicyAction_DENY) {
		return nil
	}
	c := pass("the policy denies none of the images that the build took")
	if lack := canMap.lacks(o, b.Name); lack != "" {
		c = skip(lack)
	}
	c.ID = "build/sources"
	return []Check{c}
}

// has reports whether a source policy has a rule that does something.
func has(p *spb.Policy, action spb.PolicyAction) bool {
	return slices.ContainsFunc(p.GetRules(), func(r *spb.Rule) bool { return r.Action == action })
}

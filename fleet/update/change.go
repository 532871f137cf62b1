package update

import (
	"fmt"
	"slices"
	"strings"

	"scaffold/bases"
	"scaffold/fleet"
	"scaffold/profiles"
)

// The kinds of change.
const (
	KindAsOf     = "as_of"    // the day for which support and waivers are judged
	KindCatalog  = "catalog"  // the revision of the catalog of bases
	KindDigest   = "digest"   // what a tag points at
	KindEvidence = "evidence" // a fact about the project
	KindBuilder  = "builder"  // the base of the build stage
	KindRuntime  = "runtime"  // the base of the final stage
)

// A Change is one thing in a lock that becomes another.
type Change struct {
	Kind string `json:"kind"`
	Name string `json:"name,omitempty"` // of a digest: the canonical reference; of evidence: its key
	From string `json:"from"`           // empty: there was none
	To   string `json:"to"`             // empty: there is none any more
	Why  string `json:"why"`
}

// changes lists what a plan changes in the lock of its project, but for the digests.
func changes(plan *fleet.Plan) []Change {
	old, now := plan.Project.Lock, plan.Lock
	if old == nil {
		return nil
	}
	var all []Change
	if old.AsOf != now.AsOf {
		all = append(all, Change{Kind: KindAsOf, From: old.AsOf, To: now.AsOf, Why: "today"})
	}
	if old.Catalog != now.Catalog {
		all = append(all, Change{Kind: KindCatalog, From: old.Catalog, To: now.Catalog, Why: "this scaffold's"})
	}
	facts := factChanges(old.Facts, now.Facts)
	all = append(all, facts...)
	because := "the catalog or its rules changed"
	switch {
	case len(facts) > 0:
		because = "the evidence changed"
	case old.Profile != now.Profile:
		because = "the profile changed"
	case old.Policy != now.Policy:
		because = "the policy changed"
	}
	if old.Builder.Ref != now.Builder.Ref {
		all = append(all, Change{KindBuilder, "", old.Builder.Ref, now.Builder.Ref, whyBuilder(plan, because)})
	}
	if old.Runtime.Ref != now.Runtime.Ref {
		all = append(all, Change{KindRuntime, "", old.Runtime.Ref, now.Runtime.Ref, whyRuntime(plan, because)})
	}
	return all
}

// factChanges pairs the facts that went with those that came, by key and file.
func factChanges(old, now []profiles.Fact) []Change {
	var all []Change
	came := slices.Clone(now)
	for _, f := range old {
		if i := slices.Index(came, f); i >= 0 {
			came = slices.Delete(came, i, i+1)
			continue
		}
		c := Change{Kind: KindEvidence, Name: f.Key, From: inWords(f), Why: "read again"}
		i := slices.IndexFunc(came, func(n profiles.Fact) bool { return n.Key == f.Key && n.Path == f.Path && !slices.Contains(old, n) })
		if i >= 0 {
			c.To = inWords(came[i])
			came = slices.Delete(came, i, i+1)
		}
		all = append(all, c)
	}
	for _, f := range came {
		all = append(all, Change{Kind: KindEvidence, Name: f.Key, To: inWords(f), Why: "read again"})
	}
	return all
}

func inWords(f profiles.Fact) string {
	if f.Source() == "" {
		return f.Text
	}
	return fmt.Sprintf("%s (%s)", f.Text, f.Source())
}

// whyBuilder says why the build stage moved; because is the reason where nothing more
// precise is known.
func whyBuilder(plan *fleet.Plan, because string) string {
	old := plan.Project.Lock.Builder
	if why := ended(plan, old); why != "" {
		return why
	}
	if old.Base == plan.Lock.Builder.Base {
		return plan.Decision.VersionWhy
	}
	return because
}

func whyRuntime(plan *fleet.Plan, because string) string {
	old := plan.Project.Lock.Runtime
	if why := ended(plan, old); why != "" {
		return why
	}
	for _, c := range plan.Decision.Runtime {
		if c.Base.ID != old.Base || c.Base.ID == "custom" {
			continue
		}
		for _, r := range c.Reasons {
			if r.Verdict == bases.Out {
				return r.Fact
			}
		}
		if c.Behind != "" {
			return c.Behind
		}
		return plan.Decision.VersionWhy
	}
	return because
}

// ended says which support of a base that was decided on is over; "" where none is.
func ended(plan *fleet.Plan, was profiles.Decided) string {
	known := bases.Embedded().Know(bases.EmbeddedReleases(), was.Ref)
	for _, e := range known.Ends {
		if e.Day <= plan.Lock.AsOf {
			return fmt.Sprintf("%s is past its end of life since %s", strings.TrimSpace(e.What), e.Day)
		}
	}
	return ""
}

// Package generator turns a profile and what was decided for it into the files of a
// project: a Dockerfile and its ignore file.
//
// The model: [Generate] is a pure function of the profile, the policy, the lock's facts,
// date and digests, the catalog and the embedded templates. It chooses the bases
// (package bases), makes a [Plan], and has a template print it. No clock, environment,
// network or map order takes part, so that the same input gives the same bytes on every
// machine; golden files, drift checks and fleets rest on that.
package generator

import (
	"fmt"
	"path"

	"scaffold/bases"
	"scaffold/policy"
	"scaffold/profiles"
)

// Input is everything that generating depends on.
type Input struct {
	Profile *profiles.Profile // with its defaults
	Facts   []profiles.Fact
	Digests map[string]string // index digest by canonical reference
	AsOf    string            // YYYY-MM-DD
	Catalog *bases.Catalog
	Policy  *policy.Policy // what it demands of this project; nil: nothing

	// PolicyCA is the CA that the policy's trust.ca names, as a file of the context. Optional.
	PolicyCA string
}

// Output is what was generated.
type Output struct {
	Decision *bases.Decision
	Template string          // name@revision
	Files    []profiles.File // the Dockerfile first
	Images   []string        // that the Dockerfile names, by canonical name before any rewrite
}

// Choose chooses the bases for in, among those that there are templates for.
func Choose(in Input) (*bases.Decision, error) {
	in = in.complete()
	needs := bases.Needs(in.Profile)
	needs.AsOf, needs.Facts, needs.Templates = in.AsOf, in.Facts, HasTemplate
	needs.Demands = in.Policy.Choice()
	return bases.Choose(in.Catalog, needs)
}

func (in Input) complete() Input {
	if in.Policy == nil {
		in.Policy = policy.Default()
	}
	return in
}

// names are the canonical names, before any rewrite, of references in a Dockerfile.
func (in Input) names(refs []string) []string {
	var names []string
	for _, ref := range refs {
		if name, err := canonical(ref); err == nil {
			names = append(names, in.Policy.Original(name))
		}
	}
	return names
}

// Generate renders the files of a project. Errors are those of [bases.Choose], a [RefError],
// a [KeyError], [KeyErrors], a [PolicyError], a [DigestError], or a fault of a template.
func Generate(in Input) (*Output, error) {
	in = in.complete()
	d, err := Choose(in)
	if err != nil {
		return nil, err
	}
	family := d.Chosen().Base.Family
	template, ok := templateFor(in.Profile.Language(), family)
	if !ok {
		return nil, fmt.Errorf("finding a template for %s on %s: there is none", in.Profile.Language(), family)
	}
	plan, err := newPlan(in, d)
	if err != nil {
		return nil, err
	}
	if err := plan.addExtras(in, template); err != nil {
		return nil, err
	}
	dockerfile, err := renderDockerfile(template.Name, plan)
	if err != nil {
		return nil, err
	}
	ignore, err := execute("partials/ignore.tmpl", plan)
	if err != nil {
		return nil, err
	}
	return &Output{
		Decision: d,
		Template: template.Name + "@" + revision(template.Name),
		Images:   in.names(plan.images()),
		Files: []profiles.File{
			{Path: "Dockerfile", Text: dockerfile},
			{Path: IgnoreName(in.Profile), Text: stamp(ignore)},
		},
	}, nil
}

// IgnoreName is the name of the ignore file beside the Dockerfile: .dockerignore where
// the context is the profile's own folder, else Dockerfile.dockerignore, which BuildKit
// prefers and which no other Dockerfile of that context shares.
func IgnoreName(p *profiles.Profile) string {
	if path.Clean(p.Context) == "." {
		return ".dockerignore"
	}
	return "Dockerfile.dockerignore"
}

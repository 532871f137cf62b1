package generator

import (
	"fmt"
	"slices"
	"strings"

	"scaffold/policy"
	"scaffold/profiles"
)

// A PolicyError says what a policy demands and the profile does not give, all of it.
type PolicyError struct{ Breaches []Breach }

// A Breach is one such thing. Key is the profile's key that it is about.
type Breach struct{ Rule, Key, Msg, Hint string }

func (e *PolicyError) Error() string {
	var all []string
	for _, b := range e.Breaches {
		all = append(all, b.Msg)
	}
	return strings.Join(all, "\n")
}

// A DigestError says that a policy requires digests that the lock does not hold.
type DigestError struct {
	Refs []string // as the Dockerfile names them
	At   string   // where the policy requires them
}

func (e *DigestError) Error() string {
	return fmt.Sprintf("%s holds no digest of %s, and %s requires digests", profiles.LockName, strings.Join(e.Refs, ", "), e.At)
}

// Hint is the next step.
func (e *DigestError) Hint() string { return "scaffold update asks the registry for them" }

// obey holds a plan to what a policy demands beyond the choice of bases.
func (plan *Plan) obey(in Input) error {
	var found []Breach
	breach := func(rule, key, hint, format string, args ...any) {
		found = append(found, Breach{Rule: rule, Key: key, Hint: hint, Msg: fmt.Sprintf(format, args...)})
	}
	p := in.Policy
	if p.DemandsNonroot() && plan.User.UID == "0" {
		breach("user/nonroot", "runtime.user", "delete the line: the default is a user without rights", "runtime.user is root, and %s wants another", p.At("user", "nonroot"))
	}
	if p.DemandsHealth() && plan.Health == "" {
		breach("health/required", "runtime.health", `runtime.health = ["/program", "argument"] names a command that the image holds`,
			"there is no health check that %s can run by itself, and %s wants one", plan.Runtime, p.At("health", "required"))
	}
	for _, l := range p.Labels.Required {
		if _, ok := plan.labels[l]; !ok {
			breach("labels/required", "image.labels", fmt.Sprintf("[image] labels = { %q = \"…\" }", l), "image.labels lacks %s, which %s requires", l, p.At("labels", "required"))
		}
	}
	for l := range in.Profile.Image.Labels {
		if p.ForbidsLabel(l) {
			breach("labels/forbidden", "image.labels", "delete it", "the label %s is forbidden by %s", l, p.At("labels", "forbidden"))
		}
	}
	if why, at := p.Refuses(plan.Debug.From, in.AsOf); plan.Debug.From != "" && why != "" {
		breach("base/deny", "image.debug", "delete the line", "image.debug: the shell would come from %s: %s (%s)", plan.Debug.From, why, at)
	}
	if base := in.Profile.Runtime.Base; p.Base.Digest == "forbidden" && strings.Contains(base, "@") {
		breach("base/digest", "runtime.base", "name it by its tag", "runtime.base has a digest, and %s forbids digests", p.At("base", "digest"))
	}
	if found == nil {
		return plan.pinnedAll(p)
	}
	slices.SortStableFunc(found, func(a, b Breach) int { return strings.Compare(a.Key, b.Key) })
	return &PolicyError{found}
}

// pinnedAll holds that there is a digest in each reference where the policy wants one.
func (plan *Plan) pinnedAll(p *policy.Policy) error {
	if p.Base.Digest != "required" {
		return nil
	}
	var lacking []string
	for _, ref := range plan.images() {
		if !strings.Contains(ref, "@") {
			lacking = append(lacking, ref)
		}
	}
	if lacking == nil {
		return nil
	}
	return &DigestError{Refs: lacking, At: p.At("base", "digest")}
}

// images are the references that the Dockerfile names, as it names them.
func (plan *Plan) images() []string {
	var refs []string
	for _, ref := range []string{plan.Syntax, plan.Builder, plan.Runtime, plan.Debug.From} {
		if ref != "" && ref != "scratch" && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// syntaxImage is the image of the # syntax= line, or "" for none: that which the policy
// names, else Docker's newest 1.x where the policy lets it in.
func (in Input) syntaxImage() (string, error) {
	switch named := in.Policy.Syntax.Image; {
	case named == "none", named == "" && !in.Policy.AllowsFrom(syntax):
		return "", nil
	case named != "":
		return in.withDigest(named, named)
	}
	return in.image(syntax)
}

// image is a reference as the Dockerfile names it: pulled from where the policy says, and
// with the index digest that the lock holds for it, if any.
func (in Input) image(ref string) (string, error) {
	if ref == "scratch" {
		return ref, nil
	}
	return in.withDigest(ref, in.Policy.Pulled(ref))
}

// withDigest adds the digest that the lock holds for ref to the name it is pulled by.
func (in Input) withDigest(ref, pulled string) (string, error) {
	name, err := canonical(ref)
	if err != nil {
		return "", err
	}
	digest := in.Digests[in.Policy.Original(name)]
	if digest == "" || strings.Contains(pulled, "@") || in.Policy.Base.Digest == "forbidden" {
		return pulled, nil
	}
	return pulled + "@" + digest, nil
}

// ca is the company's CA as a file of the context: the profile's own, else the policy's.
func (in Input) ca() string {
	if in.Profile.Build.CA != "" {
		return in.Profile.Build.CA
	}
	return in.PolicyCA
}

package policy

import (
	"encoding/json"
	"slices"
	"strings"

	"scaffold/bases"
	"scaffold/profiles"
)

// For returns what the policy demands of the file rel (relative to the repository's root) on
// a day (YYYY-MM-DD): without the demands of rules that are off, or that a waiver lifts there
// on that day. Generating goes by it; judging does not, for it tells of waived findings.
func (p *Policy) For(rel, day string) *Policy {
	lifted := map[string]bool{}
	for id, level := range p.Rules {
		lifted[id] = level == string(Off)
	}
	for _, w := range p.Waivers {
		if w.holds(day) && globMatch(w.Path, rel) {
			lifted[w.Rule] = true
		}
	}
	out := *p
	for id := range lifted {
		if r, ok := RuleByID(id); ok && lifted[id] && r.Lift != nil {
			r.Lift(&out)
		}
	}
	return &out
}

// At says where the policy has a key, as file:line; of a merged policy the file that wins.
// It is "policy" for the zero value.
func (p *Policy) At(key ...string) string {
	for _, k := range p.keys {
		if k.Has(key...) {
			return profiles.Fact{Path: k.File, Line: k.Line(key...)}.Source()
		}
	}
	return "policy"
}

// Revision names the policy and what it says, for the lock: name@hash. It is empty for the
// zero value. Where a key stands does not count.
func (p *Policy) Revision() string {
	if p.Schema == 0 {
		return ""
	}
	plain := *p
	plain.Name, plain.Extends = "", ""
	text, err := json.Marshal(plain)
	if err != nil {
		return p.Name // no field of a policy can fail to be encoded
	}
	return p.Name + "@" + profiles.Hash(text)[:12]
}

// Rewritten is where an image with a canonical name is pulled from: behind the rewrite that
// covers it, or the name itself.
func (p *Policy) Rewritten(name string) string {
	if _, to, ok := p.rewriteOf(name); ok && !p.isTarget(name) {
		return to
	}
	return name
}

// Original is a canonical name as it was before a rewrite.
func (p *Policy) Original(name string) string { return p.original(name) }

// Pulled is a reference as a Dockerfile is to name it: behind a rewrite where one covers it,
// else as it is written.
func (p *Policy) Pulled(ref string) string {
	name := Canonical(ref)
	if to := p.Rewritten(name); to != name {
		return to
	}
	return ref
}

// allowedFrom reports whether registry.allow, or a rewrite by being its target, lets an
// image in.
func (p *Policy) allowedFrom(name string) bool {
	for _, glob := range p.Registry.Allow {
		if globMatch(glob, repositoryOf(name)) || globMatch(glob, withoutDigest(name)) {
			return true
		}
	}
	return p.isTarget(name)
}

// means says as what a word of base.allow or base.deny means an image, if it does. name is
// canonical and before any rewrite, k what is known of it.
func means(word, name string, k bases.Known) (as string, ok bool) {
	if strings.ContainsAny(word, "/*") {
		return "", globMatch(word, repositoryOf(name)) || globMatch(word, withoutDigest(name))
	}
	switch {
	case k.Family == word:
		return ", of the family " + word, true
	case k.Libc == word:
		return ", with libc " + word, true
	}
	return "", slices.Contains(k.Names, word)
}

// AllowsFrom reports whether an image may be pulled, as registry.allow and its rewrites go.
func (p *Policy) AllowsFrom(ref string) bool {
	return p.Registry.Allow == nil || p.allowedFrom(p.Rewritten(Canonical(ref)))
}

// DemandsNonroot reports whether the final image must not run as root.
func (p *Policy) DemandsNonroot() bool { return isTrue(p.User.Nonroot) }

// DemandsHealth reports whether the final image must have a health check.
func (p *Policy) DemandsHealth() bool { return isTrue(p.Health.Required) }

// ForbidsLabel reports whether the final image must not have a label.
func (p *Policy) ForbidsLabel(name string) bool {
	return slices.ContainsFunc(p.Labels.Forbidden, func(glob string) bool { return globMatch(strings.ReplaceAll(glob, "*", "**"), name) })
}

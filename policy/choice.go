package policy

import (
	"fmt"
	"strings"

	"scaffold/bases"
)

// Choice is what the policy asks of a choice of bases: rules that judge candidates, those of
// build stages too, the order of families, and the support that a base must have left. The
// rules have the IDs of those that judge Dockerfiles by the same keys.
func (p *Policy) Choice() bases.Demands {
	d := bases.Demands{Families: p.Base.Prefer, FamiliesFrom: p.At("base", "prefer")}
	if days := p.Base.MinSupportDays; days != nil {
		d.SupportDays = *days
	}
	for _, c := range choiceRules {
		if c.asked(p) {
			d.Rules = append(d.Rules, c.rule(p))
		}
	}
	return d
}

// A candidate is a base by its canonical name before any rewrite, and what is known of it.
type candidate struct {
	name string
	bases.Known
	day string // of judgement
}

// A choiceRule is a rule's part in a choice: out says why a candidate must not be chosen, or "".
type choiceRule struct {
	id    string
	key   []string
	final bool // it is about final stages only
	asked func(p *Policy) bool
	out   func(p *Policy, c candidate) string
}

var choiceRules = []choiceRule{
	{"registry/allow", []string{"registry", "allow"}, false, func(p *Policy) bool { return p.Registry.Allow != nil }, outsideRegistry},
	{"base/allow", []string{"base", "allow"}, false, func(p *Policy) bool { return p.Base.Allow != nil }, notAllowed},
	{"base/deny", []string{"base", "deny"}, false, func(p *Policy) bool { return len(p.Base.Deny) > 0 }, denied},
	{"base/support", []string{"base", "min_support_days"}, false, func(p *Policy) bool { return p.Base.MinSupportDays != nil }, endsSoon},
	{"shell/none", []string{"shell", "allow"}, true, func(p *Policy) bool { return isFalse(p.Shell.Allow) },
		func(_ *Policy, c candidate) string { return unless(c.Shell, "a shell") }},
	{"build/package-manager-in-runtime", []string{"package_manager", "allow"}, true, func(p *Policy) bool { return isFalse(p.PackageManager.Allow) },
		func(_ *Policy, c candidate) string { return unless(c.Packages, "a package manager") }},
	{"build/compiler-in-runtime", []string{"compiler", "allow"}, true, func(p *Policy) bool { return isFalse(p.Compiler.Allow) },
		func(_ *Policy, c candidate) string {
			if c.Compiler == bases.Yes {
				return "it holds a compiler"
			}
			return ""
		}},
}

func (c choiceRule) rule(p *Policy) bases.Rule {
	of, _ := RuleByID(c.id)
	at := p.At(c.key...)
	return bases.Rule{ID: c.id, Doc: of.Name, URL: of.URL, Judge: func(b bases.Base, in *bases.Input) []bases.Reason {
		if c.final && b.Role == "builder" {
			return nil
		}
		name := p.original(Canonical(b.At(in.Version)))
		if why := c.out(p, candidate{name, know(name), in.AsOf}); why != "" {
			return []bases.Reason{{Verdict: bases.Out, Fact: why, Source: at, Policy: true}}
		}
		return nil
	}}
}

func outsideRegistry(p *Policy, c candidate) string {
	if c.Family == "scratch" || p.allowedFrom(p.Rewritten(c.name)) {
		return ""
	}
	return fmt.Sprintf("%s is not in registry.allow of the policy", withoutDigest(c.name))
}

func notAllowed(p *Policy, c candidate) string {
	for _, word := range p.Base.Allow {
		if _, ok := means(word, c.name, c.Known); ok {
			return ""
		}
	}
	return "it is not in base.allow of the policy: " + strings.Join(p.Base.Allow, ", ")
}

func denied(p *Policy, c candidate) string {
	for _, word := range p.Base.Deny {
		if as, ok := means(word, c.name, c.Known); ok {
			return fmt.Sprintf("base.deny of the policy has %q%s", word, as)
		}
	}
	return ""
}

// unless says that a base holds what it must not, or may hold it.
func unless(holds bases.Answer, what string) string {
	switch holds {
	case bases.Yes:
		return "it holds " + what + ", which the policy does not allow"
	case bases.Unknown:
		return "nothing is known of it, so that it may hold " + what + ", which the policy does not allow"
	}
	return ""
}

func endsSoon(p *Policy, c candidate) string {
	least := *p.Base.MinSupportDays
	if len(c.Ends) == 0 {
		return ""
	}
	switch left := daysBetween(c.day, c.Ends[0].Day); {
	case left <= 0:
		return fmt.Sprintf("%s is past its end of life since %s", c.Ends[0].What, c.Ends[0].Day)
	case left < least:
		return fmt.Sprintf("%s has %s of support left, until %s, and the policy wants %d", c.Ends[0].What, days(left), c.Ends[0].Day, least)
	}
	return ""
}

// Refuses says why a stage must not stand on an image, named as a Dockerfile names it, on a
// day, and where the policy says so. It is silent about what only final stages must not hold.
func (p *Policy) Refuses(ref, day string) (why, at string) {
	name := p.original(Canonical(ref))
	for _, c := range choiceRules {
		if c.final || !c.asked(p) {
			continue
		}
		if why := c.out(p, candidate{name, know(name), day}); why != "" {
			return why, p.At(c.key...)
		}
	}
	return "", ""
}

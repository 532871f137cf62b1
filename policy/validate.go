package policy

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"scaffold/bases"
	"scaffold/profiles"
)

// A demand finds what contradicts itself or has no effect in a policy whose every key has
// the right form.
type demand func(p *Policy, report func(key []string, hint, format string, args ...any))

var demands = []demand{
	knownSchema, rewritesOnce, knownBases, basesAgree, pinsAgree, labelsAgree, knownRules, caInside,
}

func knownSchema(p *Policy, report func(key []string, hint, format string, args ...any)) {
	if p.Schema != Schema {
		report([]string{"schema"}, "a newer scaffold may read it", "schema is %d; this scaffold reads %d", p.Schema, Schema)
	}
}

// rewritesOnce refuses a target that is itself rewritten: where the image comes from would
// depend on how often one rewrites.
func rewritesOnce(p *Policy, report func(key []string, hint, format string, args ...any)) {
	for _, from := range slices.Sorted(maps.Keys(p.Registry.Rewrite)) {
		key := []string{"registry", "rewrite", from}
		seen, at := []string{from}, p.Registry.Rewrite[from]
		for {
			source, next, ok := p.rewriteOf(at)
			switch {
			case !ok:
			case slices.Contains(seen, source):
				report(key, "let it end at a registry that is not rewritten", "registry.rewrite loops: %s -> %s", strings.Join(seen, " -> "), source)
			case len(seen) == 1:
				report(key, "name the last registry itself", "registry.rewrite: the target %s is rewritten again, to %s", at, next)
			}
			if !ok || slices.Contains(seen, source) {
				break
			}
			seen, at = append(seen, source), next
		}
	}
}

func knownBases(p *Policy, report func(key []string, hint, format string, args ...any)) {
	words := bases.Words(bases.Embedded())
	for _, list := range []struct {
		key   string
		words []string
	}{{"allow", p.Base.Allow}, {"deny", p.Base.Deny}} {
		for _, w := range list.words {
			if strings.ContainsAny(w, "/*") || slices.Contains(words, w) {
				continue
			}
			hint := "for an image that the catalog does not know write its repository: docker.io/library/" + w
			if n := profiles.Nearest(w, words); n != "" {
				hint = fmt.Sprintf("did you mean %q?", n)
			}
			report([]string{"base", list.key}, hint, "base.%s: %q is no family, libc or base of the catalog", list.key, w)
		}
	}
}

func basesAgree(p *Policy, report func(key []string, hint, format string, args ...any)) {
	for _, w := range p.Base.Deny {
		if slices.Contains(p.Base.Allow, w) {
			report([]string{"base", "deny"}, "keep one", "base.deny and base.allow both have %q", w)
		}
		if slices.Contains(p.Base.Prefer, w) {
			report([]string{"base", "prefer"}, "keep one", "base.prefer has %q, which base.deny has, too", w)
		}
	}
	for i, w := range p.Base.Prefer {
		if slices.Contains(p.Base.Prefer[:i], w) {
			report([]string{"base", "prefer"}, "", "base.prefer has %q twice", w)
		}
	}
	if p.Base.Allow != nil && len(p.Base.Allow) == 0 {
		report([]string{"base", "allow"}, "delete the line to allow every base", "base.allow is empty: no base would be allowed")
	}
	if p.Registry.Allow != nil && len(p.Registry.Allow) == 0 && len(p.Registry.Rewrite) == 0 {
		report([]string{"registry", "allow"}, "delete the line to allow every registry", "registry.allow is empty: no image would be allowed")
	}
}

func pinsAgree(p *Policy, report func(key []string, hint, format string, args ...any)) {
	if p.Base.MaxPinAgeDays != nil && p.Base.Digest == "forbidden" {
		report([]string{"base", "max_pin_age_days"}, "delete one of them", "base.max_pin_age_days has no effect with base.digest = \"forbidden\"")
	}
	if image := p.Syntax.Image; image != "" && image != "none" && p.Base.Digest == "forbidden" && strings.Contains(image, "@") {
		report([]string{"syntax", "image"}, "name it by its tag", "syntax.image has a digest, and base.digest is \"forbidden\"")
	}
}

func labelsAgree(p *Policy, report func(key []string, hint, format string, args ...any)) {
	for _, r := range p.Labels.Required {
		for _, f := range p.Labels.Forbidden {
			if globMatch(f, r) {
				report([]string{"labels", "forbidden"}, "keep one", "labels.forbidden %q covers %q, which labels.required has", f, r)
			}
		}
	}
}

func knownRules(p *Policy, report func(key []string, hint, format string, args ...any)) {
	plain := *p
	plain.Rules = nil
	for _, id := range slices.Sorted(maps.Keys(p.Rules)) {
		key := []string{"rules", id}
		r, ok := RuleByID(id)
		switch {
		case !ok:
			report(key, unknownRuleHint(id), "rules: there is no rule %q", id)
		case r.Level(&plain) == Off:
			report(key, "set the key that the rule judges by; scaffold policy rules --doc names it", "rules: %q has no effect, for the policy does not ask for it", id)
		case p.Rules[id] == string(Off) && r.Level(&plain) != r.Level(Default()):
			report(key, "delete one of them", "rules: %q is off, and another key of the policy asks for it", id)
		}
	}
}

func unknownRuleHint(id string) string {
	var ids []string
	for _, r := range Rules {
		ids = append(ids, r.ID)
	}
	if n := profiles.Nearest(id, ids); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return "scaffold policy rules lists them"
}

func caInside(p *Policy, report func(key []string, hint, format string, args ...any)) {
	if path.IsAbs(p.Trust.CA) {
		report([]string{"trust", "ca"}, "write it relative to the policy", "trust.ca %q is an absolute path", p.Trust.CA)
	}
}

// problems are what is wrong with a waiver.
func (w *Waiver) problems() profiles.Problems {
	switch _, ok := RuleByID(w.Rule); {
	case !ok:
		return profiles.Problems{{File: w.file, Line: w.line, Msg: fmt.Sprintf("waiver: there is no rule %q", w.Rule), Hint: unknownRuleHint(w.Rule)}}
	case strings.HasPrefix(w.Rule, "waiver/"):
		return profiles.Problems{{File: w.file, Line: w.line, Msg: fmt.Sprintf("waiver: %q cannot be waived", w.Rule), Hint: "move the end of the waiver that it is about"}}
	}
	return nil
}

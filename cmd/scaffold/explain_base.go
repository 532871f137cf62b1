package main

import (
	"fmt"
	"slices"
	"strings"

	"scaffold/bases"
)

// A baseAnswer is why a base that a person names is not the chosen one.
type baseAnswer struct {
	Asked      string
	candidates []bases.Candidate
	takes      map[string]string         // by ID, the runtime.base that would take it; none where nothing does
	letIn      map[string][]bases.Change // by ID, what would let it in
}

// about finds what a person means by a base: candidates of that ID, reference or family; or
// a reference that the catalog does not have.
func (e *explanation) about(base string) (*baseAnswer, error) {
	why := &baseAnswer{Asked: base, takes: map[string]string{}, letIn: map[string][]bases.Change{}}
	why.candidates = meant(e.Decision.Runtime, base)
	if why.candidates == nil && bases.IsReference(base) {
		needs := e.Needs
		needs.Base = base
		if d, _ := bases.Choose(e.Catalog, needs); d != nil {
			why.candidates = meant(d.Runtime, "custom")
		}
	}
	if why.candidates == nil {
		return nil, &hintedError{&usageError{fmt.Errorf("--base %s: there is no such base for %s", base, e.Needs.Language), "scaffold explain"},
			"name a family (" + strings.Join(bases.Families, ", ") + "), an ID of scaffold explain, or a whole reference"}
	}
	for _, c := range why.candidates {
		why.takes[c.Base.ID] = e.taking(c)
		if c.Verdict == bases.Out && why.takes[c.Base.ID] == "" {
			why.letIn[c.Base.ID] = bases.LetsIn(e.Catalog, e.Needs, e.Decision, c.Base.ID)
		}
	}
	return why, nil
}

// meant are the candidates that a word names. Of a family those that hold another language,
// or none, are left out where there are others.
func meant(candidates []bases.Candidate, word string) []bases.Candidate {
	var exact, family []bases.Candidate
	for _, c := range candidates {
		switch {
		case c.Base.ID == word || c.Ref == word:
			exact = append(exact, c)
		case c.Base.Family == word:
			family = append(family, c)
		}
	}
	all := append(exact, family...)
	able := slices.DeleteFunc(slices.Clone(all), func(c bases.Candidate) bool {
		return slices.ContainsFunc(c.Reasons, func(r bases.Reason) bool { return r.Rule == "program/kind" && r.Verdict == bases.Out })
	})
	if len(able) > 0 {
		return able
	}
	return all
}

// taking is the runtime.base that would have a candidate chosen, or "".
func (e *explanation) taking(c bases.Candidate) string {
	for _, base := range []string{c.Base.Family, c.Ref} {
		if base == "custom" {
			continue
		}
		needs := e.Needs
		needs.Base = base
		if d, err := bases.Choose(e.Catalog, needs); err == nil && d.Chosen().Ref == c.Ref {
			return base
		}
	}
	return ""
}

// explainBase answers in a few lines: the deciding evidence, what it would cost, how to take
// it all the same.
func (a *app) explainBase(e *explanation, why *baseAnswer) {
	chosen := e.Decision.Chosen()
	for i, c := range why.candidates {
		if i > 0 {
			a.printf("\n")
		}
		if c.Base.ID == chosen.Base.ID && c.Ref == chosen.Ref && c.Verdict != bases.Out {
			a.printf("%s is the chosen base: %s\n", c.Ref, c.Deciding())
			continue
		}
		a.printf("why not %s? %s\n", c.Ref, verdictWords[c.Verdict])
		a.sayings(c)
		for _, t := range e.Decision.Traps(c, e.Needs.Language) {
			a.printf("  know  %s  [%s]\n", t.Text, t.ID)
		}
		a.printf("%s\n", strings.Join(e.toTake(c, why), "\n"))
	}
}

var verdictWords = map[bases.Verdict]string{
	bases.Fits: "it fits, and another comes first",
	bases.Cost: "it fits at a cost",
	bases.Out:  "it is out",
}

// sayings are what speaks against a candidate, what decides first.
func (a *app) sayings(c bases.Candidate) {
	said, _ := against([]bases.Candidate{c})
	for _, s := range said {
		a.printf("  %-4s  %s\n", s.verdict, s.text)
	}
	for _, cost := range c.Costs() {
		if c.Verdict == bases.Out {
			a.printf("  cost  %s\n", cost)
		}
	}
}

// toTake is how to have a candidate chosen.
func (e *explanation) toTake(c bases.Candidate, why *baseAnswer) []string {
	if base := why.takes[c.Base.ID]; base != "" {
		return []string{fmt.Sprintf("to take it all the same: runtime.base = %q", base)}
	}
	changes := why.letIn[c.Base.ID]
	if len(changes) == 0 {
		return []string{"no single change lets it in"}
	}
	lines := []string{fmt.Sprintf("any of these would let it in; then runtime.base = %q takes it:", c.Base.Family)}
	for _, change := range changes {
		lines = append(lines, "  "+changed(change))
	}
	return lines
}

package main

import "scaffold/bases"

// explain --json
type (
	explainedDocument struct {
		Schema    int               `json:"schema"`
		AsOf      string            `json:"as_of"`
		Platforms []string          `json:"platforms"`
		Criteria  []bases.Criterion `json:"criteria"`
		Builder   explainedBuilder  `json:"builder"`
		Runtime   explainedRuntime  `json:"runtime"`
		WhatIf    []explainedChange `json:"what_if"`
		Base      []explainedAnswer `json:"base,omitempty"`
		Notes     []string          `json:"notes,omitempty"`
		Warnings  []string          `json:"warnings,omitempty"`
	}
	explainedBuilder struct {
		Chosen     string               `json:"chosen"`
		Version    string               `json:"version"`
		Why        string               `json:"why"`
		Candidates []explainedCandidate `json:"candidates"`
	}
	explainedRuntime struct {
		Chosen     string               `json:"chosen"`
		Candidates []explainedCandidate `json:"candidates"`
	}
	explainedCandidate struct {
		Base      string                   `json:"base"`
		Ref       string                   `json:"ref"`
		Verdict   bases.Verdict            `json:"verdict"`
		Platforms map[string]bases.Verdict `json:"platforms,omitempty"`
		Behind    string                   `json:"behind,omitempty"`
		Criterion string                   `json:"criterion,omitempty"`
		Costs     []string                 `json:"costs,omitempty"`
		Evidence  []bases.Reason           `json:"evidence"`
		Traps     []bases.Trap             `json:"traps,omitempty"`
	}
	explainedChange struct {
		bases.Change
		Chosen   string   `json:"chosen"`
		LetsIn   []string `json:"lets_in,omitempty"`
		Warnings []string `json:"warnings,omitempty"`
	}
	explainedAnswer struct {
		explainedCandidate
		Take  string         `json:"take,omitempty"`
		LetIn []bases.Change `json:"let_in_by,omitempty"`
	}
)

func (e *explanation) document(why *baseAnswer) explainedDocument {
	d := e.Decision
	doc := explainedDocument{
		Schema: 1, AsOf: e.Needs.AsOf, Platforms: e.Needs.Platforms, Criteria: d.Criteria,
		Builder: explainedBuilder{Version: d.Version, Why: d.VersionWhy},
		WhatIf:  []explainedChange{},
		Notes:   notes(e), Warnings: d.Warnings,
	}
	doc.Builder.Chosen, doc.Builder.Candidates = e.candidates(d.Builders)
	doc.Runtime.Chosen, doc.Runtime.Candidates = e.candidates(d.Runtime)
	for _, o := range bases.WhatIf(e.Catalog, e.Needs, d) {
		c := explainedChange{Change: o.Change, Chosen: o.Chosen.Ref, Warnings: o.Warnings}
		for _, l := range o.LetsIn {
			c.LetsIn = append(c.LetsIn, l.Ref)
		}
		doc.WhatIf = append(doc.WhatIf, c)
	}
	if why != nil {
		for _, c := range why.candidates {
			doc.Base = append(doc.Base, explainedAnswer{e.candidate(c), why.takes[c.Base.ID], why.letIn[c.Base.ID]})
		}
	}
	return doc
}

// candidates of a stage, and the reference of the chosen one; "" where none can serve.
func (e *explanation) candidates(all []bases.Candidate) (chosen string, found []explainedCandidate) {
	if all[0].Verdict != bases.Out {
		chosen = all[0].Ref
	}
	for _, c := range all {
		found = append(found, e.candidate(c))
	}
	return chosen, found
}

func (e *explanation) candidate(c bases.Candidate) explainedCandidate {
	out := explainedCandidate{Base: c.Base.ID, Ref: c.Ref, Verdict: c.Verdict, Behind: c.Behind, Criterion: c.By,
		Costs: c.Costs(), Evidence: c.Reasons}
	if out.Evidence == nil {
		out.Evidence = []bases.Reason{}
	}
	for _, p := range e.Needs.Platforms {
		if v := c.On(p); v != c.Verdict {
			out.Platforms = map[string]bases.Verdict{}
		}
	}
	for _, p := range e.Needs.Platforms {
		if out.Platforms != nil {
			out.Platforms[p] = c.On(p)
		}
	}
	if c.Base.Role == "runtime" {
		out.Traps = e.Decision.Traps(c, e.Needs.Language)
	}
	return out
}

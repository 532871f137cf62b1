package bases

import (
	"fmt"
	"slices"
	"strings"
)

// A Candidate is a base with a verdict and the reasons for it.
type Candidate struct {
	Base    Base
	Ref     string  // with the language's version filled in
	Verdict Verdict // the worst of all platforms: one base has to serve each
	Reasons []Reason
	Behind  string // why another candidate that also serves was preferred; empty for the chosen one
	By      string // ID of the criterion by which it was

	place [criteriaMax]int // by each criterion; the smaller number is better
}

// On is the candidate's verdict for one platform of the project.
func (c *Candidate) On(platform string) Verdict {
	v := Fits
	for _, r := range c.Reasons {
		if (r.Platform == "" || r.Platform == platform) && severity[r.Verdict] > severity[v] {
			v = r.Verdict
		}
	}
	return v
}

// Costs are what a candidate at a cost costs, the same kinds added up: "compiles 3
// packages: a, b, c".
func (c *Candidate) Costs() []string {
	var texts []string
	var kinds []Price
	of := map[Price][]string{}
	for _, r := range c.Reasons {
		kind := Price{Does: r.Price.Does, Thing: r.Price.Thing}
		switch {
		case r.Verdict != Cost:
		case r.Price.Of == "":
			texts = append(texts, r.Text())
		case of[kind] == nil:
			kinds = append(kinds, kind)
			fallthrough
		case !slices.Contains(of[kind], r.Price.Of):
			of[kind] = append(of[kind], r.Price.Of)
		}
	}
	for i, kind := range kinds {
		things := of[kind]
		text := fmt.Sprintf("%s %d %ss: %s", kind.Does, len(things), kind.Thing, strings.Join(things, ", "))
		if len(things) == 1 {
			text = fmt.Sprintf("%s the %s %s", kind.Does, kind.Thing, things[0])
		}
		texts = slices.Insert(texts, i, text)
	}
	return texts
}

// Deciding is the one thing to say of a candidate: why it is out, why another comes first,
// what it costs, or what speaks for it.
func (c *Candidate) Deciding() string {
	switch costs := c.Costs(); {
	case c.Verdict == Out:
		return c.first(Out)
	case c.Behind != "" && (c.By != works.ID || costs == nil):
		return c.Behind
	case costs != nil:
		return strings.Join(costs, "; ")
	case len(c.Reasons) > 0:
		return c.first(Fits)
	}
	return "nothing speaks against it"
}

// first is the first thing that a rule said for a verdict.
func (c *Candidate) first(v Verdict) string {
	i := slices.IndexFunc(c.Reasons, func(r Reason) bool { return r.Verdict == v })
	if i < 0 {
		return ""
	}
	return c.Reasons[i].Text()
}

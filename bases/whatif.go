package bases

import (
	"fmt"
	"slices"
	"strings"

	"scaffold/evidence"
	"scaffold/profiles"
)

// A Change is one thing of a project, or of the policy it is under, that could be otherwise.
type Change struct {
	Text   string `json:"change"` // "runtime.shell = true", "psycopg2-binary instead of psycopg2"
	Source string `json:"source"` // key of the profile, path:line, or where the policy says so

	make  func(*Input)
	group bool // several dependencies at once
}

// An Outcome is what one change leads to.
type Outcome struct {
	Change
	Chosen   Candidate   // of the final stage; the same as without the change where it only lets others in
	LetsIn   []Candidate // with less to attack than the chosen one, which were out without the change
	Warnings []string    // that come with it
}

// Bounds of a question: how many dependencies are tried, and how many outcomes are told.
const (
	maxTried = 16
	maxTold  = 12
)

// WhatIf changes one thing at a time, chooses again, and tells what leads to another base
// of the final stage, or lets one in that holds less; dependencies first, then keys of the
// profile, then the policy. d is what Choose decided on in, also where nothing fits.
// It is many times the work of a choice.
func WhatIf(c *Catalog, in Input, d *Decision) []Outcome {
	var told []Outcome
	for _, change := range changes(c, &in, d) {
		if o, ok := outcome(c, in, d, change); ok && !slices.ContainsFunc(told, o.repeats) {
			told = append(told, o)
		}
	}
	return told[:min(len(told), maxTold)]
}

// LetsIn tells which single changes would let a base in that is out: one that is meant by
// its ID.
func LetsIn(c *Catalog, in Input, d *Decision, id string) []Change {
	var found []Change
	for _, change := range changes(c, &in, d) {
		changed := in
		change.make(&changed)
		after, _ := Choose(c, changed)
		if after != nil && slices.ContainsFunc(after.Runtime, func(r Candidate) bool { return r.Base.ID == id && r.Verdict != Out }) {
			found = append(found, change)
		}
	}
	return found[:min(len(found), maxTold)]
}

func outcome(c *Catalog, in Input, d *Decision, change Change) (Outcome, bool) {
	change.make(&in)
	after, err := Choose(c, in)
	if err != nil {
		return Outcome{}, false
	}
	o := Outcome{Change: change, Chosen: after.Chosen()}
	for _, w := range after.Warnings {
		if !slices.Contains(d.Warnings, w) {
			o.Warnings = append(o.Warnings, w)
		}
	}
	before := d.Chosen()
	if before.Verdict == Out || after.Chosen().Base.ID != before.Base.ID {
		return o, true
	}
	for _, r := range after.Runtime {
		if r.Verdict != Out && r.Base.Surface < before.Base.Surface && d.verdict(r.Base.ID) == Out {
			o.LetsIn = append(o.LetsIn, r)
		}
	}
	return o, o.LetsIn != nil
}

func (d *Decision) verdict(id string) Verdict {
	for _, r := range d.Runtime {
		if r.Base.ID == id {
			return r.Verdict
		}
	}
	return Out
}

// repeats reports whether another outcome says as much: a nearer version, or one dependency
// of several, that leads to the same base.
func (o Outcome) repeats(told Outcome) bool {
	return (o.group || o.Source == "build.version" && told.Source == o.Source) && told.Chosen.Base.ID == o.Chosen.Base.ID
}

// changes are what could be otherwise.
func changes(c *Catalog, in *Input, d *Decision) []Change {
	return slices.Concat(dependencyChanges(in, d), profileChanges(c, in, d), policyChanges(in, d))
}

// dependencyChanges are about dependencies that speak against some base, the first of the
// files first; and all of one kind together, where there are several.
func dependencyChanges(in *Input, d *Decision) []Change {
	var all, together []Change
	kinds := map[string]bool{}
	for _, f := range against(in.Facts, d) {
		if len(all) < maxTried {
			for _, way := range evidence.OtherwiseOf(f) {
				all = append(all, in.instead(way.Text, []profiles.Fact{f}, way.Facts))
			}
		}
		if kinds[f.Key] {
			continue
		}
		kinds[f.Key] = true
		alike := slices.DeleteFunc(slices.Clone(in.Facts), func(g profiles.Fact) bool { return g.Key != f.Key })
		if len(alike) > 1 {
			all := in.instead(fmt.Sprintf("without %s and %d more like it", f.Value, len(alike)-1), alike, nil)
			all.group = true
			together = append(together, all)
		}
	}
	return append(all, together...)
}

// instead changes dependencies. The OS packages that only they need go with them.
func (in *Input) instead(text string, gone, with []profiles.Fact) Change {
	facts := replaced(in.Facts, gone, with)
	_, before, _ := evidence.Packages(in.Facts)
	_, after, _ := evidence.Packages(facts)
	var kept, dropped []string
	for _, p := range in.Packages {
		if slices.Contains(before, p) && !slices.Contains(after, p) {
			dropped = append(dropped, p)
		} else {
			kept = append(kept, p)
		}
	}
	if dropped != nil {
		text += ", then also without " + strings.Join(dropped, ", ")
	}
	return Change{Text: text, Source: gone[0].Source(), make: func(in *Input) { in.Facts, in.Packages = facts, kept }}
}

// against are the facts about dependencies by which some candidate costs something, is out
// or is in doubt; of several about one dependency the first.
func against(facts []profiles.Fact, d *Decision) []profiles.Fact {
	cited := map[string]bool{}
	for _, c := range d.Runtime {
		for _, r := range c.Reasons {
			if r.Verdict != Fits || r.Doubt {
				cited[r.Source] = true
			}
		}
	}
	var found []profiles.Fact
	seen := map[string]bool{}
	for _, f := range facts {
		if evidence.IsDependency(f) && cited[f.Source()] && !seen[f.Value] {
			seen[f.Value], found = true, append(found, f)
		}
	}
	return found
}

// replaced are facts without any about the dependencies that some are about, and with
// others in the place of the first.
func replaced(facts, gone, with []profiles.Fact) []profiles.Fact {
	dependencies := map[string]bool{}
	for _, f := range gone {
		dependencies[f.Value] = true
	}
	var kept []profiles.Fact
	for _, f := range facts {
		if evidence.IsDependency(f) && dependencies[f.Value] {
			kept, with = append(kept, with...), nil
			continue
		}
		kept = append(kept, f)
	}
	return kept
}

// profileChanges are about keys of the profile.
func profileChanges(c *Catalog, in *Input, d *Decision) []Change {
	var all []Change
	add := func(key, format string, value any, set func(*Input)) {
		all = append(all, Change{Text: fmt.Sprintf(format, value), Source: key, make: set})
	}
	if in.Base != "auto" {
		add("runtime.base", "runtime.base = %q", "auto", func(in *Input) { in.Base = "auto" })
	}
	add("runtime.shell", "runtime.shell = %t", !in.Shell, func(in *Input) { in.Shell = !in.Shell })
	if len(in.Packages) > 0 {
		add("runtime.packages", "without runtime.packages (%s)", strings.Join(in.Packages, ", "), func(in *Input) { in.Packages = nil })
	}
	prefer := "size"
	if in.Prefer == "size" {
		prefer = "compatibility"
	}
	add("runtime.prefer", "runtime.prefer = %q", prefer, func(in *Input) { in.Prefer = prefer })
	if d.Cgo {
		add("build.cgo", "build.cgo = %q", "off", func(in *Input) { in.Cgo = "off" })
	}
	if in.Cgo == "off" {
		add("build.cgo", "build.cgo = %q", "on", func(in *Input) { in.Cgo = "on" })
	}
	for i, p := range in.Platforms {
		if len(in.Platforms) > 1 {
			add("image.platforms", "image.platforms without %s", p, func(in *Input) { in.Platforms = slices.Delete(slices.Clone(in.Platforms), i, i+1) })
		}
	}
	lang, _ := c.Language(in.Language)
	for _, v := range lang.Versions {
		if v.Version != d.Version && (v.EOL == "" || in.AsOf < v.EOL) {
			add("build.version", "build.version = %q", v.Version, func(in *Input) { in.Version = v.Version })
		}
	}
	return all
}

// policyChanges are about what a policy demands of the choice.
func policyChanges(in *Input, d *Decision) []Change {
	var all []Change
	for _, rule := range in.Demands.Rules {
		if at, ok := d.policyAt(rule.ID); ok {
			all = append(all, Change{Text: "without " + rule.ID + " of the policy", Source: at, make: func(in *Input) {
				in.Demands.Rules = slices.DeleteFunc(slices.Clone(in.Demands.Rules), func(r Rule) bool { return r.ID == rule.ID })
			}})
		}
	}
	if len(in.Demands.Families) > 0 {
		all = append(all, Change{Text: "without base.prefer of the policy", Source: in.Demands.FamiliesFrom, make: func(in *Input) { in.Demands.Families = nil }})
	}
	return all
}

// policyAt is where the policy has the rule by which some candidate is out.
func (d *Decision) policyAt(rule string) (string, bool) {
	for _, c := range slices.Concat(d.Runtime, d.Builders) {
		for _, r := range c.Reasons {
			if r.Policy && r.Rule == rule {
				return r.Source, true
			}
		}
	}
	return "", false
}

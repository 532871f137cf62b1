package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"scaffold/bases"
)

// columns are what a line of the table may take.
const columns = 80

// explainText prints the table, the evidence under it, and what would change it.
func (a *app) explainText(e *explanation) {
	d := e.Decision
	a.printf("%s: %s %s (%s), judged for %s\n\n", e.profile.Name, e.Needs.Language, d.Version, d.VersionWhy, e.Needs.AsOf)
	a.printf("build stage   %s\n", chosenRef(d.Builders))
	a.printf("final stage   %s\n", chosenRef(d.Runtime))
	if p := e.Needs.Platforms; len(p) > 1 {
		a.printf("              one base for %s: a Dockerfile has one FROM\n", listed(p))
	}
	a.table("final stage", d.Runtime)
	a.table("build stage", d.Builders)
	a.evidence("final stage", d.Runtime)
	a.evidence("build stage", d.Builders)
	a.traps(e)
	a.whatIf(e)
	said := notes(e)
	if len(said)+len(d.Warnings) > 0 {
		a.printf("\n")
	}
	for _, n := range said {
		a.printf("note: %s\n", n)
	}
	for _, w := range d.Warnings {
		a.printf("warning: %s\n", w)
	}
}

func chosenRef(candidates []bases.Candidate) string {
	if candidates[0].Verdict == bases.Out {
		return "none fits"
	}
	return candidates[0].Ref
}

// A row is one line of the table: candidates of a verdict for the same reason.
type row struct{ verdict, name, text string }

// rows are one a candidate; of those that are out, those for one reason share a row.
func rows(candidates []bases.Candidate) []row {
	var all []row
	out := map[string][]string{}
	var order []string
	for i := range candidates {
		c := &candidates[i]
		if c.Verdict != bases.Out {
			all = append(all, row{verdict(candidates, i), c.Base.ID, c.Deciding()})
			continue
		}
		if out[c.Deciding()] == nil {
			order = append(order, c.Deciding())
		}
		out[c.Deciding()] = append(out[c.Deciding()], c.Base.ID)
	}
	slices.SortStableFunc(order, func(a, b string) int { return len(out[a]) - len(out[b]) }) // what many share says least
	for _, text := range order {
		all = append(all, row{string(bases.Out), shared(out[text]), text})
	}
	return all
}

// shared names at most two of a list.
func shared(names []string) string {
	if len(names) <= 2 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
}

// table is read in ten seconds: verdict, ID, and the one thing that decided.
func (a *app) table(stage string, candidates []bases.Candidate) {
	all := rows(candidates)
	width := 0
	for _, r := range all {
		width = max(width, len(r.name))
	}
	a.printf("\n%s\n", stage)
	for _, r := range all {
		a.printf("%s\n", cut(fmt.Sprintf("  %-6s  %-*s  %s", r.verdict, width, r.name, r.text)))
	}
}

func verdict(candidates []bases.Candidate, i int) string {
	if i == 0 && candidates[0].Verdict != bases.Out {
		return "chosen"
	}
	return string(candidates[i].Verdict)
}

// cut shortens a line to the columns of the table.
func cut(line string) string {
	if utf8.RuneCountInString(line) <= columns {
		return line
	}
	return strings.TrimRight(string([]rune(line)[:columns-1]), " ,;:") + "…"
}

// evidence is everything that speaks for the chosen base, and what decided against each
// other one: what is said of several is said once. --json has the rest.
func (a *app) evidence(stage string, candidates []bases.Candidate) {
	rest, shared := candidates, []bases.Reason(nil)
	if candidates[0].Verdict != bases.Out {
		a.printf("\n%s: evidence for %s\n", stage, candidates[0].Ref)
		for _, r := range candidates[0].Reasons {
			a.printf("  %-4s  %s\n", r.Verdict, cited(r))
		}
		rest, shared = candidates[1:], candidates[0].Reasons
	}
	if len(rest) == 0 {
		return
	}
	a.printf("\n%s: against the others\n", stage)
	said, of := against(deciding(rest, shared))
	for _, s := range said {
		a.printf("  %-4s  %s\n        %s\n", s.verdict, s.text, strings.Join(of[s], ", "))
	}
}

// A saying is one thing that is said against candidates.
type saying struct {
	verdict bases.Verdict
	text    string
}

// deciding are candidates with the reasons alone that decided: not those that the chosen
// base shares, nor what else there is to say of a base that cannot run the program at all.
func deciding(candidates []bases.Candidate, shared []bases.Reason) []bases.Candidate {
	all := slices.Clone(candidates)
	for i := range all {
		var kept []bases.Reason
		for _, r := range all[i].Reasons {
			if !slices.Contains(shared, r) {
				kept = append(kept, r)
			}
			if r.Rule == "program/kind" && r.Verdict == bases.Out {
				break
			}
		}
		all[i].Reasons = kept
	}
	return all
}

// against are the sayings in the order of candidates, and the IDs that each is of.
func against(candidates []bases.Candidate) (said []saying, of map[saying][]string) {
	of = map[saying][]string{}
	add := func(s saying, id string) {
		if of[s] == nil {
			said = append(said, s)
		}
		if !slices.Contains(of[s], id) {
			of[s] = append(of[s], id)
		}
	}
	for _, c := range candidates {
		if c.Behind != "" {
			add(saying{c.Verdict, fmt.Sprintf("%s  [%s]", c.Behind, c.By)}, c.Base.ID)
		}
		for _, r := range c.Reasons {
			if r.Verdict == c.Verdict && r.Verdict != bases.Fits {
				add(saying{c.Verdict, cited(r)}, c.Base.ID)
			}
		}
	}
	return said, of
}

// cited is a reason with its source.
func cited(r bases.Reason) string {
	if r.Source == "" {
		return r.Text()
	}
	return fmt.Sprintf("%s  [%s]", r.Text(), r.Source)
}

// traps says what is worth knowing of candidates that could serve.
func (a *app) traps(e *explanation) {
	var said []string
	for _, c := range e.Decision.Runtime {
		if c.Verdict == bases.Out {
			continue
		}
		for _, t := range e.Decision.Traps(c, e.Needs.Language) {
			if !slices.Contains(said, t.ID) {
				if said = append(said, t.ID); len(said) == 1 {
					a.printf("\nworth knowing\n")
				}
				a.printf("  %s: %s  [%s]\n", c.Base.ID, t.Text, t.Source)
			}
		}
	}
}

// whatIf tells the single changes that lead elsewhere.
func (a *app) whatIf(e *explanation) {
	outcomes := bases.WhatIf(e.Catalog, e.Needs, e.Decision)
	if len(outcomes) == 0 {
		return
	}
	a.printf("\nwhat would change it\n")
	for _, o := range outcomes {
		text := "  " + changed(o.Change)
		to := "→ " + o.Chosen.Ref
		if o.LetsIn != nil {
			to = fmt.Sprintf("→ lets in %s, which runtime.base = %q takes", o.LetsIn[0].Ref, o.LetsIn[0].Base.Family)
		}
		if utf8.RuneCountInString(text)+utf8.RuneCountInString(to)+2 > columns {
			a.printf("%s\n      %s\n", text, to)
		} else {
			a.printf("%-30s  %s\n", text, to)
		}
		for _, w := range o.Warnings {
			a.printf("      but: %s\n", w)
		}
	}
}

// changed is a change with its source, where the words do not name it.
func changed(c bases.Change) string {
	if strings.Contains(c.Text, c.Source) {
		return c.Text
	}
	return fmt.Sprintf("%s  [%s]", c.Text, c.Source)
}

func listed(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

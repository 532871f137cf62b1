package bases

import (
	"slices"
	"strings"
)

// A Criterion ranks candidates by one thing.
type Criterion struct {
	ID  string `json:"id"`
	Doc string `json:"text"` // one line: what comes first

	behind string // what is said of the one behind {chosen}
	of     func(*Candidate, *Input) int
}

// criteriaMax is the most criteria that rank one choice.
const criteriaMax = 7

// soonDays is how much support a base must have left, not to come after those with more.
const soonDays = 182

var (
	works = Criterion{"works", "What works without a cost comes before what costs something, and that before what cannot serve.",
		"costs more than {chosen}", func(c *Candidate, _ *Input) int { return severity[c.Verdict] }}
	supported = Criterion{"supported", "A base with half a year of security fixes left, or with no end announced, comes before one that ends sooner.",
		"gets security fixes until {eol} only, less than half a year", endsSoon}
	glibc = Criterion{"prefer/glibc", "With runtime.prefer = \"compatibility\", glibc comes before musl: most binaries are built for it.",
		"is of musl, and runtime.prefer puts glibc first", func(c *Candidate, _ *Input) int { return count(c.Base.Libc == "musl") }}
	sure = Criterion{"prefer/sure", "With runtime.prefer = \"compatibility\", a base that can take in an OS library comes first where a package may need one.",
		"cannot take in an OS library, should a package need one (runtime.prefer)",
		func(c *Candidate, _ *Input) int {
			return count(slices.ContainsFunc(c.Reasons, func(r Reason) bool { return r.Doubt }))
		}}
	policied = Criterion{"prefer/policy", "The families that a policy's base.prefer names come first, in its order.",
		"its family comes after that of {chosen} in the policy's base.prefer ({policy})", familyOrder}
	surface = Criterion{"surface", "What holds less to attack and to patch comes first.",
		"more to attack and to patch than {chosen}", func(c *Candidate, _ *Input) int { return c.Base.Surface }}
	size = Criterion{"size", "What is smaller comes first.",
		"larger than {chosen}", func(c *Candidate, _ *Input) int { return c.Base.Size }}
)

// Criteria are all that there are. Which of them rank a choice, and in which order, is in
// its decision.
var Criteria = []Criterion{works, supported, sure, policied, glibc, surface, size}

// The orders of criteria, the weightiest first: works, supported, what is preferred, surface,
// size. A policy's word on families weighs more than glibc.
var (
	byDefault         = []Criterion{works, supported, glibc, sure, surface, size}
	byPolicy          = []Criterion{works, supported, sure, policied, glibc, surface, size}
	bySize            = []Criterion{works, supported, size, surface}
	bySizeUnderPolicy = []Criterion{works, supported, policied, size, surface}
)

// criteria are what candidates are ranked by.
func criteria(in *Input) []Criterion {
	switch asked := len(in.Demands.Families) > 0; {
	case in.Prefer == "size" && asked:
		return bySizeUnderPolicy
	case in.Prefer == "size":
		return bySize
	case asked:
		return byPolicy
	}
	return byDefault
}

// behind says by which criterion c comes after chosen.
func (d *Decision) behind(c, chosen *Candidate, in *Input) (id, text string) {
	for i := range d.Criteria {
		if by := &d.Criteria[i]; c.place[i] > chosen.place[i] {
			text := strings.ReplaceAll(by.behind, "{chosen}", chosen.Base.ID)
			text = strings.ReplaceAll(text, "{eol}", c.Base.EOL)
			return by.ID, strings.ReplaceAll(text, "{policy}", in.Demands.FamiliesFrom)
		}
	}
	return "catalog", "as good, and after " + chosen.Base.ID + " in the catalog"
}

// familyOrder ranks by the order of families that a policy prefers; the others come after.
func familyOrder(c *Candidate, in *Input) int {
	if i := slices.Index(in.Demands.Families, c.Base.Family); i >= 0 {
		return i
	}
	return len(in.Demands.Families)
}

func endsSoon(c *Candidate, in *Input) int { return count(c.Base.EOL != "" && c.Base.EOL < in.soon) }

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

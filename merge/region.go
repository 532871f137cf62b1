package merge

import (
	"slices"

	"znkr.io/diff"
)

// A change replaces lines of the base by lines of one side.
type change struct{ base, side Span }

// long is from how many lines a diff need not be the smallest: no Dockerfile has so many,
// and a hostile one shall not take seconds.
const long = 50_000

func effort(a, b []string) []diff.Option {
	if len(a)+len(b) > long {
		return []diff.Option{diff.Fast()}
	}
	return nil
}

// changes is what a side did to the base, in order. Between two changes there is at least
// one line that stands in both.
func changes(base, side *text) []change {
	var out []change
	for _, h := range diff.Hunks(base.keys, side.keys, append(effort(base.keys, side.keys), diff.Context(0))...) {
		out = append(out, change{Span{h.PosX, h.EndX}, Span{h.PosY, h.EndY}})
	}
	return out
}

// A region is a run of base lines with all changes that overlap or touch each other there.
type region struct {
	Span
	mine, yours []change
}

// next cuts the first region off the changes of both sides.
func next(mine, yours []change) (region, []change, []change) {
	start := first(mine, yours)
	r := region{Span: Span{start, start}}
	i, j := 0, 0
	for {
		switch {
		case i < len(mine) && mine[i].base.Start <= r.End:
			r.End = max(r.End, mine[i].base.End)
			i++
		case j < len(yours) && yours[j].base.Start <= r.End:
			r.End = max(r.End, yours[j].base.End)
			j++
		default:
			r.mine, r.yours = mine[:i], yours[:j]
			return r, mine[i:], yours[j:]
		}
	}
}

// first is the line of the base where the next change of either side begins.
func first(mine, yours []change) int {
	switch {
	case len(mine) == 0:
		return yours[0].base.Start
	case len(yours) == 0:
		return mine[0].base.Start
	}
	return min(mine[0].base.Start, yours[0].base.Start)
}

// of is what the region is on the side that changes are of; there is one at least.
func (r region) of(changes []change) Span {
	head, tail := changes[0], changes[len(changes)-1]
	return Span{head.side.Start - (head.base.Start - r.Start), tail.side.End + (r.End - tail.base.End)}
}

// taken pairs lines of theirs with lines of ours (in theirs order, -1 for none), and
// reports whether ours has taken theirs' changes over: every line that theirs put in is
// there, and none that theirs took out. A change that only takes out cannot be told from
// an edit of what it takes out.
func (r region) taken(base, ours, theirs *text) (pairs map[int]int, all bool) {
	o, t := r.of(r.mine), r.of(r.yours)
	mine, yours := ours.keys[o.Start:o.End], theirs.keys[t.Start:t.End]
	pairs = map[int]int{}
	if slices.Equal(mine, yours) {
		for i := range mine {
			pairs[o.Start+i] = t.Start + i
		}
		return pairs, true
	}
	extra := map[string]bool{}
	for _, e := range diff.Edits(yours, mine, effort(yours, mine)...) {
		switch e.Op {
		case diff.Match:
			pairs[o.Start+e.PosY] = t.Start + e.PosX
		case diff.Insert:
			extra[e.Y] = true
		}
	}
	return pairs, r.holds(base, pairs, extra)
}

// holds reports whether the lines of theirs that are paired include all that theirs put
// in, and whether the extra lines of ours include none that theirs took out.
func (r region) holds(base *text, pairs map[int]int, extra map[string]bool) bool {
	there := map[int]bool{}
	for _, theirs := range pairs {
		there[theirs] = true
	}
	for _, c := range r.yours {
		if c.side.Start == c.side.End {
			return false
		}
		for i := c.side.Start; i < c.side.End; i++ {
			if !there[i] {
				return false
			}
		}
		for i := c.base.Start; i < c.base.End; i++ {
			if extra[base.keys[i]] {
				return false
			}
		}
	}
	return true
}

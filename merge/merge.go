// Package merge merges two changes of one text, line by line.
//
// The model is diff3, with git's judgement: what either side did to the base is found by a
// two-way diff; changes that neither overlap nor touch (there is at least one line between
// them that both sides left alone) are all taken; the same change on both sides is taken
// once; any other two are a [Conflict], and there the text is ours. One step further than
// git: where ours holds every line that theirs put in, and none that theirs took out, the
// change has been taken over by hand already, and lines of ours beside it are no conflict.
// See Khanna, Kunal, Pierce, "A Formal Investigation of Diff3" (2007), and
// https://git-scm.com/docs/git-merge-file.
//
// Limits: a line that was moved is one removed and one added. Where equal lines repeat, a
// diff has to guess which of them is new, as every diff does. The time is bounded by the
// diff's heuristics: O(n^1.5 log n) for n lines.
package merge

// A Span is a run of lines, counted from 0; End is behind the last. It is empty where
// lines were only put in, or only taken out.
type Span struct{ Start, End int }

// Line is the number of the first line as people count.
func (s Span) Line() int { return s.Start + 1 }

// A Conflict is a place where both sides changed the base, and not in the same way.
type Conflict struct{ Base, Ours, Theirs Span }

// Lines merges what ours and theirs made of base. At each conflict the text is ours.
// Line ends ("\n", "\r\n") are not compared: a line keeps the end that ours gave it.
func Lines(base, ours, theirs string) (string, []Conflict) {
	return LinesBy(func(line string) string { return line }, base, ours, theirs)
}

// LinesBy is [Lines] for lines that count as the same where key, of the line without its
// end, is. Of lines that are the same on both sides the text is theirs.
func LinesBy(key func(line string) string, base, ours, theirs string) (string, []Conflict) {
	b, o, t := read(base, key), read(ours, key), read(theirs, key)
	w := &writer{base: b, ours: o, theirs: t}
	mine, yours := changes(b, o), changes(b, t)
	for len(mine) > 0 || len(yours) > 0 {
		var r region
		r, mine, yours = next(mine, yours)
		w.keep(r.Start)
		w.region(r)
	}
	w.keep(len(b.lines))
	return w.String(), w.conflicts
}

// Rejected is base with nothing changed but what theirs would change at the conflicts.
func Rejected(base, theirs string, conflicts []Conflict) string {
	none := func(line string) string { return line }
	b, t := read(base, none), read(theirs, none)
	w := &writer{}
	at := 0
	for _, c := range conflicts {
		w.add(b.lines[at:c.Base.Start])
		w.add(t.lines[c.Theirs.Start:c.Theirs.End])
		at = c.Base.End
	}
	w.add(b.lines[at:])
	return w.String()
}

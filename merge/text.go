package merge

import "strings"

// A line is its text and how it ends: "\n", "\r\n", or "" at the end of a text.
type line struct{ text, end string }

// A text is its lines, and by what they are compared.
type text struct {
	lines []line
	keys  []string
}

func read(s string, key func(string) string) *text {
	n := strings.Count(s, "\n") + 1
	t := &text{lines: make([]line, 0, n), keys: make([]string, 0, n)}
	for raw := range strings.Lines(s) {
		l := cut(raw)
		t.lines, t.keys = append(t.lines, l), append(t.keys, key(l.text))
	}
	return t
}

func cut(raw string) line {
	for _, end := range []string{"\r\n", "\n"} {
		if s, ok := strings.CutSuffix(raw, end); ok {
			return line{s, end}
		}
	}
	return line{raw, ""}
}

// A writer puts the merged text together. at is how far each text has been read.
type writer struct {
	base, ours, theirs *text
	at                 struct{ base, ours, theirs int }
	conflicts          []Conflict

	out  strings.Builder
	last string // end of the last line
	any  bool
}

// add writes lines. One that ended its text and does so no more gets a line end.
func (w *writer) add(lines []line) {
	for _, l := range lines {
		if w.any && w.last == "" {
			end := l.end
			if end == "" {
				end = "\n"
			}
			w.out.WriteString(end)
		}
		w.out.WriteString(l.text)
		w.out.WriteString(l.end)
		w.last, w.any = l.end, true
	}
}

func (w *writer) String() string { return w.out.String() }

// keep writes the lines that stand on both sides, up to a line of the base.
func (w *writer) keep(upto int) {
	for ; w.at.base < upto; w.at.base++ {
		ours, theirs := w.ours.lines[w.at.ours], w.theirs.lines[w.at.theirs]
		end := ours.end
		if end == w.base.lines[w.at.base].end {
			end = theirs.end
		}
		w.add([]line{{theirs.text, end}})
		w.at.ours++
		w.at.theirs++
	}
}

// region writes what becomes of a region that one side changed, or both.
func (w *writer) region(r region) {
	size := r.End - r.Start
	o, t := Span{w.at.ours, w.at.ours + size}, Span{w.at.theirs, w.at.theirs + size}
	if len(r.mine) > 0 {
		o = r.of(r.mine)
	}
	if len(r.yours) > 0 {
		t = r.of(r.yours)
	}
	switch {
	case len(r.yours) == 0:
		w.add(w.ours.lines[o.Start:o.End])
	case len(r.mine) == 0:
		w.add(w.theirs.lines[t.Start:t.End])
	default:
		w.both(r, o, t)
	}
	w.at.base, w.at.ours, w.at.theirs = r.End, o.End, t.End
}

// both writes a region that both sides changed: ours, with theirs' text of the lines that
// are the same.
func (w *writer) both(r region, o, t Span) {
	pairs, taken := r.taken(w.base, w.ours, w.theirs)
	if !taken {
		w.conflicts = append(w.conflicts, Conflict{Base: r.Span, Ours: o, Theirs: t})
	}
	for i := o.Start; i < o.End; i++ {
		l := w.ours.lines[i]
		if j, same := pairs[i]; same {
			l.text = w.theirs.lines[j].text
		}
		w.add([]line{l})
	}
}

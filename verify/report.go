package verify

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// WriteJSON writes results, and what was shipped of them, in the documented schema,
// version 1.
func WriteJSON(w io.Writer, results []Result, shipped ...Shipped) error {
	if results == nil {
		results = []Result{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Schema  int       `json:"schema"`
		Results []Result  `json:"results"`
		Outputs []Shipped `json:"outputs,omitempty"`
	}{1, results, shipped})
}

// WriteShipped writes one line an output.
func WriteShipped(w io.Writer, shipped []Shipped) error {
	p := printer{w: w}
	for _, s := range shipped {
		p.printf("shipped  %s=%s  %s\n", s.Kind, s.To, s.Digest)
	}
	return p.err
}

// WriteText writes one line a platform where all is well, and under it every check that
// failed: its cause, the last output as evidence, and what to do next.
func WriteText(w io.Writer, results []Result, color bool) error {
	p := printer{w: w, color: color, several: severalProfiles(results)}
	for _, r := range results {
		p.rows = append(p.rows, p.row(r))
	}
	for i, r := range results {
		p.result(r, p.aligned(i))
	}
	p.standIns(results)
	p.summary(results)
	return p.err
}

func severalProfiles(results []Result) bool {
	return slices.ContainsFunc(results, func(r Result) bool { return r.Profile != results[0].Profile })
}

// summary says how many failed, and in what, where more than one line is to be read.
func (p *printer) summary(results []Result) {
	var failed []string
	n := 0
	for _, r := range results {
		if !r.OK {
			n++
		}
		for _, c := range r.Checks {
			if c.Status == Fail && !slices.Contains(failed, c.ID) {
				failed = append(failed, c.ID)
			}
		}
	}
	if n > 0 {
		p.printf("%s: %s\n", p.paint("31", fmt.Sprintf("%d of %d failed", n, len(results))), strings.Join(failed, ", "))
	}
}

// standIns says once which bases were not the official ones.
func (p *printer) standIns(results []Result) {
	var refs []string
	for _, r := range results {
		for _, b := range r.Bases {
			ref := b.Ref
			if b.Image != "" {
				ref += " (" + b.Image + ")"
			}
			if b.StandIn && !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
	}
	if len(refs) > 0 {
		p.printf("%s: %s\n", p.paint("33", "stand-in bases"), strings.Join(refs, ", "))
	}
}

type printer struct {
	w       io.Writer
	color   bool
	several bool // profiles, so that each line names its own
	rows    [][]string
	err     error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// paint colours s with an SGR parameter, ECMA-48 8.3.117.
func (p *printer) paint(sgr, s string) string {
	if !p.color {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}

// row is the columns of a result's line: as many for each.
func (p *printer) row(r Result) []string {
	var cells []string
	if p.several {
		cells = append(cells, r.Profile)
	}
	size, how := "", ""
	if r.Image.Bytes > 0 {
		size = human(r.Image.Bytes)
	}
	if r.Emulated {
		how = "emulated"
	}
	return append(cells, r.Platform, size, shown(r), counted(r), fmt.Sprintf("%.1f s", r.Seconds), how)
}

// aligned is row i as a line, its columns as wide as those of the other rows.
func (p *printer) aligned(i int) string {
	var line strings.Builder
	for n, cell := range p.rows[i] {
		width := 0
		for _, row := range p.rows {
			width = max(width, utf8.RuneCountInString(row[n]))
		}
		line.WriteString(cell + strings.Repeat(" ", width-utf8.RuneCountInString(cell)+2))
	}
	return strings.TrimRight(line.String(), " ")
}

func (p *printer) result(r Result, line string) {
	word := p.paint("32", "ok  ")
	if !r.OK {
		word = p.paint("31", "FAIL")
	}
	p.printf("%s  %s\n", word, line)
	for _, c := range r.Checks {
		if c.Status == Fail {
			p.failure(c)
		}
	}
	p.skipped(r)
}

// shown is what a healthy program answered, or which checks of another failed.
func shown(r Result) string {
	var failed []string
	for _, c := range r.Checks {
		if c.Status == Fail {
			failed = append(failed, c.ID)
		}
	}
	if !r.OK {
		return strings.Join(failed, ", ")
	}
	for _, id := range []string{"run/http", "run/tcp", "run/output", "run/starts"} {
		for _, c := range r.Checks {
			if c.ID == id && c.Status == Pass {
				return c.Detail
			}
		}
	}
	return ""
}

// counted says how many checks passed.
func counted(r Result) string {
	passed, judged := 0, 0
	for _, c := range r.Checks {
		if c.Status != Skip {
			judged++
		}
		if c.Status == Pass {
			passed++
		}
	}
	if passed == judged {
		return fmt.Sprintf("%d checks", passed)
	}
	return fmt.Sprintf("%d of %d checks", passed, judged)
}

// skipped lists what was not judged, checks of one reason together.
func (p *printer) skipped(r Result) {
	var reasons []string
	ids := map[string][]string{}
	hint := map[string]string{}
	for _, c := range r.Checks {
		if c.Status != Skip {
			continue
		}
		if ids[c.Detail] == nil {
			reasons = append(reasons, c.Detail)
		}
		ids[c.Detail] = append(ids[c.Detail], c.ID)
		hint[c.Detail] = c.Hint
	}
	for _, reason := range reasons {
		p.printf("      %s %s: %s\n", p.paint("33", "skipped"), strings.Join(ids[reason], ", "), reason)
		if hint[reason] != "" {
			p.printf("      hint: %s\n", hint[reason])
		}
	}
}

// failure shows a failed check: cause, evidence, next step.
func (p *printer) failure(c Check) {
	p.printf("      %s: %s\n", p.paint("31", c.ID), c.Detail)
	if c.Output != "" {
		for line := range strings.Lines(c.Output) {
			p.printf("      %s\n", p.paint("2", "| "+strings.TrimSuffix(line, "\n")))
		}
	}
	if c.Hint != "" {
		p.printf("      %s %s\n", p.paint("36", "hint:"), c.Hint)
	}
}

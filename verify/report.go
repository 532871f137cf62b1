package verify

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
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
// failed: its cause, what to do next, and the last output as evidence.
func WriteText(w io.Writer, results []Result, color bool) error {
	p := printer{w: w, color: color}
	for _, r := range results {
		p.result(r)
	}
	p.standIns(results)
	return p.err
}

// standIns says once which bases were not the official ones.
func (p *printer) standIns(results []Result) {
	var refs []string
	for _, r := range results {
		for _, b := range r.Bases {
			if b.StandIn && !slices.Contains(refs, b.Ref) {
				refs = append(refs, b.Ref)
			}
		}
	}
	if len(refs) > 0 {
		p.printf("%s: %s\n", p.paint("33", "stand-in bases"), strings.Join(refs, ", "))
	}
}

type printer struct {
	w     io.Writer
	color bool
	err   error
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

func (p *printer) result(r Result) {
	word := p.paint("32", "ok  ")
	if !r.OK {
		word = p.paint("31", "FAIL")
	}
	parts := []string{r.Platform}
	if r.Image.Bytes > 0 {
		parts = append(parts, human(r.Image.Bytes))
	}
	if r.OK {
		parts = append(parts, shown(r)...)
		parts = append(parts, passed(r))
	}
	parts = append(parts, fmt.Sprintf("%.1f s", r.Seconds))
	p.printf("%s  %s  %s\n", word, r.Profile, strings.Join(parts, "  "))
	for _, c := range r.Checks {
		if c.Status == Fail {
			p.failure(c)
		}
	}
	p.skipped(r)
}

// shown is what a healthy program answered.
func shown(r Result) []string {
	for _, id := range []string{"run/http", "run/tcp", "run/output", "run/starts"} {
		for _, c := range r.Checks {
			if c.ID == id && c.Status == Pass {
				return []string{c.Detail}
			}
		}
	}
	return nil
}

// passed counts the checks that passed.
func passed(r Result) string {
	n := 0
	for _, c := range r.Checks {
		if c.Status == Pass {
			n++
		}
	}
	return fmt.Sprintf("%d checks", n)
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

func (p *printer) failure(c Check) {
	p.printf("      %s: %s\n", p.paint("31", c.ID), c.Detail)
	if c.Hint != "" {
		p.printf("      hint: %s\n", c.Hint)
	}
	if c.Output != "" {
		for line := range strings.Lines(c.Output) {
			p.printf("      | %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
}

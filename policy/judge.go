package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"scaffold/bases"
	"scaffold/profiles"
)

// MaxDockerfile is the most that is read of a Dockerfile, in bytes.
const MaxDockerfile = 1 << 20

// expiring is how many days before its end a waiver is told of.
const expiring = 30

// maxFindings bounds what one rule tells of one file, for the reader's sake.
const maxFindings = 100

// A Subject is one Dockerfile to judge.
type Subject struct {
	Path  string         // as messages name it
	Rel   string         // relative to the repository's root, with slashes: what waivers name
	Text  []byte         // its bytes
	Lock  *profiles.Lock // beside it; nil where there is none
	Today string         // YYYY-MM-DD
}

// A Finding is one thing that a rule found.
type Finding struct {
	Rule     string
	Severity Severity
	Path     string
	Line     int // from 1; 0 for the file as a whole
	Msg      string
	Waived   string // the waiver's reason; empty where none holds
}

// judgement is one rule at work on one Dockerfile.
type judgement struct {
	policy  *Policy
	subject Subject
	file    *dockerfile
	known   map[string]bases.Known // by reference
	report  func(line int, format string, args ...any)
}

// Judge returns what the rules find in a Dockerfile, in the order of lines.
func (p *Policy) Judge(s Subject) []Finding {
	var found []Finding
	seen := map[Finding]bool{}
	reporter := func(r Rule, level Severity) func(int, string, ...any) {
		n := 0
		return func(line int, format string, args ...any) {
			if n++; n > maxFindings {
				return
			}
			f := Finding{Rule: r.ID, Severity: level, Path: s.Path, Line: line, Msg: tame(fmt.Sprintf(format, args...))}
			if !seen[f] {
				seen[f] = true
				found = append(found, f)
			}
		}
	}
	file, err := parse(s.Text)
	if err != nil {
		return p.Unreadable(s, err)
	}
	known := map[string]bases.Known{}
	for _, r := range Rules {
		if level := p.level(r); r.Check != nil && level != Off {
			r.Check(&judgement{policy: p, subject: s, file: file, known: known, report: reporter(r, level)})
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return a.Line - b.Line })
	return p.waive(s, found)
}

// Unreadable returns what is found in a Dockerfile that cannot be judged, because of err.
// What an error quotes of the file is left out: it may be a secret.
func (p *Policy) Unreadable(s Subject, err error) []Finding {
	rule, _ := RuleByID("dockerfile/readable")
	f := Finding{Rule: rule.ID, Severity: p.level(rule), Path: s.Path, Msg: tame(unquoted(err.Error()))}
	var located *parser.LocationError
	if errors.As(err, &located) && len(located.Locations) > 0 && len(located.Locations[0]) > 0 {
		f.Line = located.Locations[0][0].Start.Line
	}
	var unknown *instructions.UnknownInstructionError
	if errors.As(err, &unknown) {
		f.Line = unknown.Line
		if !strings.Contains(err.Error(), "did you mean") {
			f.Msg = "parsing the Dockerfile: a line begins with no instruction"
		}
	}
	if f.Severity == Off {
		return nil
	}
	return p.waive(s, []Finding{f})
}

// waive marks the findings that a waiver accepts today.
func (p *Policy) waive(s Subject, found []Finding) []Finding {
	for i, f := range found {
		for _, w := range p.Waivers {
			if w.Rule == f.Rule && w.holds(s.Today) && globMatch(w.Path, s.Rel) {
				found[i].Waived = w.Reason
			}
		}
	}
	return found
}

func (w *Waiver) holds(today string) bool { return today <= w.Until.Format(time.DateOnly) }

// JudgeWaivers returns what the rules find in the policy itself: waivers that are past their
// end, or near it.
func (p *Policy) JudgeWaivers(today string) []Finding {
	var found []Finding
	for _, w := range p.Waivers {
		until := w.Until.Format(time.DateOnly)
		left := daysBetween(today, until)
		switch {
		case !w.holds(today):
			found = append(found, Finding{Rule: "waiver/expired", Path: w.file, Line: w.line,
				Msg: tame(fmt.Sprintf("the waiver of %s for %s ended on %s", w.Rule, w.Path, until))})
		case left < expiring:
			found = append(found, Finding{Rule: "waiver/expiring", Path: w.file, Line: w.line,
				Msg: tame(fmt.Sprintf("the waiver of %s for %s ends on %s, in %s", w.Rule, w.Path, until, days(left)))})
		}
	}
	kept := found[:0]
	for _, f := range found {
		r, _ := RuleByID(f.Rule)
		if f.Severity = p.level(r); f.Severity != Off {
			kept = append(kept, f)
		}
	}
	return kept
}

// SizeLimit is the smaller of a size that a profile gives (or "") and size.max, unless a
// waiver of size/max holds for the Dockerfile rel today.
func (p *Policy) SizeLimit(profile, rel, today string) string {
	rule, _ := RuleByID("size/max")
	waived := p.waive(Subject{Rel: rel, Today: today}, []Finding{{Rule: rule.ID}})[0].Waived != ""
	if p.level(rule) == Off || waived {
		return profile
	}
	own, err := profiles.ParseSize(profile)
	if most, _ := profiles.ParseSize(p.Size.Max); err != nil || most < own {
		return p.Size.Max
	}
	return profile
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// daysBetween counts from one day (YYYY-MM-DD) to another.
func daysBetween(from, to string) int {
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}

// maxMessage bounds a message, in characters.
const maxMessage = 400

// tame makes what a file holds fit for a terminal and a log: one line, no control
// characters, not endless.
func tame(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxMessage {
			b.WriteString("…")
			break
		}
		switch {
		case r == '\t' || r == '\n':
			b.WriteByte(' ')
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unquoted leaves out what stands in double quotes.
func unquoted(s string) string {
	parts := strings.Split(s, `"`)
	for i := 1; i < len(parts); i += 2 {
		parts[i] = "…"
	}
	return strings.Join(parts, `"`)
}

// know looks an image up by its canonical name before any rewrite.
func (j *judgement) know(u use) bases.Known {
	k, ok := j.known[u.ref]
	if !ok {
		k = know(j.policy.original(u.name))
		j.known[u.ref] = k
	}
	return k
}

func know(name string) bases.Known { return bases.Embedded().Know(bases.EmbeddedReleases(), name) }

package policy

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Report is the findings of one run, in the order of paths.
type Report struct {
	Files    []string // the Dockerfiles that were judged
	Findings []Finding
}

// Formats are the forms in which a report is written, by name.
var Formats = map[string]func(io.Writer, *Report) error{
	"text": WriteText, "json": WriteJSON, "sarif": WriteSARIF, "github": WriteGitHub, "junit": WriteJUnit,
}

// Count is how many findings of a severity no waiver accepts.
func (r *Report) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s && f.Waived == "" {
			n++
		}
	}
	return n
}

// helpURL is where a rule is documented.
func helpURL(id string) string {
	r, _ := RuleByID(id)
	return r.URL
}

func at(f Finding) string {
	if f.Line == 0 {
		return tame(f.Path)
	}
	return fmt.Sprintf("%s:%d", tame(f.Path), f.Line)
}

// WriteText writes a line a finding, as compilers do; then how many there are.
func WriteText(w io.Writer, r *Report) error {
	var b strings.Builder
	waived := 0
	for _, f := range r.Findings {
		if f.Waived != "" {
			waived++
			continue
		}
		fmt.Fprintf(&b, "%s: %s: %s [%s]\n", at(f), f.Severity, f.Msg, f.Rule)
	}
	fmt.Fprintf(&b, "%s, %s, %s", count(len(r.Files), "Dockerfile"), count(r.Count(Error), "error"), count(r.Count(Warning), "warning"))
	if waived > 0 {
		fmt.Fprintf(&b, ", %d waived", waived)
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

type jsonFinding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Path     string   `json:"path"`
	Line     int      `json:"line"`
	Message  string   `json:"message"`
	Help     string   `json:"help"`
	Waived   bool     `json:"waived"`
	Reason   string   `json:"reason,omitempty"`
}

// WriteJSON writes the document that scripts may lean on.
func WriteJSON(w io.Writer, r *Report) error {
	doc := struct {
		Schema   int           `json:"schema"`
		Files    []string      `json:"files"`
		Findings []jsonFinding `json:"findings"`
	}{1, append([]string{}, r.Files...), []jsonFinding{}}
	for _, f := range r.Findings {
		doc.Findings = append(doc.Findings, jsonFinding{f.Rule, f.Severity, f.Path, f.Line, f.Msg, helpURL(f.Rule), f.Waived != "", f.Waived})
	}
	return encode(w, doc)
}

func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// WriteGitHub writes workflow commands, which GitHub shows beside the lines.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
func WriteGitHub(w io.Writer, r *Report) error {
	var b strings.Builder
	for _, f := range r.Findings {
		if f.Waived != "" {
			continue
		}
		fmt.Fprintf(&b, "::%s file=%s", f.Severity, property(tame(f.Path)))
		if f.Line > 0 {
			fmt.Fprintf(&b, ",line=%d", f.Line)
		}
		fmt.Fprintf(&b, ",title=%s::%s\n", property(f.Rule), commandData(f.Msg))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// commandData and property escape as the workflow toolkit does.
// https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
func commandData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

// junitSuites is JUnit's form as CI systems read it: a suite a Dockerfile, a failed case
// a finding, one passed case where there is none.
type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string       `xml:"name,attr"`
	Class   string       `xml:"classname,attr"`
	Failure *junitResult `xml:"failure,omitempty"`
	Skipped *junitResult `xml:"skipped,omitempty"`
}

type junitResult struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes JUnit XML. Errors are failures; warnings and what is waived are skipped.
func WriteJUnit(w io.Writer, r *Report) error {
	var doc junitSuites
	for _, file := range r.paths() {
		s := junitSuite{Name: tame(file)}
		for _, f := range r.Findings {
			if f.Path != file {
				continue
			}
			c := junitCase{Name: fmt.Sprintf("%s line %d", f.Rule, f.Line), Class: tame(file)}
			result := &junitResult{Type: f.Rule, Message: f.Msg, Text: at(f) + "\n" + helpURL(f.Rule)}
			switch {
			case f.Waived != "":
				c.Skipped = &junitResult{Message: "waived: " + f.Waived}
			case f.Severity == Warning:
				c.Skipped = &junitResult{Message: "warning: " + f.Msg}
			default:
				c.Failure = result
				s.Failures++
			}
			if c.Skipped != nil {
				s.Skipped++
			}
			s.Cases = append(s.Cases, c)
		}
		if s.Cases == nil {
			s.Cases = []junitCase{{Name: "policy", Class: tame(file)}}
		}
		s.Tests = len(s.Cases)
		doc.Suites = append(doc.Suites, s)
	}
	data, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, data)
	return err
}

// paths are the judged files, and those that only findings name: policies.
func (r *Report) paths() []string {
	paths := slices.Clone(r.Files)
	for _, f := range r.Findings {
		if !slices.Contains(paths, f.Path) {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"scaffold/bases"
	"scaffold/fleet"
	"scaffold/profiles"
)

func (a *app) explainCommand() *cobra.Command {
	var (
		asJSON bool
		policy string
	)
	c := &cobra.Command{
		Use:   "explain [DIR]",
		Short: "say why this base, and why not each other one",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			var policies fleet.Policies
			if err := fixPolicy(&policies, policy, "scaffold explain"); err != nil {
				return err
			}
			project, err := openProject(orHere(args)[0], &policies)
			if err != nil {
				return err
			}
			plan, err := project.Plan(a.today())
			if err != nil {
				return err
			}
			if asJSON {
				return a.json(explained(plan.Decision))
			}
			a.explain(project, plan)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "report as JSON")
	policyFlag(c, &policy)
	return c
}

func (a *app) explain(project *fleet.Project, plan *fleet.Plan) {
	d := plan.Decision
	a.printf("%s: %s %s (%s), judged for %s\n\n", project.Profile.Name, project.Profile.Language(), d.Version, d.VersionWhy, plan.Lock.AsOf)
	a.printf("build stage   %s\n", d.Builder.Ref)
	a.printf("final stage   %s\n\n", d.Chosen().Ref)
	width := 0
	for _, c := range d.Runtime {
		width = max(width, len(c.Ref))
	}
	for i, c := range d.Runtime {
		word := string(c.Verdict)
		if i == 0 {
			word = "chosen"
		}
		for j, line := range reasonLines(c) {
			if j == 0 {
				a.printf("  %-6s  %-*s  %s\n", word, width, c.Ref, line)
				continue
			}
			a.printf("  %-6s  %-*s  %s\n", "", width, "", line)
		}
	}
	a.printf("\n")
	for _, n := range notes(project.Profile, d) {
		a.printf("note: %s\n", n)
	}
	for _, w := range d.Warnings {
		a.printf("warning: %s\n", w)
	}
}

// reasonLines are the reasons that decided: all for the chosen base, those that speak
// against any other. --json has the rest.
func reasonLines(c bases.Candidate) []string {
	var lines []string
	for _, r := range c.Reasons {
		if c.Verdict == bases.Out && r.Verdict != bases.Out || c.Behind != "" && r.Verdict == bases.Fits {
			continue
		}
		line := r.Fact
		if r.Source != "" {
			line += "  [" + r.Source + "]"
		}
		lines = append(lines, line)
	}
	if c.Behind != "" {
		lines = append([]string{c.Behind}, lines...)
	}
	if len(lines) == 0 {
		lines = []string{"nothing speaks against it"}
	}
	return lines
}

// probesItself are the languages whose runtime asks a health path without a shell, and
// builtIn those that have certificates and time zones of their own.
var (
	probesItself = []string{"node", "python"}
	builtIn      = []string{"java", "node"}
)

// notes say what a reader of the Dockerfile would ask.
func notes(p *profiles.Profile, d *bases.Decision) []string {
	var out []string
	base := d.Chosen().Base
	for _, need := range p.Runtime.Needs {
		if !contains(base.Holds, need) && !(contains(builtIn, p.Language()) && need != "tmp") {
			out = append(out, fmt.Sprintf("%s is not in the base: the Dockerfile puts it there", need))
		}
	}
	if p.Runtime.Health.Path != "" && !contains(probesItself, p.Language()) {
		out = append(out, fmt.Sprintf("no HEALTHCHECK: nothing in the image can ask %s; verify asks it, and so can your platform's probe", p.Runtime.Health.Path))
	}
	if d.Emulated != "" && len(p.Image.Platforms) > 1 {
		out = append(out, "other platforms than the builder's own are built under emulation: "+d.Emulated)
	}
	return out
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// explain --json
type (
	explanation struct {
		Schema  int              `json:"schema"`
		Builder explainedBuilder `json:"builder"`
		Runtime explainedRuntime `json:"runtime"`
		Warning []string         `json:"warnings,omitempty"`
	}
	explainedBuilder struct {
		Chosen  string `json:"chosen"`
		Version string `json:"version"`
		Why     string `json:"why"`
	}
	explainedRuntime struct {
		Chosen     string               `json:"chosen"`
		Candidates []explainedCandidate `json:"candidates"`
	}
	explainedCandidate struct {
		Base     string         `json:"base"`
		Ref      string         `json:"ref"`
		Verdict  bases.Verdict  `json:"verdict"`
		Behind   string         `json:"behind,omitempty"`
		Evidence []bases.Reason `json:"evidence"`
	}
)

func explained(d *bases.Decision) explanation {
	e := explanation{
		Schema:  1,
		Builder: explainedBuilder{Chosen: d.Builder.Ref, Version: d.Version, Why: d.VersionWhy},
		Runtime: explainedRuntime{Chosen: d.Chosen().Ref},
		Warning: d.Warnings,
	}
	for _, c := range d.Runtime {
		reasons := c.Reasons
		if reasons == nil {
			reasons = []bases.Reason{}
		}
		e.Runtime.Candidates = append(e.Runtime.Candidates, explainedCandidate{
			Base: c.Base.ID, Ref: c.Ref, Verdict: c.Verdict, Behind: c.Behind, Evidence: reasons,
		})
	}
	return e
}

func (a *app) basesCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "bases",
		Short: "list the catalog of bases",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			catalog := bases.Embedded()
			if asJSON {
				return a.json(map[string]any{"schema": 1, "revision": catalog.Revision, "bases": catalog.Bases})
			}
			a.printf("catalog of %s; today is %s\n\n", catalog.Revision, a.today())
			a.printf("%-20s %-8s %-42s %-6s %-6s %-5s %s\n", "base", "role", "reference", "libc", "shell", "apt", "end of life")
			for _, b := range catalog.Bases {
				eol := b.EOL
				switch {
				case eol == "":
					eol = "not announced"
				case a.today() >= eol:
					eol += " PAST"
				}
				a.printf("%-20s %-8s %-42s %-6s %-6t %-5s %s\n", b.ID, b.Role, b.Ref, b.Libc, b.Shell, orDash(b.Packages), eol)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "report as JSON")
	return c
}

func orDash(s string) string {
	if strings.TrimSpace(s) == "" {
		return "-"
	}
	return s
}

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"scaffold/bases"
	"scaffold/fleet"
	"scaffold/profiles"
)

func (a *app) explainCommand() *cobra.Command {
	var (
		asJSON, rules bool
		policy, base  string
	)
	c := &cobra.Command{
		Use:   "explain [DIR]",
		Short: "say why this base, and why not each other one",
		Long: `explain judges every base of the catalog for both stages and says why each is
chosen, fits, costs something or is out, with the evidence, and what single change
would lead elsewhere. Nothing is written.

--base answers for one base alone: a family (alpine), an ID (python-slim) or a
reference. --rules prints the rules and what ranks bases, as Markdown.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if rules {
				a.printf("%s", bases.ChoiceDocs())
				return nil
			}
			var policies fleet.Policies
			if err := fixPolicy(&policies, policy, "scaffold explain"); err != nil {
				return err
			}
			project, err := openProject(orHere(args)[0], &policies)
			if err != nil {
				return err
			}
			q, err := project.Question(a.today())
			if err != nil {
				return err
			}
			return a.explain(&explanation{project.Profile, q}, base, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "report as JSON")
	c.Flags().BoolVar(&rules, "rules", false, "print the rules instead")
	c.Flags().StringVar(&base, "base", "", "why not this base: a family, an ID, or a reference")
	c.MarkFlagsMutuallyExclusive("rules", "json")
	c.MarkFlagsMutuallyExclusive("rules", "base")
	policyFlag(c, &policy)
	return c
}

// An explanation is what explain speaks of.
type explanation struct {
	profile *profiles.Profile
	*fleet.Question
}

// explain reports a decision, also where nothing can be generated: then the error says why.
func (a *app) explain(e *explanation, base string, asJSON bool) error {
	var why *baseAnswer
	if base != "" {
		var err error
		if why, err = e.about(base); err != nil {
			return err
		}
	}
	switch {
	case asJSON:
		if err := a.json(e.document(why)); err != nil {
			return err
		}
	case why != nil:
		a.explainBase(e, why)
		return nil
	default:
		a.explainText(e)
	}
	return e.Err
}

// probesItself are the languages whose runtime asks a health path without a shell, and
// builtIn those that have certificates and time zones of their own.
var (
	probesItself = []string{"node", "python"}
	builtIn      = []string{"java", "node"}
)

// notes say what a reader of the Dockerfile would ask.
func notes(e *explanation) []string {
	var out []string
	p, base := e.profile, e.Decision.Chosen().Base
	for _, need := range p.Runtime.Needs {
		if !contains(base.Holds, need) && !(contains(builtIn, p.Language()) && need != "tmp") {
			out = append(out, fmt.Sprintf("%s is not in the base: the Dockerfile puts it there", need))
		}
	}
	if p.Runtime.Health.Path != "" && !contains(probesItself, p.Language()) {
		out = append(out, fmt.Sprintf("no HEALTHCHECK: nothing in the image can ask %s; verify asks it, and so can your platform's probe", p.Runtime.Health.Path))
	}
	for _, line := range extraLines(p) {
		for _, t := range bases.TrapsIn(line, base) {
			out = append(out, fmt.Sprintf("an instruction of the profile's: %s [%s]", t.Text, t.Source))
		}
	}
	return out
}

// extraLines are the profile's own instructions.
func extraLines(p *profiles.Profile) (lines []string) {
	for _, x := range p.Build.Extra {
		lines = append(lines, x.Lines...)
	}
	for _, x := range p.Runtime.Extra {
		lines = append(lines, x.Lines...)
	}
	return lines
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

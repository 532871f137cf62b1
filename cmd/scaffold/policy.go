package main

import (
	"github.com/spf13/cobra"

	"scaffold/policy"
)

func (a *app) policyCommand() *cobra.Command {
	c := group("policy", "look at what Dockerfiles are held to")
	var asJSON, doc bool
	rules := &cobra.Command{
		Use: "rules", Short: "list the rules", Args: cobra.NoArgs,
		Long: `rules lists every rule with its ID and the severity that it has without a policy;
"off" is one that a policy must ask for. --doc prints the page about them.`,
		RunE: func(*cobra.Command, []string) error {
			switch {
			case doc:
				a.printf("%s", policy.Docs())
			case asJSON:
				return a.json(listedRules())
			default:
				a.listRules()
			}
			return nil
		},
	}
	rules.Flags().BoolVar(&asJSON, "json", false, "report as JSON")
	rules.Flags().BoolVar(&doc, "doc", false, "print what each rule holds, with examples, as Markdown")
	rules.MarkFlagsMutuallyExclusive("json", "doc")
	c.AddCommand(rules, a.policyExportCommand())
	return c
}

func (a *app) listRules() {
	width := 0
	for _, r := range policy.Rules {
		width = max(width, len(r.ID))
	}
	for _, r := range policy.Rules {
		a.printf("%-*s  %-7s  %s\n", width, r.ID, r.Level(policy.Default()), r.Name)
	}
}

// policy rules --json
type listedRule struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Help        string          `json:"help"`
	Severity    policy.Severity `json:"severity"`
	Policy      string          `json:"policy,omitempty"`
	Good        string          `json:"good,omitempty"`
	Bad         string          `json:"bad,omitempty"`
}

func listedRules() map[string]any {
	var rules []listedRule
	for _, r := range policy.Rules {
		rules = append(rules, listedRule{r.ID, r.Name, r.Description, r.URL, r.Level(policy.Default()), r.Policy, r.Good, r.Bad})
	}
	return map[string]any{"schema": 1, "rules": rules}
}

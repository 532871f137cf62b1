package policy

import (
	"fmt"
	"strings"
)

// Docs is the page about all rules, in Markdown.
func Docs() string {
	var b strings.Builder
	b.WriteString("# Rules\n\n" +
		"What `scaffold check` holds Dockerfiles to. Made from the rules themselves by\n" +
		"`scaffold policy rules --doc`; edit [policy](../policy), not this page.\n\n" +
		"A rule that needs no policy always judges. `[rules]` in `policy.toml` gives a rule another severity\n" +
		"(`\"user/nonroot\" = \"error\"`, `\"run/unreadable\" = \"off\"`), and `[[waiver]]` accepts its findings in some\n" +
		"files until a day.\n\n| rule | | without a policy |\n|---|---|---|\n")
	for _, r := range Rules {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s |\n", r.ID, strings.ReplaceAll(r.ID, "/", ""), r.Name, r.Level(Default()))
	}
	for _, r := range Rules {
		fmt.Fprintf(&b, "\n## %s\n\n**%s.** %s\n\nMore: <%s>\n", r.ID, r.Name, r.Description, r.URL)
		block(&b, "Asked for by, for example:", "toml", r.Policy)
		block(&b, "Found:", "dockerfile", r.Bad)
		block(&b, "Fine:", "dockerfile", r.Good)
	}
	return b.String()
}

func block(b *strings.Builder, title, language, text string) {
	if text != "" {
		fmt.Fprintf(b, "\n%s\n```%s\n%s```\n", title, language, text)
	}
}

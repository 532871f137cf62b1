package bases

import (
	"fmt"
	"strings"
)

// ChoiceDocs is the page about how bases are chosen, in Markdown.
func ChoiceDocs() string {
	var b strings.Builder
	b.WriteString(docsHead)
	b.WriteString("\n## What ranks\n\nThe first that tells two bases apart decides.\n\n| criterion | |\n|---|---|\n")
	for _, c := range Criteria {
		fmt.Fprintf(&b, "| `%s` | %s |\n", c.ID, c.Doc)
	}
	b.WriteString("\n" + docsOrder + "\n## Rules\n\nEach judges one base by one thing, and cites its source. A policy adds rules of its own: [rules.md](rules.md).\n\n| rule | stage | |\n|---|---|---|\n")
	for _, r := range Rules {
		fmt.Fprintf(&b, "| [`%s`](%s) | %s | %s |\n", r.ID, r.URL, stages(r.ID), r.Doc)
	}
	b.WriteString("\n## What bites\n\nShown where it matters: of a base that is a candidate, or of an instruction that does such a thing.\n\n| | | read |\n|---|---|---|\n")
	for _, t := range traps() {
		fmt.Fprintf(&b, "| [`%s`](%s) | %s | %s |\n", t.ID, t.Source, t.Text, t.Date)
	}
	b.WriteString(docsJSON)
	return b.String()
}

// stages are those that a rule judges.
func stages(id string) string {
	building := false
	for _, b := range builderRules {
		building = building || b == id
	}
	switch {
	case !building:
		return "final"
	case strings.HasPrefix(id, "build/") && id != "build/libc":
		return "build"
	}
	return "both"
}

const docsHead = `# How a base is chosen

Made from the rules themselves by ` + "`scaffold explain --rules`" + `; edit [bases](../bases), not this page.

Every base of the catalog is judged by every rule, for the build stage and for the final one, on each platform
of the project. It **fits**, fits at a **cost** that is named, or is **out**. One base serves all platforms, for a
Dockerfile has one FROM a stage: its verdict is the worst of them. The bases that are not out are ranked, and the
first is taken. The libc of the build stage and that of the final stage agree where native code goes from one to
the other.
`

const docsOrder = `The order is ` + "`works`, `supported`" + `, what is preferred, ` + "`surface`, `size`" + `. Preferred is, with
` + "`runtime.prefer = \"compatibility\"`, first `prefer/glibc`, then `prefer/sure`; where a policy names families,\n`prefer/sure`, `prefer/policy`, `prefer/glibc`" + `. With ` + "`runtime.prefer = \"size\"`" + ` it is the policy's families alone, and
` + "`size` comes before `surface`" + `.
`

const docsJSON = `
## explain --json

| key | |
|---|---|
| ` + "`schema`, `as_of`, `platforms`" + ` | 1; the day of judgement; the project's platforms |
| ` + "`criteria[]`" + ` | ` + "`id`, `text`" + `: what ranked, the weightiest first |
| ` + "`builder`, `runtime`" + ` | a stage: ` + "`chosen`" + ` is a reference (empty: none can serve), ` + "`candidates[]`" + ` the best first; ` + "`builder`" + ` also has the language's ` + "`version` and `why`" + ` |
| ` + "`candidates[].base`, `ref`, `verdict`" + ` | ID, reference; fits, cost or out |
| ` + "`candidates[].platforms`" + ` | verdict by platform, where they differ |
| ` + "`candidates[].behind`, `criterion`" + ` | why another comes first, and by what |
| ` + "`candidates[].costs[]`" + ` | what it costs, like costs added up |
| ` + "`candidates[].evidence[]`" + ` | ` + "`rule`, `verdict`, `platform`" + ` (none: all), ` + "`fact`, `source`" + ` (path:line, a key of the profile, a policy's path:line, or the catalog) |
| ` + "`candidates[].traps[]`" + ` | ` + "`id`, `text`, `source`, `date`" + ` |
| ` + "`what_if[]`" + ` | ` + "`change`, `source`" + `, the ` + "`chosen`" + ` reference then; ` + "`lets_in[]`: what holds less and is no longer out; `warnings[]`" + ` |
| ` + "`base[]`" + ` | with --base: a candidate, ` + "`take`" + ` (the runtime.base that takes it), ` + "`let_in_by[]`" + ` |
| ` + "`notes[]`, `warnings[]`" + ` | what a reader would ask; what was decided all the same |
`

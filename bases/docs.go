package bases

import (
	"fmt"
	"strings"
)

// Docs is the page about the catalog, in Markdown.
func Docs(c *Catalog) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Bases\n\n"+
		"The base images that scaffold knows, as of %s. Made from the catalog by `scaffold bases --doc`;\n"+
		"edit [bases](../bases), not this page. `scaffold bases` says what is past its end today and filters,\n"+
		"`scaffold bases NAME` shows one base with tags, platforms and the source of each fact.\n"+
		"`go run ./cmd/refresh-bases` brings tags, platforms and ends up to date from upstream.\n", c.Revision)
	c.docsRows(&b, "What can be chosen", "`{version}` is the language's version. Stages: what the base can be chosen for.", true)
	c.docsRows(&b, "What is known beside", "Known to `scaffold check` and policies, and never chosen: there is no template for it, it takes an\n"+
		"account, or its tags cannot be pinned.", false)
	b.WriteString("\n## Versions of the languages\n\n| language | version | ends |\n|---|---|---|\n")
	for _, l := range c.Languages {
		for _, v := range l.Versions {
			mark := ""
			if v.Version == l.Default {
				mark = " (default)"
			}
			fmt.Fprintf(&b, "| %s | %s%s | %s |\n", l.Name, v.Version, mark, or(v.EOL, "not announced"))
		}
	}
	b.WriteString("\n## Sources\n\n| source | what was read | day |\n|---|---|---|\n")
	for _, s := range c.Sources {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", s.ID, s.Text, s.Date)
	}
	return b.String()
}

func (c *Catalog) docsRows(b *strings.Builder, title, intro string, chosen bool) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n| base | reference | stages | libc | shell | user | size | ends | source |\n|---|---|---|---|---|---|---|---|---|\n", title, intro)
	for _, r := range c.Bases {
		if (len(r.Roles) > 0) != chosen {
			continue
		}
		ends, shell := or(r.EOL, or(r.Support, "not announced")), yesNo(r.Shell)
		if r.Packages != "" {
			shell += ", " + r.Packages
		}
		fmt.Fprintf(b, "| %s | `%s` | %s | %s | %s | %s | %s | %s | %s |\n", r.ID, r.Ref, or(strings.Join(r.Roles, ", "), "-"),
			strings.TrimSpace(r.Libc+" "+or(r.LibcPatch, r.LibcVersion)), shell, r.User, sizes[r.Size], ends, sourcesOf(r))
	}
}

func sourcesOf(b Base) string {
	text := b.Source
	if b.Contents != b.Source {
		text += ", " + b.Contents
	}
	if len(b.Doubtful) > 0 && b.Source != "memory" {
		text += "; not checked: " + strings.Join(b.Doubtful, ", ")
	}
	return text
}

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"scaffold/bases"
)

// soonDays is how many days before its end a base is said to end soon.
const soonDays = 90

func (a *app) basesCommand() *cobra.Command {
	var (
		filter      bases.Filter
		shell       bool
		asJSON, doc bool
	)
	c := &cobra.Command{
		Use:   "bases [NAME or REFERENCE]",
		Short: "list the catalog of bases, or show one",
		Long: `bases lists the base images that scaffold knows, those that it can choose and those
that it only knows of, and says which are past their end today or end within 90 days.
The filters narrow the list; all that are given must hold.

With the name of a base, as the list has it, it shows all that the catalog says of it,
with the sources; with an image reference, all that is known of that.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("shell") {
				filter.Shell = &shell
			}
			if err := a.checkFilter(c, args); err != nil {
				return err
			}
			switch {
			case doc:
				a.printf("%s", bases.Docs(bases.Embedded()))
				return nil
			case len(args) == 1:
				return a.showBase(args[0], asJSON)
			}
			return a.listBases(filter, asJSON)
		},
	}
	f := c.Flags()
	f.StringVar(&filter.Libc, "libc", "", "only with this libc: glibc, musl or none")
	f.StringVar(&filter.Platform, "platform", "", "only with a tag for this platform, as linux/arm64")
	f.BoolVar(&shell, "shell", false, "only with a shell; --shell=false: only without")
	f.StringVar(&filter.Family, "family", "", "only of this family, as distroless")
	f.StringVar(&filter.Language, "language", "", "only those made for this language")
	f.StringVar(&filter.Packages, "package-manager", "", "only with this package manager: apt, apk, dnf or none")
	f.StringVar(&filter.Publisher, "publisher", "", "only by this kind of publisher: official, verified or other")
	f.BoolVar(&asJSON, "json", false, "report as JSON")
	f.BoolVar(&doc, "doc", false, "print the catalog as a page of Markdown")
	c.MarkFlagsMutuallyExclusive("json", "doc")
	return c
}

// checkFilter refuses what would silently find nothing.
func (a *app) checkFilter(c *cobra.Command, args []string) error {
	values := bases.Embedded().Values()
	for _, name := range []string{"libc", "platform", "family", "language", "package-manager", "publisher", "shell"} {
		flag := c.Flags().Lookup(name)
		if !flag.Changed {
			continue
		}
		if known := values[name]; known != nil && !slices.Contains(known, flag.Value.String()) {
			return &hintedError{&usageError{err: fmt.Errorf("--%s: no base has %q", name, flag.Value)}, "one of: " + strings.Join(known, ", ")}
		}
		if len(args) > 0 {
			return &usageError{err: fmt.Errorf("--%s narrows the list, and %q asks for one base", name, args[0]), cmd: c.CommandPath()}
		}
	}
	return nil
}

// bases --json
type (
	listedBases struct {
		Schema   int            `json:"schema"`
		Revision string         `json:"revision"`
		Today    string         `json:"today"`
		Sources  []bases.Source `json:"sources"`
		Bases    []bases.Base   `json:"bases"`
		Past     []bases.Ending `json:"past"`
		Soon     []bases.Ending `json:"soon"`
	}
	shownBase struct {
		Schema    int            `json:"schema"`
		Reference string         `json:"reference,omitempty"`
		Base      *bases.Base    `json:"base,omitempty"`
		Details   []bases.Detail `json:"details"`
		Sources   []bases.Source `json:"sources"`
	}
)

func (a *app) listBases(filter bases.Filter, asJSON bool) error {
	catalog := bases.Embedded()
	rows := catalog.Matching(filter)
	past, soon := bases.Endings(rows, a.today(), soonDays)
	if asJSON {
		return a.json(listedBases{1, catalog.Revision, a.today(), catalog.Sources, orEmpty(rows), orEmpty(past), orEmpty(soon)})
	}
	a.printf("catalog of %s, today is %s; {v} is a version\n", catalog.Revision, a.today())
	a.printf("*: only listed, never chosen; !: past its end; ~: ends within %d days\n\n", soonDays)
	a.printf("  %-21s  %-10s  %-5s %-10s  %s\n", "base", "libc", "shell", "ends", "reference")
	for _, b := range rows {
		a.printf("%s\n", a.baseLine(b))
	}
	a.endings("past the end", past)
	a.endings(fmt.Sprintf("ends within %d days", soonDays), soon)
	return nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (a *app) baseLine(b bases.Base) string {
	listed, name, shell := "*", b.ID, "-"
	if len(b.Roles) > 0 {
		listed = " "
	}
	if b.VariantOf != "" {
		name = "  …" + strings.TrimPrefix(b.ID, b.VariantOf)
	}
	switch {
	case b.Packages != "":
		shell = b.Packages
	case b.Shell:
		shell = "sh"
	}
	return fmt.Sprintf("%s%s%-21s  %-10s  %-5s %-10s  %s", listed, a.endMark(b), name, strings.TrimSpace(b.Libc+" "+b.LibcVersion), shell,
		orDash(b.EOL), strings.ReplaceAll(b.Ref, "{version}", "{v}"))
}

// endMark says whether what a base stands on is past its end, or ends soon.
func (a *app) endMark(b bases.Base) string {
	b.Tags = nil // the ends of versions are told below the list
	switch past, soon := bases.Endings([]bases.Base{b}, a.today(), soonDays); {
	case past != nil:
		return "!"
	case soon != nil:
		return "~"
	}
	return " "
}

func (a *app) endings(title string, all []bases.Ending) {
	if len(all) == 0 {
		return
	}
	a.printf("\n%s:\n", title)
	for _, e := range all {
		a.printf("%s", folded(fmt.Sprintf("  %s  %-12s ", e.Day, e.What), strings.Join(e.Bases, ", ")))
	}
}

// showBase shows a row of the catalog by its name, or what is known of a reference.
func (a *app) showBase(name string, asJSON bool) error {
	catalog := bases.Embedded()
	if i := slices.IndexFunc(catalog.Bases, func(b bases.Base) bool { return b.ID == name }); i >= 0 {
		b := catalog.Bases[i]
		return a.show(shownBase{Schema: 1, Base: &b, Details: catalog.Details(b)}, b.ID, asJSON)
	}
	details := catalog.About(name, a.today())
	if details == nil && !bases.IsReference(name) {
		return &hintedError{&usageError{err: fmt.Errorf("no base and no image is called %q", name)}, "scaffold bases lists them; an image reference has a tag, a digest or a slash"}
	}
	return a.show(shownBase{Schema: 1, Reference: name, Details: orEmpty(details)}, name, asJSON)
}

func (a *app) show(s shownBase, title string, asJSON bool) error {
	s.Sources = orEmpty(bases.Embedded().Cited(s.Details))
	if asJSON {
		return a.json(s)
	}
	a.printf("%s\n\n", title)
	for _, d := range s.Details {
		value := d.Value
		if d.Source != "" {
			value += "  [" + d.Source + "]"
		}
		if d.Doubt {
			value += " (doubtful)"
		}
		a.printf("%s", folded(fmt.Sprintf("  %-16s", d.Name), value))
	}
	if len(s.Details) == 0 {
		a.printf("  nothing is known of it\n")
	}
	if s.Base != nil {
		a.tags(*s.Base)
	}
	if len(s.Sources) > 0 {
		a.printf("\nsources:\n")
	}
	for _, source := range s.Sources {
		a.printf("%s", folded(fmt.Sprintf("  %-16s", source.ID), source.Text+"; "+source.Date))
	}
	return nil
}

func (a *app) tags(b bases.Base) {
	a.printf("\ntags:\n")
	past, _ := bases.Endings([]bases.Base{b}, a.today(), 0)
	for _, t := range b.Tags {
		line := "for " + ofLinux(t.Platforms)
		if t.EOL != "" {
			line += "; " + t.Version + " ends " + t.EOL
		}
		if slices.ContainsFunc(past, func(e bases.Ending) bool { return e.Day == t.EOL }) {
			line += ", which is past"
		}
		if t.Frozen != "" {
			line += "; frozen: " + t.Frozen
		}
		a.printf("  %s\n%s", t.Ref, folded("    ", line))
	}
}

// ofLinux is a list of Linux platforms without their common part.
func ofLinux(platforms []string) string {
	return "linux: " + strings.ReplaceAll(strings.Join(platforms, " "), "linux/", "")
}

// folded is text behind a head, in lines of up to 100 columns that begin below its first one.
func folded(head, text string) string {
	var b strings.Builder
	indent := strings.Repeat(" ", len([]rune(head))+1)
	line := head
	for i, word := range strings.Fields(text) {
		if i > 0 && len([]rune(line))+1+len([]rune(word)) > 100 {
			b.WriteString(line + "\n")
			line = indent + word
			continue
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}

func orDash(s string) string {
	if strings.TrimSpace(s) == "" {
		return "-"
	}
	return s
}

package bases

import (
	"fmt"
	"slices"
	"strings"
)

// A Filter picks rows of the catalog; what is empty is not asked.
type Filter struct {
	Libc      string
	Platform  string // os/arch or os/arch/variant; some tag of the row is for it
	Family    string
	Language  string // made for this one
	Packages  string // package manager; none: without
	Publisher string
	Shell     *bool
}

// Matching are the rows that a filter lets through, in the catalog's order.
func (c *Catalog) Matching(f Filter) []Base {
	var found []Base
	for _, b := range c.Bases {
		if f.matches(b) {
			found = append(found, b)
		}
	}
	return found
}

func (f Filter) matches(b Base) bool {
	asked := func(want, got string) bool { return want == "" || want == got }
	return asked(f.Libc, b.Libc) && asked(f.Family, b.Family) && asked(f.Language, b.Language) &&
		asked(f.Packages, or(b.Packages, "none")) && asked(f.Publisher, b.Publisher) && (f.Shell == nil || *f.Shell == b.Shell) &&
		(f.Platform == "" || slices.ContainsFunc(b.Tags, func(t Tag) bool { return slices.Contains(t.Platforms, f.Platform) }))
}

// Values are what a filter can ask for, by the name of the field, for messages.
func (c *Catalog) Values() map[string][]string {
	all := map[string][]string{}
	add := func(name string, values ...string) { all[name] = append(all[name], values...) }
	for _, b := range c.Bases {
		add("libc", b.Libc)
		add("family", b.Family)
		add("language", b.Language)
		add("package-manager", or(b.Packages, "none"))
		add("publisher", b.Publisher)
		for _, t := range b.Tags {
			add("platform", t.Platforms...)
		}
	}
	for name := range all {
		slices.Sort(all[name])
		all[name] = slices.DeleteFunc(slices.Compact(all[name]), func(v string) bool { return v == "" })
	}
	return all
}

// An Ending is a day from which something in bases gets no more free security fixes.
type Ending struct {
	What  string   `json:"what"` // for example debian 12
	Day   string   `json:"day"`  // YYYY-MM-DD
	Bases []string `json:"bases"`
}

// Endings are what in some rows is past its end on a day, and what ends within so many days
// after it, soonest first.
func Endings(rows []Base, today string, days int) (past, soon []Ending) {
	var all []Ending
	for _, b := range rows {
		all = addEnding(all, b.On, b.EOL, b.ID)
		for _, t := range b.Tags {
			all = addEnding(all, or(b.Language, repository(b.Ref))+" "+t.Version, t.EOL, b.ID)
		}
	}
	slices.SortStableFunc(all, func(a, b Ending) int { return strings.Compare(a.Day, b.Day) })
	limit := later(today, days)
	for _, e := range all {
		switch {
		case e.Day <= today:
			past = append(past, e)
		case e.Day <= limit:
			soon = append(soon, e)
		}
	}
	return past, soon
}

func addEnding(all []Ending, what, day, id string) []Ending {
	if day == "" {
		return all
	}
	i := slices.IndexFunc(all, func(e Ending) bool { return e.What == what && e.Day == day })
	if i < 0 {
		return append(all, Ending{what, day, []string{id}})
	}
	all[i].Bases = append(all[i].Bases, id)
	return all
}

// A Detail is one fact about a base, for people.
type Detail struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source,omitempty"` // ID of a source
	Doubt  bool   `json:"doubtful,omitempty"`
}

// sizes and surfaces are the classes in words.
var (
	sizes    = []string{"nothing", "below 10 MB", "below 50 MB", "below 200 MB", "more than 200 MB"}
	surfaces = []string{"nothing", "data files only", "a libc", "a language runtime and no shell", "a shell and a package manager", "a whole system"}
)

// Details are all that the catalog says of a row, but for its tags.
func (c *Catalog) Details(b Base) []Detail {
	libcFrom := b.Contents
	if d, _, err := c.on(b.On); err == nil && d != nil && b.LibcVersion != "" {
		libcFrom = d.Source
	}
	ends := Detail{"ends", or(b.Support, "not announced"), b.Contents, false}
	if b.EOL != "" {
		ends = Detail{"ends", b.EOL + ", with " + b.On, endsSource, false}
	}
	doubts := func(key string) bool { return slices.Contains(b.Doubtful, key) }
	all := []Detail{
		{"reference", b.Grammar, b.Source, doubts("ref")},
		{"stands on", b.On, b.Contents, doubts("on")},
		{"family", b.Family, "", false},
		{"language", b.Language, "", false},
		{"chosen for", or(strings.Join(b.Roles, ", "), "nothing yet: it is only listed"), "", false},
		{"published by", fmt.Sprintf("%s (%s)", b.By, b.Publisher), b.Source, false},
		{"libc", strings.TrimSpace(b.Libc + " " + or(b.LibcPatch, b.LibcVersion)), libcFrom, doubts("libc")},
		{"shell", yesNo(b.Shell), b.Contents, doubts("shell")},
		{"package manager", or(b.Packages, "none"), b.Contents, doubts("packages")},
		{"user", b.User, b.Contents, doubts("user")},
		{"entrypoint", or(strings.Join(b.Entrypoint, " "), "none"), b.Contents, doubts("entrypoint")},
		{"command", or(strings.Join(b.Cmd, " "), "none"), b.Contents, doubts("cmd")},
		{"holds", or(strings.Join(b.Holds, ", "), "nothing of note"), b.Contents, doubts("holds")},
		{"runs", strings.Join(b.Runs, ", "), b.Contents, false},
		{"size", sizes[b.Size] + " unpacked: a class, not measured", "", false},
		{"surface", surfaces[b.Surface], "", false},
		{"debug shell", b.Debug.Ref, b.Contents, false},
		ends,
		{"costs", b.Note, b.Contents, false},
		{"worth knowing", b.Aside, b.Contents, false},
	}
	for i := range all {
		all[i].Doubt = all[i].Doubt || all[i].Source == "memory"
	}
	return slices.DeleteFunc(all, func(d Detail) bool { return d.Value == "" })
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

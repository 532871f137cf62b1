package bases

import (
	"fmt"
	"slices"
	"strings"
)

// About is what is known of any reference, for people; nil where that is nothing. Ends are
// judged by a day, YYYY-MM-DD.
func (c *Catalog) About(ref, today string) []Detail {
	k := c.Know(ref)
	name, words, version := takeApart(ref)
	origin := c.origin(ref)
	var all []Detail
	add := func(name, value, source string) {
		if value != "" {
			all = append(all, Detail{Name: name, Value: value, Source: source})
		}
	}
	add("base", strings.Join(c.rowsOf(k), ", "), "")
	add("family", k.Family, "")
	add("published by", strings.TrimSuffix(fmt.Sprintf("%s (%s)", origin.By, origin.Publisher), " ()"), or(origin.Source, tagsSource))
	dist, release := c.distribution(name, words)
	libc, libcFrom := k.Libc, ""
	if release != nil && k.Libc == dist.Libc && release.Libc != "" {
		libc, libcFrom = libc+" "+release.Libc, dist.Source
	}
	add("libc", libc, libcFrom)
	add("shell", k.Shell.text(), "")
	add("package manager", k.Packages.text(), "")
	add("compiler", k.Compiler.text(), "")
	for _, e := range k.Ends {
		text := e.What + " on " + e.Day
		if e.Day <= today {
			text += ", which is past"
		}
		add("ends", text, e.Source)
	}
	if built, ok := c.built(name, ref); ok {
		add("built for", strings.Join(built, ", "), tagsSource)
	} else if im, official := c.image(name); official && version != "" && k.Frozen == "" {
		add("built for", im.Name+"'s tags that are built do not have it", tagsSource)
	}
	add("frozen", k.Frozen, tagsSource)
	if len(all) > 0 && k.Family == "" && len(k.Names) == 1 && origin.By == "" && dist == nil {
		return nil
	}
	return all
}

// rowsOf are the names of the rows that a reference is of.
func (c *Catalog) rowsOf(k Known) []string {
	var rows []string
	for _, b := range c.Bases {
		if slices.Contains(k.Names[1:], b.ID) {
			rows = append(rows, b.ID)
		}
	}
	return rows
}

// Cited are the sources that facts name.
func (c *Catalog) Cited(details []Detail) []Source {
	var cited []Source
	for _, s := range c.Sources {
		if slices.ContainsFunc(details, func(d Detail) bool { return d.Source == s.ID }) {
			cited = append(cited, s)
		}
	}
	return cited
}

func (a Answer) text() string {
	return map[Answer]string{Yes: "yes", No: "no", Unknown: "not known"}[a]
}

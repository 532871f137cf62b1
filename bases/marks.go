package bases

import (
	"regexp"
	"slices"
	"strings"
)

// A Mark is what tells images apart in [Catalog.Know] beside their repository: a word of a tag
// or of a name, between dashes.
type Mark struct {
	Word string // one that has the mark
	Any  string // regular expression of all that have it, without anchors
}

// Marks are the words by which [Catalog.Know] tells a variant or a distribution. An image's
// family and libc depend on its repository and on which of these it has, and on nothing else.
func (n *Names) Marks() []Mark {
	marks := []Mark{{"slim", "slim"}}
	for _, d := range n.Distributions {
		words := []string{regexp.QuoteMeta(d.Name)}
		for _, rel := range d.Releases {
			for _, name := range rel.Names {
				words = append(words, regexp.QuoteMeta(name))
			}
		}
		if d.Name == "alpine" { // of any release, as alpineRelease has it
			words = []string{"alpine(?:[0-9][^@-]*)?"}
		}
		marks = append(marks, Mark{d.Name, "(?:" + strings.Join(words, "|") + ")"})
	}
	return marks
}

// Repositories are those that the tables say something of, by short name and the general ones
// first: an origin's prefix with ** behind it, images, and rows of the catalog.
func (c *Catalog) Repositories() []string {
	var all []string
	for _, o := range c.Origins {
		all = append(all, o.Prefix+"**")
	}
	for _, d := range c.Distributions {
		all = append(all, d.Name)
	}
	for _, im := range c.Images {
		all = append(all, im.Name)
	}
	for _, b := range c.Bases {
		if name := repository(b.Ref); b.Family != "scratch" && !strings.Contains(name, "{") {
			all = append(all, name)
		}
	}
	return unique(all)
}

func unique(all []string) []string {
	var once []string
	for _, s := range all {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}

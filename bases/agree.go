package bases

import (
	"fmt"
	"slices"
	"strings"
)

// With reads the catalog's own rows together with another upstream.toml, and returns where
// they disagree; see [Catalog.Disagreements].
func (c *Catalog) With(upstream string) ([]string, error) {
	fresh, err := decode(catalogTOML, namesTOML, upstream)
	if err != nil {
		return nil, err
	}
	return fresh.Disagreements(), nil
}

// Disagreements are what is written by hand and upstream contradicts: a row whose tag is
// not built in a supported version, one on a release past its end on the catalog's day, a
// language's version that is neither built nor past its end, and a newer one that is built
// and no row of a language has.
func (c *Catalog) Disagreements() []string {
	var all []string
	for _, b := range c.Bases {
		all = append(all, c.disagreesRow(b)...)
	}
	for _, l := range c.Languages {
		im, ok := c.image(l.Image)
		if !ok {
			all = append(all, fmt.Sprintf("language %s: %s is no official image", l.Name, l.Image))
			continue
		}
		for _, line := range im.lines() {
			if compareVersions(line, l.Lines[0]) > 0 && c.supported(c.endOf(l.Image, line)) {
				all = append(all, fmt.Sprintf("language %s: %s is built, and it has %s at most", l.Name, line, l.Lines[0]))
			}
		}
	}
	slices.Sort(all)
	return all
}

func (c *Catalog) disagreesRow(b Base) []string {
	var all []string
	if b.EOL != "" && b.EOL <= c.Revision && !b.Past {
		all = append(all, fmt.Sprintf("base %s: %s is past its end since %s", b.ID, b.On, b.EOL))
	}
	name, _, _ := takeApart(b.Ref)
	_, official := c.image(name)
	built := false
	for _, t := range b.Tags {
		built = built || t.Frozen == ""
		if official && t.Frozen != "" && c.supported(t.EOL) {
			all = append(all, fmt.Sprintf("base %s: %s: %s", b.ID, t.Ref, t.Frozen))
		}
		if there, ok := c.built(name, t.Ref); ok && !slices.Equal(there, t.Platforms) {
			all = append(all, fmt.Sprintf("base %s: %s is for %s, the row says %s", b.ID, t.Ref, strings.Join(there, " "), strings.Join(t.Platforms, " ")))
		}
	}
	if !built {
		all = append(all, fmt.Sprintf("base %s: no tag of it is built", b.ID))
	}
	return all
}

// supported reports whether something with this end gets fixes on the catalog's day.
func (c *Catalog) supported(end string) bool { return end == "" || end > c.Revision }

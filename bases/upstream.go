package bases

import (
	"fmt"
	"slices"
	"strings"
)

// Upstream is what upstream.toml has, and the upstream's decision alone: which tags are
// built, and until when releases get fixes. Its tables are texts, a line a fact, which are
// read several times as fast as TOML's own: it is a part of every start.
type Upstream struct {
	Ends  map[string]Ends       `toml:"ends"`  // by endoflife.date's product
	Built map[string]BuiltTable `toml:"built"` // by official image
}

// Ends are by release: its first day without free security fixes, YYYY-MM-DD. Those that
// are not announced are not there.
type Ends map[string]string

// UnmarshalText reads lines of a release and a day.
func (e *Ends) UnmarshalText(text []byte) error {
	*e = Ends{}
	for line := range strings.Lines(string(text)) {
		release, day, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			return fmt.Errorf("line %q has no day", line)
		}
		(*e)[release] = day
	}
	return nil
}

// Built are tags of an official image that are rebuilt, for the same platforms.
type Built struct {
	Tags      []string // of the same image; {version} is any of Versions, or their first numbers
	Versions  []string // newest first
	Platforms []string // without linux/
}

// A BuiltTable is all that is built of an image.
type BuiltTable []Built

// UnmarshalText reads lines of tags, versions and platforms with bars between.
func (t *BuiltTable) UnmarshalText(text []byte) error {
	for line := range strings.Lines(string(text)) {
		parts := strings.Split(line, "|")
		if len(parts) != 3 {
			return fmt.Errorf("line %q is not of tags, versions and platforms", line)
		}
		*t = append(*t, Built{strings.Fields(parts[0]), strings.Fields(parts[1]), strings.Fields(parts[2])})
	}
	return nil
}

// Sources of upstream.toml.
const (
	tagsSource = "official-images"
	endsSource = "endoflife"
)

// count derives from the tags that are built which versions and releases are.
func (c *Catalog) count() {
	for i := range c.Images {
		im := &c.Images[i]
		for _, b := range c.Built[im.Name] {
			c.countIn(im, b)
		}
		slices.SortFunc(im.Newest, func(a, b string) int { return compareVersions(b, a) })
	}
}

func (c *Catalog) countIn(im *Image, b Built) {
	for _, tag := range b.Tags {
		for w := range strings.SplitSeq(strings.ReplaceAll(tag, "alpine-3", "alpine3"), "-") {
			if c.releases[w] && !slices.Contains(im.on, w) {
				im.on = append(im.on, w)
			}
		}
	}
	for _, v := range b.Versions {
		i := slices.IndexFunc(im.Newest, func(n string) bool { return lineOf(n, im.Line) == lineOf(v, im.Line) })
		switch {
		case i < 0:
			im.Newest = append(im.Newest, v)
		case compareVersions(v, im.Newest[i]) > 0:
			im.Newest[i] = v
		}
	}
}

// lines are the version lines that are built, newest first.
func (im *Image) lines() []string {
	var lines []string
	for _, v := range im.Newest {
		lines = append(lines, lineOf(v, im.Line))
	}
	return lines
}

// built returns the platforms that a reference to an official image is built for.
func (c *Catalog) built(image, ref string) ([]string, bool) {
	tag := tagOf(ref)
	for _, b := range c.Built[image] {
		if b.has(tag) {
			var platforms []string
			for _, p := range b.Platforms {
				platforms = append(platforms, "linux/"+p)
			}
			return platforms, true
		}
	}
	return nil, false
}

func (b *Built) has(tag string) bool {
	version, rest, dashed := strings.Cut(tag, "-")
	if dashed {
		rest = "-" + rest
	}
	return slices.Contains(b.Tags, tag) || slices.Contains(b.Tags, "{version}"+rest) &&
		slices.ContainsFunc(b.Versions, func(v string) bool { return cut(v, version) == version })
}

// endOf is the first day without free security fixes of an image's version line, or "".
func (c *Catalog) endOf(image, line string) string {
	if im, ok := c.image(image); ok {
		return c.Ends[im.Product][line]
	}
	return ""
}

// frozen says why a version's tag is no longer rebuilt, or "".
func (im *Image) frozen(version string) string {
	if version == "" || len(im.Newest) == 0 {
		return ""
	}
	line := lineOf(version, im.Line)
	for _, newest := range im.Newest {
		if lineOf(newest, im.Line) != line {
			continue
		}
		if compareVersions(cut(newest, version), version) > 0 {
			return fmt.Sprintf("%s %s was superseded by %s", im.Name, version, newest)
		}
		return ""
	}
	if strings.Count(version, ".") < im.Line-1 || compareVersions(version, im.Newest[0]) > 0 {
		return ""
	}
	return fmt.Sprintf("%s %s is not built any more", im.Name, version)
}

// frozenTag says why a row's tag is not among those that are built.
func (im *Image) frozenTag(version string) string {
	if why := im.frozen(version); why != "" {
		return why
	}
	return "it is not among the tags of " + im.Name + " that are built"
}

// builtOn reports whether the image's tags are still built on a release; also where that
// is not known, or where the release is newer than all that are known.
func (im *Image) builtOn(d *Distribution, rel *Release) bool {
	if slices.ContainsFunc(rel.Names, func(n string) bool { return slices.Contains(im.on, n) }) {
		return true
	}
	for _, newer := range d.Releases {
		if newer.Version == rel.Version {
			return true // none newer is built
		}
		if slices.ContainsFunc(newer.Names, func(n string) bool { return slices.Contains(im.on, n) }) {
			return false
		}
	}
	return true
}

// lineOf is the first n numbers of a version.
func lineOf(version string, n int) string {
	parts := strings.Split(version, ".")
	if len(parts) > n {
		return strings.Join(parts[:n], ".")
	}
	version, _, _ = strings.Cut(version, "_") // a build number is of the last
	return version
}

// cut shortens a version to as many numbers as another has: 3.13 is not behind 3.13.15.
func cut(version, like string) string {
	if strings.Contains(like, "_") {
		return version
	}
	return lineOf(version, strings.Count(like, ".")+1)
}

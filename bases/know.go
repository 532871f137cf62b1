package bases

import (
	"slices"
	"strings"
)

// An End is a day from which something in an image gets no more free security fixes.
type End struct {
	What   string // for example debian 12
	Day    string // YYYY-MM-DD
	Source string
}

// Known is what the catalog knows of a reference. Empty fields
// are unknown.
type Known struct {
	Names    []string // IDs of the catalog's rows, and the short name of the image
	Family   string
	Libc     string
	Shell    Answer
	Packages Answer // a package manager
	Compiler Answer
	Ends     []End  // soonest first
	Frozen   string // why the tag is no longer rebuilt, or ""
}

// An Answer is yes, no, or not known.
type Answer int

// The answers.
const (
	Unknown Answer = iota
	Yes
	No
)

func answer(yes bool) Answer {
	if yes {
		return Yes
	}
	return No
}

// Know looks a reference up: scratch, or one with or without registry, tag and digest.
// What it does not find it leaves unknown; it never guesses.
func (c *Catalog) Know(ref string) Known {
	name, words, version := takeApart(ref)
	k := Known{Names: []string{name}}
	origin := c.origin(ref)
	dist, release := c.distribution(name, words)
	if dist == nil {
		dist, release, _ = c.on(origin.On) // held by tests
	}
	if image, ok := c.image(name); ok {
		k.fromImage(image, words, version, dist, release)
		k.endsOf(image.Name, image.Product, lineOf(version, image.Line), c.Ends)
	}
	if dist != nil {
		k.fromDistribution(dist, release, c.Ends)
	}
	if origin.Prefix != "" {
		k.fromOrigin(origin, words)
	}
	c.fromRows(&k, ref)
	k.fromTag(origin, words)
	slices.SortFunc(k.Ends, func(a, b End) int { return strings.Compare(a.Day, b.Day) })
	return k
}

// sameRelease reports whether two references name one release of one distribution.
func (c *Catalog) sameRelease(a, b string) bool {
	of := func(ref string) *Release {
		name, words, _ := takeApart(ref)
		_, release := c.distribution(name, words)
		return release
	}
	r := of(a)
	return r != nil && r == of(b)
}

func (k *Known) fromImage(im *Image, words []string, version string, dist *Distribution, release *Release) {
	k.Family, k.Shell = im.Family, Yes
	if k.Family == "" {
		k.Family = "full"
	}
	for _, w := range []string{"slim", "alpine"} {
		if slices.Contains(words, w) {
			k.Family = w
		}
	}
	k.Compiler = answer(slices.Contains(im.Compiler, k.Family))
	k.Frozen = im.frozen(version)
	if k.Frozen == "" && release != nil && len(im.on) > 0 && !im.builtOn(dist, release) {
		k.Frozen = im.Name + " is not built on " + dist.Name + " " + release.Version + " any more"
	}
}

func (k *Known) fromDistribution(d *Distribution, release *Release, ends map[string]Ends) {
	k.Libc, k.Packages = d.Libc, answer(d.Packages != "")
	if d.Name == "alpine" {
		k.Family = "alpine"
	}
	if release != nil {
		k.endsOf(d.Name, d.Product, release.Version, ends)
	}
}

// endsOf adds the end of a version of something, where it is known.
func (k *Known) endsOf(name, product, version string, ends map[string]Ends) {
	if day := ends[product][version]; day != "" {
		k.Ends = append(k.Ends, End{name + " " + version, day, endsSource})
	}
}

func (k *Known) fromOrigin(o Origin, words []string) {
	k.Family = or(o.Family, k.Family)
	switch o.Libc {
	case "":
	case "unknown":
		k.Libc = ""
	default:
		k.Libc = o.Libc
	}
	if o.Mixed {
		k.Packages = Unknown
		return
	}
	k.Shell, k.Packages, k.Compiler = No, No, No
}

// fromTag adds what the words of a tag say, which a row for another tag does not know.
func (k *Known) fromTag(o Origin, words []string) {
	for _, t := range o.Tags {
		if slices.Contains(words, t.Word) && t.Shell {
			k.Shell, k.Packages = Yes, answer(t.Packages)
			if t.Packages {
				k.Compiler = Unknown
			}
		}
	}
}

// fromRows adds what the rows of a repository say: of family and libc those that have the
// same marks, see [Names.Marks], where all of them agree; of all else the row of the variant.
func (c *Catalog) fromRows(k *Known, ref string) {
	name := repository(ref)
	var families, libcs []string
	for _, i := range c.byRepository[name] {
		b := &c.Bases[i]
		if sameMarks(b.Ref, ref) {
			families, libcs = append(families, b.Family), append(libcs, b.Libc)
		}
		if c.sameVariant(b, ref) && (!b.Past || c.sameRelease(b.Ref, ref)) {
			k.fromBase(b)
		}
	}
	if family := unique(families); len(family) == 1 {
		k.Family = family[0]
	}
	im, ok := c.image(name)
	if libc := unique(libcs); len(libc) == 1 && !(ok && im.Mixed) {
		k.Libc = libc[0]
	}
}

func (k *Known) fromBase(b *Base) {
	if b.VariantOf != "" {
		k.Names = append(k.Names, b.VariantOf)
	}
	k.Names = append(k.Names, b.ID)
	k.Shell, k.Packages = answer(b.Shell), answer(b.Packages != "")
}

// sameMarks reports whether two references of one repository are both slim, both Alpine,
// or neither.
func sameMarks(a, b string) bool {
	for _, word := range []string{"slim", "alpine"} {
		if strings.Contains(a, word) != strings.Contains(b, word) {
			return false
		}
	}
	return true
}

// Words are the families, libcs and names by which a person may call a base.
func Words(c *Catalog) []string {
	words := append(slices.Concat(Families, listedFamilies), "glibc", "musl", "none")
	for _, b := range c.Bases {
		words = append(words, b.ID)
	}
	for _, d := range c.Distributions {
		words = append(words, d.Name)
	}
	for _, im := range c.Images {
		words = append(words, im.Name)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

package bases

import (
	"regexp"
	"slices"
	"strings"
)

// An End is a day from which something in an image gets no more free security fixes.
type End struct {
	What   string // for example debian 12
	Day    string // YYYY-MM-DD
	Source string
}

// Known is what the catalog and the table of releases know of a reference. Empty fields
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
func (c *Catalog) Know(r *Releases, ref string) Known {
	name, words, version := takeApart(ref)
	k := Known{Names: []string{name}}
	dist, release := r.distribution(name, words)
	if image, ok := r.image(name); ok {
		k.fromImage(image, words, version, dist, release)
	}
	if dist != nil {
		k.fromDistribution(dist, release)
	}
	for _, b := range c.Bases {
		if repository(b.Ref) == repository(ref) && sameVariant(b.Ref, ref) {
			k.fromBase(b)
		}
	}
	for _, o := range r.Origins {
		if strings.HasPrefix(repository(ref), o.Prefix) {
			k.Family = o.Family
			k.Shell = answer(slices.ContainsFunc(words, func(w string) bool { return slices.Contains(o.ShellWords, w) }))
			k.Packages, k.Compiler = No, No
			if o.Libc != "" {
				k.Libc = o.Libc
			}
		}
	}
	k.fromLanguage(c, name, version)
	slices.SortFunc(k.Ends, func(a, b End) int { return strings.Compare(a.Day, b.Day) })
	return k
}

func (k *Known) fromImage(im Image, words []string, version string, dist *Distribution, release *Release) {
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
	for _, v := range im.Versions {
		if v.Version == lineOf(version, im.Line) {
			k.Ends = append(k.Ends, End{im.Name + " " + v.Version, v.EOL, "endoflife"})
		}
	}
	k.Frozen = im.frozen(version)
	if k.Frozen == "" && release != nil && len(im.On) > 0 && !im.builtOn(dist, release) {
		k.Frozen = im.Name + " is not built on " + dist.Name + " " + release.Version + " any more"
	}
}

func (k *Known) fromDistribution(d *Distribution, release *Release) {
	k.Libc, k.Packages = d.Libc, answer(d.Packages != "")
	if d.Name == "alpine" {
		k.Family = "alpine"
	}
	if release != nil {
		k.Ends = append(k.Ends, End{d.Name + " " + release.Version, release.EOL, d.Source})
	}
}

func (k *Known) fromBase(b Base) {
	k.Names = append(k.Names, b.ID)
	k.Family, k.Libc = b.Family, b.Libc
	k.Shell, k.Packages = answer(b.Shell), answer(b.Packages != "")
}

func (k *Known) fromLanguage(c *Catalog, name, version string) {
	for _, l := range c.Languages {
		if l.Image != name {
			continue
		}
		for _, v := range l.Versions {
			told := slices.ContainsFunc(k.Ends, func(e End) bool { return e.What == name+" "+v.Version })
			if v.Version == majorMinor(version) && v.EOL != "" && !told {
				k.Ends = append(k.Ends, End{l.Name + " " + v.Version, v.EOL, l.Source})
			}
		}
	}
}

var (
	versionWord   = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*$`)
	alpineRelease = regexp.MustCompile(`^alpine-?[0-9]`)
)

// takeApart is an image's short name, the words of its tag and its name, and the version
// that the tag begins with. alpine3.24 and alpine-3.24 also give the word alpine.
func takeApart(ref string) (name string, words []string, version string) {
	ref, _, _ = strings.Cut(ref, "@")
	name, tag := repository(ref), ""
	if i := strings.LastIndex(ref, ":"); i > strings.LastIndex(ref, "/") {
		tag = ref[i+1:]
	}
	words = strings.Split(strings.ReplaceAll(tag, "alpine-3", "alpine3"), "-")
	if versionWord.MatchString(words[0]) {
		version = words[0]
	}
	if slices.ContainsFunc(words, alpineRelease.MatchString) {
		words = append(words, "alpine")
	}
	return name, append(words, strings.Split(name, "-")[1:]...), version
}

// Words are the families, libcs and names by which a person may call a base.
func Words(c *Catalog, r *Releases) []string {
	words := append(slices.Clone(Families), "glibc", "musl", "none")
	for _, b := range c.Bases {
		words = append(words, b.ID)
	}
	for _, d := range r.Distributions {
		words = append(words, d.Name)
	}
	for _, im := range r.Images {
		words = append(words, im.Name)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

package bases

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Names is the whole of names.toml.
type Names struct {
	Debian        map[string]string `toml:"debian"` // Debian's name of each GOARCH that it calls otherwise
	Distributions []Distribution    `toml:"distribution"`
	Images        []Image           `toml:"image"`
	Origins       []Origin          `toml:"origin"`

	releases map[string]bool // names of all releases
}

// A Release is one release of a distribution.
type Release struct {
	Version string   `toml:"version"`
	Names   []string `toml:"names"` // words of tags and repositories that mean it, its codename first
	Libc    string   `toml:"libc"`  // version of its libc; empty: not known
}

// A Distribution is what images of one distribution have in common. Releases stand newest
// first.
type Distribution struct {
	Name     string    `toml:"name"`
	Product  string    `toml:"product"` // endoflife.date's name
	Libc     string    `toml:"libc"`
	Packages string    `toml:"packages"`
	Source   string    `toml:"source"` // of the versions of its libc
	Releases []Release `toml:"releases"`
}

// An Image is what is known of the tags of one official image.
type Image struct {
	Name     string   `toml:"name"`
	Product  string   `toml:"product"`  // endoflife.date's name; empty: its lines have no ends that are known
	Family   string   `toml:"family"`   // of a tag with no word for it; empty: full
	Compiler []string `toml:"compiler"` // families of it that hold one
	Line     int      `toml:"line"`     // how many numbers of a version make a version line
	Bare     []string `toml:"bare"`     // words that a tag without any means
	Without  []string `toml:"without"`  // words of tags that upstream.toml leaves out
	Mixed    bool     `toml:"mixed"`    // its tags are of more than one libc

	Newest []string `toml:"-"` // patch of each version line that is built, newest first
	on     []string // names of releases that its tags are built on
}

// An Origin is what all images below a prefix have in common.
type Origin struct {
	Prefix    string    `toml:"prefix"`
	Family    string    `toml:"family"`
	Libc      string    `toml:"libc"` // empty: as the row or the distribution says
	On        string    `toml:"on"`   // distribution, and the release where all stand on one
	Publisher string    `toml:"publisher"`
	By        string    `toml:"by"`
	Source    string    `toml:"source"`
	Tags      []TagWord `toml:"tags"`
	Mixed     bool      `toml:"mixed"` // some hold a shell and a package manager, some do not
}

// A TagWord is what a word of a tag says of an image.
type TagWord struct {
	Word       string `toml:"word"`
	User       string `toml:"user"`
	Shell      bool   `toml:"shell"`
	Packages   bool   `toml:"packages"`
	Entrypoint string `toml:"entrypoint"`
}

var (
	versionWord   = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*(_[0-9]+)?$`)
	alpineRelease = regexp.MustCompile(`^alpine-?[0-9]`)
)

// takeApart is an image's short name, the words of its tag and its name, and the version
// that the tag begins with. alpine3.24 and alpine-3.24 also give the word alpine.
func takeApart(ref string) (name string, words []string, version string) {
	ref, _, _ = strings.Cut(ref, "@")
	name, tag := repository(ref), tagOf(ref)
	words = strings.Split(strings.ReplaceAll(tag, "alpine-3", "alpine3"), "-")
	if versionWord.MatchString(words[0]) {
		version = words[0]
	}
	if slices.ContainsFunc(words, alpineRelease.MatchString) {
		words = append(words, "alpine")
	}
	return name, append(words, strings.Split(name, "-")[1:]...), version
}

// repository is a reference without tag and digest.
func repository(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	if i := strings.LastIndex(ref, ":"); i > strings.LastIndex(ref, "/") {
		ref = ref[:i]
	}
	return strings.TrimPrefix(strings.TrimPrefix(ref, "docker.io/"), "library/")
}

// tagOf is the tag of a reference, or "".
func tagOf(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	if i := strings.LastIndex(ref, ":"); i > strings.LastIndex(ref, "/") {
		return ref[i+1:]
	}
	return ""
}

// sameVariant reports whether a reference to a row's repository is of the row's variant:
// slim, Alpine, jre. Words that no row of the repository has do not tell variants apart.
func (c *Catalog) sameVariant(b *Base, ref string) bool {
	name := repository(ref)
	telling := []string{"slim", "alpine"}
	for _, i := range c.byRepository[name] {
		telling = append(telling, c.Bases[i].words...)
	}
	got := among(c.variantWords(ref), telling)
	if im, ok := c.image(name); ok && len(got) == 0 && len(b.words) > 0 {
		got = im.Bare
	}
	return slices.Equal(b.words, got)
}

var digits = regexp.MustCompile(`[0-9._]+$`)

// variantWords are the words of a tag without versions, releases and what is the same
// image anyway.
func (n *Names) variantWords(ref string) []string {
	var words []string
	tag := strings.ReplaceAll(tagOf(ref), "{version}", "1")
	for w := range strings.SplitSeq(strings.ReplaceAll(tag, "alpine-3", "alpine3"), "-") {
		if bare := digits.ReplaceAllString(w, ""); bare == "alpine" || bare != "" && bare != "nonroot" && bare != "latest" && !n.releases[w] {
			words = append(words, bare)
		}
	}
	slices.Sort(words)
	return words
}

func among(words, telling []string) []string {
	return slices.DeleteFunc(words, func(w string) bool { return !slices.Contains(telling, w) })
}

// image returns what is known of an official image.
func (n *Names) image(name string) (*Image, bool) {
	i := slices.IndexFunc(n.Images, func(im Image) bool { return im.Name == name })
	if i < 0 {
		return nil, false
	}
	return &n.Images[i], true
}

// origin is what is known of an image by the prefix of its name.
func (n *Names) origin(ref string) Origin {
	if _, ok := n.image(repository(ref)); ok {
		return Origin{Publisher: "official", By: "Docker"}
	}
	var found Origin
	for _, o := range n.Origins {
		if strings.HasPrefix(repository(ref), o.Prefix) {
			found = Origin{Prefix: o.Prefix, Family: or(o.Family, found.Family), Libc: or(o.Libc, found.Libc), On: or(o.On, found.On),
				Publisher: or(o.Publisher, found.Publisher), By: or(o.By, found.By), Source: or(o.Source, found.Source),
				Tags: append(found.Tags, o.Tags...), Mixed: found.Mixed || o.Mixed}
		}
	}
	return found
}

// on finds a distribution and a release by their name and version, as in debian 13.
func (n *Names) on(text string) (*Distribution, *Release, error) {
	name, version, _ := strings.Cut(text, " ")
	if name == "" {
		return nil, nil, nil
	}
	i := slices.IndexFunc(n.Distributions, func(d Distribution) bool { return d.Name == name })
	if i < 0 {
		return nil, nil, fmt.Errorf("no distribution is called %q", name)
	}
	d := &n.Distributions[i]
	if version == "" {
		return d, nil, nil
	}
	j := slices.IndexFunc(d.Releases, func(r Release) bool { return r.Version == version })
	if j < 0 {
		return nil, nil, fmt.Errorf("%s has no release %q", name, version)
	}
	return d, &d.Releases[j], nil
}

// distribution finds the distribution that a tag's words name, and the release if they
// name one. The image debian, alpine or ubuntu has its releases as versions.
func (n *Names) distribution(name string, words []string) (*Distribution, *Release) {
	for i := range n.Distributions {
		d := &n.Distributions[i]
		for j := range d.Releases {
			rel := &d.Releases[j]
			for _, w := range words {
				if slices.Contains(rel.Names, w) || name == d.Name && (w == rel.Version || strings.HasPrefix(w, rel.Version+".")) {
					return d, rel
				}
			}
		}
		if name == d.Name || slices.Contains(words, d.Name) {
			return d, nil
		}
	}
	return nil, nil
}

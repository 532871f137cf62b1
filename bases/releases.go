package bases

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// A Release is one release of a distribution, or one version line of an image.
type Release struct {
	Version string   `toml:"version"`
	Names   []string `toml:"names"` // words of tags and repositories that mean it
	EOL     string   `toml:"eol"`   // YYYY-MM-DD, first day without free security fixes
}

// A Distribution is what images of one distribution have in common. Releases stand newest
// first.
type Distribution struct {
	Name     string    `toml:"name"`
	Libc     string    `toml:"libc"`
	Packages string    `toml:"packages"`
	Source   string    `toml:"source"`
	Releases []Release `toml:"releases"`
}

// An Image is what is known of the tags of one official image.
type Image struct {
	Name     string    `toml:"name"`
	Family   string    `toml:"family"`   // of a tag with no word for it; empty: full
	Compiler []string  `toml:"compiler"` // families of it that hold one
	Line     int       `toml:"line"`     // how many numbers of a version make a version line
	Built    []string  `toml:"built"`    // newest patch of each version line, newest first
	On       []string  `toml:"on"`       // releases that its tags are built on
	Source   string    `toml:"source"`
	Versions []Release `toml:"versions"`
}

// An Origin is what all images below a prefix have in common. Later rows win.
type Origin struct {
	Prefix     string   `toml:"prefix"`
	Family     string   `toml:"family"`
	Libc       string   `toml:"libc"`        // empty: as the row or the distribution says
	ShellWords []string `toml:"shell_words"` // words of a tag with a shell in it
	Source     string   `toml:"source"`
}

// Releases is the whole of releases.toml.
type Releases struct {
	Revision      string         `toml:"revision"`
	Distributions []Distribution `toml:"distribution"`
	Images        []Image        `toml:"image"`
	Origins       []Origin       `toml:"origin"`
}

//go:embed releases.toml
var releasesTOML string

// EmbeddedReleases is what this build of scaffold knows of tags.
var EmbeddedReleases = sync.OnceValue(func() *Releases {
	r, err := decodeReleases(releasesTOML)
	if err != nil {
		panic(err) // held by tests
	}
	return r
})

func decodeReleases(text string) (*Releases, error) {
	r := new(Releases)
	meta, err := toml.Decode(text, r)
	if err != nil {
		return nil, fmt.Errorf("decoding the releases: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("decoding the releases: unknown keys %v", extra)
	}
	return r, nil
}

// image returns what is known of an official image.
func (r *Releases) image(name string) (Image, bool) {
	i := slices.IndexFunc(r.Images, func(im Image) bool { return im.Name == name })
	if i < 0 {
		return Image{}, false
	}
	return r.Images[i], true
}

// distribution finds the distribution that a tag's words name, and the release if they
// name one. The image debian, alpine or ubuntu has its releases as versions.
func (r *Releases) distribution(name string, words []string) (*Distribution, *Release) {
	for i := range r.Distributions {
		d := &r.Distributions[i]
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

// frozen says why a version's tag is no longer rebuilt, or "".
func (im Image) frozen(version string) string {
	if version == "" || len(im.Built) == 0 {
		return ""
	}
	line := lineOf(version, im.Line)
	for _, newest := range im.Built {
		if lineOf(newest, im.Line) != line {
			continue
		}
		if compareVersions(cut(newest, version), version) > 0 {
			return fmt.Sprintf("%s %s was superseded by %s", im.Name, version, newest)
		}
		return ""
	}
	if strings.Count(version, ".") < im.Line-1 || compareVersions(version, im.Built[0]) > 0 {
		return ""
	}
	return fmt.Sprintf("%s %s is not built any more", im.Name, version)
}

// builtOn reports whether the image's tags are still built on a release; also where that
// is not known, or where the release is newer than all that are known.
func (im Image) builtOn(d *Distribution, rel *Release) bool {
	if slices.ContainsFunc(rel.Names, func(n string) bool { return slices.Contains(im.On, n) }) {
		return true
	}
	for _, newer := range d.Releases {
		if newer.Version == rel.Version {
			return true // none newer is built
		}
		if slices.ContainsFunc(newer.Names, func(n string) bool { return slices.Contains(im.On, n) }) {
			return false
		}
	}
	return true
}

// lineOf is the first n numbers of a version.
func lineOf(version string, n int) string {
	parts := strings.Split(version, ".")
	return strings.Join(parts[:min(n, len(parts))], ".")
}

// cut shortens a version to as many numbers as another has: 3.13 is not behind 3.13.15.
func cut(version, like string) string {
	return lineOf(version, strings.Count(like, ".")+1)
}

package bases

import (
	"fmt"
	"slices"
	"strings"
)

// A Base is one row of the catalog: a base image family and variant. What catalog.toml
// leaves out of a row is completed from the distribution that it stands on and from the
// tags that upstream builds.
type Base struct {
	ID          string   `toml:"id" json:"id"`
	Roles       []string `toml:"roles" json:"roles"`               // stages it can be chosen for: builder, runtime; none: it is only listed
	Role        string   `toml:"-" json:"-"`                       // the one that it is considered for
	Language    string   `toml:"language" json:"language"`         // the only language it serves; empty: any
	Family      string   `toml:"family" json:"family"`             // one of Families, or of a row that is only listed; custom for a person's own
	On          string   `toml:"on" json:"on"`                     // distribution and release, as in debian 13
	Grammar     string   `toml:"ref" json:"grammar"`               // how its references are made, see catalog.toml
	Ref         string   `toml:"-" json:"ref"`                     // reference for FROM; {version} stands for the version
	Libc        string   `toml:"libc" json:"libc"`                 // glibc, musl, none or unknown
	LibcVersion string   `toml:"libc_version" json:"libc_version"` // major.minor, by which binaries are tagged (PEP 600, PEP 656)
	LibcPatch   string   `toml:"-" json:"libc_patch,omitempty"`    // the whole version, where it has more
	Shell       bool     `toml:"shell" json:"shell"`
	Packages    string   `toml:"packages" json:"packages"`         // package manager: apt, apk, dnf or none
	Surface     int      `toml:"surface" json:"surface"`           // class, see catalog.toml
	Size        int      `toml:"size" json:"size"`                 // class, see catalog.toml
	Runs        []string `toml:"runs" json:"runs"`                 // kinds of program it can run
	Versions    []string `toml:"versions" json:"versions"`         // the language versions that it has; empty: all, by tag
	Program     string   `toml:"program" json:"program,omitempty"` // where the language's interpreter is; empty: on the PATH
	Holds       []string `toml:"holds" json:"holds"`
	Platforms   []string `toml:"platforms" json:"platforms"` // that all its tags are for
	Tags        []Tag    `toml:"-" json:"tags"`              // one for each version, or the only one
	User        string   `toml:"user" json:"user"`           // that it runs as where nothing else is said
	Entrypoint  []string `toml:"entrypoint" json:"entrypoint"`
	Cmd         []string `toml:"cmd" json:"cmd"`
	EOL         string   `toml:"eol" json:"eol"`                     // YYYY-MM-DD, first day without free security fixes
	Support     string   `toml:"support" json:"support,omitempty"`   // how that day is fixed where it is not announced
	Past        bool     `toml:"past" json:"past,omitempty"`         // kept past its end, for policies that had not let its successor in yet
	Debug       Shell    `toml:"debug" json:"debug,omitzero"`        // where the debug stage gets its shell; none where the base has one
	Note        string   `toml:"note" json:"note"`                   // a cost that every use of it in a final stage has
	Aside       string   `toml:"aside" json:"aside,omitempty"`       // worth knowing, and nothing against it
	Publisher   string   `toml:"publisher" json:"publisher"`         // official, verified or other
	By          string   `toml:"by" json:"by"`                       // who publishes it
	Source      string   `toml:"source" json:"source"`               // of reference, versions and platforms
	Contents    string   `toml:"contents" json:"contents"`           // source of all else
	Doubtful    []string `toml:"doubtful" json:"doubtful,omitempty"` // keys of fields that were not checked there
	VariantOf   string   `toml:"-" json:"variant_of,omitempty"`      // ID of the row whose other tag it is

	words []string // of its tags that tell it from other variants
}

// A Shell is a folder of an image that holds a static shell and its tools.
type Shell struct {
	Ref string `toml:"ref" json:"ref"`
	Dir string `toml:"dir" json:"dir"`
}

// A Tag is a base's reference for one version.
type Tag struct {
	Version   string   `json:"version"` // empty where the base has one tag alone
	Ref       string   `json:"ref"`
	Platforms []string `json:"platforms"`
	EOL       string   `json:"eol"`              // of the version, YYYY-MM-DD; empty: not announced
	Frozen    string   `json:"frozen,omitempty"` // why it is no longer rebuilt
}

// At is the base's reference for a version of its language.
func (b Base) At(version string) string { return strings.ReplaceAll(b.Ref, "{version}", version) }

// platforms are those that the base exists for in a version of its language; nil where
// they are not known.
func (b *Base) platforms(version string) []string {
	for i := range b.Tags {
		if t := &b.Tags[i]; t.Version == version {
			return t.Platforms
		}
	}
	return b.Platforms
}

// common are the platforms of all tags.
func (b *Base) common() []string {
	var all []string
	for i, t := range b.Tags {
		if i == 0 {
			all = slices.Clone(t.Platforms)
		}
		all = slices.DeleteFunc(all, func(p string) bool { return !slices.Contains(t.Platforms, p) })
	}
	if len(b.Tags) == 0 {
		return b.Platforms
	}
	return all
}

// complete fills in what rows leave out.
func (c *Catalog) complete() error {
	c.releases = map[string]bool{}
	for _, d := range c.Distributions {
		for _, r := range d.Releases {
			for _, name := range r.Names {
				c.releases[name] = true
			}
		}
	}
	c.count()
	for i := range c.Languages {
		l := &c.Languages[i]
		for _, line := range l.Lines {
			l.Versions = append(l.Versions, Version{line, c.endOf(l.Image, line)})
		}
	}
	for i := range c.Bases {
		if err := c.completeRow(&c.Bases[i]); err != nil {
			return fmt.Errorf("base %q: %w", c.Bases[i].ID, err)
		}
	}
	var rows []Base
	for _, b := range c.Bases {
		rows = append(append(rows, b), c.variants(b)...)
	}
	c.Bases, c.byRepository = rows, map[string][]int{}
	for i := range c.Bases {
		b := &c.Bases[i]
		b.words = c.variantWords(b.Ref)
		for _, t := range b.Tags {
			if name := repository(t.Ref); !slices.Contains(c.byRepository[name], i) {
				c.byRepository[name] = append(c.byRepository[name], i)
			}
		}
	}
	return nil
}

func (c *Catalog) completeRow(b *Base) error {
	dist, release, err := c.on(b.On)
	if err != nil {
		return err
	}
	b.Ref = b.Grammar
	if dist != nil {
		b.completeFrom(dist, release, c.Ends[dist.Product])
	}
	if b.Packages == "none" {
		b.Packages = ""
	}
	origin := c.origin(b.Ref)
	b.Publisher, b.By = or(b.Publisher, origin.Publisher), or(b.By, origin.By)
	c.tags(b)
	return nil
}

func (b *Base) completeFrom(d *Distribution, r *Release, ends Ends) {
	b.Libc = or(b.Libc, d.Libc)
	if b.Shell {
		b.Packages = or(b.Packages, d.Packages)
	}
	if r == nil {
		return
	}
	b.Ref = strings.NewReplacer("{release}", r.Version, "{codename}", r.Names[0]).Replace(b.Grammar)
	if b.Libc == d.Libc {
		b.LibcVersion = or(b.LibcVersion, lineOf(r.Libc, 2))
		if r.Libc != b.LibcVersion {
			b.LibcPatch = r.Libc
		}
	}
	if b.Support == "" {
		b.EOL = or(b.EOL, ends[r.Version])
	}
}

// tags lists the row's references, and for which platforms upstream builds each.
func (c *Catalog) tags(b *Base) {
	name, _, _ := takeApart(b.Ref)
	im, official := c.image(name)
	about, versions := name, b.Versions // the image whose lines its versions are
	if !official {
		about = b.Language
	}
	if l, ok := c.Language(b.Language); ok {
		about = l.Image
		if versions == nil {
			versions = l.Lines
		}
	}
	if versions == nil && official {
		versions = im.lines()
	}
	if !strings.Contains(b.Ref, "{version}") {
		versions = []string{""}
	}
	stated := b.Platforms
	for _, v := range versions {
		t := Tag{Version: v, Ref: b.At(v), Platforms: stated}
		if v != "" {
			t.EOL = c.endOf(about, v)
		}
		if built, ok := c.built(name, t.Ref); ok && stated == nil {
			t.Platforms = built
		} else if !ok && official {
			t.Frozen = im.frozenTag(v)
		}
		b.Tags = append(b.Tags, t)
	}
	b.completePlatforms()
}

// completePlatforms takes for a tag that upstream builds no more that it is for the
// platforms that all others are for.
func (b *Base) completePlatforms() {
	if b.Platforms != nil {
		return
	}
	known := *b
	known.Tags = slices.DeleteFunc(slices.Clone(b.Tags), func(t Tag) bool { return t.Platforms == nil })
	b.Platforms = known.common()
	for i := range b.Tags {
		if b.Tags[i].Platforms == nil {
			b.Tags[i].Platforms = b.Platforms
		}
	}
}

// variants are the rows for a base's other tags that hold a shell, where a tag is no more
// than such a word.
func (c *Catalog) variants(b Base) []Base {
	words := c.origin(b.Ref).Tags
	if !slices.ContainsFunc(words, func(w TagWord) bool { return w.Word == tagOf(b.Ref) }) {
		return nil
	}
	var rows []Base
	for _, w := range words {
		if w.Shell {
			rows = append(rows, b.variant(w))
		}
	}
	return rows
}

// variant is the row of another tag.
func (b Base) variant(w TagWord) Base {
	tagged := func(ref string) string { return ref[:strings.LastIndex(ref, ":")+1] + w.Word }
	v := b
	v.ID, v.VariantOf, v.Roles = b.ID+"-"+w.Word, b.ID, nil
	v.Ref, v.Grammar, v.Shell, v.Surface, v.User, v.Debug = tagged(b.Ref), tagged(b.Grammar), w.Shell, max(b.Surface, 4), w.User, Shell{}
	if v.Entrypoint == nil {
		v.Entrypoint = []string{w.Entrypoint}
	}
	v.Tags = slices.Clone(b.Tags)
	for i := range v.Tags {
		v.Tags[i].Ref = tagged(v.Tags[i].Ref)
	}
	return v
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// Package bases holds the catalog of base images and chooses among them.
//
// The model: the catalog states what each base is (catalog.toml), what the names of images
// and releases say (names.toml), and what upstream builds and supports (upstream.toml, which
// cmd/refresh-bases writes), each with source and date; a project's needs and the facts that
// were read from its files state what it wants; each rule (rules.go) judges one base by one
// thing and cites its evidence; [Choose] collects the verdicts, ranks the bases and takes the
// first. [Catalog.Know] says what is known of any reference.
//
// Limits: sizes are classes, not measurements; vulnerabilities are not looked at yet;
// one decision serves all platforms of a project.
package bases

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

// A Version is one version line of a language.
type Version struct {
	Version string
	EOL     string // YYYY-MM-DD, first day without free security fixes; empty: not announced
}

// A Language is what the catalog knows of a language's versions, newest first.
type Language struct {
	Name     string    `toml:"name"`
	Image    string    `toml:"image"`
	Line     int       `toml:"line"` // how many numbers of a version make a version line; 0: two
	Source   string    `toml:"source"`
	Default  string    `toml:"default"`
	Newer    bool      `toml:"newer"` // the least version of a project is but a bound: the default serves where it is not older
	Lines    []string  `toml:"versions"`
	Versions []Version `toml:"-"` // Lines and their ends
}

// A Source says where facts were read, and when.
type Source struct {
	ID   string `toml:"id" json:"id"`
	Text string `toml:"text" json:"text"`
	Date string `toml:"date" json:"date"`
}

// A Catalog is the whole of catalog.toml, names.toml and upstream.toml.
type Catalog struct {
	Revision  string     `toml:"revision"`
	Sources   []Source   `toml:"source"`
	Compilers []string   `toml:"compilers"` // Debian packages that hold one, or bring one
	Languages []Language `toml:"language"`
	Bases     []Base     `toml:"base"`
	Names
	Upstream

	byRepository map[string][]int // places in Bases
}

//go:embed catalog.toml
var catalogTOML string

//go:embed names.toml
var namesTOML string

//go:embed upstream.toml
var upstreamTOML string

// Embedded is the catalog that this build of scaffold carries. That it has no unknown keys
// is held by tests: to look for them costs every start a millisecond.
var Embedded = sync.OnceValue(func() *Catalog {
	c, _, err := read(catalogTOML, namesTOML, upstreamTOML)
	if err != nil {
		panic(err) // held by tests
	}
	return c
})

// decode reads a catalog strictly: a misspelt key would be a fact that no rule sees.
func decode(files ...string) (*Catalog, error) {
	c, meta, err := read(files...)
	if err != nil {
		return nil, err
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("decoding the catalog: unknown keys %v", extra)
	}
	return c, nil
}

// read reads a catalog's files, which are one document: only the first may have keys
// outside tables.
func read(files ...string) (*Catalog, toml.MetaData, error) {
	c := new(Catalog)
	meta, err := toml.Decode(strings.Join(files, "\n"), c)
	if err == nil {
		err = c.complete()
	}
	if err != nil {
		return nil, meta, fmt.Errorf("decoding the catalog: %w", err)
	}
	return c, meta, nil
}

// Language returns the language called name.
func (c *Catalog) Language(name string) (Language, bool) {
	i := slices.IndexFunc(c.Languages, func(l Language) bool { return l.Name == name })
	if i < 0 {
		return Language{}, false
	}
	return c.Languages[i], true
}

// Source returns the source with an ID.
func (c *Catalog) Source(id string) (Source, bool) {
	i := slices.IndexFunc(c.Sources, func(s Source) bool { return s.ID == id })
	if i < 0 {
		return Source{}, false
	}
	return c.Sources[i], true
}

// candidates returns the rows that can be considered for a role and a language.
func (c *Catalog) candidates(role, language string) []Base {
	serves := func(b *Base) bool {
		return (b.Language == "" || b.Language == language) && slices.Contains(b.Roles, role)
	}
	n := 0
	for i := range c.Bases {
		if serves(&c.Bases[i]) {
			n++
		}
	}
	found := make([]Base, 0, n+1) // and one that a person names
	for i := range c.Bases {
		if serves(&c.Bases[i]) {
			found = append(found, c.Bases[i])
			found[len(found)-1].Role = role
		}
	}
	return found
}

// byReference makes a candidate of a reference that a person wrote. What the catalog
// knows of another tag of the same variant is taken over; of an unknown one nothing is
// assumed but that it runs what it is asked to run.
func (c *Catalog) byReference(ref string, in *Input) Base {
	for _, b := range c.candidates("runtime", in.Language) {
		if b.Family != "scratch" && repository(b.At(in.Version)) == repository(ref) && c.sameVariant(&b, ref) {
			b.ID, b.Ref = "custom", ref
			b.EOL, b.LibcVersion, b.Platforms, b.Tags = "", c.libcOf(ref), b.common(), nil // the row's belong to the catalog's tag
			return b
		}
	}
	return Base{ID: "custom", Role: "runtime", Family: "custom", Ref: ref, Libc: "unknown", LibcVersion: c.libcOf(ref), Shell: true, Packages: "apt",
		Surface: 5, Size: 4, Runs: []string{in.kind}, Note: "scaffold knows nothing of it; what it holds is for you to answer"}
}

// libcOf is the version of the libc in the release that a reference names; empty where it
// names none that is known.
func (c *Catalog) libcOf(ref string) string {
	name, words, _ := takeApart(ref)
	if _, release := c.distribution(name[strings.LastIndex(name, "/")+1:], words); release != nil {
		return lineOf(release.Libc, 2)
	}
	return ""
}

// IsReference reports whether runtime.base is a whole image reference, not a family.
func IsReference(base string) bool { return strings.ContainsAny(base, ":/@") }

// Families are the words that runtime.base takes beside auto.
var Families = []string{"scratch", "distroless", "slim", "alpine", "full"}

// listedFamilies are those of rows that are only listed.
var listedFamilies = []string{"busybox", "chiselled", "cuda", "hardened", "ubi"}

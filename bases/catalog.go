// Package bases holds the catalog of base images and chooses among them.
//
// The model: the catalog (catalog.toml) states what each base is, with source and
// date; a project's needs and the facts that were read from its files state what it
// wants; each rule (rules.go) judges one base by one thing and cites its evidence;
// [Choose] collects the verdicts, ranks the bases and takes the first.
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

// A Base is one row of the catalog: a base image family and variant.
type Base struct {
	ID          string   `toml:"id" json:"id"`
	Role        string   `toml:"role" json:"role"`                 // builder or runtime
	Language    string   `toml:"language" json:"language"`         // the only language it serves; empty: any
	Family      string   `toml:"family" json:"family"`             // scratch, distroless, slim, alpine, full; custom for a person's own
	Ref         string   `toml:"ref" json:"ref"`                   // reference for FROM; {version} stands for the language's version
	Libc        string   `toml:"libc" json:"libc"`                 // glibc, musl, none or unknown
	LibcVersion string   `toml:"libc_version" json:"libc_version"` // major.minor
	Shell       bool     `toml:"shell" json:"shell"`
	Packages    string   `toml:"packages" json:"packages"`         // package manager: apt, apk or none
	Surface     int      `toml:"surface" json:"surface"`           // class, see catalog.toml
	Size        int      `toml:"size" json:"size"`                 // class, see catalog.toml
	Runs        []string `toml:"runs" json:"runs"`                 // kinds of program it can run
	Versions    []string `toml:"versions" json:"versions"`         // the language versions that it has; empty: all, by tag
	Program     string   `toml:"program" json:"program,omitempty"` // where the language's interpreter is; empty: on the PATH
	Holds       []string `toml:"holds" json:"holds"`
	Platforms   []string `toml:"platforms" json:"platforms"`
	EOL         string   `toml:"eol" json:"eol"`               // YYYY-MM-DD, first day without free security fixes
	Debug       Shell    `toml:"debug" json:"debug,omitzero"`  // where the debug stage gets its shell; none where the base has one
	Note        string   `toml:"note" json:"note"`             // a cost that every use of it has
	Aside       string   `toml:"aside" json:"aside,omitempty"` // worth knowing, and nothing against it
	Source      string   `toml:"source" json:"source"`
}

// A Shell is a folder of an image that holds a static shell and its tools.
type Shell struct {
	Ref string `toml:"ref" json:"ref"`
	Dir string `toml:"dir" json:"dir"`
}

// A Version is one version line of a language.
type Version struct {
	Version string `toml:"version"`
	EOL     string `toml:"eol"`
}

// A Language is what the catalog knows of a language's versions, newest first.
type Language struct {
	Name     string    `toml:"name"`
	Image    string    `toml:"image"`
	Line     int       `toml:"line"` // how many numbers of a version make a version line; 0: two
	Source   string    `toml:"source"`
	Default  string    `toml:"default"`
	Newer    bool      `toml:"newer"` // the least version of a project is but a bound: the default serves where it is not older
	Versions []Version `toml:"versions"`
}

// A GlibcRelease is a version of a distribution and its glibc, which references name in one of Words.
type GlibcRelease struct {
	Words  []string `toml:"words"`
	Libc   string   `toml:"libc"` // major.minor of its glibc
	Source string   `toml:"source"`
}

// A Source says where rows were read, and when.
type Source struct {
	ID   string `toml:"id"`
	Text string `toml:"text"`
	Date string `toml:"date"`
}

// A Catalog is the whole of catalog.toml.
type Catalog struct {
	Revision  string            `toml:"revision"`
	Sources   []Source          `toml:"source"`
	Languages []Language        `toml:"language"`
	Releases  []GlibcRelease    `toml:"release"`
	Compilers []string          `toml:"compilers"` // Debian packages that hold one, or bring one
	Debian    map[string]string `toml:"debian"`    // Debian's name of each GOARCH that it calls otherwise
	Bases     []Base            `toml:"base"`
}

//go:embed catalog.toml
var catalogTOML string

// Embedded is the catalog that this build of scaffold carries.
var Embedded = sync.OnceValue(func() *Catalog {
	c, err := decode(catalogTOML)
	if err != nil {
		panic(err) // held by tests
	}
	return c
})

// decode reads a catalog strictly: a misspelt key would be a fact that no rule sees.
func decode(text string) (*Catalog, error) {
	c := new(Catalog)
	meta, err := toml.Decode(text, c)
	if err != nil {
		return nil, fmt.Errorf("decoding the catalog: %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("decoding the catalog: unknown keys %v", extra)
	}
	return c, nil
}

// Language returns the language called name.
func (c *Catalog) Language(name string) (Language, bool) {
	i := slices.IndexFunc(c.Languages, func(l Language) bool { return l.Name == name })
	if i < 0 {
		return Language{}, false
	}
	return c.Languages[i], true
}

// candidates returns the rows of a role that can be considered for a language.
func (c *Catalog) candidates(role, language string) []Base {
	serves := func(b *Base) bool { return b.Role == role && (b.Language == "" || b.Language == language) }
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
		}
	}
	return found
}

// At is the base's reference for a version of its language.
func (b Base) At(version string) string { return strings.ReplaceAll(b.Ref, "{version}", version) }

// byReference makes a candidate of a reference that a person wrote. What the catalog
// knows of another tag of the same repository is taken over; of an unknown repository
// nothing is assumed but that it runs what it is asked to run.
func (c *Catalog) byReference(ref string, in *Input) Base {
	for _, b := range c.candidates("runtime", in.Language) {
		if b.Family != "scratch" && repository(b.At(in.Version)) == repository(ref) && sameVariant(b.Ref, ref) {
			b.ID, b.Ref = "custom", ref
			b.EOL, b.LibcVersion = "", c.glibcOf(ref) // the row's belong to the catalog's tag
			return b
		}
	}
	return Base{ID: "custom", Role: "runtime", Family: "custom", Ref: ref, Libc: "unknown", LibcVersion: c.glibcOf(ref), Shell: true, Packages: "apt",
		Surface: 5, Size: 4, Runs: []string{in.kind}, Note: "scaffold knows nothing of it; what it holds is for you to answer"}
}

// glibcOf is the version of glibc in the release that a reference names; empty where it
// names none that is known.
func (c *Catalog) glibcOf(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	for _, r := range c.Releases {
		if slices.ContainsFunc(r.Words, func(word string) bool { return strings.Contains(ref, word) }) {
			return r.Libc
		}
	}
	return ""
}

// repository is a reference without tag and digest.
func repository(ref string) string {
	ref, _, _ = strings.Cut(ref, "@")
	if i := strings.LastIndex(ref, ":"); i > strings.LastIndex(ref, "/") {
		ref = ref[:i]
	}
	return strings.TrimPrefix(strings.TrimPrefix(ref, "docker.io/"), "library/")
}

// sameVariant reports whether two references of one repository are of one variant:
// both slim, both Alpine, or neither.
func sameVariant(a, b string) bool {
	for _, word := range []string{"slim", "alpine"} {
		if strings.Contains(a, word) != strings.Contains(b, word) {
			return false
		}
	}
	return true
}

// IsReference reports whether runtime.base is a whole image reference, not a family.
func IsReference(base string) bool { return strings.ContainsAny(base, ":/@") }

// Families are the words that runtime.base takes beside auto.
var Families = []string{"scratch", "distroless", "slim", "alpine", "full"}

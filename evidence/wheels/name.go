package wheels

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A Tag is one compatibility tag (PEP 425).
type Tag struct{ Python, ABI, Platform string }

// String is the tag as it stands in a file name.
func (t Tag) String() string { return t.Python + "-" + t.ABI + "-" + t.Platform }

// A Name is a parsed wheel file name.
type Name struct {
	Package string // normalised as PEP 503 says
	Version string // as written
	Build   string // build tag; mostly empty
	Tags    []Tag  // compressed sets written out
}

// maxTags bounds what a name's compressed sets stand for. The index has none with more
// than 30.
const maxTags = 200

var (
	validName     = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?$`)
	validVersion  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.!+_]*$`)
	validBuild    = regexp.MustCompile(`^[0-9][0-9A-Za-z._]*$`)
	validTagPart  = regexp.MustCompile(`^[0-9A-Za-z_]+(?:\.[0-9A-Za-z_]+)*$`)
	nameSeparator = regexp.MustCompile(`[-_.]+`)
)

var errNotWheel = errors.New("it is no name of a wheel")

// Parse reads the name of a wheel file: name-version[-build]-python-abi-platform.whl, as
// in https://packaging.python.org/specifications/binary-distribution-format/.
func Parse(file string) (Name, error) {
	base, ok := strings.CutSuffix(file, ".whl")
	parts := strings.Split(base, "-")
	if !ok || len(parts) < 5 || len(parts) > 6 {
		return Name{}, fmt.Errorf("parsing %q: %w", file, errNotWheel)
	}
	n := Name{Version: parts[1]}
	if len(parts) == 6 {
		n.Build = parts[2]
	}
	tags := parts[len(parts)-3:]
	switch {
	case !validName.MatchString(parts[0]) || !validVersion.MatchString(n.Version),
		len(parts) == 6 && !validBuild.MatchString(n.Build),
		!validTagPart.MatchString(tags[0]) || !validTagPart.MatchString(tags[1]) || !validTagPart.MatchString(tags[2]):
		return Name{}, fmt.Errorf("parsing %q: %w", file, errNotWheel)
	}
	n.Package = Normalise(parts[0])
	var err error
	if n.Tags, err = expand(tags[0], tags[1], tags[2]); err != nil {
		return Name{}, fmt.Errorf("parsing %q: %w", file, err)
	}
	return n, nil
}

// expand writes out compressed tag sets. Tags are compared in lower case.
func expand(python, abi, platform string) ([]Tag, error) {
	pythons, abis, platforms := set(python), set(abi), set(platform)
	if n := len(pythons) * len(abis) * len(platforms); n > maxTags {
		return nil, fmt.Errorf("it stands for %d tags, more than %d", n, maxTags)
	}
	var tags []Tag
	for _, p := range pythons {
		for _, a := range abis {
			for _, pl := range platforms {
				tags = append(tags, Tag{p, a, pl})
			}
		}
	}
	return tags, nil
}

func set(part string) []string { return strings.Split(strings.ToLower(part), ".") }

// Normalise is PEP 503's form of a package's name.
func Normalise(name string) string {
	return strings.ToLower(nameSeparator.ReplaceAllString(name, "-"))
}

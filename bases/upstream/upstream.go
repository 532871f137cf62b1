// Package upstream reads what upstream publishes about base images, and writes it as the
// catalog's upstream.toml: which tags of Docker Official Images are built for which
// platforms, and until when releases get free security fixes.
//
// The sources are the library files of docker-library/official-images
// (https://github.com/docker-library/official-images#instruction-format) and
// endoflife.date's API (https://endoflife.date/docs/api/v1/). The same input gives the same
// bytes, a line a fact, so that a refresh is a diff to review.
//
// Limits: pre-releases, dated tags, tags without a version and those that names.toml leaves
// out are not kept; nor are Windows images, and ends before 2018.
package upstream

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"scaffold/bases"
)

// Data is all that upstream.toml is written from.
type Data struct {
	Sources []bases.Source
	bases.Upstream
}

const header = `# What upstream builds and supports. Written by go run ./cmd/refresh-bases; edits are lost.
#
# ends   of endoflife.date's products: a release, and its first day without free security
#        fixes. A release whose day is not announced is left out, so are ends before 2018.
# built  of official images: tags that are rebuilt | in which versions | for which platforms
#        (linux/ is left out); {version} is any of the versions, or their first numbers
`

// TOML is upstream.toml.
func (d *Data) TOML() []byte {
	var b bytes.Buffer
	b.WriteString(header)
	for _, s := range d.Sources {
		fmt.Fprintf(&b, "\n[[source]]\nid   = %q\ntext = %q\ndate = %q\n", s.ID, s.Text, s.Date)
	}
	b.WriteString("\n[ends]\n")
	for _, product := range sorted(d.Ends) {
		releases := sorted(d.Ends[product])
		slices.SortFunc(releases, newestFirst)
		fmt.Fprintf(&b, "%s = \"\"\"\n", product)
		for _, r := range releases {
			fmt.Fprintf(&b, "%s %s\n", r, d.Ends[product][r])
		}
		b.WriteString("\"\"\"\n")
	}
	b.WriteString("\n[built]\n")
	for _, image := range sorted(d.Built) {
		fmt.Fprintf(&b, "%s = \"\"\"\n", image)
		for _, t := range d.Built[image] {
			fmt.Fprintf(&b, "%s | %s | %s\n", strings.Join(t.Tags, " "), strings.Join(t.Versions, " "), strings.Join(t.Platforms, " "))
		}
		b.WriteString("\"\"\"\n")
	}
	return b.Bytes()
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// newestFirst orders versions, the higher one before.
func newestFirst(a, b string) int {
	return slices.Compare(numbers(b), numbers(a))
}

func numbers(version string) []int {
	var all []int
	for part := range strings.FieldsFuncSeq(version, func(r rune) bool { return r < '0' || r > '9' }) {
		n := 0
		for _, digit := range part {
			n = n*10 + int(digit-'0')
		}
		all = append(all, n)
	}
	return all
}

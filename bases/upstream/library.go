package upstream

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"scaffold/bases"
)

// platforms are those that the library files' names of architectures stand for. Others are
// not of Linux, or are gone.
var platforms = map[string]string{
	"amd64": "amd64", "arm32v5": "arm/v5", "arm32v6": "arm/v6", "arm32v7": "arm/v7", "arm64v8": "arm64",
	"i386": "386", "ppc64le": "ppc64le", "riscv64": "riscv64", "s390x": "s390x",
}

// An entry is one paragraph of a library file: one Dockerfile and all its tags.
type entry struct {
	tags, platforms []string
}

// Library reads the library file of an image. Names of releases that its distribution has
// (trixie, for the image debian) are tags of their own; all other tags begin with a version.
func Library(im *bases.Image, codenames []string, text string) (bases.BuiltTable, error) {
	entries, err := paragraphs(text)
	if err != nil {
		return nil, fmt.Errorf("reading the library file of %s: %w", im.Name, err)
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("reading the library file of %s: there are no tags in it", im.Name)
	}
	var all bases.BuiltTable
	for _, e := range entries {
		b, ok := built(im, codenames, e)
		if !ok {
			continue
		}
		i := slices.IndexFunc(all, func(o bases.Built) bool {
			return slices.Equal(o.Tags, b.Tags) && slices.Equal(o.Platforms, b.Platforms)
		})
		if i < 0 {
			all = append(all, b)
		} else if v := b.Versions[0]; !slices.Contains(all[i].Versions, v) {
			all[i].Versions = append(all[i].Versions, v)
		}
	}
	for _, b := range all {
		slices.SortFunc(b.Versions, newestFirst)
	}
	slices.SortFunc(all, func(a, b bases.Built) int {
		return cmp.Or(slices.Compare(a.Tags, b.Tags), newestFirst(a.Versions[0], b.Versions[0]), slices.Compare(a.Platforms, b.Platforms))
	})
	return all, nil
}

// paragraphs reads the fields that say what is built. A first paragraph without tags has
// the defaults of all.
func paragraphs(text string) ([]entry, error) {
	var (
		all  []entry
		arch = "amd64"
	)
	for _, p := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		fields, err := fieldsOf(p)
		if err != nil {
			return nil, err
		}
		tags := append(commas(fields["Tags"]), commas(fields["SharedTags"])...)
		if len(tags) == 0 {
			if a := fields["Architectures"]; a != "" {
				arch = a
			}
			continue
		}
		e := entry{tags: tags}
		for _, a := range commas(or(fields["Architectures"], arch)) {
			if p, ok := platforms[a]; ok {
				e.platforms = append(e.platforms, p)
			}
		}
		slices.Sort(e.platforms)
		all = append(all, e)
	}
	return all, nil
}

// fieldsOf reads lines "Name: value"; a line that begins with a blank goes on with the
// value, and # begins a comment.
func fieldsOf(paragraph string) (map[string]string, error) {
	fields, last := map[string]string{}, ""
	for line := range strings.SplitSeq(paragraph, "\n") {
		switch name, value, ok := strings.Cut(line, ":"); {
		case strings.TrimSpace(line) == "", strings.HasPrefix(strings.TrimSpace(line), "#"):
		case (line[0] == ' ' || line[0] == '\t') && last != "":
			fields[last] += " " + strings.TrimSpace(line)
		case ok:
			last = strings.TrimSpace(name)
			fields[last] = strings.TrimSpace(value)
		default:
			return nil, fmt.Errorf("line %q has no field", line)
		}
	}
	return fields, nil
}

func commas(list string) []string {
	var all []string
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

var (
	versioned  = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)*(?:_[0-9]+)?)(-[0-9A-Za-z._-]+)?$`)
	preRelease = regexp.MustCompile(`^-(rc|alpha|beta)|^-?b[0-9]`)
	dated      = regexp.MustCompile(`^-?20[0-9]{6}`)
)

// built sums the tags of an entry up: what follows the version in them, and the longest one.
func built(im *bases.Image, codenames []string, e entry) (bases.Built, bool) {
	b := bases.Built{Platforms: e.platforms}
	version := ""
	for _, tag := range e.tags {
		if left(im, tag) {
			return b, false
		}
		m := versioned.FindStringSubmatch(tag)
		switch {
		case m == nil && slices.ContainsFunc(codenames, func(n string) bool {
			return tag == n || strings.HasPrefix(tag, n+"-") && !dated.MatchString(tag[len(n):])
		}):
			b.Tags = append(b.Tags, tag)
		case m == nil, preRelease.MatchString(m[2]), dated.MatchString(tag):
		default:
			b.Tags = append(b.Tags, "{version}"+m[2])
			if len(m[1]) > len(version) {
				version = m[1]
			}
		}
	}
	slices.Sort(b.Tags)
	b.Tags, b.Versions = slices.Compact(b.Tags), []string{version}
	return b, version != "" && len(e.platforms) > 0
}

func left(im *bases.Image, tag string) bool {
	return slices.ContainsFunc(strings.Split(tag, "-"), func(w string) bool { return slices.Contains(im.Without, w) })
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

package node

import (
	"path"
	"regexp"
	"strings"
)

// A versionFile is a file that pins the Node version, and the line that does.
type versionFile struct {
	file string
	line *regexp.Regexp // its first group is the version, or an alias
}

// versionFiles, the more binding first: what the interpreter's own version managers read
// comes before what tools for many languages do.
var versionFiles = []versionFile{
	{".nvmrc", regexp.MustCompile(`^v?([0-9][0-9.x]*|lts/[a-z]+)\s*(?:#.*)?$`)}, // https://github.com/nvm-sh/nvm#nvmrc
	{".node-version", regexp.MustCompile(`^v?([0-9][0-9.x]*|lts/[a-z]+)\s*$`)},  // nodenv, fnm, asdf
	{".tool-versions", regexp.MustCompile(`^node(?:js)?\s+v?([0-9][0-9.]*)`)},   // asdf, mise
	{"mise.toml", regexp.MustCompile(`^node(?:js)?\s*=\s*\[?\s*["']v?([0-9][0-9.]*|lts/[a-z]+)["']`)},
}

// codenames of the long-term lines, by which nvm calls them (nodejs/Release, schedule.json).
var codenames = map[string]string{"hydrogen": "18", "iron": "20", "jod": "22", "krypton": "24"}

// Pin is the major version that the project is developed with, from a version file or
// volta; empty where nothing names one.
func (m *Manifest) Pin(read Reader) (Place, error) {
	for _, f := range versionFiles {
		data, err := read(f.file)
		if missing(err) {
			continue
		}
		if err != nil {
			return Place{}, err
		}
		for i, l := range strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n") {
			if match := f.line.FindStringSubmatch(strings.TrimSpace(l)); match != nil {
				if v := major(match[1]); v != "" {
					return Place{v, f.file, i + 1}, nil
				}
				break
			}
		}
	}
	if volta := m.At("volta", "node"); major(volta.Text) != "" {
		volta.Text = major(volta.Text)
		return volta, nil
	}
	return Place{}, nil
}

var majorNumber = regexp.MustCompile(`^v?([0-9]{1,3})(?:\.|$)`)

// major is a version's first number; of lts/krypton the line that it means, of lts/* none.
func major(v string) string {
	if alias, ok := strings.CutPrefix(v, "lts/"); ok {
		return codenames[alias]
	}
	if match := majorNumber.FindStringSubmatch(v); match != nil {
		return match[1]
	}
	return ""
}

// Engines is the range of Node versions that the project admits.
func (m *Manifest) Engines() Place { return m.At("engines", "node") }

// IsManifest reports whether a file's name is that of a manifest.
func IsManifest(name string) bool { return path.Base(name) == ManifestName }

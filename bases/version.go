package bases

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"scaffold/evidence"
	"scaffold/profiles"
)

// version decides the language's version: the profile's, else the least supported one
// that the facts allow, else the catalog's default.
func (d *Decision) version(c *Catalog, in *Input) error {
	lang, ok := c.Language(in.Language)
	if !ok {
		return fmt.Errorf("choosing a base: the catalog has no language %q", in.Language)
	}
	least, from := leastVersion(in.Facts)
	switch {
	case in.Version != "":
		in.Version, in.VersionFrom = lang.lineOf(in.Version), "build.version"
		d.VersionWhy = "build.version"
	case in.has(evidence.NodeVersion):
		pin := in.fact(evidence.NodeVersion)
		in.Version, in.VersionFrom = pin.Value, pin.Source()
		d.VersionWhy = fmt.Sprintf("%s (%s)", pin.Text, pin.Source())
	case in.has(evidence.NodeEngines):
		engines := in.fact(evidence.NodeEngines)
		in.Version, in.VersionFrom = withinRange(lang, engines.Value, later(in.AsOf, in.Demands.SupportDays)), engines.Source()
		d.VersionWhy = fmt.Sprintf("%s (%s)", engines.Text, engines.Source())
		if in.Version == "" {
			return &VersionError{Language: lang, Version: engines.Value, From: in.VersionFrom}
		}
	case least != "" && !(lang.Newer && compareVersions(lang.Default, least) >= 0):
		in.Version, in.VersionFrom = atLeast(lang, least, later(in.AsOf, in.Demands.SupportDays)), from.Source()
		d.VersionWhy = fmt.Sprintf("%s (%s)", from.Text, from.Source())
	default:
		in.Version, in.VersionFrom = lang.Default, "catalog: "+lang.Source
		d.VersionWhy = "the catalog's default"
	}
	d.Version = in.Version
	return d.checkVersion(lang, in, least, from)
}

func (d *Decision) checkVersion(lang Language, in *Input, least string, from profiles.Fact) error {
	i := slices.IndexFunc(lang.Versions, func(v Version) bool { return v.Version == in.Version })
	if i < 0 {
		return &VersionError{Language: lang, Version: in.Version, From: in.VersionFrom}
	}
	if least != "" && compareVersions(in.Version, least) < 0 {
		return &VersionError{Language: lang, Version: in.Version, From: in.VersionFrom, Least: fmt.Sprintf("%s (%s)", from.Text, from.Source())}
	}
	if eol := lang.Versions[i].EOL; eol != "" && in.AsOf >= eol {
		d.Warnings = append(d.Warnings, fmt.Sprintf("%s %s is past its end of life since %s (%s); %s is supported", lang.Name, in.Version, eol, in.VersionFrom, lang.Default))
	}
	return nil
}

// A VersionError says that no image has the version.
type VersionError struct {
	Language             Language
	Version, From, Least string
}

func (e *VersionError) Error() string {
	if e.Least != "" {
		return fmt.Sprintf("choosing a base: %s %s (%s) is older than the project demands: %s", e.Language.Name, e.Version, e.From, e.Least)
	}
	return fmt.Sprintf("choosing a base: the catalog has no image for %s %s (%s)", e.Language.Name, e.Version, e.From)
}

// Hint is the next step.
func (e *VersionError) Hint() string {
	var there []string
	for _, v := range e.Language.Versions {
		there = append(there, v.Version)
	}
	return "set build.version to one of: " + strings.Join(there, ", ")
}

// leastVersions are the facts whose value is the least version of a language.
var leastVersions = []string{evidence.GoVersion, evidence.JavaVersion, evidence.PyVersion}

func leastVersion(facts []profiles.Fact) (string, profiles.Fact) {
	for _, f := range facts {
		if slices.Contains(leastVersions, f.Key) {
			return f.Value, f
		}
	}
	return "", profiles.Fact{}
}

// atLeast is the oldest version of the language that is supported on a day and not older
// than least: closest to what the project was written for. Where all are older, it is
// least itself, which the caller then finds missing.
func atLeast(lang Language, least, day string) string {
	found := least
	for _, v := range lang.Versions { // newest first
		if (v.EOL == "" || day < v.EOL) && compareVersions(v.Version, least) >= 0 {
			found = v.Version
		}
	}
	return found
}

func (in *Input) has(key string) bool { return in.fact(key).Key != "" }

// fact is the first one of a key.
func (in *Input) fact(key string) profiles.Fact {
	for _, f := range in.Facts {
		if f.Key == key {
			return f
		}
	}
	return profiles.Fact{}
}

// lineOf is the version line of a version of the language.
func (l Language) lineOf(version string) string {
	if l.Line > 0 {
		return lineOf(version, l.Line)
	}
	return majorMinor(version)
}

// later is the day (YYYY-MM-DD) so many days after another.
func later(day string, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil || days == 0 {
		return day
	}
	return t.AddDate(0, 0, days).Format(time.DateOnly)
}

// majorMinor cuts 3.13.2 to 3.13: image tags of minor versions get their patches.
func majorMinor(v string) string {
	parts := strings.SplitN(v, ".", 3)
	if len(parts) < 3 {
		return v
	}
	return parts[0] + "." + parts[1]
}

func compareVersions(a, b string) int {
	pa, pb := numbers(a), numbers(b)
	for i := range max(len(pa), len(pb)) {
		if d := number(pa, i) - number(pb, i); d != 0 {
			return d
		}
	}
	return 0
}

// numbers are the parts of a version; a build number counts after them, as in 21.0.12_8.
func numbers(version string) []string {
	return strings.Split(strings.ReplaceAll(version, "_", "."), ".")
}

func number(parts []string, i int) int {
	if i >= len(parts) {
		return 0
	}
	n, _ := strconv.Atoi(parts[i])
	return n
}

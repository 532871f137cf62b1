package policy

import (
	"regexp"
	"strings"
	"sync"
)

// globMatch reports whether a path or a repository matches a pattern as a whole: ** stands
// for anything, * for anything but a slash, ? for one character but a slash. A pattern that
// begins with **/ also matches with nothing in its place.
func globMatch(pattern, name string) bool {
	re, ok := globs.Load(pattern)
	if !ok {
		re, _ = globs.LoadOrStore(pattern, compileGlob(pattern))
	}
	return re.(*regexp.Regexp).MatchString(name)
}

// globs are the compiled patterns; those of policies, which are few.
var globs sync.Map

func compileGlob(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	if rest, ok := strings.CutPrefix(pattern, "**/"); ok {
		b.WriteString(`(?:.*/)?`)
		pattern = rest
	}
	for len(pattern) > 0 {
		switch {
		case strings.HasPrefix(pattern, "**"):
			b.WriteString(`.*`)
			pattern = pattern[2:]
			continue
		case pattern[0] == '*':
			b.WriteString(`[^/]*`)
		case pattern[0] == '?':
			b.WriteString(`[^/]`)
		default:
			b.WriteString(regexp.QuoteMeta(pattern[:1]))
		}
		pattern = pattern[1:]
	}
	b.WriteString(`\z`)
	re, err := regexp.Compile(b.String())
	if err != nil {
		return nothing // a pattern that is no text
	}
	return re
}

var nothing = regexp.MustCompile(`[^\s\S]`)

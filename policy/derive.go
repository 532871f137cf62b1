package policy

import (
	"slices"
	"strings"
)

// after returns the globs of what a glob leaves of the names that begin with prefix; none
// where no such name matches. docker.io/*/python after docker.io/library/ is python.
func after(glob, prefix string) []string {
	left := open(glob)
	if rest, ok := strings.CutPrefix(glob, "**/"); ok {
		left = append(left, open(rest)...)
	}
	for _, c := range []byte(prefix) {
		var next []string
		for _, g := range left {
			switch {
			case g == "":
			case strings.HasPrefix(g, "**"), g[0] == '*' && c != '/':
				next = append(next, open(g)...)
			case g[0] == '?' && c != '/', g[0] == c && c != '*':
				next = append(next, open(g[1:])...)
			}
		}
		slices.Sort(next)
		left = slices.Compact(next)
	}
	return widest(left)
}

// open is a glob with what it is where its first wildcards stand for nothing.
func open(glob string) []string {
	all := []string{glob}
	for strings.HasPrefix(glob, "*") {
		if strings.HasPrefix(glob, "**") {
			glob = glob[1:]
		}
		glob = glob[1:]
		all = append(all, glob)
	}
	return all
}

// widest leaves out the globs that another one covers.
func widest(globs []string) []string {
	var kept []string
	for i, g := range globs {
		covered := func(other string) bool { return other != g && covers(other, g) }
		if !slices.Contains(globs[:i], g) && !slices.ContainsFunc(globs, covered) {
			kept = append(kept, g)
		}
	}
	return kept
}

// covers reports whether a glob matches all that another matches, or their repositories.
func covers(glob, other string) bool {
	// What stands in for a wildcard is longer than any run of ? that a person writes.
	long := strings.Repeat("z", 64)
	for _, fill := range []*strings.Replacer{
		strings.NewReplacer("**", "", "*", "", "?", "z"),
		strings.NewReplacer("**", long, "*", long, "?", "z"),
		strings.NewReplacer("**", long+"/"+long, "*", long, "?", "z"),
	} {
		name := fill.Replace(other)
		if !globMatch(glob, name) && (tagOf(name) == "" || !globMatch(glob, repositoryOf(name))) {
			return false
		}
	}
	return true
}

// meet returns the glob of what two globs have in common. unsure says that they may have
// something in common which is no glob.
func meet(a, b string) (glob string, ok, unsure bool) {
	switch {
	case covers(a, b):
		return b, true, false
	case covers(b, a):
		return a, true, false
	case !strings.ContainsAny(a, "*?") || !strings.ContainsAny(b, "*?"):
		return "", false, false
	}
	a, b = globStart(a), globStart(b)
	return "", false, strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// globStart is what a glob begins with before its first wildcard.
func globStart(glob string) string {
	if i := strings.IndexAny(glob, "*?"); i >= 0 {
		return glob[:i]
	}
	return glob
}

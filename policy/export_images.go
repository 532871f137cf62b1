package policy

import (
	"regexp"
	"strings"
	"sync"

	"scaffold/bases"
)

// repository adds what is said of one repository, or of all that a glob matches: of its images
// as such, then of those with a mark, then of those with two, then of the tags that a glob names.
func (e *exporter) repository(name string) {
	all := "^" + scheme + globRegexp(name, "/:@")
	// No glob has a ~, and so none is about the sample alone.
	sample := strings.NewReplacer("**", "~", "*", "~", "?", "~").Replace(name)
	e.agree(all+anyTag+toDigest, sample+":~")
	for _, m := range marks() {
		e.agree(all+marked("", m.Any)+toDigest, sample+":~-"+m.Word)
	}
	if strings.HasSuffix(name, "*") {
		for _, m := range marks() {
			named := "^" + scheme + named(name, m.Any)
			e.agree(named+anyTag+toDigest, sample+"-"+m.Word+":~")
			for _, n := range marks() {
				e.agree(named+marked("", n.Any)+toDigest, sample+"-"+m.Word+":~-"+n.Word)
			}
		}
	}
	for i, m := range marks() {
		for _, n := range marks()[i+1:] {
			both := "(?:" + m.Any + "-(?:[^@/]*-)?" + n.Any + "|" + n.Any + "-(?:[^@/]*-)?" + m.Any + ")"
			e.agree(all+marked("", both)+toDigest, sample+":~-"+m.Word+"-"+n.Word)
		}
	}
	if sample == name {
		e.tags(name)
	}
}

var marks = sync.OnceValue(func() []bases.Mark { return bases.Embedded().Marks() })

// marked is the expression of tags that begin with start and go on with a word, alone or
// between dashes.
func marked(start, word string) string {
	between := "(?:[^@/]*-)?"
	if start != "" && !strings.HasSuffix(start, "-") {
		between = "[^@/]*-"
	}
	return ":" + regexp.QuoteMeta(start) + between + word + "(?:-[^@/]*)?"
}

// named is the expression of names that a glob with a wildcard at its end matches, and that
// have a word.
func named(glob, word string) string {
	all := globRegexp(glob, "/:@") + "-"
	if start := strings.TrimRight(glob, "*"); strings.HasSuffix(start, "-") {
		all = globRegexp(start, "/:@") + "(?:[^/:@]*-)?"
	}
	return all + word + "(?:-[^:@]*)?"
}

// tags adds what is said of the tags of a repository that a glob of registry.allow or
// base.allow names.
func (e *exporter) tags(name string) {
	e.tagsOf(name, name, "registry/allow", e.policy.Registry.Allow)
	e.tagsOf(name, e.policy.original(name), "base/allow", e.policy.Base.Allow)
}

// tagsOf takes those of the globs that match some tags of a repository. The globs are over
// names in which it is called original.
func (e *exporter) tagsOf(name, original, rule string, globs []string) {
	for _, glob := range globs {
		if !strings.ContainsAny(glob, "/*") || globMatch(glob, original) {
			continue
		}
		for _, rest := range after(glob, original+":") {
			start, more := globStart(rest), rest[len(globStart(rest)):]
			switch {
			case more == "":
				e.agree("^"+scheme+regexp.QuoteMeta(name+":"+start)+toDigest, name+":"+start)
			case strings.Trim(more, "*") == "" && wholeWords(start):
				e.tagsFrom(name, start)
			default:
				e.left(rule, "some tags of "+name+" that only "+glob+" allows are no pattern: they are denied")
			}
		}
	}
}

// tagsFrom adds what is said of the tags of a repository that begin with start.
func (e *exporter) tagsFrom(name, start string) {
	e.agree("^"+scheme+regexp.QuoteMeta(name+":"+start)+"[^@/]*"+toDigest, name+":"+start+"-zz")
	for _, m := range marks() {
		e.agree("^"+scheme+regexp.QuoteMeta(name)+marked(start, m.Any)+toDigest, name+":"+strings.TrimSuffix(start, "-")+"-"+m.Word)
	}
}

// wholeWords reports whether what begins a tag cannot go on as a mark that it is not yet.
func wholeWords(start string) bool {
	last := start[strings.LastIndex(start, "-")+1:]
	if strings.Trim(last, "0123456789.") == "" {
		return true
	}
	for _, m := range marks() {
		if regexp.MustCompile("^" + m.Any + "$").MatchString(last) {
			return true
		}
	}
	return false
}

// frontend is the image that reads a Dockerfile where no other is named.
const frontend = "docker.io/docker/dockerfile"

// final adds what no rule before it can change: base.deny by repository, the digests, and the
// images that read Dockerfiles, which no rule about bases is for.
func (e *exporter) final() {
	p := e.policy
	for _, word := range p.Base.Deny {
		if strings.ContainsAny(word, "/*") {
			for _, g := range e.pulled(word) {
				e.add("DENY", "^"+scheme+globRegexp(g, "/@")+anyTag+toDigest)
			}
		}
	}
	if p.AllowsFrom(frontend) {
		for _, name := range e.pulled(frontend) {
			if e.denies(name + ":1") {
				e.add("ALLOW", "^"+scheme+regexp.QuoteMeta(name)+anyTag+toDigest)
			}
		}
	}
	if p.Base.Digest == "required" {
		e.add("DENY", "^"+scheme+"[^@]*$")
	}
	if e.asNamed {
		for _, from := range e.rewritten() {
			e.add("DENY", "^"+scheme+regexp.QuoteMeta(from)+below(from))
		}
	}
	if image := p.Syntax.Image; image != "" && image != "none" {
		name := tagged(Canonical(image))
		if !e.asNamed {
			name = p.Rewritten(name)
		}
		if e.denies(name) {
			e.add("ALLOW", "^"+scheme+regexp.QuoteMeta(name)+toDigest)
		}
	}
}

// globRegexp is a glob as a regular expression without anchors: its wildcards stand for none
// of the characters in stop, ** but for a slash.
func globRegexp(glob, stop string) string {
	var b strings.Builder
	if rest, ok := strings.CutPrefix(glob, "**/"); ok {
		b.WriteString("(?:[^@]*/)?")
		glob = rest
	}
	for len(glob) > 0 {
		switch {
		case strings.HasPrefix(glob, "**"):
			b.WriteString("[^" + strings.ReplaceAll(stop, "/", "") + "]*")
			glob = glob[1:]
		case glob[0] == '*':
			b.WriteString("[^" + stop + "]*")
		case glob[0] == '?':
			b.WriteString("[^" + stop + "]")
		default:
			b.WriteString(regexp.QuoteMeta(glob[:1]))
		}
		glob = glob[1:]
	}
	return b.String()
}

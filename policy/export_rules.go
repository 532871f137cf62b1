package policy

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"scaffold/bases"
)

// exporter writes the rules of a source policy, in the order in which BuildKit reads them.
type exporter struct {
	*SourcePolicy
	policy  *Policy // without what is not exported
	asNamed bool    // names are judged as they are, and none is converted
}

type judgedRule struct {
	deny bool
	re   *regexp.Regexp
}

// Of what stands behind a name in BuildKit's form.
const (
	scheme   = "docker-image://"
	anyTag   = "(?::[^/@]*)?"
	toDigest = "(?:@.*)?$"
)

func (e *exporter) add(action, pattern string) {
	e.Rules = append(e.Rules, SourceRule{Action: action, Selector: Selector{pattern, "REGEX"}})
	e.judged = append(e.judged, judgedRule{action == "DENY", regexp.MustCompile(pattern)})
}

// denies is what the rules so far say of a name.
func (s *SourcePolicy) denies(name string) bool {
	for _, r := range slices.Backward(s.judged) {
		if r.re.MatchString(scheme + name) {
			return r.deny
		}
	}
	return false
}

// wants is what they are to say of it.
func (e *exporter) wants(name string) bool {
	p := e.policy
	original := p.original(name)
	c := candidate{original, know(original), ""}
	return p.Registry.Allow != nil && !p.allowedFrom(name) || p.Base.Allow != nil && notAllowed(p, c) != "" || denied(p, c) != ""
}

// agree adds a rule for a pattern where the rules so far do not say of a name that has it
// what they should.
func (e *exporter) agree(pattern, name string) {
	switch want := e.wants(name); {
	case want == e.denies(name):
	case want:
		e.add("DENY", pattern)
	default:
		e.add("ALLOW", pattern)
	}
}

// convert adds the rewrites, the narrower ones first as they win.
func (e *exporter) convert() {
	for _, from := range e.rewritten() {
		e.Rules = append(e.Rules, SourceRule{
			Action:   "CONVERT",
			Selector: Selector{"^" + scheme + regexp.QuoteMeta(from) + "(" + below(from) + ".*)$", "REGEX"},
			Updates:  &SourceImage{scheme + e.policy.Registry.Rewrite[from] + "${1}"},
		})
	}
}

// below is the expression of what parts a registry, or a path in it that can be a repository,
// from the rest of a name.
func below(prefix string) string {
	if strings.Contains(prefix, "/") {
		return "[/:@]"
	}
	return "/"
}

// rewritten are the sources of rewrites, the longer ones first; what is behind a rewrite stays.
func (e *exporter) rewritten() []string {
	return slices.SortedFunc(func(yield func(string) bool) {
		for from := range e.policy.Registry.Rewrite {
			if !e.policy.isTarget(from) && !yield(from) {
				return
			}
		}
	}, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
}

// byGlobs adds what is said of images by their repositories, and that of the marks which are
// denied wherever they are.
func (e *exporter) byGlobs() {
	p := e.policy
	if p.Registry.Allow != nil || p.Base.Allow != nil {
		e.add("DENY", "^"+scheme)
	}
	for _, g := range e.allowed() {
		e.add("ALLOW", "^"+scheme+globRegexp(g, "/@")+anyTag+toDigest)
	}
	for _, m := range marks() {
		unknown := "unknown.example/image:" + m.Word
		if denied(p, candidate{name: unknown, Known: know(unknown)}) != "" {
			e.add("DENY", "^"+scheme+"[^@]*[-:]"+m.Any+"(?:[:-][^@]*)?"+toDigest)
		}
	}
}

// registries are the globs of where images may come from.
func (e *exporter) registries() []string {
	if e.policy.Registry.Allow == nil {
		return []string{"**"}
	}
	globs := slices.Clone(e.policy.Registry.Allow)
	for _, to := range slices.Sorted(maps.Values(e.policy.Registry.Rewrite)) {
		if strings.Contains(to, "/") {
			globs = append(globs, to)
		}
		globs = append(globs, to+"/**")
	}
	return slices.Compact(globs)
}

// allowed are the globs that both registry.allow and base.allow let in.
func (e *exporter) allowed() []string {
	p := e.policy
	switch {
	case p.Base.Allow != nil:
		var globs []string
		for _, word := range p.Base.Allow {
			if strings.ContainsAny(word, "/*") {
				globs = append(globs, e.pulled(word)...)
			}
		}
		return e.common(globs, e.registries())
	case p.Registry.Allow != nil:
		return e.registries()
	}
	return nil
}

func (e *exporter) common(some, others []string) []string {
	var both []string
	for _, a := range some {
		for _, b := range others {
			g, ok, unsure := meet(a, b)
			if ok {
				both = append(both, g)
			}
			if unsure {
				e.left("base/allow", "what both "+a+" and "+b+" match is no pattern: it is denied")
			}
		}
	}
	return widest(both)
}

// pulled are the globs of what a glob of canonical names matches once it is rewritten.
func (e *exporter) pulled(glob string) []string {
	var all []string
	if e.policy.Rewritten(glob) == glob {
		all = append(all, glob)
	}
	for _, from := range slices.Sorted(maps.Keys(e.policy.Registry.Rewrite)) {
		to := e.policy.Registry.Rewrite[from]
		for _, rest := range after(glob, from+"/") {
			all = append(all, to+"/"+rest)
		}
		switch {
		case !strings.Contains(from, "/"):
		case globMatch(glob, from):
			all = append(all, to)
		default:
			for _, rest := range after(glob, from+":") {
				all = append(all, to+":"+rest)
			}
		}
	}
	return all
}

// byCatalog adds what is said of images by what the catalog knows: a rule where that is not
// what was said by the repository, the wider globs first.
func (e *exporter) byCatalog() {
	p := e.policy
	if p.Base.Allow == nil && len(p.Base.Deny) == 0 {
		return
	}
	globs, names := e.registries(), []string{}
	for _, name := range p.Base.Allow {
		globs = append(globs, e.pulled(name)...)
	}
	for _, name := range bases.Embedded().Repositories() {
		names = append(names, e.pulled(Canonical(name))...)
	}
	isGlob := func(s string) bool { return strings.ContainsAny(s, "*?") }
	globs = slices.DeleteFunc(append(globs, names...), func(g string) bool { return !isGlob(g) || tagOf(g) != "" })
	slices.SortStableFunc(globs, func(a, b string) int { return len(globStart(a)) - len(globStart(b)) })
	for _, name := range append(globs, slices.DeleteFunc(names, isGlob)...) {
		e.repository(name)
	}
}

package policy

import (
	"bytes"
	"encoding/json"
	"strings"
)

// A SourcePolicy is a policy as far as BuildKit's source policies can say it
// (https://github.com/moby/buildkit/blob/master/sourcepolicy/pb/policy.proto), in the form
// that buildctl build --source-policy-file and EXPERIMENTAL_BUILDKIT_SOURCE_POLICY take.
//
// BuildKit takes the first conversion that changes a name and begins again with the new name;
// of what allows and denies a name the last rule wins. It matches names with registry and tag
// written out, and a digest where there is one.
type SourcePolicy struct {
	Version int          `json:"version"`
	Rules   []SourceRule `json:"rules"`
	Left    []LeftOut    `json:"-"`

	judged []judgedRule // the rules that allow or deny
}

// A SourceRule allows, denies or converts the images that its selector matches.
type SourceRule struct {
	Action   string       `json:"action"`
	Selector Selector     `json:"selector"`
	Updates  *SourceImage `json:"updates,omitempty"`
}

// A Selector is a regular expression over docker-image://NAME.
type Selector struct {
	Identifier string `json:"identifier"`
	MatchType  string `json:"match_type"`
}

// A SourceImage is the image that a conversion names; $1 is what the selector's group matched.
type SourceImage struct {
	Identifier string `json:"identifier"`
}

// A LeftOut is what a source policy does not say of a policy, and why.
type LeftOut struct{ What, Why string }

// Text is the source policy as a file.
func (s *SourcePolicy) Text() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // no field of it can fail to be encoded
	return b.Bytes()
}

// Export says the policy as a BuildKit source policy. What that lets in, the rules that it
// holds let in, too; where it cannot be exact it denies more, and Left says so. Exact it is
// for names with up to two words such as slim, alpine or a release's, which all have.
func (p *Policy) Export() *SourcePolicy {
	s := p.export(false)
	for _, w := range p.Waivers {
		s.left("the waiver of "+w.Rule+" for "+w.Path, "BuildKit does not know which Dockerfile it builds")
	}
	return s
}

// Denials are what a build must not take, as it is named: like [Policy.Export], but what
// should come through a rewrite is denied, not converted, and base.allow, which is about FROM
// alone, is left to check.
func (p *Policy) Denials() *SourcePolicy {
	asNamed := *p
	asNamed.Base.Allow = nil
	return asNamed.export(true)
}

func (p *Policy) export(asNamed bool) *SourcePolicy {
	s := &SourcePolicy{Version: 1, Rules: []SourceRule{}}
	enforced := *p
	for _, r := range Rules {
		if s.leave(p, r) && r.Lift != nil {
			r.Lift(&enforced)
		}
	}
	e := &exporter{SourcePolicy: s, policy: &enforced, asNamed: asNamed}
	if !asNamed {
		e.convert()
	}
	e.byGlobs()
	e.byCatalog()
	e.final()
	return s
}

// Denies reports whether the source policy denies a reference, as it is named.
func (s *SourcePolicy) Denies(ref string) bool { return s.denies(tagged(Canonical(ref))) }

// Identifier is a reference as BuildKit's source policies know it.
func Identifier(ref string) string { return scheme + tagged(Canonical(ref)) }

// tagged is a canonical name with the tag that it means.
func tagged(name string) string {
	if tagOf(name) == "" && !strings.Contains(name, "@") {
		return name + ":latest"
	}
	return name
}

// exported are the rules that a source policy can hold, and what of them it cannot.
var exported = map[string]func(p *Policy) string{
	"registry/allow":   whole,
	"registry/rewrite": whole,
	"base/deny":        whole,
	"base/allow": func(*Policy) string {
		return "BuildKit does not tell FROM from COPY --from: it denies both"
	},
	"base/digest": func(p *Policy) string {
		if p.Base.Digest == "forbidden" {
			return "BuildKit resolves tags to digests itself"
		}
		return ""
	},
	"syntax/pinned": func(p *Policy) string {
		switch p.Syntax.Image {
		case "", "none":
			return "BuildKit does not know which image a # syntax line names"
		}
		return "the image that it names is allowed, and so are others that registry.allow lets in"
	},
}

func whole(*Policy) string { return "" }

// leave notes what the source policy lacks of a rule that judges by a policy, and reports
// whether it lacks all of it.
func (s *SourcePolicy) leave(p *Policy, r Rule) bool {
	level := p.level(r)
	if level == Off {
		return true
	}
	left, can := exported[r.ID]
	switch asked := level != r.Level(Default()) || r.Lift != nil && changes(p, r.Lift); {
	case !asked:
		return true
	case !can:
		s.left(r.ID, notExported(r))
		return true
	case level == Warning:
		s.left(r.ID, "it is a warning, and a source policy can only deny")
		return true
	}
	if why := left(p); why != "" {
		s.left(r.ID, why)
	}
	return false
}

// changes reports whether a policy demands something that lift takes back.
func changes(p *Policy, lift func(*Policy)) bool {
	lifted := *p
	lift(&lifted)
	return lifted.Revision() != p.Revision()
}

// notExported says why no source policy can hold a rule.
func notExported(r Rule) string {
	switch r.ID {
	case "base/support", "base/pin-age":
		return "a source policy has no dates"
	case "base/unresolved":
		return "BuildKit itself fails where an argument has no value"
	}
	for _, of := range imageRules {
		if of.ID == r.ID {
			return "the catalog's knowledge of it changes from day to day"
		}
	}
	return "it is about what is built, and a source policy sees only the images that are taken"
}

func (s *SourcePolicy) left(what, why string) { s.Left = append(s.Left, LeftOut{what, why}) }

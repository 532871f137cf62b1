package generator

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"scaffold/bases"
)

// A Reference is an image whose index digest the lock holds.
type Reference struct {
	Name  string // canonical name and tag, before any rewrite
	Place string // canonical name and tag of where it is pulled from
	Used  bool   // the Dockerfile names it
	// Target says that it is pulled for every platform of the project; otherwise it runs
	// on the platform that builds.
	Target bool
}

// References lists the images that in needs or, should the choice change, would need, by
// name: the syntax image, every base that is not ruled out, and what the debug stage takes
// its shell from. A reference that a person pinned is not among them; under a policy that
// forbids digests there is none. Errors are those of [Generate], but for [DigestError].
func References(in Input) ([]Reference, error) {
	in = in.complete()
	if in.Policy.Base.Digest == "forbidden" {
		return nil, nil
	}
	in.Digests = nil // so that what FROM names is what the plan says
	undemanding := *in.Policy
	undemanding.Base.Digest = ""
	in.Policy = &undemanding
	out, err := Generate(in)
	if err != nil {
		return nil, err
	}
	frontend, err := in.syntaxImage()
	if err != nil {
		return nil, err
	}
	l := refList{in: in, text: out.Files[0].Text}
	if err := l.add(frontend, false, frontend); err != nil {
		return nil, err
	}
	if err := l.addBase(out.Decision.Builder.Ref, false); err != nil {
		return nil, err
	}
	for _, c := range out.Decision.Runtime {
		if c.Verdict == bases.Out {
			continue
		}
		if err := l.addBase(c.Ref, true); err != nil {
			return nil, err
		}
		if shell := c.Base.Debug.Ref; shell != "" && in.Profile.Image.Debug {
			if err := l.addBase(shell, true); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(l.refs, func(a, b Reference) int { return cmp.Compare(a.Name, b.Name) })
	return l.refs, nil
}

// refList collects references, and finds in a Dockerfile without digests how it uses them.
type refList struct {
	in   Input
	text string
	refs []Reference
}

// addBase adds the base ref. target is what holds of one that the Dockerfile does not name.
func (l *refList) addBase(ref string, target bool) error {
	written, err := l.in.image(ref)
	if err != nil {
		return err
	}
	return l.add(ref, target, written)
}

// add adds ref, which the Dockerfile would name as written.
func (l *refList) add(ref string, target bool, written string) error {
	if ref == "" || ref == "scratch" || strings.Contains(ref, "@") {
		return nil
	}
	name, err := canonical(ref)
	if err != nil {
		return err
	}
	r := Reference{Name: l.in.Policy.Original(name), Target: target}
	if r.Place, err = canonical(written); err != nil {
		return err
	}
	use := regexp.MustCompile(`(?m)^(?:# syntax=|FROM (--platform=\$BUILDPLATFORM )?)` + regexp.QuoteMeta(written) + `(?: AS |$)`)
	if uses := use.FindAllStringSubmatch(l.text, -1); uses != nil {
		r.Used = true
		r.Target = slices.ContainsFunc(uses, func(m []string) bool { return strings.HasPrefix(m[0], "FROM ") && m[1] == "" })
	}
	if i := slices.IndexFunc(l.refs, func(o Reference) bool { return o.Name == r.Name }); i >= 0 {
		l.refs[i].Used, l.refs[i].Target = l.refs[i].Used || r.Used, l.refs[i].Target || r.Target
		return nil
	}
	l.refs = append(l.refs, r)
	return nil
}

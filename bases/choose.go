package bases

import (
	"fmt"
	"slices"
	"strings"

	"scaffold/profiles"
)

// Input is everything a choice depends on.
type Input struct {
	Language      string
	Version       string // toolchain version that the profile asks for; empty: by the facts
	Platforms     []string
	Base          string // auto, a family, or a whole reference
	Prefer        string // compatibility or size
	Shell         bool
	Packages      []string // OS packages of the final stage
	BuildPackages []string // OS packages of the build stage
	Command       []string // runtime.command
	Cgo           string   // off or on where the person says so; else empty
	AsOf          string   // day by which support is judged, YYYY-MM-DD
	Facts         []profiles.Fact
	Templates     func(language, family string) bool // which templates there are; nil: all
	Demands       Demands

	VersionFrom string        // where Version was read; filled by Choose
	kind        string        // of program: static, glibc, c++ (glibc and libstdc++), or the language that runs it
	kindText    string        // why, for people
	kindFrom    string        // where that was read
	cgo         profiles.Fact // that made it glibc or c++
	libc        string        // version of the build stage's glibc
	builderLibc []string      // libcs of the build stages that can serve
	runtimeLibc string        // of the final stage, once it is chosen
	builder     Base          // of the build stage; filled by Choose before final stages are judged
	compilers   []string      // packages that are a compiler
	locked      []lockedPackage
	soon        string // day: a base that ends before it is one that ends soon
}

// Demands is what an organisation's policy asks of a choice.
type Demands struct {
	Rules        []Rule   // judge candidates for each stage, beside [Rules]
	Families     []string // best first: which to prefer among bases that serve as well
	FamiliesFrom string   // where that is written
	SupportDays  int      // that the language's version is to have left, where it is free
}

// Needs is what a profile asks of a choice.
func Needs(p *profiles.Profile) Input {
	return Input{
		Language: p.Language(), Version: p.Build.Version, Platforms: p.Image.Platforms,
		Base: p.Runtime.Base, Prefer: p.Runtime.Prefer, Shell: p.Runtime.Shell,
		Packages: p.Runtime.Packages, Command: p.Runtime.Command, BuildPackages: p.Build.Packages, Cgo: p.Build.Cgo,
	}
}

// A Decision is all candidates for each stage, ranked, the chosen one first where there is
// one. Each stage has one base for all platforms, since a Dockerfile names it once: it is
// one that works on every platform.
type Decision struct {
	Builder    Candidate   // the first of Builders
	Builders   []Candidate // for the build stage
	Runtime    []Candidate // for the final stage
	Criteria   []Criterion // that ranked them, the weightiest first
	Version    string      // of the language
	VersionWhy string
	Cgo        bool     // whether the program is built with cgo
	Emulated   string   // why it is built on the platform that it is for; empty: it is not
	Warnings   []string // for the person: what was chosen all the same
}

// Chosen is the base of the final stage.
func (d *Decision) Chosen() Candidate { return d.Runtime[0] }

// A NoBaseError says that no base can serve.
type NoBaseError struct{ Candidates []Candidate }

func (e *NoBaseError) Error() string {
	var b strings.Builder
	b.WriteString("choosing a base: none fits")
	for _, c := range e.Candidates {
		for _, r := range c.Reasons {
			if r.Verdict == Out {
				fmt.Fprintf(&b, "\n  %s: %s (%s)", c.Base.ID, r.Text(), r.Source)
				break
			}
		}
	}
	return b.String()
}

// ByPolicy reports whether some base could serve if the policy let it.
func (e *NoBaseError) ByPolicy() bool {
	return slices.ContainsFunc(e.Candidates, func(c Candidate) bool {
		return !slices.ContainsFunc(c.Reasons, func(r Reason) bool { return r.Verdict == Out && !r.Policy })
	})
}

// Hint is the next step.
func (e *NoBaseError) Hint() string {
	if e.ByPolicy() {
		return "change the policy, or give it a [[waiver]] for this path; scaffold explain shows every base"
	}
	return "change runtime.base, runtime.shell, runtime.packages, build.packages or image.platforms; scaffold explain shows every base"
}

// Choose judges every base of the catalog and picks one for each stage. It depends on
// its arguments alone. The error is [NoBaseError] where no base can serve, beside the
// decision that shows why, or says which version is unknown.
func Choose(c *Catalog, in Input) (*Decision, error) {
	d := new(Decision)
	if err := d.version(c, &in); err != nil {
		return nil, err
	}
	d.Warnings = append(d.Warnings, in.program()...)
	d.Cgo, d.Emulated = in.linked(), in.emulated()
	d.Criteria = criteria(&in)
	in.soon = later(in.AsOf, soonDays)
	d.build(c, &in)
	in.libc, in.builderLibc = d.Builder.Base.LibcVersion, libcs(d.Builders)
	in.builder, in.compilers = d.Builder.Base, c.Compilers
	d.run(c, &in)
	if d.Builder.Verdict == Out {
		return d, &NoBaseError{Candidates: d.Builders}
	}
	if d.Chosen().Verdict == Out {
		return d, &NoBaseError{Candidates: d.Runtime}
	}
	if what, _ := in.carried(); what != "" {
		in.runtimeLibc = d.Chosen().Base.Libc
		if d.build(c, &in); d.Builder.Verdict == Out {
			return d, &NoBaseError{Candidates: d.Builders}
		}
	}
	d.warnOfChosen()
	return d, nil
}

// build chooses the base of the build stage: once by the project, and again by what the
// final stage needs of it.
func (d *Decision) build(c *Catalog, in *Input) {
	d.Builders = d.judged(c.candidates("builder", in.Language), in, builderRules)
	d.Builder = d.Builders[0]
}

// run chooses the base of the final stage.
func (d *Decision) run(c *Catalog, in *Input) {
	rows := c.candidates("runtime", in.Language)
	asked := *in
	if IsReference(in.Base) {
		own := c.byReference(in.Base, in)
		own.EOL = endOf(c, in.Base)
		if own.Source == "" {
			own.Source = "no row"
		}
		rows, asked.Base = append(rows, own), own.ID
	}
	d.Runtime = d.judged(rows, &asked, nil)
}

// endOf is the day on which the first thing in a reference ends; "" where none is known to.
func endOf(c *Catalog, ref string) string {
	if ends := c.Know(ref).Ends; len(ends) > 0 {
		return ends[0].Day
	}
	return ""
}

// judged are candidates for a stage, the best first.
func (d *Decision) judged(rows []Base, in *Input, only []string) []Candidate {
	order := make([]*Candidate, 0, len(rows)) // to move candidates costs more than to compare them
	for _, b := range rows {
		c := judge(b, in, only)
		for i := range d.Criteria {
			c.place[i] = d.Criteria[i].of(&c, in)
		}
		order = append(order, &c)
	}
	slices.SortStableFunc(order, func(a, b *Candidate) int { return slices.Compare(a.place[:], b.place[:]) })
	all := make([]Candidate, 0, len(rows))
	for _, c := range order {
		all = append(all, *c)
	}
	for i := range all[1:] {
		if c := &all[i+1]; c.Verdict != Out {
			c.By, c.Behind = d.behind(c, &all[0], in)
		}
	}
	return all
}

// warnOfChosen passes on what a person is to know of a base that was taken all the same.
func (d *Decision) warnOfChosen() {
	for _, r := range d.Chosen().Reasons {
		if r.Warn {
			d.Warnings = append(d.Warnings, d.Chosen().Ref+": "+r.Fact)
		}
	}
}

// builderRules are the rules that a build stage is judged by.
var builderRules = []string{"program/version", "platform/missing", "build/maven", "build/node-gyp", "build/libc", "build/emulated", "support/eol"}

func judge(b Base, in *Input, only []string) Candidate {
	c := Candidate{Base: b, Ref: b.At(in.Version), Verdict: Fits, Reasons: make([]Reason, 0, 4)}
	for _, rule := range Rules {
		if only == nil || slices.Contains(only, rule.ID) {
			c.judge(rule, in)
		}
	}
	for _, rule := range in.Demands.Rules {
		c.judge(rule, in)
	}
	return c
}

func (c *Candidate) judge(rule Rule, in *Input) {
	for _, r := range rule.Judge(c.Base, in) {
		r.Rule = rule.ID
		c.Reasons = append(c.Reasons, r)
		if severity[r.Verdict] > severity[c.Verdict] {
			c.Verdict = r.Verdict
		}
	}
}

var severity = map[Verdict]int{Fits: 0, Cost: 1, Out: 2}

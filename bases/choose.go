package bases

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"scaffold/evidence"
	"scaffold/profiles"
)

// Input is everything a choice depends on.
type Input struct {
	Language  string
	Version   string // toolchain version that the profile asks for; empty: by the facts
	Platforms []string
	Base      string // auto, a family, or a whole reference
	Prefer    string // compatibility or size
	Shell     bool
	Packages  []string // OS packages of the final stage
	Command   []string // runtime.command
	Cgo       string   // off or on where the person says so; else empty
	AsOf      string   // day by which support is judged, YYYY-MM-DD
	Facts     []profiles.Fact
	Templates func(language, family string) bool // which templates there are; nil: all
	Demands   Demands

	VersionFrom string        // where Version was read; filled by Choose
	kind        string        // of program: static, glibc, c++ (glibc and libstdc++), or the language that runs it
	kindText    string        // why, for people
	kindFrom    string        // where that was read
	cgo         profiles.Fact // that made it glibc or c++
	libc        string        // version of the build stage's glibc
	runtimeLibc string        // of the final stage, once it is chosen
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
		Packages: p.Runtime.Packages, Command: p.Runtime.Command, Cgo: p.Build.Cgo,
	}
}

// A Candidate is a base with a verdict and the reasons for it.
type Candidate struct {
	Base    Base
	Ref     string // with the language's version filled in
	Verdict Verdict
	Reasons []Reason
	Behind  string // why another candidate that also serves was preferred; empty for the chosen one
}

// A Decision is all candidates ranked, the chosen one first where there is one.
type Decision struct {
	Builder    Candidate
	Runtime    []Candidate
	Version    string // of the language
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
				fmt.Fprintf(&b, "\n  %s: %s (%s)", c.Base.ID, r.Fact, r.Source)
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
	return "change runtime.base, runtime.shell, runtime.packages or image.platforms; scaffold explain shows every base"
}

// Choose judges every base of the catalog and picks one for each stage. It depends on
// its arguments alone. The error is [NoBaseError] where no base can serve, or says
// which version is unknown.
func Choose(c *Catalog, in Input) (*Decision, error) {
	d := new(Decision)
	if err := d.version(c, &in); err != nil {
		return nil, err
	}
	d.Warnings = append(d.Warnings, in.program()...)
	d.Cgo, d.Emulated = in.linked(), in.emulated()
	if err := d.builder(c, &in); err != nil {
		return d, err
	}
	in.libc = d.Builder.Base.LibcVersion
	rows := c.candidates("runtime", in.Language)
	if IsReference(in.Base) {
		rows = append(rows, c.byReference(in.Base, &in))
		in.Base = "custom"
	}
	for _, b := range rows {
		d.Runtime = append(d.Runtime, judge(b, &in, nil))
	}
	slices.SortStableFunc(d.Runtime, func(a, b Candidate) int { return rank(a, b, &in) })
	if d.Chosen().Verdict == Out {
		return d, &NoBaseError{Candidates: d.Runtime}
	}
	in.runtimeLibc = d.Chosen().Base.Libc
	if err := d.builder(c, &in); err != nil {
		return d, err
	}
	d.warnOfChosen()
	for i := range d.Runtime[1:] {
		if c := &d.Runtime[i+1]; c.Verdict != Out {
			c.Behind = behind(*c, d.Chosen(), &in)
		}
	}
	return d, nil
}

// builder chooses the build stage's base, once by the project and again by what the final
// stage needs of it.
func (d *Decision) builder(c *Catalog, in *Input) error {
	var builders []Candidate
	for _, b := range c.candidates("builder", in.Language) {
		builders = append(builders, judge(b, in, builderRules))
	}
	slices.SortStableFunc(builders, func(a, b Candidate) int { return rank(a, b, in) })
	d.Builder = builders[0]
	if d.Builder.Verdict == Out {
		return &NoBaseError{Candidates: builders}
	}
	return nil
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
var builderRules = []string{"build/maven", "build/node-gyp", "build/libc", "program/version", "support/eol", "base/note"}

func judge(b Base, in *Input, only []string) Candidate {
	c := Candidate{Base: b, Ref: b.At(in.Version), Verdict: Fits}
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

// A criterion compares two candidates; the smaller number is better.
type criterion struct {
	text string // what is said of the one behind {chosen}
	of   func(Candidate) int
}

var (
	works   = criterion{"it costs more than {chosen}", func(c Candidate) int { return severity[c.Verdict] }}
	glibc   = criterion{"it is further from glibc (runtime.prefer) than {chosen}", musl}
	sure    = criterion{"it could not take in an OS library, should an unknown package need one (runtime.prefer)", doubts}
	surface = criterion{"it holds more to attack and to patch than {chosen}", func(c Candidate) int { return c.Base.Surface }}
	size    = criterion{"it is larger than {chosen}", func(c Candidate) int { return c.Base.Size }}
)

// criteria are what candidates are ranked by, the weightiest first.
func criteria(in *Input) []criterion {
	policy := family(in.Demands)
	switch {
	case in.Prefer == "size":
		return []criterion{works, policy, size, surface}
	case len(in.Demands.Families) > 0: // a policy's word on families weighs more than glibc
		return []criterion{works, sure, policy, glibc, surface, size}
	}
	return []criterion{works, glibc, sure, surface, size}
}

// family ranks by the order of families that a policy prefers; the others come after.
func family(d Demands) criterion {
	return criterion{"its family comes after that of {chosen} in the policy's base.prefer (" + d.FamiliesFrom + ")", func(c Candidate) int {
		if i := slices.Index(d.Families, c.Base.Family); i >= 0 {
			return i
		}
		return len(d.Families)
	}}
}

func rank(a, b Candidate, in *Input) int {
	for _, c := range criteria(in) {
		if d := cmp.Compare(c.of(a), c.of(b)); d != 0 {
			return d
		}
	}
	return 0
}

// behind says by which criterion c comes after chosen.
func behind(c, chosen Candidate, in *Input) string {
	for _, by := range criteria(in) {
		if by.of(c) > by.of(chosen) {
			return strings.ReplaceAll(by.text, "{chosen}", chosen.Base.ID)
		}
	}
	return "it stands after " + chosen.Base.ID + " in the catalog"
}

func doubts(c Candidate) int {
	if slices.ContainsFunc(c.Reasons, func(r Reason) bool { return r.Doubt }) {
		return 1
	}
	return 0
}

func musl(c Candidate) int {
	if c.Base.Libc == "musl" {
		return 1
	}
	return 0
}

// program says what kind of program the project makes, and by which fact. It returns what
// a person is to know of their own decision.
func (in *Input) program() (warnings []string) {
	if in.Language != "go" {
		in.kind, in.kindText, in.kindFrom = in.Language, fmt.Sprintf("runs %s %s", in.Language, in.Version), in.VersionFrom
		return nil
	}
	in.kind, in.kindText, in.kindFrom = "static", "the binary is static: nothing in the module needs cgo", "go.mod"
	if in.Cgo == "off" {
		in.kindText, in.kindFrom = "the binary is static: cgo is off", "build.cgo"
		for _, f := range in.Facts {
			if f.Key == evidence.GoCgo {
				warnings = append(warnings, fmt.Sprintf("build.cgo is off: %s (%s)", f.Text, f.Source()))
			}
		}
		return warnings
	}
	if in.Cgo == "on" {
		in.links("glibc", profiles.Fact{Text: "cgo is on", Path: "build.cgo"})
	}
	for _, f := range in.Facts {
		switch {
		case f.Key == evidence.GoCgo && !in.linked():
			in.links("glibc", f)
		case f.Key == evidence.GoCXX:
			in.links("c++", f)
			return nil
		}
	}
	return nil
}

// emulated says why the program is built on the platform that it is for, or "".
func (in *Input) emulated() string {
	switch in.Language {
	case "python":
		return "pip installs for the interpreter that it runs on"
	case "node":
		for _, f := range in.Facts {
			if OnTarget(f.Key) {
				return "packages with native code are installed for the machine that installs them"
			}
		}
	}
	return ""
}

// OnTarget reports whether a fact of that key has dependencies installed on the platform
// that the image is for.
func OnTarget(key string) bool {
	return slices.Contains([]string{evidence.NodeNative, evidence.NodeScript, evidence.NodeUnknown}, key)
}

// needsOf says in words which libraries a kind of program needs.
var needsOf = map[string]string{"glibc": "glibc", "c++": "glibc and libstdc++"}

// links makes the program one that is linked against shared libraries, because of a fact.
func (in *Input) links(kind string, f profiles.Fact) {
	in.cgo = f
	in.kind, in.kindText, in.kindFrom = kind, fmt.Sprintf("the binary links %s: %s", needsOf[kind], f.Text), f.Source()
}

// linked reports whether the program is linked against shared libraries.
func (in *Input) linked() bool { return needsOf[in.kind] != "" }

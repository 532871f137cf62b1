package detect

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"scaffold/profiles"
)

// A Finding is one thing that was seen, and where.
type Finding struct {
	Text string
	Path string // slash-separated, relative to the folder; "" where there is none
	Line int    // from 1; 0 where no line applies
}

// String is "text (path:line)", on one printable line.
func (f Finding) String() string {
	if f.Path == "" {
		return profiles.OneLine(f.Text)
	}
	return profiles.OneLine(f.Text) + " (" + profiles.OneLine(at(f.Path, f.Line)) + ")"
}

// at is path:line, the form in which a draft says where a key was read.
func at(name string, line int) string {
	if line == 0 {
		return name
	}
	return fmt.Sprintf("%s:%d", name, line)
}

// A Choice is one answer to a question that the repository leaves open.
type Choice struct {
	Value string // of build.target
	From  string // "cmd/api/main.go:9"
}

// A Result is what was seen in a repository.
type Result struct {
	Draft    *profiles.Draft
	Saw      []Finding
	Warnings []Finding // what a person should know: files left out, servers that nobody can reach
	Choices  []Choice  // of what to build where there are several, until [Result.Choose]
	What     string    // what they are: main package, module

	stack  string              // of the provider: go/modules
	runs   bool                // whether there is something to start
	choose func(target string) // fills in what depends on the choice
	needs  string              // a key that must be there and was not found
	why    *Error              // the error for needs
}

func (r *Result) saw(text, name string, line int) {
	r.Saw = append(r.Saw, Finding{text, name, line})
}

func (r *Result) warn(text, name string, line int) {
	r.Warnings = append(r.Warnings, Finding{text, name, line})
}

// set is Draft.Set with a dotted key and a place.
func (r *Result) set(key string, value any, from string) {
	r.Draft.Set(strings.Split(key, "."), value, from)
}

// Choose takes one of the Choices, or any other package path that a person gave, as
// build.target and fills in what depends on it. from is as in [profiles.Entry]; where
// it is empty, the choice's own. What a person has told by now stays.
func (r *Result) Choose(target, from string) {
	var told []profiles.Entry
	for _, e := range r.Draft.Entries() {
		if e.Told() {
			told = append(told, e)
		}
	}
	for _, c := range r.Choices {
		if c.Value == target && from == "" {
			from = c.From
		}
	}
	r.set("build.target", target, from)
	if r.choose != nil {
		r.choose(target)
	}
	for _, e := range told {
		if key := strings.Join(e.Path, "."); key != "build.target" {
			r.Draft.Tell(e.Path, e.Value, e.From)
		}
	}
	r.Choices = nil
}

// Undecided returns the error to give where nobody can be asked: several main
// packages or modules and none chosen, no start command. It is nil, or an [*Error], when all is
// known; call it after --set and the answers are in the draft.
func (r *Result) Undecided() error {
	if _, ok := r.Draft.Get("build.target"); len(r.Choices) > 0 && !ok {
		var all []string
		for _, c := range r.Choices {
			all = append(all, c.Value)
		}
		return &Error{"several " + r.What + "s: " + strings.Join(all, ", "), "--set build.target=" + all[0]}
	}
	if _, ok := r.Draft.Get(r.needs); r.needs != "" && !ok {
		return r.why
	}
	return nil
}

// An Error says what a repository lacks for a profile. Commands end with exit code 2
// on it.
type Error struct {
	msg, hint string
}

func (e *Error) Error() string { return e.msg }

// Hint is the next step, or "".
func (e *Error) Hint() string { return e.hint }

// Options say what a person told before anything was looked at.
type Options struct {
	Name   string // the folder's name, for a project that names itself nowhere. Optional.
	Stack  string // stack as in the profile; only its language is looked for. Optional.
	Target string // build.target, instead of looking for main packages. Optional.
}

// A provider finds one language with one package manager. detect returns nil where
// nothing of it is there.
type provider struct {
	stack  string // language/package manager
	marker string // the file at the top that tells
	detect func(*tree, Options) (*Result, error)
}

var providers = append([]provider{
	{"go/modules", "go.mod", detectGo},
	{"java/maven", "pom.xml", detectJava},
}, append(pyProviders(), provider{"node", "package.json", detectNode})...)

// Detect looks at the repository in dir and drafts a profile. Where several languages
// are there, the one with a program to run is taken, and the others are warnings. The
// error is an [*Error] where nothing is found that there is a template for.
func Detect(dir string, o Options) (*Result, error) {
	t, err := openTree(dir)
	if err != nil {
		return nil, err
	}
	defer t.root.Close()
	var found []*Result
	var firstErr error
	for _, p := range providers {
		if !p.answers(o.Stack) {
			continue
		}
		r, err := p.detect(t, o)
		if err != nil && firstErr == nil {
			firstErr = err
		}
		if err == nil && r != nil {
			r.stack = p.stack
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		if firstErr != nil {
			return nil, firstErr
		}
		return nil, nothing(t)
	}
	slices.SortStableFunc(found, func(a, b *Result) int { return rank(a) - rank(b) })
	r := found[0]
	if o.Stack != "" {
		r.set("stack", o.Stack, profiles.Told)
	}
	if o.Target != "" && r.choose != nil {
		r.Choose(o.Target, profiles.Told)
	}
	t.others(r)
	r.Warnings = append(t.warnings, r.Warnings...)
	return r, nil
}

// answers reports whether a provider is for the stack that a person told, which may name
// a language alone, or any stack where they told none.
func (p provider) answers(stack string) bool {
	if stack == "" {
		return true
	}
	told, here := strings.Split(stack, "/"), strings.Split(p.stack, "/")
	return told[0] == here[0] && (len(told) < 2 || len(here) < 2 || told[1] == here[1])
}

func rank(r *Result) int {
	if r.runs {
		return 0
	}
	return 1
}

func language(stack string) string {
	l, _, _ := strings.Cut(stack, "/")
	return l
}

// others warns of the languages beside the one that was taken.
func (t *tree) others(r *Result) {
	for _, p := range providers {
		if p.stack != r.stack && t.has(p.marker) {
			r.warn(fmt.Sprintf("there is %s too; the profile is for %s", p.stack, r.stack), p.marker, 1)
		}
	}
	seen := map[string]bool{}
	for _, m := range markers {
		foreign := m.stack != "" && language(strings.Fields(m.stack)[0]) != language(r.stack)
		for _, name := range t.top {
			if foreign && m.matches(name) && !seen[m.stack] && m.file != "index.html" {
				seen[m.stack] = true
				r.warn(fmt.Sprintf("there is %s too; the image will not build it", m.stack), name, 1)
			}
		}
	}
}

// nothing is the error for a repository that no provider takes.
func nothing(t *tree) error {
	there := "there are: " + strings.Join(templates(), ", ")
	for _, m := range markers {
		for _, name := range t.top {
			if m.stack != "" && m.matches(name) {
				return &Error{
					fmt.Sprintf("this looks like %s (%s): there is no template for it yet; %s", m.stack, profiles.OneLine(at(name, 1)), there),
					m.hint,
				}
			}
		}
	}
	var wanted []string
	for _, p := range providers {
		wanted = append(wanted, p.marker)
		for _, name := range t.files {
			if path.Base(name) == p.marker {
				dir := profiles.OneLine(path.Dir(name))
				return &Error{
					fmt.Sprintf("there is no %s at the top of this folder; there is one in %s", p.marker, dir),
					"scaffold init " + dir,
				}
			}
		}
	}
	return &Error{
		fmt.Sprintf("nothing here tells what the project is: looked for %s; %s", strings.Join(wanted, ", "), there),
		"run it in the project's own folder, or give the folder: scaffold init DIR",
	}
}

// templates are the stacks that a profile may have.
func templates() []string {
	var all []string
	for _, l := range profiles.Languages {
		for _, m := range l.Managers {
			all = append(all, l.Name+"/"+m)
		}
	}
	return all
}

// named sets the name from the first text that can make one.
func (r *Result) named(candidates ...Choice) {
	for _, c := range append(candidates, Choice{"app", "default"}) {
		if n := profiles.NameFrom(c.Value); n != "" {
			r.set("name", n, c.From)
			return
		}
	}
}

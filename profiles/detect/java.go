package detect

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"scaffold/profiles"
	"scaffold/profiles/maven"
)

// javaProject is what detection of one Maven project works with.
type javaProject struct {
	t       *tree
	r       *Result
	top     *maven.POM
	modules []*maven.POM

	codes     map[string]string           // of source files, without comments
	entries   map[*maven.POM][]Choice     // main classes
	reach     map[*maven.POM][]*maven.POM // modules with those that they depend on
	libraries map[*maven.POM][]maven.Dependency
	called    map[string]*maven.POM // modules by group:artifact
}

// detectJava drafts the profile of a Maven project with its POM at the top.
func detectJava(t *tree, o Options) (*Result, error) {
	if !t.has(maven.FileName) {
		return nil, nil
	}
	p := &javaProject{
		t: t, r: &Result{Draft: profiles.NewDraft(), runs: true, What: "module"},
		codes: map[string]string{}, entries: map[*maven.POM][]Choice{}, called: map[string]*maven.POM{},
		reach: map[*maven.POM][]*maven.POM{}, libraries: map[*maven.POM][]maven.Dependency{},
	}
	var err error
	if p.top, err = maven.Read(p.read, maven.FileName); err != nil {
		return nil, pomError(err)
	}
	if p.modules, err = p.top.Modules(p.read); err != nil {
		return nil, pomError(err)
	}
	for _, m := range p.modules {
		p.called[coordinates(m)] = m
	}
	name, _ := p.top.Own("artifactId")
	p.r.named(Choice{name.Text, at(name.Path, name.Line)}, Choice{o.Name, "the folder's name"})
	p.r.set("stack", "java/maven", at(maven.FileName, 1))
	p.r.saw("Maven project "+name.Text, maven.FileName, name.Line)
	p.otherBuilds()
	p.ignored()
	p.r.choose = p.target
	runnable := p.runnable()
	switch {
	case p.top.Packaging() != "pom":
		p.program(p.top)
	case len(runnable) == 0 && o.Target == "":
		p.r.runs = false
		p.r.needs = "build.target"
		p.r.why = &Error{"none of the modules makes a program: a library has nothing to put in an image", "--set build.target=MODULE if there is one all the same"}
	case len(runnable) == 1 && o.Target == "":
		p.r.Choices = runnable
		p.r.Choose(runnable[0].Value, "")
	default:
		p.r.Choices = runnable
	}
	return p.r, nil
}

// read is [tree.data] as package maven takes it.
func (p *javaProject) read(name string) ([]byte, error) {
	if d := p.t.data(name); d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("reading %q: %w", name, fs.ErrNotExist)
}

func pomError(err error) error {
	var ps profiles.Problems
	if errors.As(err, &ps) {
		return &Error{profiles.OneLine(ps[0].File) + " " + ps[0].Msg, ps[0].Hint}
	}
	return &Error{maven.FileName + " is there and cannot be read", "is it a regular file of less than 1 MiB?"}
}

// otherBuilds warns of a second build of the same project.
func (p *javaProject) otherBuilds() {
	for _, f := range []string{"build.gradle", "build.gradle.kts"} {
		if p.t.has(f) {
			p.r.warn("there is a Gradle build too; the profile is for Maven", f, 1)
		}
	}
}

// ignored warns of an ignore file that hides the sources: Quarkus writes one for images
// that are built outside (https://quarkus.io/guides/container-image).
func (p *javaProject) ignored() {
	lines := strings.Split(string(p.t.data(".dockerignore")), "\n")
	for i, l := range lines {
		all := slices.Contains([]string{"*", "**", "**/*"}, strings.TrimSpace(l))
		if all && !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "!pom.xml") || strings.HasPrefix(l, "!src") }) {
			p.r.warn("leaves out the sources, which the build reads: delete the file, or add !pom.xml and !src to it", ".dockerignore", i+1)
		}
	}
}

// runnable are the modules that make a program: those that are packaged to be run, else
// those with a main class. Modules for the project's own people count where there is no
// other.
func (p *javaProject) runnable() []Choice {
	var packed, thin, own []Choice
	for _, m := range p.modules {
		from, kind, ok := p.makes(m)
		switch {
		case !ok:
		case slices.ContainsFunc(strings.Split(m.Dir(), "/"), func(s string) bool { return slices.Contains(notDeployed, s) }):
			own = append(own, Choice{m.Dir(), from})
		case kind == maven.Thin:
			thin = append(thin, Choice{m.Dir(), from})
		default:
			packed = append(packed, Choice{m.Dir(), from})
		}
	}
	if len(packed) > 0 {
		for _, c := range thin {
			p.r.warn("module "+c.Value+" has a main class, and nothing packages it to be run; it was not chosen", path.Join(c.Value, maven.FileName), 0)
		}
		return p.nameable(packed)
	}
	if len(thin) > 0 {
		return p.nameable(thin)
	}
	return p.nameable(own)
}

// makes says whether a module makes a program, of which kind, and where that is read. A
// plugin that all modules inherit makes one only of those with a main class.
func (p *javaProject) makes(m *maven.POM) (from string, kind maven.Kind, ok bool) {
	b := m.Build()
	if b.Kind == maven.Aggregate || b.Kind == maven.WebArchive {
		return "", b.Kind, false
	}
	if b.Kind != maven.Thin && b.At.Path == m.Path {
		return at(b.At.Path, b.At.Line), b.Kind, true
	}
	if b.Main.Text != "" && b.Main.Path == m.Path {
		return at(b.Main.Path, b.Main.Line), b.Kind, true
	}
	if mains := p.mains(m); len(mains) > 0 {
		return mains[0].From, b.Kind, true
	}
	if fw, v := p.framework(m); b.Kind == maven.Quarkus && fw != nil && v.Path == m.Path && len(p.sources(m)) > 0 {
		return at(v.Path, v.Line), b.Kind, true // Quarkus brings the main class
	}
	return "", b.Kind, false
}

// nameable are the choices that a profile can hold.
func (p *javaProject) nameable(all []Choice) []Choice {
	return slices.DeleteFunc(all, func(c Choice) bool {
		_, _, err := profiles.ParseSet("build.target=" + c.Value)
		if err != nil {
			p.r.warn("is a module that no profile can name", c.Value, 0)
		}
		return err != nil
	})
}

// target drafts what depends on the module.
func (p *javaProject) target(dir string) {
	for _, m := range p.modules {
		if m.Dir() == path.Clean(dir) {
			name, _ := m.Own("artifactId")
			p.r.named(Choice{name.Text, at(name.Path, name.Line)})
			p.program(m)
			return
		}
	}
}

// program drafts the profile of what one POM makes.
func (p *javaProject) program(m *maven.POM) {
	// The release is a lower bound, as is what a .java-version says: choosing the builder
	// reads both for itself, and build.version stays a person's.
	if v, ok := m.Release(); ok {
		p.r.saw("compiles for Java "+v.Text, v.Path, v.Line)
	}
	b := m.Build()
	switch b.Kind {
	case maven.WebArchive:
		p.lacks("runtime.command", m.Path+" makes a war, which a servlet container runs: there is no template for one", "make it a jar, or an executable war with spring-boot-maven-plugin")
		return
	case maven.Aggregate:
		p.lacks("build.target", m.Path+" only has modules, and builds nothing to run", "--set build.target=MODULE with the one that does")
		return
	}
	fw, from := p.framework(m)
	if fw != nil {
		p.r.saw(fw.name, from.Path, from.Line)
		p.r.set("stack", "java/maven/"+fw.name, at(from.Path, from.Line))
	}
	clear := p.start(m, b, fw)
	if p.r.runs {
		p.listens(m, fw, clear)
	}
}

// lacks says that there is no program, and which key would make one.
func (p *javaProject) lacks(key, msg, hint string) {
	p.r.runs = false
	p.r.needs = key
	p.r.why = &Error{profiles.OneLine(msg), hint}
}

// framework finds the first known one among the dependencies, the BOMs and the parent.
func (p *javaProject) framework(m *maven.POM) (*javaFramework, maven.Value) {
	var names []maven.Value
	for _, d := range append(p.dependencies(m), m.Imports()...) {
		names = append(names, maven.Value{Text: d.Name, Path: d.At.Path, Line: d.At.Line})
	}
	if parent, _, ok := m.Parent(); ok {
		names = append(names, parent)
	}
	for i, f := range javaFrameworks {
		for _, n := range names {
			if slices.ContainsFunc(f.any, func(a string) bool { return n.Text == a || strings.HasSuffix(a, ":") && strings.HasPrefix(n.Text, a) }) {
				return &javaFrameworks[i], n
			}
		}
	}
	return nil, maven.Value{}
}

// start drafts the command where what packaging makes does not say it. It reports whether it
// is clear which class is started.
func (p *javaProject) start(m *maven.POM, b maven.Build, fw *javaFramework) bool {
	mains := p.mains(m)
	main := Choice{b.Main.Text, at(b.Main.Path, b.Main.Line)}
	switch {
	case main.Value != "":
		p.r.saw("main class "+main.Value, b.Main.Path, b.Main.Line)
	case len(mains) == 1:
		main = mains[0]
		p.r.Saw = append(p.r.Saw, Finding{Text: "main class " + main.Value + ", " + main.From})
	case b.Kind != maven.Thin && b.Kind != maven.Fat: // the plugin finds it
	case len(mains) > 1:
		p.several(m, b, mains)
		return false
	case b.Kind == maven.Thin:
		p.lacks("runtime.command", "there is no main class: a library has nothing to put in an image",
			"--set runtime.command="+profiles.Inline(launch(m, b, "com.example.Main"))+" if there is one all the same")
		return false
	}
	words, from := launch(m, b, main.Value), main.From
	if fw != nil && len(fw.args) > 0 {
		words, from = p.arguments(m, fw, words)
	} else if b.Main.Text != "" || b.Kind != maven.Thin && b.Kind != maven.Fat || main.Value == "" {
		return main.Value != "" // the command is what the template makes of it by itself
	}
	if words != nil {
		p.r.set("runtime.command", words, from)
	}
	return true
}

// launch is the command of what packaging makes, as the templates lay it into the image:
// the jar beside the folder lib. A jar that names no main class is told it.
func launch(m *maven.POM, b maven.Build, main string) []string {
	switch {
	case b.Kind == maven.Fat && (b.Main.Text != "" || main == ""), b.Kind == maven.SpringBoot:
		return []string{"java", "-jar", "app.jar"}
	case b.Kind == maven.Quarkus:
		return []string{"java", "-jar", "quarkus-run.jar"}
	case b.Kind == maven.Thin && slices.ContainsFunc(m.Dependencies(), packaged):
		return []string{"java", "-cp", "app.jar:lib/*", main}
	}
	return []string{"java", "-cp", "app.jar", main}
}

func (p *javaProject) several(m *maven.POM, b maven.Build, mains []Choice) {
	var names []string
	for _, c := range mains {
		names = append(names, c.Value)
	}
	p.r.needs = "runtime.command"
	p.r.why = &Error{"several main classes, and the POM names none: " + strings.Join(names, ", "),
		"--set runtime.command=" + profiles.Inline(launch(m, b, names[0])) + ", or name it as mainClass of maven-jar-plugin"}
}

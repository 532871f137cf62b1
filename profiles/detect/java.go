package detect

import (
	"cmp"
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
}

// detectJava drafts the profile of a Maven project with its POM at the top.
func detectJava(t *tree, o Options) (*Result, error) {
	if !t.has(maven.FileName) {
		return nil, nil
	}
	p := &javaProject{t: t, r: &Result{Draft: profiles.NewDraft(), runs: true, What: "module"}}
	var err error
	if p.top, err = maven.Read(p.read, maven.FileName); err != nil {
		return nil, pomError(err)
	}
	if p.modules, err = p.top.Modules(p.read); err != nil {
		return nil, pomError(err)
	}
	name, _ := p.top.Own("artifactId")
	p.r.named(Choice{name.Text, at(name.Path, name.Line)}, Choice{o.Name, "the folder's name"})
	p.r.set("stack", "java/maven", at(maven.FileName, 1))
	p.r.saw("Maven project "+name.Text, maven.FileName, name.Line)
	p.r.choose = p.target
	p.ignored()
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
		return &Error{ps[0].File + " " + ps[0].Msg, ps[0].Hint}
	}
	return &Error{maven.FileName + " is there and cannot be read", "is it a regular file of less than 1 MiB?"}
}

// runnable are the modules that make a program.
func (p *javaProject) runnable() []Choice {
	var found []Choice
	for _, m := range p.modules {
		b := m.Build()
		switch {
		case b.Kind == maven.Aggregate || b.Kind == maven.WebArchive:
		case b.Kind != maven.Thin:
			found = append(found, Choice{m.Dir(), at(b.At.Path, b.At.Line)})
		case b.Main.Text != "":
			found = append(found, Choice{m.Dir(), at(b.Main.Path, b.Main.Line)})
		default:
			if mains := p.mains(m); len(mains) > 0 {
				found = append(found, Choice{m.Dir(), at(mains[0].Path, mains[0].Line)})
			}
		}
	}
	return found
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
	if v, ok := m.Release(); ok {
		p.r.saw("compiles for Java "+v.Text, v.Path, v.Line)
	}
	b := m.Build()
	if b.Kind == maven.WebArchive {
		p.r.runs = false
		p.r.needs = "runtime.command"
		p.r.why = &Error{m.Path + " makes a war, which a servlet container runs: there is no template for one", "make it a jar, or an executable war with spring-boot-maven-plugin"}
		return
	}
	fw, from := p.framework(m)
	if fw != nil {
		p.r.saw(fw.name, from.Path, from.Line)
		p.r.set("stack", "java/maven/"+fw.name, at(from.Path, from.Line))
	}
	main := p.start(m, b, fw)
	p.listens(m, fw, main)
}

// framework finds the first known one among the dependencies, the BOMs and the parent.
func (p *javaProject) framework(m *maven.POM) (*javaFramework, maven.Value) {
	var names []maven.Value
	for _, d := range append(m.Dependencies(), m.Imports()...) {
		if d.Scope != "test" {
			names = append(names, maven.Value{Text: d.Name, Path: d.At.Path, Line: d.At.Line})
		}
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

// start drafts the command where what packaging makes does not say it, and returns the
// file of the main class, where that is known.
func (p *javaProject) start(m *maven.POM, b maven.Build, fw *javaFramework) string {
	if fw != nil && len(fw.args) > 0 && b.Kind == maven.Fat {
		p.r.set("runtime.command", append([]string{"java", "-jar", "app.jar"}, fw.args...), "default of "+fw.name)
	}
	if b.Main.Text != "" {
		p.r.saw("main class "+b.Main.Text, b.Main.Path, b.Main.Line)
		return path.Join(m.Dir(), "src/main/java", strings.ReplaceAll(b.Main.Text, ".", "/")+".java")
	}
	mains := p.mains(m)
	if len(mains) == 1 {
		p.r.saw("main class "+mains[0].class, mains[0].Path, mains[0].Line)
	}
	if b.Kind == maven.Thin {
		p.choosesMain(m, mains)
	}
	if len(mains) == 1 {
		return mains[0].Path
	}
	return ""
}

// choosesMain drafts the command of a thin jar of which only the sources tell the main
// class.
func (p *javaProject) choosesMain(m *maven.POM, mains []mainClass) {
	classpath := "app.jar"
	if slices.ContainsFunc(m.Dependencies(), func(d maven.Dependency) bool { return d.Scope == "compile" || d.Scope == "runtime" }) {
		classpath += ":lib/*"
	}
	command := func(class string) []string { return []string{"java", "-cp", classpath, class} }
	switch len(mains) {
	case 0:
		p.r.runs = false
		p.r.needs = "runtime.command"
		p.r.why = &Error{"there is no main class: a library has nothing to put in an image",
			"--set runtime.command=" + profiles.Inline(command("com.example.Main")) + " if there is one all the same"}
	case 1:
		p.r.set("runtime.command", command(mains[0].class), at(mains[0].Path, mains[0].Line))
	default:
		var names []string
		for _, c := range mains {
			names = append(names, c.class)
		}
		p.r.needs = "runtime.command"
		p.r.why = &Error{"several main classes, and the POM names none: " + strings.Join(names, ", "),
			"--set runtime.command=" + profiles.Inline(command(names[0])) + ", or name it as mainClass of maven-jar-plugin"}
	}
}

// maxJavaSources is how many Java files of a module are looked into.
const maxJavaSources = 1000

// sources are the Java files of a module.
func (p *javaProject) sources(m *maven.POM) []string {
	var files []string
	root := path.Join(m.Dir(), "src/main/java") + "/"
	for _, f := range p.t.files {
		if strings.HasPrefix(f, root) && path.Ext(f) == ".java" && len(files) < maxJavaSources {
			files = append(files, f)
		}
	}
	return files
}

// A mainClass is a class with a main method, and where that stands.
type mainClass struct {
	class string
	Finding
}

// mains are the classes with a main method, those of the shortest packages first.
func (p *javaProject) mains(m *maven.POM) []mainClass {
	var found []mainClass
	for _, f := range p.sources(m) {
		text := string(p.t.data(f))
		loc := javaMain.FindStringIndex(text)
		if loc == nil {
			continue
		}
		class := strings.TrimSuffix(path.Base(f), ".java")
		if m := javaPackage.FindStringSubmatch(text); m != nil {
			class = m[1] + "." + class
		}
		found = append(found, mainClass{class, Finding{"", f, lineAt(text, loc[0])}})
	}
	slices.SortStableFunc(found, func(a, b mainClass) int { return cmp.Compare(strings.Count(a.class, "."), strings.Count(b.class, ".")) })
	return found
}

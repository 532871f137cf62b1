package maven

import (
	"path"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"
)

// A Kind is what a build leaves in its target folder.
type Kind string

// The kinds.
const (
	SpringBoot Kind = "spring-boot" // an executable jar or war that holds its libraries
	Quarkus    Kind = "quarkus"     // a folder quarkus-app with the libraries apart
	Fat        Kind = "fat"         // one jar with everything in it
	Thin       Kind = "thin"        // a jar of the project's own classes
	Aggregate  Kind = "pom"         // nothing: modules only
	WebArchive Kind = "war"         // what a servlet container takes
)

// A Build is what packaging a project makes.
type Build struct {
	Kind   Kind
	At     Value  // what tells the kind
	Jar    string // pattern of its path from the repository's top; * stands for the version
	Main   Value  // main class, where the POM names it
	Layers string // how a Spring Boot jar is taken apart: tools, layertools; "" not at all
	Loader string // main class of a jar that layertools took apart
	Boot   string // version of Spring Boot, where it is known
}

// A maker is a plugin that makes something else of the jar.
type maker struct {
	plugin string
	kind   Kind
	suffix string   // of the jar's name, unless the plugin says another
	name   []string // elements of its configuration that say another
	when   func(*POM, *Plugin) bool
}

const (
	bootPlugin = "org.springframework.boot:spring-boot-maven-plugin"
	bootParent = "org.springframework.boot:spring-boot-starter-parent"
	bootBOM    = "org.springframework.boot:spring-boot-dependencies"
	shade      = "org.apache.maven.plugins:maven-shade-plugin"
	assembly   = "org.apache.maven.plugins:maven-assembly-plugin"
)

// makers, the more telling first.
var makers = []maker{
	{plugin: bootPlugin, kind: SpringBoot, name: []string{"classifier"}, when: repackages},
	{plugin: "io.quarkus.platform:quarkus-maven-plugin", kind: Quarkus},
	{plugin: "io.quarkus:quarkus-maven-plugin", kind: Quarkus},
	{plugin: "${quarkus.platform.group-id}:quarkus-maven-plugin", kind: Quarkus},
	{plugin: shade, kind: Fat, name: []string{"shadedClassifierName"}, when: runsGoal("shade")},
	{plugin: assembly, kind: Fat, suffix: "-jar-with-dependencies", when: withDependencies},
}

// A parentKind is a parent in a Maven repository whose build makes something else of the
// jar. Read in the parents' POMs.
type parentKind struct {
	prefix string // of group:artifact
	kind   Kind
}

var parentKinds = []parentKind{
	{"io.micronaut.platform:micronaut-parent", Fat}, // its shade plugin runs for packaging jar
	{"io.micronaut:micronaut-parent", Fat},
}

// repackages reports whether Spring Boot's plugin makes an executable jar: by an
// execution of its own, or by that of the starter parent.
func repackages(p *POM, g *Plugin) bool {
	if skip, ok := g.Config("skip"); ok && skip.Text == "true" {
		return false
	}
	name, _, ok := p.Parent()
	return ok && name.Text == bootParent || g.Runs("repackage")
}

func runsGoal(goal string) func(*POM, *Plugin) bool {
	return func(_ *POM, g *Plugin) bool { return g.Runs(goal) }
}

func withDependencies(_ *POM, g *Plugin) bool {
	ref, ok := g.Anywhere("descriptorRef")
	return ok && ref.Text == "jar-with-dependencies" && (g.Runs("single") || g.Runs("assembly"))
}

// mainPlaces are where POMs name the main class, the more binding first.
var mainPlaces = []struct {
	plugin  string
	element string
}{
	{jarPlugin, "mainClass"},
	{shade, "mainClass"},
	{assembly, "mainClass"},
	{shade, "Main-Class"},
	{bootPlugin, "mainClass"},
	{"org.codehaus.mojo:exec-maven-plugin", "mainClass"},
}

// mainProperties are properties by which parents and plugins take the main class.
var mainProperties = []string{"exec.mainClass", "mainClass", "main.class", "start-class"}

var className = regexp.MustCompile(`^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$`)

// packagings are those whose build makes something else than a jar of the project's own
// classes. Any other is taken for a jar.
var packagings = map[string]Kind{
	"pom":     Aggregate,
	"war":     WebArchive,
	"quarkus": Quarkus, // https://quarkus.io/guides/quarkus-maven-plugin#quarkus-packaging
}

// Build says what packaging the project makes.
func (p *POM) Build() Build {
	b := Build{Kind: Thin, At: Value{Path: p.Path, Line: p.root.line}, Main: p.mainClass()}
	if k, ok := packagings[p.Packaging()]; ok {
		b.Kind = k
	}
	if b.Kind == Aggregate {
		return b
	}
	if n := p.root.one("packaging"); n != nil && b.Kind != Thin {
		b.At.Line = n.line
	}
	b.Jar = p.archive("")
	if name, _, ok := p.Parent(); ok {
		for _, k := range parentKinds {
			if name.Text == k.prefix && b.Kind == Thin {
				b.Kind, b.At = k.kind, name
			}
		}
	}
	for _, m := range makers {
		g, ok := p.Plugin(m.plugin)
		if ok && (m.when == nil || m.when(p, g)) {
			b.made(p, m, g)
			break
		}
	}
	return b
}

func (b *Build) made(p *POM, m maker, g *Plugin) {
	b.Kind, b.At = m.kind, g.At
	suffix := m.suffix
	for _, element := range m.name {
		if v, ok := g.Anywhere(element); ok && Resolved(v.Text) && m.attaches(g) {
			suffix = "-" + v.Text
		}
	}
	b.Jar = p.archive(suffix)
	if m.kind == SpringBoot {
		b.layers(p, g)
	}
}

// attaches reports whether the classifier takes effect: shade's does where the shaded
// jar is attached beside the project's own.
func (m maker) attaches(g *Plugin) bool {
	if m.plugin != shade {
		return true
	}
	attached, ok := g.Anywhere("shadedArtifactAttached")
	return ok && attached.Text == "true"
}

// A layering is how the jars of a version line of Spring Boot are taken apart:
// https://docs.spring.io/spring-boot/reference/packaging/container-images/dockerfiles.html
// and the same page of the older lines.
type layering struct {
	from   string // first version
	mode   string
	loader string
}

var layerings = []layering{
	{"v3.3", "tools", ""},
	{"v3.2", "layertools", "org.springframework.boot.loader.launch.JarLauncher"},
	{"v2.4", "layertools", "org.springframework.boot.loader.JarLauncher"},
}

// layers decides how the jar is taken apart. One with a launch script, with layers of the
// project's own or of an unknown version is left whole.
func (b *Build) layers(p *POM, g *Plugin) {
	b.Boot = p.SpringBoot(g)
	off, _ := g.Config("layers", "enabled")
	script, _ := g.Config("executable")
	_, own := g.Config("layers", "configuration")
	if off.Text == "false" || script.Text == "true" || own || p.Packaging() != "jar" {
		return
	}
	for _, l := range layerings {
		if semver.IsValid("v"+b.Boot) && semver.Compare("v"+b.Boot, l.from) >= 0 {
			b.Layers, b.Loader = l.mode, l.loader
			return
		}
	}
}

// SpringBoot is the version of Spring Boot, or "" where it is not known. g is its plugin,
// or nil.
func (p *POM) SpringBoot(g *Plugin) string {
	if name, version, ok := p.Parent(); ok && name.Text == bootParent {
		return bootVersion(version.Text)
	}
	for _, d := range p.Imports() {
		if d.Name == bootBOM {
			return bootVersion(d.Version)
		}
	}
	if g != nil {
		return bootVersion(g.Version())
	}
	return ""
}

var release = regexp.MustCompile(`^[0-9]+\.[0-9]+(\.[0-9]+)?`)

// bootVersion is 2.3.1 of 2.3.1.RELEASE and 3.3.0 of 3.3.0-SNAPSHOT.
func bootVersion(v string) string { return release.FindString(v) }

// mainClass is the main class that the POM names.
func (p *POM) mainClass() Value {
	for _, m := range mainPlaces {
		if g, ok := p.Plugin(m.plugin); ok {
			if v, ok := g.Anywhere(m.element); ok && className.MatchString(v.Text) {
				return v
			}
		}
	}
	for _, name := range mainProperties {
		if v, ok := p.Property(name); ok && className.MatchString(v.Text) {
			return v
		}
	}
	return Value{}
}

var fileName = regexp.MustCompile(`^[A-Za-z0-9_.+*-]+$`)

// archive is the pattern of the jar's path: the final name, with * where the version or
// something unknown stands, so that a release changes nothing.
func (p *POM) archive(suffix string) string {
	name := p.root.textAt("artifactId") + "-*"
	for _, q := range p.chain() {
		if n := q.root.one("build", "finalName"); n != nil && n.text != "" {
			name = strings.NewReplacer("${project.version}", "*", "${version}", "*", "${revision}", "*").Replace(n.text)
			name = reference.ReplaceAllString(p.Expand(name), "*")
			break
		}
	}
	ext := ".jar"
	if p.Packaging() == "war" {
		ext = ".war"
	}
	if name += suffix + ext; !fileName.MatchString(name) {
		name = "*" + suffix + ext
	}
	return path.Join(p.Dir(), "target", name)
}

// releases are where POMs say for which Java they compile, the more binding first.
var releases = []struct{ plugin, element, property string }{
	{plugin: compiler, element: "release"},
	{property: "maven.compiler.release"},
	{property: "release.version"}, // micronaut-parent
	{plugin: compiler, element: "target"},
	{property: "maven.compiler.target"},
	{plugin: compiler, element: "source"},
	{property: "maven.compiler.source"},
	{property: "java.version"}, // spring-boot-starter-parent
	{property: "jdk.version"},
}

const (
	compiler  = "org.apache.maven.plugins:maven-compiler-plugin"
	jarPlugin = "org.apache.maven.plugins:maven-jar-plugin"
)

// parentReleases are the releases that parents in Maven repositories set.
var parentReleases = []struct{ parent, from, release string }{
	{bootParent, "v3", "17"}, // https://docs.spring.io/spring-boot/maven-plugin/using.html
	{bootParent, "v1", "8"},
}

var javaNumber = regexp.MustCompile(`^(?:1\.)?([0-9]{1,2})(?:\.[0-9.]+)?$`)

// JavaVersion is the feature release of what a tool or a POM calls a Java version: 8 of
// 1.8, 17 of 17.0.2; "" of anything else.
func JavaVersion(text string) string {
	if m := javaNumber.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// Release is the Java release that the project compiles for, with its number alone as the
// text.
func (p *POM) Release() (Value, bool) {
	for _, r := range releases {
		v, ok := p.Property(r.property)
		if r.plugin != "" {
			ok = false
			if g, runs := p.Plugin(r.plugin); runs {
				v, ok = g.Config(r.element)
			}
		}
		if n := JavaVersion(v.Text); ok && n != "" {
			v.Text = n
			return v, true
		}
	}
	name, version, ok := p.Parent()
	for _, r := range parentReleases {
		if ok && name.Text == r.parent && semver.Compare("v"+bootVersion(version.Text), r.from) >= 0 {
			version.Text = r.release
			return version, true
		}
	}
	return Value{}, false
}

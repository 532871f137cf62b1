package evidence

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"scaffold/profiles"
	"scaffold/profiles/maven"
)

//go:embed java.toml
var javaTOML string

// A NativeLibrary is what is known of one Java library with native code.
type NativeLibrary struct {
	Name    string   // group:artifact
	Newest  string   // the version that was looked into
	Glibc   []string // architectures with a library for glibc
	Musl    []string // architectures with one for musl
	Without string   // fails, unverified or falls back: what it does on musl without
}

type nativeLibraries struct {
	Date    string
	Library []NativeLibrary
}

var libraries = sync.OnceValue(func() nativeLibraries {
	var data nativeLibraries
	if _, err := toml.Decode(javaTOML, &data); err != nil {
		panic("decoding embedded java.toml: " + err.Error())
	}
	return data
})

// Library returns what is known of the Java library called name, group:artifact.
func Library(name string) (NativeLibrary, bool) {
	all := libraries().Library
	i := slices.IndexFunc(all, func(l NativeLibrary) bool { return l.Name == name })
	if i < 0 {
		return NativeLibrary{}, false
	}
	return all[i], true
}

func readJava(r *repo, target string) error {
	top, err := maven.Read(r.pom, maven.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return profiles.Problems{{File: maven.FileName, Msg: "there is none in the build context",
			Hint: "set context to the folder that has it"}}
	}
	if err != nil {
		return err
	}
	modules, err := top.Modules(r.pom)
	if err != nil {
		return err
	}
	for _, p := range append([]*maven.POM{top}, modules...) {
		r.fact(JavaPOM, p.Path, p.Path, 0, "POM")
	}
	r.mavenFiles()
	p, err := built(top, modules, target)
	if err != nil {
		return err
	}
	return javaFacts(r, p)
}

// pom is source for [maven.Read]: each POM is one, once.
func (r *repo) pom(name string) ([]byte, error) {
	if slices.ContainsFunc(r.evidence.Sources, func(s profiles.Source) bool { return s.Path == name }) {
		return r.read(name)
	}
	return r.source(name)
}

// built is the POM of the module that the profile names.
func built(top *maven.POM, modules []*maven.POM, target string) (*maven.POM, error) {
	want := path.Clean(target)
	if want == "." {
		if top.Packaging() == "pom" && len(modules) > 0 {
			return nil, profiles.Problems{{File: top.Path, Line: 1, Msg: "it only has modules: what to build is not said",
				Hint: fmt.Sprintf("set build.target to one of: %s", dirs(modules))}}
		}
		return top, nil
	}
	for _, m := range modules {
		if m.Dir() == want {
			return m, nil
		}
	}
	return nil, profiles.Problems{{File: top.Path, Line: 1, Msg: fmt.Sprintf("it has no module %q, which build.target names", want),
		Hint: "there are: " + dirs(modules)}}
}

func dirs(modules []*maven.POM) string {
	var all []string
	for _, m := range modules {
		all = append(all, m.Dir())
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

var distribution = regexp.MustCompile(`(?m)^\s*distributionUrl\s*=.*?apache-maven-([0-9]+\.[0-9]+\.[0-9]+)[A-Za-z0-9.-]*-bin\.(zip|tar\.gz)\s*$`)

// mavenFiles notes the wrapper and the settings that Maven takes from the project.
func (r *repo) mavenFiles() {
	const wrapper = ".mvn/wrapper/maven-wrapper.properties"
	data, err := r.read(wrapper)
	if err == nil && r.exists("mvnw") {
		m := distribution.FindStringSubmatch(string(data))
		version, archive := "", ""
		if m != nil {
			version, archive = m[1], m[2]
		}
		r.fact(JavaWrapper, version, "mvnw", 0, "%s", strings.TrimSpace("the project brings its own Maven "+version))
		// The script takes the .tar.gz where there is no unzip, and its sum is another.
		if archive == "zip" && strings.Contains(string(data), "distributionSha256Sum") {
			r.fact(JavaUnzip, "true", wrapper, 0, "the wrapper holds the zip to its checksum")
		}
	}
	for _, name := range []string{wrapper, ".mvn/maven.config", ".mvn/jvm.config", ".mvn/extensions.xml"} {
		if r.exists(name) {
			r.fact(JavaSettings, ".mvn", name, 0, "settings of the project for Maven")
			return
		}
	}
}

// attaching are the plugins that lay further jars beside the program's, and the property
// that stops each.
var attaching = []struct{ plugin, skip string }{
	{"org.apache.maven.plugins:maven-source-plugin", "maven.source.skip"},
	{"org.apache.maven.plugins:maven-javadoc-plugin", "maven.javadoc.skip"},
}

// pins are files that name the Java version that developers run, and the lines that do.
var pins = []struct {
	file string
	line *regexp.Regexp // its first group is the version
}{
	{".java-version", regexp.MustCompile(`^(?:[a-z]+[a-z-]*-)?([0-9][0-9.]*)`)},                  // jenv, SDKMAN!
	{".sdkmanrc", regexp.MustCompile(`^java\s*=\s*([0-9][0-9.]*)`)},                              // https://sdkman.io/usage#env
	{".tool-versions", regexp.MustCompile(`^java\s+(?:[a-z-]+-)?([0-9][0-9.]*)`)},                // asdf
	{"system.properties", regexp.MustCompile(`^java\.runtime\.version\s*[=:]\s*([0-9][0-9.]*)`)}, // Heroku
}

// javaVersion notes the newest of the release that the POM compiles for and what the
// first pin says: code runs on nothing older than either.
func javaVersion(r *repo, p *maven.POM) error {
	release, _ := p.Release()
	text := "compiles for Java " + release.Text
	for _, pin := range pins {
		data, err := r.source(pin.file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for i, l := range strings.Split(string(data), "\n") {
			m := pin.line.FindStringSubmatch(strings.TrimSpace(l))
			if m == nil {
				continue
			}
			if v := maven.JavaVersion(m[1]); v != "" && (release.Text == "" || compare(v, release.Text) > 0) {
				release, text = maven.Value{Text: v, Path: pin.file, Line: i + 1}, "the project is run on Java "+v
			}
			break
		}
	}
	if release.Text != "" {
		r.fact(JavaVersion, release.Text, release.Path, release.Line, "%s", text)
	}
	return nil
}

// compare compares two versions that are numbers of at most two digits.
func compare(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

func javaFacts(r *repo, p *maven.POM) error {
	if err := javaVersion(r, p); err != nil {
		return err
	}
	b := p.Build()
	switch {
	case b.Kind == maven.Aggregate:
		return profiles.Problems{{File: p.Path, Line: 1, Msg: "its packaging is pom: it builds nothing to run", Hint: "set build.target to the module that does"}}
	case b.Kind == maven.WebArchive:
		return profiles.Problems{{File: p.Path, Line: 1, Msg: "its packaging is war, which a servlet container runs; there is no template for one",
			Hint: "make it an executable war with spring-boot-maven-plugin, or a jar"}}
	}
	r.fact(JavaKind, string(b.Kind), b.At.Path, b.At.Line, "%s", kindText[b.Kind])
	r.fact(JavaJar, b.Jar, p.Path, 0, "packaging makes %s", b.Jar)
	if b.Main.Text != "" {
		r.fact(JavaMain, b.Main.Text, b.Main.Path, b.Main.Line, "main class %s", b.Main.Text)
	}
	if b.Layers != "" {
		r.fact(JavaLayers, b.Layers, b.At.Path, b.At.Line, "Spring Boot %s takes its jar apart by jarmode=%s", b.Boot, b.Layers)
	}
	if b.Loader != "" {
		r.fact(JavaLoader, b.Loader, b.At.Path, b.At.Line, "started by %s", b.Loader)
	}
	for _, a := range attaching {
		if g, ok := p.Plugin(a.plugin); ok {
			r.fact(JavaSkip, a.skip, g.At.Path, g.At.Line, "%s would lay another jar beside the program's", a.plugin)
		}
	}
	dependencies(r, p)
	return nil
}

var kindText = map[maven.Kind]string{
	maven.SpringBoot: "packaging makes an executable Spring Boot jar",
	maven.Quarkus:    "packaging makes a Quarkus application in target/quarkus-app",
	maven.Fat:        "packaging makes one jar with all libraries in it",
	maven.Thin:       "packaging makes a jar of the project's own classes",
}

// dependencies notes whether the program has libraries, and those with native code.
func dependencies(r *repo, p *maven.POM) {
	noted := false
	for _, d := range p.Dependencies() {
		if d.Scope != "compile" && d.Scope != "runtime" {
			continue
		}
		if !noted {
			r.fact(JavaLibraries, "true", d.At.Path, d.At.Line, "it has libraries")
			noted = true
		}
		if d.Host {
			r.fact(JavaHost, d.Name, d.At.Path, d.At.Line, "which file of %s is taken depends on the platform that Maven runs on", d.Name)
		}
		if l, ok := Library(d.Name); ok {
			r.fact(JavaNative, l.Name, d.At.Path, d.At.Line, "%s has native code; glibc %s, musl %s (%s, read %s)",
				l.Name, list(l.Glibc), list(l.Musl), l.Newest, libraries().Date)
		}
	}
}

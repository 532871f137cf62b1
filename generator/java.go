package generator

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/profiles"
	"scaffold/profiles/maven"
)

// JavaPlan is what only Java templates print.
type JavaPlan struct {
	Target    bool       // Maven runs on the platform that the image is for
	Maven     string     // command line up to the goals
	Fetch     string     // goals that fetch what the build needs
	Wrapper   bool       // Maven is the wrapper's
	POMs      []CopyStep // what Maven reads before any source
	Skip      []string   // properties that keep further jars from being made
	Module    string     // folder of the module with a slash at its end; empty: the top
	Jar       string     // pattern of what packaging makes; empty: it is taken from where it is
	Libraries bool       // they are copied to target/dependency
	Jarmode   string     // takes the jar apart into /out; empty: it stays whole
	Layers    []CopyStep // build stage → final stage, what changes least first
	Memory    bool       // JDK_JAVA_OPTIONS is set for the container's memory
}

// A program is how what packaging makes is laid into the image and started.
type program struct {
	layers  []CopyStep
	command []string
}

// jar is the archive as the build stage puts it; beside it stands what is copied from.
var jar = CopyStep{From: "/src/app.jar", To: "./"}

// programs by kind of build. A Spring Boot jar that was taken apart has a row of its own.
var programs = map[maven.Kind]program{
	maven.Fat:        {[]CopyStep{jar}, []string{"java", "-jar", "app.jar"}},
	maven.SpringBoot: {[]CopyStep{jar}, []string{"java", "-jar", "app.jar"}},
	maven.Thin:       {[]CopyStep{jar}, nil},
	// https://quarkus.io/guides/maven-tooling#fast-jar
	maven.Quarkus: {[]CopyStep{
		{"{module}target/quarkus-app/lib/", "lib/"}, {"{module}target/quarkus-app/quarkus-run.jar", "./"},
		{"{module}target/quarkus-app/app/", "app/"}, {"{module}target/quarkus-app/quarkus/", "quarkus/"},
	}, []string{"java", "-jar", "quarkus-run.jar"}},
}

// bootLayers are the folders that every Spring Boot jar is taken apart into
// (https://docs.spring.io/spring-boot/maven-plugin/packaging.html#packaging.layers).
var bootLayers = []CopyStep{
	{"/out/dependencies/", "./"}, {"/out/spring-boot-loader/", "./"}, {"/out/snapshot-dependencies/", "./"}, {"/out/application/", "./"},
}

// written are the forms of the facts that templates print outside of quotes: a lock is
// the machine's, and can be edited all the same.
var written = map[string]*regexp.Regexp{
	evidence.JavaPOM:    regexp.MustCompile(`^[A-Za-z0-9._@+~/][A-Za-z0-9._@+~/-]*$`),
	evidence.JavaJar:    regexp.MustCompile(`^[A-Za-z0-9._@+~/*][A-Za-z0-9._@+~/*-]*$`),
	evidence.JavaLayers: regexp.MustCompile(`^(tools|layertools)$`),
	evidence.JavaSkip:   regexp.MustCompile(`^[a-z.]+$`),
	evidence.JavaKind:   regexp.MustCompile(`^(spring-boot|quarkus|fat|thin)$`),
}

// checkForms holds facts to the forms that templates can print.
func checkForms(facts []profiles.Fact, forms map[string]*regexp.Regexp) error {
	for _, f := range facts {
		if form, ok := forms[f.Key]; ok && !form.MatchString(f.Value) {
			return profiles.Problems{{File: f.Path, Line: f.Line, Msg: fmt.Sprintf("%q cannot be written in a Dockerfile (%s)", f.Value, f.Key),
				Hint: "name folders and final names with letters, digits and . _ - alone"}}
		}
	}
	return nil
}

// What fetches the dependencies before there are sources. go-offline resolves each one as
// if it were the project, so that what is optional for the project comes along, or breaks
// the build where it is nowhere to be had; resolve knows what the project takes, and
// cannot do it for modules that others of the build depend on and that are not made yet
// (https://github.com/apache/maven-dependency-plugin/issues/1186).
const (
	fetchOne     = "dependency:resolve dependency:resolve-plugins"
	fetchModules = "dependency:go-offline"
)

func planJava(plan *Plan, in Input, _ bases.Base) error {
	if err := checkForms(in.Facts, written); err != nil {
		return err
	}
	p := in.Profile
	kind := maven.Kind(in.value(evidence.JavaKind))
	java := JavaPlan{Target: in.has(evidence.JavaHost), Maven: "mvn", Jarmode: in.value(evidence.JavaLayers)}
	if dir := path.Clean(p.Build.Target); dir != "." {
		java.Module = dir + "/"
	}
	java.Fetch = fetchOne
	if in.count(evidence.JavaPOM) > 1 {
		java.Fetch = fetchModules
	}
	java.maven(in)
	if in.has(evidence.JavaUnzip) && !slices.Contains(p.Build.Packages, "unzip") {
		var err error
		if plan.BuildPackages, err = aptStep(in, append(slices.Clone(p.Build.Packages), "unzip")); err != nil {
			return err
		}
	}
	if kind != maven.Quarkus {
		java.Jar = in.value(evidence.JavaJar)
	}
	java.Libraries = kind == maven.Thin && in.has(evidence.JavaLibraries)
	program := programs[kind]
	if java.Jarmode != "" {
		program.layers = bootLayers
	}
	if loader := in.value(evidence.JavaLoader); loader != "" {
		program.command = []string{"java", loader}
	}
	if java.Libraries {
		program.layers = append([]CopyStep{{"/src/" + java.Module + "target/dependency/", "lib/"}}, program.layers...)
	}
	java.lay(program.layers)
	if len(p.Runtime.Command) == 0 {
		command, err := program.start(in, java.Libraries)
		if err != nil {
			return err
		}
		plan.Command = execForm(command)
	}
	_, told := p.Runtime.Env["JDK_JAVA_OPTIONS"]
	java.Memory = !told
	plan.CA, plan.TZ = false, false // a JVM has its own trust store and zones
	java.POMs, plan.Ignore = poms(in)
	plan.Java = java
	return plan.trusts(in, "maven", "--platform=$BUILDPLATFORM "+plan.Builder)
}

// maven decides Maven's command line: the wrapper through sh, since a checkout may have
// lost the file's mode.
func (j *JavaPlan) maven(in Input) {
	quiet := " --batch-mode --no-transfer-progress"
	if in.has(evidence.JavaWrapper) {
		j.Maven, j.Wrapper = "sh ./mvnw", true
		// https://maven.apache.org/docs/3.6.1/release-notes.html brought the flag.
		if v := in.value(evidence.JavaWrapper); semver.Compare("v"+v, "v3.6.1") < 0 {
			quiet = " --batch-mode"
		}
	}
	j.Maven += quiet
	if j.Module != "" {
		j.Maven += " --projects " + in.Profile.Build.Target + " --also-make"
	}
	for _, f := range in.Facts {
		if f.Key == evidence.JavaSkip {
			j.Skip = append(j.Skip, f.Value)
		}
	}
}

// lay completes the layers' places in the build stage.
func (j *JavaPlan) lay(layers []CopyStep) {
	for _, l := range layers {
		if rest, ok := strings.CutPrefix(l.From, "{module}"); ok {
			l.From = "/src/" + j.Module + rest
		}
		j.Layers = append(j.Layers, l)
	}
}

// start is the command of a program, by the main class where its jar names none.
func (p program) start(in Input, libraries bool) ([]string, error) {
	if p.command != nil {
		return p.command, nil
	}
	main := in.value(evidence.JavaMain)
	if main == "" {
		return nil, profiles.Problems{{File: profiles.FileName, Line: 1, Msg: "the POM names no main class, and there is no runtime.command",
			Hint: `add command = ["java", "-cp", "app.jar:lib/*", "com.example.Main"] to [runtime]`}}
	}
	classpath := "app.jar"
	if libraries {
		classpath += ":lib/*"
	}
	return []string{"java", "-cp", classpath, main}, nil
}

// poms are the files that Maven reads before any source, a folder a step, and the
// folders that it writes to.
func poms(in Input) (steps []CopyStep, ignore []string) {
	if in.has(evidence.JavaSettings) {
		steps = append(steps, CopyStep{".mvn/", ".mvn/"})
	}
	top := CopyStep{"", "./"}
	if in.has(evidence.JavaWrapper) {
		top.From = "mvnw "
	}
	for _, f := range in.Facts {
		if f.Key != evidence.JavaPOM {
			continue
		}
		dir := path.Dir(f.Value)
		if dir == "." {
			top.From += f.Value
			steps = append(steps, top)
			ignore = append(ignore, "target")
			continue
		}
		steps = append(steps, CopyStep{f.Value, dir + "/"})
		ignore = append(ignore, dir+"/target")
	}
	return steps, ignore
}

// count is how many facts there are of a key.
func (in Input) count(key string) int {
	n := 0
	for _, f := range in.Facts {
		if f.Key == key {
			n++
		}
	}
	return n
}

// value is the value of the first fact of a key, or "".
func (in Input) value(key string) string {
	for _, f := range in.Facts {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

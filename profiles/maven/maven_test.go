package maven

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

// files reads from a map.
func files(m map[string]string) Reader {
	return func(name string) ([]byte, error) {
		if text, ok := m[name]; ok {
			return []byte(text), nil
		}
		return nil, fmt.Errorf("reading %q: %w", name, fs.ErrNotExist)
	}
}

func pom(body string) string { return "<project>\n" + body + "\n</project>\n" }

func mustRead(t *testing.T, m map[string]string, name string) *POM {
	t.Helper()
	p, err := Read(files(m), name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const bootStarter = "<parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>%s</version></parent>"

func plugin(group, artifact, more string) string {
	if group != "" {
		group = "<groupId>" + group + "</groupId>"
	}
	return "<plugin>" + group + "<artifactId>" + artifact + "</artifactId>" + more + "</plugin>"
}

func build(plugins ...string) string {
	return "<build><plugins>" + strings.Join(plugins, "") + "</plugins></build>"
}

func goal(name string) string {
	return "<executions><execution><goals><goal>" + name + "</goal></goals></execution></executions>"
}

// TestRelease holds the order in which POMs are believed, and what counts as a version.
func TestRelease(t *testing.T) {
	prop := func(name, value string) string {
		return "<properties><" + name + ">" + value + "</" + name + "></properties>"
	}
	for name, c := range map[string]struct{ body, want string }{
		"nothing":          {"", ""},
		"release":          {prop("maven.compiler.release", "21"), "21"},
		"target of old":    {prop("maven.compiler.target", "1.8"), "8"},
		"spring":           {prop("java.version", "17.0.2"), "17"},
		"no number":        {prop("maven.compiler.release", "latest"), ""},
		"too long":         {prop("maven.compiler.release", "211"), ""},
		"unknown property": {prop("maven.compiler.release", "${jdk}"), ""},
		"plugin":           {build(plugin("", "maven-compiler-plugin", "<configuration><release>25</release></configuration>")), "25"},
		"plugin's target":  {build(plugin("", "maven-compiler-plugin", "<configuration><target>11</target></configuration>")), "11"},
		"managed": {"<build><pluginManagement><plugins>" +
			plugin("org.apache.maven.plugins", "maven-compiler-plugin", "<configuration><release>21</release></configuration>") +
			"</plugins></pluginManagement></build>", "21"},
		"plugin over property": {prop("maven.compiler.release", "17") + build(plugin("", "maven-compiler-plugin", "<configuration><release>21</release></configuration>")), "21"},
		"boot 4":               {fmt.Sprintf(bootStarter, "4.0.6"), "17"},
		"boot 2":               {fmt.Sprintf(bootStarter, "2.7.18"), "8"},
	} {
		v, _ := mustRead(t, map[string]string{"pom.xml": pom(c.body)}, "pom.xml").Release()
		if v.Text != c.want {
			t.Errorf("%s: release %q, want %q", name, v.Text, c.want)
		}
	}
}

// TestBuild holds what each kind of build is told by.
func TestBuild(t *testing.T) {
	boot := plugin("org.springframework.boot", "spring-boot-maven-plugin", "")
	for name, c := range map[string]struct {
		body string
		want Build
	}{
		"thin":                 {"", Build{Kind: Thin, Jar: "target/app-*.jar"}},
		"modules":              {"<packaging>pom</packaging>", Build{Kind: Aggregate}},
		"war":                  {"<packaging>war</packaging>", Build{Kind: WebArchive, Jar: "target/app-*.war"}},
		"boot":                 {fmt.Sprintf(bootStarter, "4.1.2") + build(boot), Build{Kind: SpringBoot, Jar: "target/app-*.jar", Layers: "tools", Boot: "4.1.2"}},
		"boot 3.2":             {fmt.Sprintf(bootStarter, "3.2.9") + build(boot), Build{Kind: SpringBoot, Jar: "target/app-*.jar", Layers: "layertools", Loader: "org.springframework.boot.loader.launch.JarLauncher", Boot: "3.2.9"}},
		"boot 2.7":             {fmt.Sprintf(bootStarter, "2.7.18") + build(boot), Build{Kind: SpringBoot, Jar: "target/app-*.jar", Layers: "layertools", Loader: "org.springframework.boot.loader.JarLauncher", Boot: "2.7.18"}},
		"boot 2.2":             {fmt.Sprintf(bootStarter, "2.2.0.RELEASE") + build(boot), Build{Kind: SpringBoot, Jar: "target/app-*.jar", Boot: "2.2.0"}},
		"boot without version": {build(plugin("org.springframework.boot", "spring-boot-maven-plugin", goal("repackage"))), Build{Kind: SpringBoot, Jar: "target/app-*.jar"}},
		"boot not repackaged":  {build(boot), Build{Kind: Thin, Jar: "target/app-*.jar"}},
		"boot classifier": {fmt.Sprintf(bootStarter, "4.1.2") + build(plugin("org.springframework.boot", "spring-boot-maven-plugin", "<configuration><classifier>exec</classifier></configuration>")),
			Build{Kind: SpringBoot, Jar: "target/app-*-exec.jar", Layers: "tools", Boot: "4.1.2"}},
		"boot with its own layers": {fmt.Sprintf(bootStarter, "4.1.2") + build(plugin("org.springframework.boot", "spring-boot-maven-plugin", "<configuration><layers><configuration>l.xml</configuration></layers></configuration>")),
			Build{Kind: SpringBoot, Jar: "target/app-*.jar", Boot: "4.1.2"}},
		"boot war":    {"<packaging>war</packaging>" + fmt.Sprintf(bootStarter, "4.1.2") + build(boot), Build{Kind: SpringBoot, Jar: "target/app-*.war", Boot: "4.1.2"}},
		"quarkus":     {build(plugin("io.quarkus.platform", "quarkus-maven-plugin", "")), Build{Kind: Quarkus, Jar: "target/app-*.jar"}},
		"packaging":   {"<packaging>quarkus</packaging>", Build{Kind: Quarkus, Jar: "target/app-*.jar"}},
		"shade":       {build(plugin("", "maven-shade-plugin", goal("shade"))), Build{Kind: Fat, Jar: "target/app-*.jar"}},
		"shade, idle": {build(plugin("", "maven-shade-plugin", "")), Build{Kind: Thin, Jar: "target/app-*.jar"}},
		"shade beside": {build(plugin("", "maven-shade-plugin", goal("shade")+"<configuration><shadedArtifactAttached>true</shadedArtifactAttached><shadedClassifierName>all</shadedClassifierName></configuration>")),
			Build{Kind: Fat, Jar: "target/app-*-all.jar"}},
		"assembly": {build(plugin("", "maven-assembly-plugin", goal("single")+"<configuration><descriptorRefs><descriptorRef>jar-with-dependencies</descriptorRef></descriptorRefs></configuration>")),
			Build{Kind: Fat, Jar: "target/app-*-jar-with-dependencies.jar"}},
		"final name":         {"<build><finalName>${project.artifactId}</finalName></build>", Build{Kind: Thin, Jar: "target/app.jar"}},
		"final name, dated":  {"<build><finalName>x-${project.version}-${buildNumber}</finalName></build>", Build{Kind: Thin, Jar: "target/x-*-*.jar"}},
		"final name, broken": {"<build><finalName>x; rm -rf /</finalName></build>", Build{Kind: Thin, Jar: "target/*.jar"}},
	} {
		b := mustRead(t, map[string]string{"pom.xml": pom("<artifactId>app</artifactId><version>1</version>" + c.body)}, "pom.xml").Build()
		b.At = Value{}
		if d := cmp.Diff(c.want, b); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// TestMainClass holds that only a class name is taken for one.
func TestMainClass(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"property":  {"<properties><exec.mainClass>a.B</exec.mainClass></properties>", "a.B"},
		"jar":       {build(plugin("", "maven-jar-plugin", "<configuration><archive><manifest><mainClass>a.B$C</mainClass></manifest></archive></configuration>")), "a.B$C"},
		"by name":   {"<properties><m>a.B</m></properties>" + build(plugin("", "maven-jar-plugin", "<configuration><archive><manifest><mainClass>${m}</mainClass></manifest></archive></configuration>")), "a.B"},
		"unknown":   {"<properties><exec.mainClass>${m}</exec.mainClass></properties>", ""},
		"no class":  {"<properties><exec.mainClass>a.B; rm -rf /</exec.mainClass></properties>", ""},
		"no option": {"<properties><exec.mainClass>-jar</exec.mainClass></properties>", ""},
	} {
		if b := mustRead(t, map[string]string{"pom.xml": pom(c.body)}, "pom.xml").Build(); b.Main.Text != c.want {
			t.Errorf("%s: main class %q, want %q", name, b.Main.Text, c.want)
		}
	}
}

// TestParents holds which parents are read from the repository.
func TestParents(t *testing.T) {
	parent := func(more string) string {
		return pom("<parent><artifactId>up</artifactId>" + more + "</parent>")
	}
	up := pom("<artifactId>up</artifactId>\n<properties><x>from the parent</x></properties>")
	for name, c := range map[string]struct {
		m    map[string]string
		want string
	}{
		"above":         {map[string]string{"a/pom.xml": parent(""), "pom.xml": up}, "from the parent"},
		"elsewhere":     {map[string]string{"a/pom.xml": parent("<relativePath>../b</relativePath>"), "b/pom.xml": up}, "from the parent"},
		"not looked at": {map[string]string{"a/pom.xml": parent("<relativePath/>"), "pom.xml": up}, ""},
		"another":       {map[string]string{"a/pom.xml": parent(""), "pom.xml": pom("<artifactId>other</artifactId><properties><x>1</x></properties>")}, ""},
		"outside":       {map[string]string{"a/pom.xml": parent("<relativePath>../../pom.xml</relativePath>"), "../pom.xml": up}, ""},
		"itself":        {map[string]string{"a/pom.xml": pom("<artifactId>up</artifactId><parent><artifactId>up</artifactId><relativePath>pom.xml</relativePath></parent>")}, ""},
	} {
		v, ok := mustRead(t, c.m, "a/pom.xml").Property("x")
		if v.Text != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %t; want %q", name, v.Text, ok, c.want)
		}
		if ok && v.Line != 3 {
			t.Errorf("%s: line %d, want 3", name, v.Line)
		}
	}
}

// TestModules holds that modules are found below modules, and none outside.
func TestModules(t *testing.T) {
	mod := func(names ...string) string {
		return "<modules><module>" + strings.Join(names, "</module><module>") + "</module></modules>"
	}
	m := map[string]string{
		"pom.xml": pom(mod("a", "a", "../out", "/etc", "missing", ".")), "a/pom.xml": pom(mod("b", "..")), "a/b/pom.xml": pom(""), "../out/pom.xml": pom(""),
	}
	all, err := mustRead(t, m, "pom.xml").Modules(files(m))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range all {
		got = append(got, p.Dir())
	}
	if d := cmp.Diff([]string{"a", "a/b"}, got); d != "" {
		t.Errorf("modules (-want +got):\n%s", d)
	}
	m["a/pom.xml"] = "<project>"
	if _, err := mustRead(t, m, "pom.xml").Modules(files(m)); err == nil {
		t.Error("a broken module is passed over")
	}
}

// TestHostilePOMs holds that none takes long, and that what is no POM is said.
func TestHostilePOMs(t *testing.T) {
	doubling := "<properties><a0>x</a0>"
	for i := 1; i < 40; i++ {
		doubling += fmt.Sprintf("<a%d>${a%d}${a%d}</a%d>", i, i-1, i-1, i)
	}
	start := time.Now()
	p := mustRead(t, map[string]string{"pom.xml": pom(doubling + "</properties>")}, "pom.xml")
	if text := p.Expand("${a39}"); len(text) > 1<<20 {
		t.Errorf("%d bytes of one reference", len(text))
	}
	for name, text := range map[string]string{
		"deep":     strings.Repeat("<a>", 1000),
		"many":     "<project>" + strings.Repeat("<a/>", maxNodes+1) + "</project>",
		"entities": `<!DOCTYPE project [<!ENTITY a "aaaa">]><project><artifactId>&a;</artifactId></project>`,
		"external": `<!DOCTYPE project [<!ENTITY a SYSTEM "file:///etc/passwd">]><project>&a;</project>`,
		"no POM":   "<html></html>",
		"empty":    "",
		"encoding": `<?xml version="1.0" encoding="EBCDIC"?><project/>`,
	} {
		_, err := Read(files(map[string]string{"pom.xml": text}), "pom.xml")
		var problems profiles.Problems
		if !errors.As(err, &problems) || problems[0].File != "pom.xml" {
			t.Errorf("%s: %v, want a problem of pom.xml", name, err)
		}
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	latin := "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><project><artifactId>x</artifactId><name>\xe9</name></project>"
	if v, _ := mustRead(t, map[string]string{"pom.xml": latin}, "pom.xml").Own("name"); v.Text != "é" {
		t.Errorf("name is %q", v.Text)
	}
}

package evidence

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

const pomTop = "<project>\n<artifactId>app</artifactId>\n"

func TestJava(t *testing.T) {
	const (
		boot = "<parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>4.1.1</version></parent>\n" +
			"<build><plugins><plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build>\n"
		sqlite   = "<dependencies>\n<dependency><groupId>org.xerial</groupId><artifactId>sqlite-jdbc</artifactId></dependency>\n</dependencies>\n"
		release  = "<properties><maven.compiler.release>17</maven.compiler.release></properties>\n"
		wrapper  = "distributionUrl=https://repo.example/apache-maven/3.9.11/apache-maven-3.9.11-bin.zip\n"
		checksum = "distributionSha256Sum=00\n"
		sources  = "<build><plugins><plugin><artifactId>maven-source-plugin</artifactId></plugin></plugins></build>\n"
	)
	thin := []string{"java/kind thin pom.xml:1", "java/jar target/app-*.jar pom.xml"}
	with := func(first []string, more ...string) []string {
		return append(append([]string{"java/pom pom.xml pom.xml"}, first...), more...)
	}
	for name, c := range map[string]struct {
		files  map[string]string
		target string
		want   []string
	}{
		"bare":    {map[string]string{"pom.xml": pomTop + "</project>"}, ".", with(nil, thin...)},
		"release": {map[string]string{"pom.xml": pomTop + release + "</project>"}, ".", with([]string{"java/version 17 pom.xml:3"}, thin...)},
		"pinned":  {map[string]string{"pom.xml": pomTop + release + "</project>", ".java-version": "temurin-21.0.2\n"}, ".", with([]string{"java/version 21 .java-version:1"}, thin...)},
		"pinned to less": {map[string]string{"pom.xml": pomTop + release + "</project>", "system.properties": "# Heroku\njava.runtime.version=1.8\n"}, ".",
			with([]string{"java/version 17 pom.xml:3"}, thin...)},
		"pinned alone":   {map[string]string{"pom.xml": pomTop + "</project>", ".sdkmanrc": "# x\njava=25.0.1-tem\n"}, ".", with([]string{"java/version 25 .sdkmanrc:2"}, thin...)},
		"asdf":           {map[string]string{"pom.xml": pomTop + "</project>", ".tool-versions": "nodejs 22\njava temurin-21.0.5+11.0.LTS\n"}, ".", with([]string{"java/version 21 .tool-versions:2"}, thin...)},
		"pinned to what": {map[string]string{"pom.xml": pomTop + "</project>", ".java-version": "graal\n"}, ".", with(nil, thin...)},
		"wrapper": {map[string]string{"pom.xml": pomTop + "</project>", "mvnw": "", ".mvn/wrapper/maven-wrapper.properties": wrapper}, ".",
			with([]string{"java/wrapper 3.9.11 mvnw", "java/settings .mvn .mvn/wrapper/maven-wrapper.properties"}, thin...)},
		"wrapper with a sum": {map[string]string{"pom.xml": pomTop + "</project>", "mvnw": "", ".mvn/wrapper/maven-wrapper.properties": wrapper + checksum}, ".",
			with([]string{"java/wrapper 3.9.11 mvnw", "java/unzip true .mvn/wrapper/maven-wrapper.properties", "java/settings .mvn .mvn/wrapper/maven-wrapper.properties"}, thin...)},
		"half a wrapper": {map[string]string{"pom.xml": pomTop + "</project>", "mvnw": ""}, ".", with(nil, thin...)},
		"settings":       {map[string]string{"pom.xml": pomTop + "</project>", ".mvn/jvm.config": "-Xmx1g"}, ".", with([]string{"java/settings .mvn .mvn/jvm.config"}, thin...)},
		"boot": {map[string]string{"pom.xml": pomTop + boot + "</project>"}, ".",
			with(nil, "java/version 17 pom.xml:3", "java/kind spring-boot pom.xml:4", "java/jar target/app-*.jar pom.xml", "java/layers tools pom.xml:4")},
		"sources": {map[string]string{"pom.xml": pomTop + sources + "</project>"}, ".", with(nil, append(thin[:2:2], "java/skip maven.source.skip pom.xml:3")...)},
		"native":  {map[string]string{"pom.xml": pomTop + sqlite + "</project>"}, ".", with(nil, append(thin[:2:2], "java/libraries true pom.xml:4", "java/native org.xerial:sqlite-jdbc pom.xml:4")...)},
		"by platform": {map[string]string{"pom.xml": pomTop + "<dependencies><dependency><groupId>a</groupId><artifactId>b</artifactId><classifier>${os.detected.classifier}</classifier></dependency></dependencies></project>"}, ".",
			with(nil, append(thin[:2:2], "java/libraries true pom.xml:3", "java/host a:b pom.xml:3")...)},
		"module": {map[string]string{"pom.xml": "<project><artifactId>up</artifactId><packaging>pom</packaging>" + release + "<modules><module>a</module></modules></project>",
			"a/pom.xml": "<project><parent><artifactId>up</artifactId></parent>\n<artifactId>a</artifactId></project>"}, "./a",
			[]string{"java/pom pom.xml pom.xml", "java/pom a/pom.xml a/pom.xml", "java/version 17 pom.xml:1", "java/kind thin a/pom.xml:1", "java/jar a/target/a-*.jar a/pom.xml"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Read(write(t, c.files), Project{Language: "java", Target: c.target})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, brief(e.Facts)); d != "" {
				t.Errorf("facts (-want +got):\n%s", d)
			}
		})
	}
}

func TestJavaRefused(t *testing.T) {
	modules := "<project><artifactId>up</artifactId><packaging>pom</packaging><modules><module>a</module></modules></project>"
	for name, c := range map[string]struct {
		files        map[string]string
		target, want string
	}{
		"no POM":         {nil, ".", "pom.xml: there is none in the build context"},
		"broken":         {map[string]string{"pom.xml": "<project>"}, ".", "pom.xml: is no POM"},
		"only modules":   {map[string]string{"pom.xml": modules, "a/pom.xml": pomTop + "</project>"}, ".", "pom.xml:1: it only has modules"},
		"unknown module": {map[string]string{"pom.xml": modules, "a/pom.xml": pomTop + "</project>"}, "b", `pom.xml:1: it has no module "b"`},
		"broken module":  {map[string]string{"pom.xml": modules, "a/pom.xml": "x"}, "a", "a/pom.xml: is no POM"},
		"war":            {map[string]string{"pom.xml": pomTop + "<packaging>war</packaging></project>"}, ".", "pom.xml:1: its packaging is war"},
		"pom":            {map[string]string{"pom.xml": pomTop + "<packaging>pom</packaging></project>"}, ".", "pom.xml:1: its packaging is pom"},
	} {
		_, err := Read(write(t, c.files), Project{Language: "java", Target: c.target})
		var problems profiles.Problems
		if !errors.As(err, &problems) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v; want problems that begin %q", name, err, c.want)
		}
	}
}

// TestLibraries holds every row of java.toml to what rules rely on.
func TestLibraries(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range libraries().Library {
		if seen[l.Name] || strings.Count(l.Name, ":") != 1 || l.Newest == "" || len(l.Glibc) == 0 {
			t.Errorf("%+v: incomplete, or there twice", l)
		}
		seen[l.Name] = true
		if l.Without != "fails" && l.Without != "unverified" && l.Without != "falls back" {
			t.Errorf("%s: without is %q", l.Name, l.Without)
		}
	}
	if len(seen) == 0 || libraries().Date == "" {
		t.Error("no libraries, or no date")
	}
}

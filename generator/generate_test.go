package generator_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/generator"
	"scaffold/profiles"
)

const sum = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// dockerfile generates from a profile's lines; more is added to what every profile has.
func dockerfile(t *testing.T, lang, lines string, more ...profiles.Fact) string {
	t.Helper()
	p, err := profiles.Parse("scaffold.toml", []byte(field{lang: lang, key: "-", lines: "%.0s" + lines}.profile("")))
	if err != nil {
		t.Fatal(err)
	}
	out, err := generator.Generate(generator.Input{Profile: p, Facts: append(facts[lang], more...), AsOf: "2026-11-21", Catalog: bases.Embedded()})
	if err != nil {
		t.Fatal(err)
	}
	return out.Files[0].Text
}

func TestOriginOf(t *testing.T) {
	text := dockerfile(t, "go", "[runtime]\nenv = { A = \"b"+sum+"\" }\nbase = \"slim\"")
	if !strings.Contains(text, "\nFROM debian:trixie-slim\n") || !strings.Contains(text, `A="b`+sum) {
		t.Fatalf("the text does not hold what is changed below:\n%s", text)
	}
	replace := func(old, new string) string { return strings.Replace(text, old, new, 1) }
	for name, c := range map[string]struct {
		text string
		want generator.Origin
	}{
		"as generated":           {text, generator.Generated},
		"with CRLF":              {strings.ReplaceAll(text, "\n", "\r\n"), generator.Generated},
		"a digest added":         {replace("FROM debian:trixie-slim\n", "FROM debian:trixie-slim"+sum+"\n"), generator.Generated},
		"in the syntax line":     {replace("docker/dockerfile:1\n", "docker/dockerfile:1"+sum+"\n"), generator.Generated},
		"with --platform":        {replace("-trixie AS", "-trixie"+sum+" AS"), generator.Generated},
		"a tag bumped":           {replace("debian:trixie-slim\n", "debian:forky-slim\n"), generator.Edited},
		"a digest in a value":    {replace(sum, ""), generator.Edited},
		"half a digest":          {replace("FROM debian:trixie-slim\n", "FROM debian:trixie-slim"+sum[:40]+"\n"), generator.Edited},
		"a line added":           {text + "# mine\n", generator.Edited},
		"a newline added":        {text + "\n", generator.Edited},
		"a blank line inside":    {replace("\n\n", "\n\n\n"), generator.Edited},
		"the header's hash":      {regexp.MustCompile(`sha256:[0-9a-f]{4}`).ReplaceAllString(text, "sha256:0000"), generator.Edited},
		"the header gone":        {regexp.MustCompile(`(?m)^# Generated.*\n`).ReplaceAllString(text, ""), generator.Foreign},
		"a person's own":         {"FROM debian:trixie-slim\n", generator.Foreign},
		"nothing":                {"", generator.Foreign},
		"a header of other form": {replace("sha256:", "md5:"), generator.Foreign},
	} {
		if got := generator.OriginOf(c.text); got != c.want {
			t.Errorf("%s: origin is %d, want %d", name, got, c.want)
		}
	}
}

// TestSameEveryTime generates from maps that Go would walk in another order each time.
func TestSameEveryTime(t *testing.T) {
	var pairs []string
	for i := range 30 {
		pairs = append(pairs, fmt.Sprintf("K%d = \"%d\"", i, i))
	}
	table := "{ " + strings.Join(pairs, ", ") + " }"
	lines := "[runtime]\nenv = " + table + "\n[image]\nlabels = " + table
	want := dockerfile(t, "go", lines)
	for range 50 {
		if d := cmp.Diff(want, dockerfile(t, "go", lines)); d != "" {
			t.Fatalf("generated differently (-first +again):\n%s", d)
		}
	}
}

// TestLines holds what a key or a fact brings into a Dockerfile, or keeps out of it.
func TestLines(t *testing.T) {
	requirement := func(path string) profiles.Fact {
		return profiles.Fact{Key: evidence.PyRequirements, Value: path, Path: path}
	}
	for name, c := range map[string]struct {
		lang, lines string
		facts       []profiles.Fact
		want, not   []string
	}{
		"go, nothing asked": {lang: "go",
			want: []string{"COPY go.mod ./", "FROM scratch", "USER 65532:65532", `ENTRYPOINT ["/x"]`, "ZONEINFO=", "ca-certificates.crt"},
			not:  []string{"EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "apt-get", "go.sum", "TARGETVARIANT", "<no value>"}},
		"go.sum":    {lang: "go", facts: []profiles.Fact{{Key: evidence.GoSum}}, want: []string{"COPY go.mod go.sum ./"}},
		"vendored":  {lang: "go", facts: []profiles.Fact{{Key: evidence.GoVendor}}, not: []string{"go mod download", "/go/pkg/mod"}},
		"arm/v7":    {lang: "go", lines: "[image]\nplatforms = [\"linux/arm/v7\"]", want: []string{"ARG TARGETOS TARGETARCH TARGETVARIANT", "GOARM=${TARGETVARIANT#v}"}},
		"needs":     {lang: "go", lines: "[runtime]\nneeds = [\"tmp\"]", want: []string{"mkdir -m 1777 /rootfs/tmp", "COPY --link --from=build /rootfs/ /"}, not: []string{"ZONEINFO", "ca-certificates"}},
		"no needs":  {lang: "go", lines: "[runtime]\nneeds = []", not: []string{"ZONEINFO", "ca-certificates", "rootfs"}},
		"root":      {lang: "go", lines: "[runtime]\nuser = \"root\"", want: []string{"USER 0:0"}, not: []string{"nonroot:x"}},
		"a uid":     {lang: "go", lines: "[runtime]\nuser = \"1000\"", want: []string{"USER 1000:1000", "app:x:1000:1000:"}},
		"uid, gid":  {lang: "go", lines: "[runtime]\nuser = \"1000:50\"\nbase = \"slim\"", want: []string{"USER 1000:50", "groupadd --non-unique --gid 50 app", "useradd --non-unique --uid 1000 --gid 50"}},
		"uid 0":     {lang: "go", lines: "[runtime]\nuser = \"0:5\"\nbase = \"slim\"", want: []string{"USER 0:5"}, not: []string{"useradd"}},
		"go health": {lang: "go", lines: "[runtime]\nport = 80\nhealth = \"/h\"", want: []string{"EXPOSE 80"}, not: []string{"HEALTHCHECK"}},
		"secret file": {lang: "go", lines: "[build]\nsecrets = [{ id = \"netrc\", target = \"/root/.netrc\" }]",
			want: []string{"--mount=type=secret,id=netrc,target=/root/.netrc,required=true"}},
		"secret variable": {lang: "python", lines: "[build]\nsecrets = [{ id = \"t\", env = \"TOKEN\" }]\n[runtime]\ncommand = [\"x\"]",
			want: []string{"--mount=type=secret,id=t,env=TOKEN,required=true"}, not: []string{"ENV TOKEN", "ARG TOKEN"}},
		"python": {lang: "python", lines: "[runtime]\ncommand = [\"python\", \"main.py\"]",
			want: []string{"COPY requirements.txt ./", "STOPSIGNAL SIGINT", "FROM python:3.13-slim-trixie AS build"}, not: []string{"HEALTHCHECK", "ZONEINFO"}},
		"gunicorn": {lang: "python", lines: "[runtime]\ncommand = [\"gunicorn\", \"app:app\"]", not: []string{"STOPSIGNAL"}},
		"python health": {lang: "python", lines: "[runtime]\ncommand = [\"x\"]\nport = 80\nhealth = \"/h?a=b&c\"",
			want: []string{`"http://127.0.0.1:80/h?a=b&c"]`}},
		"includes": {lang: "python", lines: "[runtime]\ncommand = [\"x\"]", facts: []profiles.Fact{requirement("req/a.txt"), requirement("b.txt"), requirement("req/c.txt")},
			want: []string{"COPY requirements.txt b.txt ./\n", "COPY req/a.txt req/c.txt req/\n"}},
		"a local path": {lang: "python", lines: "[runtime]\ncommand = [\"x\"]", facts: []profiles.Fact{{Key: evidence.PyLocal}},
			want: []string{"\nCOPY . .\nRUN --mount"}, not: []string{"COPY requirements.txt"}},
		"java": {lang: "java",
			want: []string{"COPY pom.xml ./\n", "FROM --platform=$BUILDPLATFORM maven:3.9-eclipse-temurin-21-noble AS build", "target=/root/.m2/repository,sharing=locked", "mvn --batch-mode --no-transfer-progress dependency:resolve dependency:resolve-plugins\n",
				"-DskipTests package && \\\n    mv target/x-*.jar app.jar\n", "FROM gcr.io/distroless/java21-debian13:nonroot", `ENV JDK_JAVA_OPTIONS="-XX:MaxRAMPercentage=75"`, `ENTRYPOINT ["java", "-cp", "app.jar", "x.Main"]`},
			not: []string{"mvnw", ".m2/wrapper", "jarmode", "JAVA_TOOL_OPTIONS=", "ca-certificates", "lib/", "HEALTHCHECK"}},
		"java, its own heap": {lang: "java", lines: "[runtime]\nenv = { JDK_JAVA_OPTIONS = \"-Xmx1g\" }", want: []string{`ENV JDK_JAVA_OPTIONS="-Xmx1g"`}, not: []string{"MaxRAMPercentage"}},
		"java, wrapper": {lang: "java", facts: []profiles.Fact{{Key: evidence.JavaWrapper, Value: "3.9.11"}, {Key: evidence.JavaSettings}, {Key: evidence.JavaUnzip}},
			want: []string{"FROM --platform=$BUILDPLATFORM eclipse-temurin:21-jdk-noble AS build", "COPY .mvn/ .mvn/\nCOPY mvnw pom.xml ./\n", "sh ./mvnw --batch-mode --no-transfer-progress", "target=/root/.m2/wrapper,sharing=locked", "unzip \\\n"}},
		"java, old wrapper": {lang: "java", facts: []profiles.Fact{{Key: evidence.JavaWrapper, Value: "3.5.4"}}, want: []string{"sh ./mvnw --batch-mode dependency"}, not: []string{"transfer"}},
		"java, libraries": {lang: "java", facts: []profiles.Fact{{Key: evidence.JavaLibraries}},
			want: []string{"dependency:copy-dependencies -DincludeScope=runtime", "COPY --link --from=build /src/target/dependency/ lib/\nCOPY --link --from=build /src/app.jar ./\n", `"app.jar:lib/*"`}},
		"java, module": {lang: "java", lines: "[build]\ntarget = \"./a/b\"", facts: []profiles.Fact{{Key: evidence.JavaPOM, Value: "a/b/pom.xml"}, {Key: evidence.JavaLibraries}},
			want: []string{"COPY pom.xml ./\nCOPY a/b/pom.xml a/b/\n", "--projects ./a/b --also-make dependency:go-offline", "COPY --link --from=build /src/a/b/target/dependency/ lib/"}},
		"java, command":         {lang: "java", lines: "[runtime]\ncommand = [\"java\", \"-jar\", \"app.jar\", \"server\"]", want: []string{`ENTRYPOINT ["java", "-jar", "app.jar", "server"]`}},
		"java, no further jars": {lang: "java", facts: []profiles.Fact{{Key: evidence.JavaSkip, Value: "maven.source.skip"}}, want: []string{"-DskipTests -Dmaven.source.skip package"}},
		"java, by platform":     {lang: "java", facts: []profiles.Fact{{Key: evidence.JavaHost}}, want: []string{"\n\n# Maven takes native libraries for the platform that it runs on.\nFROM maven:3.9-eclipse-temurin-21-noble AS build\nWORKDIR"}, not: []string{"BUILDPLATFORM"}},
		"java, secret": {lang: "java", lines: "[build]\nsecrets = [{ id = \"settings\", target = \"/root/.m2/settings.xml\" }]",
			want: []string{"    --mount=type=secret,id=settings,target=/root/.m2/settings.xml,required=true \\\n    mvn --batch-mode --no-transfer-progress dependency", "required=true \\\n    mvn --batch-mode --no-transfer-progress -DskipTests"}},
		"java, shell":               {lang: "java", lines: "[runtime]\nshell = true\npackages = [\"fonts-dejavu\"]", want: []string{"FROM eclipse-temurin:21-jre-noble\n", "groupadd --gid 65532", "fonts-dejavu \\\n"}},
		"java, alpine":              {lang: "java", lines: "[runtime]\nbase = \"alpine\"", want: []string{"FROM eclipse-temurin:21-jre-alpine-3.24\n", "addgroup -g 65532 nonroot", "adduser -u 65532 -G nonroot"}},
		"java, alpine, a uid":       {lang: "java", lines: "[runtime]\nbase = \"alpine\"\nuser = \"1000\"", want: []string{"USER 1000:1000"}, not: []string{"adduser"}},
		"java, person's distroless": {lang: "java", lines: "[runtime]\nbase = \"gcr.io/distroless/java21-debian13:latest\"", want: []string{"FROM gcr.io/distroless/java21-debian13:latest\n"}, not: []string{"groupadd"}},
		"labels of the base":        {lang: "go", lines: "[runtime]\nbase = \"distroless\"", want: []string{`org.opencontainers.image.base.name="gcr.io/distroless/static-debian13:nonroot"`}},
	} {
		t.Run(name, func(t *testing.T) {
			text := dockerfile(t, c.lang, c.lines, c.facts...)
			readBack(t, name, text)
			for _, w := range c.want {
				if !strings.Contains(text, w) {
					t.Errorf("there is no %q in\n%s", w, text)
				}
			}
			for _, n := range append(c.not, "\n\n\n", " \n") {
				if strings.Contains(text, n) {
					t.Errorf("there is %q in\n%s", n, text)
				}
			}
		})
	}
}

// TestDigests holds that FROM takes the lock's digests, by canonical name, and that the
// header does not change with them.
func TestDigests(t *testing.T) {
	p, err := profiles.Parse("f", []byte("schema = 1\nname = \"x\"\nstack = \"go\"\n[runtime]\nbase = \"slim\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	in := generator.Input{Profile: p, Facts: facts["go"], AsOf: "2026-11-21", Catalog: bases.Embedded()}
	without, err := generator.Generate(in)
	if err != nil {
		t.Fatal(err)
	}
	in.Digests = map[string]string{"docker.io/library/golang:1.26-trixie": sum[1:], "docker.io/library/debian:trixie-slim": sum[1:], "docker.io/library/debian:other": "sha256:x"}
	with, err := generator.Generate(in)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("golang:1.26-trixie AS", "golang:1.26-trixie"+sum+" AS", "FROM debian:trixie-slim\n", "FROM debian:trixie-slim"+sum+"\n").Replace(without.Files[0].Text)
	if d := cmp.Diff(want, with.Files[0].Text); d != "" {
		t.Errorf("with digests (-want +got):\n%s", d)
	}
	if !generator.SameButPins(without.Files[0].Text, with.Files[0].Text) {
		t.Error("texts that differ in digests only are not the same but for pins")
	}
	if generator.SameButPins(want, want+"#\n") {
		t.Error("other texts are the same but for pins")
	}
}

// TestPins holds that a bot's digests are read from what scaffold wrote, and from nothing else.
func TestPins(t *testing.T) {
	text := dockerfile(t, "go", "[runtime]\nbase = \"slim\"\nenv = { A = \"b"+sum+"\" }")
	pinned := strings.NewReplacer("golang:1.26-trixie", "golang:1.26-trixie"+sum, "FROM debian:trixie-slim", "FROM debian:trixie-slim"+sum).Replace(text)
	want := map[string]string{"docker.io/library/golang:1.26-trixie": sum[1:], "docker.io/library/debian:trixie-slim": sum[1:]}
	for name, c := range map[string]struct {
		text string
		want map[string]string
	}{
		"pinned":   {pinned, want},
		"CRLF":     {strings.ReplaceAll(pinned, "\n", "\r\n"), want},
		"unpinned": {text, map[string]string{}},
		"edited":   {pinned + "# mine\n", nil},
		"foreign":  {"FROM debian:trixie-slim" + sum + "\n", nil},
	} {
		if d := cmp.Diff(c.want, generator.Pins(c.text)); d != "" {
			t.Errorf("%s: pins (-want +got):\n%s", name, d)
		}
	}
}

// TestRefusedFacts holds that what a lock brings is held to a form, too.
func TestRefusedFacts(t *testing.T) {
	p, err := profiles.Parse("f", []byte("schema = 1\nname = \"x\"\nstack = \"python\"\n[runtime]\ncommand = [\"x\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"a b.txt", "a\nRUN id", "$(id)", "--from=x", ""} {
		_, err := generator.Generate(generator.Input{Profile: p, AsOf: "2026-11-21", Catalog: bases.Embedded(),
			Facts: []profiles.Fact{{Key: evidence.PyRequirements, Value: path, Path: "scaffold.lock", Line: 7}}})
		var problems profiles.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), "scaffold.lock:7: the name") {
			t.Errorf("a requirements file called %q: error is %v", path, err)
		}
	}
}

func TestRefusedJavaFacts(t *testing.T) {
	p, err := profiles.Parse("f", []byte("schema = 1\nname = \"x\"\nstack = \"java\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []profiles.Fact{
		{Key: evidence.JavaPOM, Value: "a b/pom.xml"}, {Key: evidence.JavaPOM, Value: "$(id)/pom.xml"}, {Key: evidence.JavaPOM, Value: "--from=x"},
		{Key: evidence.JavaJar, Value: "target/x.jar; id"}, {Key: evidence.JavaJar, Value: "-t"}, {Key: evidence.JavaJar, Value: "a\nRUN id"},
		{Key: evidence.JavaLayers, Value: "tools; id"}, {Key: evidence.JavaSkip, Value: "x y"}, {Key: evidence.JavaKind, Value: "war"},
	} {
		f.Path, f.Line = "scaffold.lock", 7
		_, err := generator.Generate(generator.Input{Profile: p, AsOf: "2026-11-21", Catalog: bases.Embedded(), Facts: append([]profiles.Fact{f}, facts["java"]...)})
		var problems profiles.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), "scaffold.lock:7: ") {
			t.Errorf("%s %q: error is %v", f.Key, f.Value, err)
		}
	}
	_, err = generator.Generate(generator.Input{Profile: p, AsOf: "2026-11-21", Catalog: bases.Embedded(), Facts: []profiles.Fact{{Key: evidence.JavaKind, Value: "thin"}}})
	if err == nil || !strings.Contains(err.Error(), "names no main class") {
		t.Errorf("without a main class: %v", err)
	}
}

func TestIgnoreName(t *testing.T) {
	for context, want := range map[string]string{".": ".dockerignore", "./": ".dockerignore", "a/..": ".dockerignore", "..": "Dockerfile.dockerignore", "a": "Dockerfile.dockerignore"} {
		if got := generator.IgnoreName(&profiles.Profile{Context: context}); got != want {
			t.Errorf("IgnoreName with context %q is %q, want %q", context, got, want)
		}
	}
}

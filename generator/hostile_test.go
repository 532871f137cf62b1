package generator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/generator"
	"scaffold/profiles"
)

// hostile are values that mean something in a Dockerfile, a shell, TOML, JSON or a
// template, or that break a line.
var hostile = []string{
	"\n", "a\nRUN id", "a\r\nRUN id", "\r", "\t", "a\tb", "\x00", "\x1b[2J", "\x7f", "\u0085", "\u2028", "\ufeffa",
	`"`, `a"b`, `""`, `'`, `a'b`, "`id`", "$", "$HOME", "${X}", "${X:-y}", "$$", "$(id)", `\$X`, `$\{X`,
	"#", "a #b", "# syntax=evil/image", "# escape=`", `\`, `a\`, `a\\`, `a\n`, `\"`, `a\"`, ` \`,
	"é", "日本", "\U0001f600", "<<EOF", "a <<EOF", "<<-'EOF'", " ", " a", "a ", " a ", "]", `["a"]`, `a", "b`, "{", "{{.Name}}", "%s",
	"@sha256:" + strings.Repeat("a", 64), "a@sha256:" + strings.Repeat("a", 64), "FROM scratch", "AS x", "--from=x",
	"&& id", ";id", "|id", ">x", "*", "?", "~root", "-rf", "a,b", "a=b", "a:b", "../x", "/etc/passwd", "", strings.Repeat("a", 5000),
}

// text is what a Dockerfile says, read back with BuildKit.
type text struct {
	env, labels        map[string]string
	entrypoint, health []string
	dockerfile         string
	instructions       int
}

// A field is one string of the profile. TOML gives the text of a profile with the value
// there; back reads the value from the Dockerfile, or is nil where none of it goes there.
type field struct {
	key   string // dotted; a list's element and a map's value by the list's and the map's own, a map's key with .KEY
	lang  string
	lines string // with %s for the value, as a TOML string
	back  func(text) (string, bool)
}

var fields = []field{
	{"name", "go", "name = %s", func(d text) (string, bool) { return strings.TrimPrefix(d.entrypoint[0], "/"), true }},
	{"stack", "", "stack = %s", nil},
	{"context", "go", "context = %s", nil},
	{"build.version", "go", "[build]\nversion = %s", from(`golang:(.*)-trixie`)},
	{"build.packages", "go", "[build]\npackages = [%s]", from(`(?s)-y \\\n      (.*?) \\\n`)},
	{"build.packages", "go", "[build]\ncgo = \"on\"\npackages = [%s]", crossPackage},
	{"build.packages", "python", "[build]\npackages = [%s]\n[runtime]\ncommand = [\"x\"]", from(`(?s)-y \\\n      (.*?) \\\n`)},
	{"build.target", "go", "[build]\ncgo = \"on\"\ntarget = %s", from(`-o /out/x (.*)`)},
	{"build.secrets.id", "python", "[build]\nsecrets = [{ id = %s, env = \"A\" }]\n[runtime]\ncommand = [\"x\"]", from(`type=secret,id=(.*),env=A,`)},
	{"build.secrets.id", "go", "[build]\nsecrets = [{ id = %s, env = \"A\" }]", from(`type=secret,id=(.*),env=A,`)},
	{"build.secrets.target", "go", "[build]\nsecrets = [{ id = \"a\", target = %s }]", from(`id=a,target=(.*),required`)},
	{"build.secrets.env", "go", "[build]\nsecrets = [{ id = \"a\", env = %s }]", from(`id=a,env=(.*),required`)},
	{"build.ca", "go", "[build]\nca = %s", from(`type=bind,source=(.*),target=/run/company-ca.pem`)},
	{"build.ca", "python", "[build]\nca = %s\n[runtime]\ncommand = [\"x\"]", from(`type=bind,source=(.*),target=/run/company-ca.pem`)},
	{"build.manager", "uv", "[build]\nmanager = %s\n[runtime]\ncommand = [\"x\"]", from(`pip install --no-compile uv==(.*)`)},
	{"build.ca", "node", "[build]\nca = %s\n[runtime]\ncommand = [\"x\"]", from(`type=bind,source=(.*),target=/run/company-ca.pem`)},
	{"build.packages", "node", "[build]\npackages = [%s]\n[runtime]\ncommand = [\"x\"]", from(`(?s)-y \\\n      (.*?) \\\n`)},
	{"build.target", "node", "[build]\ntarget = %s\n[runtime]\ncommand = [\"x\"]", nil},
	{"build.target", "go", "[build]\ntarget = %s", from(`-o /out/x (.*)`)},
	{"build.target", "java", "[build]\ntarget = %s", from(`--projects (.*) --also-make -DskipTests package`)},
	{"build.cgo", "go", "[build]\ncgo = %s", nil},
	{"build.extra.at", "go", "[[build.extra]]\nat = %s\nlines = [\"RUN true\"]", nil},
	{"build.extra.lines", "go", "[[build.extra]]\nat = \"after-build\"\nlines = [%s]", nil}, // TestHostileExtras reads them back
	{"runtime.extra.at", "go", "[[runtime.extra]]\nat = %s\nlines = [\"ENV A=a\"]", nil},
	{"runtime.extra.lines", "go", "[[runtime.extra]]\nat = \"after-files\"\nlines = [%s]", nil}, // as those
	{"runtime.base", "go", "[runtime]\nbase = %s", from(`(?s).*FROM ([^\n]*)`)},
	{"runtime.base", "go", "[image]\ndebug = true\n[runtime]\nbase = %s", from(`FROM (gcr.*) AS app`)},
	{"runtime.prefer", "go", "[runtime]\nprefer = %s", nil},
	{"runtime.command", "go", "[runtime]\ncommand = [\"x\", %s]", func(d text) (string, bool) { return d.entrypoint[1], true }},
	{"runtime.command", "python", "[runtime]\ncommand = [%s, \"-m\"]", func(d text) (string, bool) { return d.entrypoint[0], true }},
	{"runtime.command", "python", "[runtime]\nbase = \"slim\"\ncommand = [%s, \"-m\"]", func(d text) (string, bool) { return d.entrypoint[0], true }},
	{"runtime.command", "python", "[image]\ndebug = true\n[runtime]\ncommand = [%s, \"-m\"]", func(d text) (string, bool) { return d.entrypoint[0], true }},
	{"runtime.command", "node", "[runtime]\ncommand = [\"node\", %s]", func(d text) (string, bool) { return d.entrypoint[3], true }},
	{"runtime.command", "node", "[runtime]\nbase = \"slim\"\ncommand = [\"a\", %s]", func(d text) (string, bool) { return d.entrypoint[3], true }},
	{"runtime.health", "node", "[runtime]\ncommand = [\"x\"]\nport = 80\nhealth = %s", func(d text) (string, bool) {
		return strings.TrimPrefix(d.health[len(d.health)-1], "http://127.0.0.1:80"), true
	}},
	{"runtime.command", "java", "[runtime]\ncommand = [%s, \"-jar\"]", func(d text) (string, bool) { return d.entrypoint[0], true }},
	{"runtime.user", "go", "[runtime]\nuser = %s", nil},
	{"runtime.packages", "go", "[runtime]\npackages = [%s]", from(`(?s)-y \\\n      (.*?) \\\n`)},
	{"runtime.needs", "go", "[runtime]\nneeds = [%s]", nil},
	{"runtime.env", "go", "[runtime]\nenv = { K = %s }", func(d text) (string, bool) { v, ok := d.env["K"]; return v, ok }},
	{"runtime.env", "go", "[image]\ndebug = true\n[runtime]\nenv = { K = %s }", func(d text) (string, bool) { v, ok := d.env["K"]; return v, ok }},
	{"runtime.env", "python", "[runtime]\ncommand = [\"x\"]\nenv = { K = %s, L = \"l\" }", func(d text) (string, bool) { v, ok := d.env["K"]; return v, ok && d.env["L"] == "l" }},
	{"runtime.env.KEY", "go", "[runtime]\nenv = { %s = \"v\" }", func(d text) (string, bool) { return keyOf(d.env, "v") }},
	{"runtime.health", "python", "[runtime]\ncommand = [\"x\"]\nport = 80\nhealth = %s", func(d text) (string, bool) {
		return strings.TrimPrefix(d.health[len(d.health)-1], "http://127.0.0.1:80"), true
	}},
	{"runtime.health", "go", "[runtime]\nhealth = [\"x\", %s]", func(d text) (string, bool) { return d.health[2], d.health[0] == "CMD" }},
	{"policy", "go", "policy = %s", nil},
	{"image.platforms", "go", "[image]\nplatforms = [%s]", nil},
	{"image.labels", "go", "[image]\nlabels = { k = %s, l = \"l\" }", func(d text) (string, bool) { v, ok := d.labels["k"]; return v, ok && d.labels["l"] == "l" }},
	{"image.labels.KEY", "go", "[image]\nlabels = { %s = \"v\" }", func(d text) (string, bool) { return keyOf(d.labels, "v") }},
	{"verify.args", "go", "[verify]\nargs = [%s]", nil},
	{"verify.env", "go", "[verify]\nenv = { K = %s }", nil},
	{"verify.env.KEY", "go", "[verify]\nenv = { %s = \"v\" }", nil},
	{"verify.timeout", "go", "[verify]\ntimeout = %s", nil},
	{"verify.output", "go", "[verify]\noutput = %s", nil},
	{"verify.http.path", "go", "[runtime]\nport = 80\n[verify]\nhttp = { path = %s }", nil},
	{"verify.http.body", "go", "[runtime]\nport = 80\n[verify]\nhttp = { body = %s }", nil},
	{"verify.size", "go", "[verify]\nsize = %s", nil},
}

// crossPackage reads the OS package that stands beside the C toolchain.
func crossPackage(d text) (string, bool) {
	for _, m := range regexp.MustCompile(`(?m)^      (\S+) \\$`).FindAllStringSubmatch(d.dockerfile, -1) {
		if name := strings.Replace(strings.Trim(m[1], `"`), ":$TARGETARCH", "", 1); name != "crossbuild-essential-$TARGETARCH" && name != "dpkg-dev" {
			return name, inert.MatchString(name)
		}
	}
	return "", false
}

// plain is what stands in a field's place where it is to be harmless.
var plain = map[string]string{
	"name": "x", "stack": "go/modules/x", "context": ".", "build.version": "1.26", "build.manager": "0.13.9", "build.packages": "git", "build.secrets.id": "i",
	"build.secrets.target": "/t", "build.secrets.env": "E", "build.target": "./x", "build.cgo": "off", "runtime.base": "registry.example/base:1",
	"runtime.prefer": "size", "runtime.user": "1000", "runtime.packages": "netbase", "runtime.needs": "tzdata", "runtime.env.KEY": "K",
	"runtime.health": "/x", "image.platforms": "linux/amd64", "image.labels.KEY": "k", "verify.env.KEY": "K", "verify.timeout": "1s",
	"verify.http.path": "/", "verify.size": "1MB",
	"build.extra.at": "after-build", "build.extra.lines": "RUN true", "runtime.extra.at": "after-files", "runtime.extra.lines": "ENV A=a",
}

// plain is the field's harmless value.
func (f field) plain() string {
	v, ok := plain[f.key]
	switch {
	case !ok:
		return "x"
	case f.key == "runtime.base" && strings.Contains(f.lines, "debug"):
		return "gcr.io/distroless/base-debian13:latest"
	}
	return v
}

// from reads a value that templates print unquoted. What is read must also need no quoting
// there: the patterns of package profiles have to see to that.
func from(pattern string) func(text) (string, bool) {
	re := regexp.MustCompile(pattern)
	return func(d text) (string, bool) {
		m := re.FindStringSubmatch(d.dockerfile)
		return m[1], inert.MatchString(m[1])
	}
}

var inert = regexp.MustCompile(`^[A-Za-z0-9./_][A-Za-z0-9._~+/:=@-]*$`)

func keyOf(m map[string]string, value string) (string, bool) {
	for k, v := range m {
		if v == value {
			return k, true
		}
	}
	return "", false
}

// profile is a whole profile with the value in the field.
func (f field) profile(value string) string {
	var b strings.Builder
	b.WriteString("schema = 1\n")
	if f.key != "name" {
		b.WriteString("name = \"x\"\n")
	}
	if f.key != "stack" {
		b.WriteString(map[string]string{"go": "stack = \"go/modules\"\n", "java": "stack = \"java/maven\"\n", "node": "stack = \"node/npm\"\n", "python": "stack = \"python/pip\"\n", "uv": "stack = \"python/uv\"\n"}[f.lang])
	}
	fmt.Fprintf(&b, f.lines+"\n", profiles.Inline(value))
	return b.String()
}

var facts = map[string][]profiles.Fact{
	"go": {{Key: evidence.GoVersion, Value: "1.26", Path: "go.mod", Line: 3}},
	"java": {{Key: evidence.JavaPOM, Value: "pom.xml", Path: "pom.xml"}, {Key: evidence.JavaKind, Value: "thin", Path: "pom.xml", Line: 1},
		{Key: evidence.JavaJar, Value: "target/x-*.jar", Path: "pom.xml"}, {Key: evidence.JavaMain, Value: "x.Main", Path: "pom.xml", Line: 2}},
	"node": {{Key: evidence.NodeFile, Value: "package.json", Path: "package.json"}, {Key: evidence.NodeFile, Value: "package-lock.json", Path: "package-lock.json"},
		{Key: evidence.NodeLock, Value: "package-lock.json", Path: "package-lock.json"}, {Key: evidence.NodeDepends, Value: "true", Path: "package.json"}},
	"python": {{Key: evidence.PyRequirements, Value: "requirements.txt", Path: "requirements.txt"}},
}

// hold is the test of one value in one field: refused with its line, or read back as it
// went in, with nothing beside it.
func (f field) hold(t *testing.T, value string) (refused bool) {
	t.Helper()
	data := f.profile(value)
	p, err := profiles.Parse("scaffold.toml", []byte(data))
	var problems profiles.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			if p.Line == 0 || !strings.HasPrefix(p.String(), "scaffold.toml:") || strings.ContainsAny(p.String(), "\n\r\x1b") {
				t.Errorf("%q: refused without its line, or on more than one: %q", value, p.String())
			}
		}
		return true
	}
	if err != nil {
		t.Fatalf("%q: Parse: %v", value, err)
	}
	out, err := generator.Generate(generator.Input{Profile: p, Facts: facts[p.Language()], AsOf: "2026-11-21", Catalog: bases.Embedded()})
	var (
		ref     *generator.RefError
		noBase  *bases.NoBaseError
		version *bases.VersionError
		key     *generator.KeyError
		keys    generator.KeyErrors
	)
	if strings.HasSuffix(f.key, "extra.lines") && (err == nil || errors.As(err, &keys)) {
		return err != nil
	}
	if errors.As(err, &key) && f.key == "runtime.base" {
		return true
	}
	if errors.As(err, &ref) || errors.As(err, &noBase) || errors.As(err, &version) {
		if f.key != "runtime.base" && f.key != "build.version" && f.key != "runtime.packages" && f.key != "image.platforms" {
			t.Errorf("%q: refused for its base: %v", value, err)
		}
		return true
	}
	if err != nil {
		t.Fatalf("%q: Generate: %v", value, err)
	}
	d := readBack(t, value, out.Files[0].Text)
	if f.back == nil {
		return false
	}
	if got, ok := f.back(d); !ok || got != value {
		t.Errorf("%s: read back as %q, %t; it is %q\n%s", f.key, got, ok, value, d.dockerfile)
	}
	if n := instructionsOf(t, f); n != d.instructions {
		t.Errorf("%q: %d instructions, and %d with a harmless value\n%s", value, d.instructions, n, d.dockerfile)
	}
	return false
}

// counted is how many instructions a field's Dockerfile has with a harmless value.
var counted = map[string]int{}

func instructionsOf(t *testing.T, f field) int {
	t.Helper()
	key := f.lang + " " + f.lines
	if _, ok := counted[key]; !ok {
		counted[key] = readBack(t, "", harmless(t, f)).instructions
	}
	return counted[key]
}

// harmless is the Dockerfile with a harmless value in the field.
func harmless(t *testing.T, f field) string {
	t.Helper()
	v := f.plain()
	p, err := profiles.Parse("scaffold.toml", []byte(f.profile(v)))
	if err != nil {
		t.Fatalf("the harmless value of %s is refused: %v", f.key, err)
	}
	out, err := generator.Generate(generator.Input{Profile: p, Facts: facts[p.Language()], AsOf: "2026-11-21", Catalog: bases.Embedded()})
	if err != nil {
		t.Fatalf("the harmless value of %s gives no Dockerfile: %v", f.key, err)
	}
	return out.Files[0].Text
}

// noImages answers for every base image with an empty configuration.
type noImages struct{}

func (noImages) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return ref, digest.FromString(ref), []byte(`{"architecture":"amd64","os":"linux","config":{}}`), nil
}

// readBack converts a Dockerfile as a build would and takes the image's configuration.
func readBack(t *testing.T, value, dockerfile string) text {
	t.Helper()
	parsed, err := parser.Parse(strings.NewReader(dockerfile))
	if err != nil {
		t.Fatalf("%q: parsing: %v\n%s", value, err, dockerfile)
	}
	if parsed.EscapeToken != '\\' {
		t.Fatalf("%q: the escape token is %q", value, parsed.EscapeToken)
	}
	if _, _, err := instructions.Parse(parsed.AST, nil); err != nil {
		t.Fatalf("%q: parsing instructions: %v\n%s", value, err, dockerfile)
	}
	if syntax, _, _, _ := parser.DetectSyntax([]byte(dockerfile)); syntax != "docker/dockerfile:1" {
		t.Fatalf("%q: the syntax image is %q", value, syntax)
	}
	caps := pb.Caps.CapSet(pb.Caps.All())
	result, err := dockerfile2llb.Dockerfile2LLB(t.Context(), []byte(dockerfile), dockerfile2llb.ConvertOpt{
		MetaResolver: noImages{}, LLBCaps: &caps, TargetPlatform: &ocispecs.Platform{OS: "linux", Architecture: "amd64"},
	})
	if err != nil {
		t.Fatalf("%q: converting: %v\n%s", value, err, dockerfile)
	}
	c := result.Image.Config
	d := text{env: map[string]string{}, labels: c.Labels, entrypoint: c.Entrypoint, dockerfile: dockerfile, instructions: len(parsed.AST.Children)}
	for _, kv := range c.Env {
		k, v, _ := strings.Cut(kv, "=")
		d.env[k] = v
	}
	if c.Healthcheck != nil {
		d.health = c.Healthcheck.Test
	}
	return d
}

func TestHostileValues(t *testing.T) {
	for _, f := range fields {
		t.Run(f.key+"_"+f.lang, func(t *testing.T) {
			refused := 0
			for _, value := range hostile {
				if f.hold(t, value) {
					refused++
				}
			}
			// Where a value goes through quoting, nearly everything has to come through.
			quoted := slices.Contains([]string{"runtime.command", "runtime.env", "image.labels"}, f.key) || f.key == "runtime.health" && f.lang == "go"
			if quoted && refused > 10 {
				t.Errorf("%d of %d values are refused in a field that can hold nearly any", refused, len(hostile))
			}
		})
	}
}

// TestHarmlessValues holds that each field's own test can succeed: the table reads back
// what a person writes every day.
func TestHarmlessValues(t *testing.T) {
	for _, f := range fields {
		v := f.plain()
		if f.lang == "go" && f.key == "runtime.health" {
			v = "x"
		}
		if f.hold(t, v) {
			t.Errorf("%s: the harmless value %q is refused", f.key, v)
		}
	}
}

// TestFieldsAreComplete holds that every string of the profile is in the table.
func TestFieldsAreComplete(t *testing.T) {
	var want []string
	var walk func(prefix string, t reflect.Type)
	walk = func(prefix string, t reflect.Type) {
		for i := range t.NumField() {
			f := t.Field(i)
			key, ft := prefix+f.Tag.Get("toml"), f.Type
			if ft.Kind() == reflect.Pointer || ft.Kind() == reflect.Slice {
				ft = ft.Elem()
			}
			switch {
			case ft == reflect.TypeFor[profiles.Health](), ft.Kind() == reflect.String:
				want = append(want, key)
			case ft.Kind() == reflect.Map:
				want = append(want, key, key+".KEY")
			case ft.Kind() == reflect.Struct:
				walk(key+".", ft)
			}
		}
	}
	walk("", reflect.TypeFor[profiles.Profile]())
	var got []string
	for _, f := range fields {
		got = append(got, f.key)
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, slices.Compact(got)); d != "" {
		t.Errorf("fields (-profile +table):\n%s", d)
	}
}

// TestValuesThatStayOut holds that what is only for verify changes no byte.
func TestValuesThatStayOut(t *testing.T) {
	for _, f := range fields {
		if !strings.HasPrefix(f.key, "verify.") {
			continue
		}
		want := harmless(t, f)
		for _, value := range hostile {
			p, err := profiles.Parse("f", []byte(f.profile(value)))
			if err != nil {
				continue
			}
			out, err := generator.Generate(generator.Input{Profile: p, Facts: facts["go"], AsOf: "2026-11-21", Catalog: bases.Embedded()})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal([]byte(want), []byte(out.Files[0].Text)) {
				t.Errorf("%s = %q changes the Dockerfile", f.key, value)
			}
		}
	}
}

func FuzzValues(f *testing.F) {
	for i := range fields {
		f.Add(uint(i), hostile[i%len(hostile)])
	}
	for _, v := range hostile {
		f.Add(uint(17), v)
	}
	f.Fuzz(func(t *testing.T, i uint, value string) {
		fields[i%uint(len(fields))].hold(t, strings.ToValidUTF8(value, "\uFFFD"))
	})
}

//go:build unix

package detect

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"scaffold/profiles"
)

func warned(ws []Finding, text string) bool {
	for _, w := range ws {
		if strings.Contains(w.String(), text) {
			return true
		}
	}
	return false
}

func TestLinkOutOfTheRepository(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	write(t, outside, map[string]string{"requirements.txt": "fastapi[all]\n", "secret/main.go": "package main\n\nfunc main() {}\n"})
	write(t, dir, map[string]string{"main.py": "print(1)\n"})
	if err := os.Symlink(filepath.Join(outside, "requirements.txt"), filepath.Join(dir, "requirements.txt")); err != nil {
		t.Fatal(err)
	}
	if r, err := Detect(dir, Options{}); err == nil {
		t.Errorf("a link out of the folder was followed:\n%s", r.Draft.Render())
	}
	write(t, dir, map[string]string{"go.mod": "module example.com/x\n", "main.go": "package main\n\nfunc main() {}\n"})
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "cmd")); err != nil {
		t.Fatal(err)
	}
	r, err := Detect(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if warned(r.Warnings, "secret") || !warned(r.Warnings, "link that leads nowhere in this folder") {
		t.Errorf("warnings: %v", r.Warnings)
	}
}

func TestLinkWithinTheRepository(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"requirements/prod.txt": "flask\n", "app.py": "import flask\n\napp = flask.Flask(__name__)\n"})
	if err := os.Symlink("requirements/prod.txt", filepath.Join(dir, "requirements.txt")); err != nil {
		t.Fatal(err)
	}
	r, err := Detect(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Draft.Text("stack"); got != "python/pip/flask" {
		t.Errorf("stack is %q", got)
	}
}

func TestHugeFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"main.py": "print(1)\n", "requirements.txt": strings.Repeat("numpy==1\n", 10<<20/9)})
	_, err := Detect(dir, Options{})
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Error(), "requirements.txt") {
		t.Errorf("10 MB of requirements: %v", err)
	}
}

func TestPipeDoesNotHang(t *testing.T) {
	for _, name := range []string{"main.py", "requirements.txt"} {
		dir := t.TempDir()
		write(t, dir, map[string]string{"server.py": "print(1)\n", "requirements.txt": ""})
		os.Remove(filepath.Join(dir, name))
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			r, err := Detect(dir, Options{})
			if err == nil && !warned(r.Warnings, "is no regular file") {
				err = fmt.Errorf("no warning: %v", r.Warnings)
			} else if name == "requirements.txt" && err == nil {
				err = errors.New("a pipe was taken for a requirements file")
			} else if name == "requirements.txt" {
				err = nil
			}
			done <- err
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: it waits for the pipe", name)
		}
	}
}

func TestNamesWithLineBreaks(t *testing.T) {
	dir := t.TempDir()
	bad := "x\nschema = 2\x1b[2J"
	write(t, dir, map[string]string{
		"go.mod":              "module example.com/x\n",
		bad + "/main.go":      "package main\n\nfunc main() {}\n",
		"a" + bad + ".go":     "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n",
		bad + "/package.json": "{}",
	})
	r, err := Detect(dir, Options{Name: bad})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := profiles.Parse("scaffold.toml", r.Draft.Render()); err != nil {
		t.Errorf("%v in\n%s", err, r.Draft.Render())
	}
	if e, _ := r.Draft.Get("runtime.port"); e.Value != 8080 || !strings.Contains(e.From, bad) {
		t.Errorf("the port was not found: %v", e)
	}
	for _, f := range append(r.Warnings, r.Saw...) {
		if strings.ContainsAny(f.String(), "\n\x1b") {
			t.Errorf("%q is not one printable line", f)
		}
	}
	if !warned(r.Warnings, "no profile can name") {
		t.Errorf("warnings: %v", r.Warnings)
	}
}

func TestManyFilesAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 50,000 files")
	}
	dir := t.TempDir()
	write(t, dir, map[string]string{"go.mod": "module example.com/x\n", "main.go": "package main\n\nfunc main() {}\n"})
	for i := range 50 {
		sub := filepath.Join(dir, fmt.Sprintf("pkg%02d", i))
		if err := os.Mkdir(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		for j := range 1000 {
			// A link of the same file: half the time of writing each.
			if err := os.Link(filepath.Join(dir, "main.go"), filepath.Join(sub, fmt.Sprintf("f%d.go", j))); err != nil {
				t.Fatal(err)
			}
		}
	}
	start := time.Now()
	r, err := Detect(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !warned(r.Warnings, "more than 20000 files") {
		t.Errorf("warnings: %v", r.Warnings)
	}
	took := time.Since(start)
	t.Logf("50,000 files: %v", took)
	if took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestDeepTreeIsBounded(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"go.mod": "module example.com/x\n", "main.go": "package main\n\nfunc main() {}\n", strings.Repeat("d/", 40) + "x.go": "package d\n"})
	r, err := Detect(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !warned(r.Warnings, "deeper than") {
		t.Errorf("warnings: %v", r.Warnings)
	}
}

func TestUTF16Requirements(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"app.py": "import flask\napp = flask.Flask(__name__)\n", "requirements.txt": "\xff\xfef\x00l\x00a\x00s\x00k\x00\r\x00\n\x00"})
	r, err := Detect(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Draft.Text("stack"); got != "python/pip/flask" {
		t.Errorf("stack is %q", got)
	}
}

func TestIncludeOutOfTheRepository(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"repo/main.py": "print(1)", "repo/requirements.txt": "-r ../base.txt\n-r requirements.txt\n", "base.txt": "flask\n"})
	r, err := Detect(filepath.Join(dir, "repo"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Draft.Text("stack"); got != "python/pip" {
		t.Errorf("stack is %q", got)
	}
}

// Source that is small and would grow: names that double each other, calls and
// groups nested thousands deep.
func TestSourceThatGrows(t *testing.T) {
	double := "package main\n\nimport \"net/http\"\n\nvar a0 = \"xxxxxxxx\"\n"
	for i := range 2000 {
		double += fmt.Sprintf("var a%d = a%d + a%d\n", i+1, i, i)
	}
	const n = 20_000
	sources := map[string]string{
		"doubling": double + "func main() { http.ListenAndServe(a2000, nil) }\n",
		"chain":    "package main\n\nfunc main() { r" + strings.Repeat(`.Get("/x").Group("/y")`, n) + " }\n",
		"groups":   "package main\n\nfunc main() { " + strings.Repeat(`r.Route("/x", func(r R) { `, n) + strings.Repeat("})", n) + " }\n",
		"parens":   "package main\n\nvar x = " + strings.Repeat("(", 400_000) + "1" + strings.Repeat(")", 400_000) + "\n\nfunc main() {}\n",
	}
	for name, src := range sources {
		dir := t.TempDir()
		write(t, dir, map[string]string{"go.mod": "module example.com/x\n", "main.go": src})
		start := time.Now()
		if _, err := Detect(dir, Options{}); err != nil {
			t.Logf("%s: %v", name, err)
		}
		took := time.Since(start)
		t.Logf("%s: %v", name, took)
		if took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	for name, src := range map[string]string{
		"calls": strings.Repeat("run(", 200_000), "comments": strings.Repeat("#\n", 400_000), "routes": strings.Repeat("@app.get('/'\n", 70_000),
		"ports": strings.Repeat("port = 80\n", 90_000),
	} {
		dir := t.TempDir()
		write(t, dir, map[string]string{"requirements.txt": "flask\ngunicorn\n", "main.py": "app = Flask(\n" + src})
		start := time.Now()
		if _, err := Detect(dir, Options{}); err != nil {
			t.Logf("%s: %v", name, err)
		}
		took := time.Since(start)
		t.Logf("%s: %v", name, took)
		if took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// FuzzDetect: no content of any file that is read may crash, hang, or make a draft
// that is no TOML.
func FuzzDetect(f *testing.F) {
	f.Add("module x\n", "package main\nfunc main(){ r.Run() }", "flask\n", "app = Flask(", "web: x $PORT", "[project]\nname=\"x\"")
	f.Add("module x\nrequire github.com/gin-gonic/gin v1.0.0", "package main\nimport \"github.com/gin-gonic/gin\"\nfunc main(){ x := a+x; r.Group(x).Run(x) }", "fastapi[all]", "app=FastAPI()\nport=port", "web:", "")
	f.Fuzz(func(t *testing.T, gomod, gosrc, reqs, pysrc, procfile, pyproject string) {
		for _, stack := range []string{"go", "python"} {
			dir := t.TempDir()
			write(t, dir, map[string]string{"go.mod": gomod, "main.go": gosrc, "requirements.txt": reqs, "main.py": pysrc, "Procfile": procfile, "pyproject.toml": pyproject, ".python-version": procfile})
			r, err := Detect(dir, Options{Name: reqs, Stack: stack})
			if err != nil || r.Undecided() != nil {
				continue
			}
			r.Draft.Set([]string{"stack"}, map[string]string{"go": "go/modules", "python": "python/pip"}[stack], "")
			if _, err := profiles.Parse("scaffold.toml", r.Draft.Render()); err != nil {
				t.Errorf("%v in\n%s", err, r.Draft.Render())
			}
		}
	})
}

// Maven projects that are small and would grow, or lead out of the repository.
func TestHostileMaven(t *testing.T) {
	modules := func(n int) string {
		var list strings.Builder
		for i := range n {
			fmt.Fprintf(&list, "<module>m%d</module>", i)
		}
		return "<modules>" + list.String() + "</modules>"
	}
	top := func(inner string) string {
		return "<project><groupId>g</groupId><artifactId>top</artifactId><version>1</version><packaging>pom</packaging>" + inner + "</project>"
	}
	children := func(files map[string]string, n int, inner string) map[string]string {
		for i := range n {
			files[fmt.Sprintf("m%d/pom.xml", i)] = fmt.Sprintf("<project><parent><groupId>g</groupId><artifactId>top</artifactId></parent><artifactId>m%d</artifactId>%s</project>", i, inner)
			files[fmt.Sprintf("m%d/src/main/java/A.java", i)] = "class A { public static void main(String[] a) { } }"
		}
		return files
	}
	plugin := "<plugin><groupId>g</groupId><artifactId>p</artifactId></plugin>"
	const entry = "class A { public static void main(String[] a) { } } "
	properties := ""
	for i := range 5000 {
		properties += fmt.Sprintf("<p%d>${p%d}${p%d}</p%d>", i, i+1, i+1, i)
	}
	for name, files := range map[string]map[string]string{
		"entities":      {"pom.xml": "<!DOCTYPE p [<!ENTITY a \"" + strings.Repeat("a", 10_000) + "\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]><project><artifactId>&b;</artifactId></project>"},
		"deep":          {"pom.xml": strings.Repeat("<project>", 100_000)},
		"comments":      {"pom.xml": "<project><artifactId>" + strings.Repeat("a<!---->", 130_000) + "</artifactId></project>"},
		"not UTF-8":     {"pom.xml": "<project><artifactId>\xff\xfe</artifactId></project>"},
		"encoding":      {"pom.xml": "<?xml version=\"1.0\" encoding=\"UTF-16\"?><project/>"},
		"own parent":    {"pom.xml": "<project><parent><artifactId>a</artifactId><relativePath>pom.xml</relativePath></parent><artifactId>a</artifactId>" + strings.Repeat("<x/>", 90_000) + "</project>"},
		"own module":    {"pom.xml": top("<modules><module>.</module><module>pom.xml</module></modules>")},
		"many elements": {"pom.xml": "<project>" + strings.Repeat("<a/>", 200_000) + "</project>"},
		"doubling":      {"pom.xml": top("<properties>"+properties+"<java.version>${p0}</java.version><exec.mainClass>${p0}</exec.mainClass></properties>") + "", "src/main/java/A.java": ""},
		"large parent":  children(map[string]string{"pom.xml": top(modules(500) + "<build><plugins>" + strings.Repeat(plugin, 15_000) + "</plugins></build>")}, 500, ""),
		"dependencies": children(map[string]string{"pom.xml": top(modules(500) + "<dependencies>" + strings.Repeat("<dependency><groupId>g</groupId><artifactId>m7</artifactId></dependency>", 12_000) + "</dependencies>")}, 500,
			"<dependencies><dependency><groupId>g</groupId><artifactId>m8</artifactId></dependency></dependencies>"),
		"annotations": {"pom.xml": "<project><artifactId>a</artifactId></project>", "src/main/java/A.java": entry + "import io.javalin.*; import spark.*;" + strings.Repeat("@RestController @GetMapping(\"/x\" ", 30_000)},
		"calls":       {"pom.xml": "<project><artifactId>a</artifactId></project>", "src/main/java/A.java": entry + "import io.javalin.*; static port = " + strings.Repeat("x.start(port(", 70_000)},
		"names":       {"pom.xml": "<project><artifactId>a</artifactId></project>", "src/main/java/A.java": entry + strings.Repeat("getPort() { port = port + ", 35_000)},
		"strings":     {"pom.xml": "<project><artifactId>a</artifactId></project>", "src/main/java/A.java": entry + strings.Repeat("\"\"\"", 300_000)},
		"settings": {"pom.xml": "<project><artifactId>a</artifactId><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>",
			"src/main/java/A.java":               entry,
			"src/main/resources/application.yml": strings.Repeat("a: ", 1000) + "\n" + staircase(1400), "src/main/resources/application.properties": "server.port=" + strings.Repeat("${a:", 100_000)},
	} {
		dir := t.TempDir()
		write(t, dir, files)
		start := time.Now()
		r, err := Detect(dir, Options{})
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s took %v", name, took)
		} else {
			t.Logf("%s: %v, %v", name, took, err)
		}
		if err == nil && strings.Contains(string(r.Draft.Render()), "root:") {
			t.Errorf("%s: a file from outside:\n%s", name, r.Draft.Render())
		}
	}
}

// staircase is a mapping n levels deep.
func staircase(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "k:\n")
	}
	return b.String()
}

func TestMavenOutOfTheRepository(t *testing.T) {
	dir := t.TempDir()
	outside := "<project><groupId>g</groupId><artifactId>up</artifactId><version>1</version><properties><exec.mainClass>Outside</exec.mainClass></properties></project>"
	child := "<project><parent><groupId>g</groupId><artifactId>up</artifactId><version>1</version></parent><artifactId>a</artifactId></project>"
	write(t, dir, map[string]string{"pom.xml": outside, "other/pom.xml": outside, "repo/pom.xml": child})
	if err := os.Symlink("../../other/pom.xml", filepath.Join(dir, "repo", "up.xml")); err != nil {
		t.Fatal(err)
	}
	for _, relative := range []string{"", "<relativePath>../pom.xml</relativePath>", "<relativePath>up.xml</relativePath>", "<relativePath>" + dir + "/pom.xml</relativePath>"} {
		write(t, dir, map[string]string{"repo/pom.xml": strings.Replace(child, "</parent>", relative+"</parent>", 1)})
		r, err := Detect(filepath.Join(dir, "repo"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Saw {
			if strings.Contains(f.Text, "Outside") {
				t.Errorf("%s: %v was read from outside the repository", relative, f)
			}
		}
	}
}

// FuzzMaven: no POM, source or settings file may crash, hang, or make a draft that is no
// profile. The tree is in memory: writing files would take most of the time.
func FuzzMaven(f *testing.F) {
	f.Add("<project><artifactId>a</artifactId><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>",
		"package a; @RestController @RequestMapping(\"/a\") class A { @GetMapping String x() {} public static void main(String[] a) {} }", "server:\n  port: ${PORT:80}\n", "server.port=${A}\n")
	f.Add("<project><parent><artifactId>a</artifactId><relativePath>pom.xml</relativePath></parent><artifactId>a</artifactId><packaging>pom</packaging><modules><module>m</module></modules><properties><a>${b}</a><b>${a}</b></properties></project>",
		"import io.javalin.Javalin; class A { int port = Integer.parseInt(System.getenv(\"PORT\")); void main() { app.get(\"/\", x).start(port); } }", "- a: |\n  b\n'c': 1", "%prod.a=1")
	f.Fuzz(func(t *testing.T, pom, source, yml, properties string) {
		tree := &tree{there: map[string]bool{}, cache: map[string][]byte{}}
		for name, text := range map[string]string{"pom.xml": pom, "m/pom.xml": pom, "src/main/java/A.java": source, "m/src/main/java/A.java": source, "src/main/kotlin/B.kt": source,
			"src/main/resources/application.yml": yml, "src/main/resources/application.properties": properties, "config.yml": yml} {
			tree.add(name)
			tree.cache[name] = []byte(text)
		}
		slices.Sort(tree.files)
		r, err := detectJava(tree, Options{Name: properties})
		if err != nil || r.Undecided() != nil {
			return
		}
		if _, err := profiles.Parse("scaffold.toml", r.Draft.Render()); err != nil {
			t.Errorf("%v in\n%s", err, r.Draft.Render())
		}
	})
}

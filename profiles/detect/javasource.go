package detect

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"scaffold/profiles/maven"
)

// maxJavaSources is how many source files of a program are looked into.
const maxJavaSources = 1000

// javaRoots are where Maven and its Kotlin plugin have sources, and what they end in.
var javaRoots = []struct{ dir, ext string }{{"src/main/java", ".java"}, {"src/main/kotlin", ".kt"}, {"src/main/java", ".kt"}}

// sources are the source files of modules, those of the first first.
func (p *javaProject) sources(modules ...*maven.POM) []string {
	var files []string
	for _, m := range modules {
		for _, root := range javaRoots {
			dir := path.Join(m.Dir(), root.dir) + "/"
			for _, f := range p.t.files {
				if strings.HasPrefix(f, dir) && path.Ext(f) == root.ext && len(files) < maxJavaSources {
					files = append(files, f)
				}
			}
		}
	}
	return files
}

// code is a source file without its comments.
func (p *javaProject) code(file string) string {
	if text, ok := p.codes[file]; ok {
		return text
	}
	text := withoutJavaComments(decoded(p.t.data(file)))
	p.codes[file] = text
	return text
}

// withoutJavaComments blanks comments and keeps every line and offset. Strings stay.
func withoutJavaComments(text string) string {
	out := []byte(text)
	for i := 0; i < len(out); {
		rest := text[i:]
		switch {
		case strings.HasPrefix(rest, "//"):
			i = blank(out, i, i+until(rest, "\n"))
		case strings.HasPrefix(rest, "/*"):
			i = blank(out, i, i+2+until(rest[2:], "*/")+2)
		case strings.HasPrefix(rest, `"""`):
			i += 3 + until(rest[3:], `"""`) + 3
		case out[i] == '"' || out[i] == '\'':
			i += quoted(rest)
		default:
			i++
		}
	}
	return string(out)
}

// until is the offset of what ends text, or its length.
func until(text, end string) int {
	if i := strings.Index(text, end); i >= 0 {
		return i
	}
	return len(text)
}

// quoted is the length of the literal at the start of text; it ends with its line.
func quoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		case '\n':
			return i
		}
	}
	return len(text)
}

// blank overwrites all but line breaks and returns end, or out's length.
func blank(out []byte, start, end int) int {
	end = min(end, len(out))
	for i := start; i < end; i++ {
		if out[i] != '\n' && out[i] != '\r' {
			out[i] = ' '
		}
	}
	return end
}

// maxArguments is how long the arguments of a call may be to be read.
const maxArguments = 600

// arguments are what stands in the brackets that open right before text, split at the
// commas, and its length; false where the bracket does not close.
func arguments(text string) (args []string, length int, ok bool) {
	depth, start := 0, 0
	for i := 0; i < min(len(text), maxArguments); i++ {
		switch text[i] {
		case '"', '\'':
			i += quoted(text[i:]) - 1
		case '(', '{', '[':
			depth++
		case ',':
			if depth == 0 {
				args, start = append(args, strings.TrimSpace(text[start:i])), i+1
			}
		case ')', '}', ']':
			if depth--; depth < 0 {
				if last := strings.TrimSpace(text[start:i]); last != "" {
					args = append(args, last)
				}
				return args, i, true
			}
		}
	}
	return nil, 0, false
}

var (
	javaPackage = regexp.MustCompile(`(?m)^\s*package\s+([\w.]+)\s*;?`)
	jvmName     = regexp.MustCompile(`@file\s*:\s*JvmName\s*\(\s*"(\w+)"`)
)

// A javaEntry is a form of a main method, and how its class is called: {file} is the
// file's name.
type javaEntry struct {
	ext     string
	form    *regexp.Regexp
	class   string
	release int // of Java that takes it
}

var javaEntries = []javaEntry{
	{".java", regexp.MustCompile(`(?m)\b(?:public\s+static|static\s+public|public\s+final\s+static|public\s+static\s+final)\s+(?:synchronized\s+)?void\s+main\s*\(\s*(?:final\s+)?(?:@\w+\s+)?String\b`), "{file}", 0},
	// https://openjdk.org/jeps/512
	{".java", regexp.MustCompile(`(?m)^\s*(?:public\s+)?(?:static\s+)?void\s+main\s*\(\s*(?:(?:final\s+)?String\s*(?:\[\s*\]|\.\.\.)\s*\w+)?\s*\)`), "{file}", instanceMain},
	// https://kotlinlang.org/docs/java-to-kotlin-interop.html#package-level-functions
	{".kt", regexp.MustCompile(`(?m)^(?:suspend\s+)?fun\s+main\s*\(`), "{file}Kt", 0},
	{".kt", regexp.MustCompile(`@JvmStatic\s+(?:public\s+)?fun\s+main\s*\(`), "{file}", 0},
}

// instanceMain is the Java release whose launcher takes a main method that is neither
// public nor static; before, it is a preview.
const instanceMain = 25

// mains are the classes with a main method, those of the shortest package first.
func (p *javaProject) mains(m *maven.POM) []Choice {
	if found, ok := p.entries[m]; ok {
		return found
	}
	release, known := m.Release()
	n, _ := strconv.Atoi(release.Text)
	var found []Choice
	for _, f := range p.sources(m) {
		if text := p.code(f); strings.Contains(text, "main") {
			for _, e := range javaEntries {
				if loc := e.form.FindStringIndex(text); loc != nil && e.ext == path.Ext(f) && (!known || n >= e.release) {
					found = append(found, Choice{e.named(f, text), at(f, lineAt(text, loc[1]))})
					break
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Choice) int { return cmp.Compare(strings.Count(a.Value, "."), strings.Count(b.Value, ".")) })
	p.entries[m] = slices.DeleteFunc(found, func(c Choice) bool { return !className.MatchString(c.Value) })
	return p.entries[m]
}

var className = regexp.MustCompile(`^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$`)

func (e javaEntry) named(file, text string) string {
	class := strings.ReplaceAll(e.class, "{file}", strings.TrimSuffix(path.Base(file), e.ext))
	if m := jvmName.FindStringSubmatch(text); m != nil && e.ext == ".kt" {
		class = m[1]
	}
	if m := javaPackage.FindStringSubmatch(text); m != nil {
		class = m[1] + "." + class
	}
	return class
}

// javaWaits is what keeps a program from ending, or hands it its work from outside.
var javaWaits = regexp.MustCompile(`\b(?:while|Thread|Executor\w*|Timer|Scheduled\w*|HttpServer|ServerSocket|Socket|Scanner|Console|System\s*\.\s*in|IO\s*\.\s*readln|CompletableFuture|HttpClient|CountDownLatch|serve\w*|start|listen|run|join|await|sleep|args\s*\[|args\s*\.)`)

// ends reports whether the program surely ends by itself: nothing in it waits, and no code
// of others could.
func (p *javaProject) ends(m *maven.POM) bool {
	if len(p.modulesOf(m)) > 1 || slices.ContainsFunc(p.own(m), packaged) {
		return false
	}
	return !slices.ContainsFunc(p.sources(m), func(f string) bool { return javaWaits.MatchString(p.code(f)) })
}

// packaged reports whether a dependency is there when the program runs.
func packaged(d maven.Dependency) bool { return d.Scope == "compile" || d.Scope == "runtime" }

// maxReached is how many modules of the repository a program may be made of.
const maxReached = 50

// modulesOf is a module and those of the repository that it depends on.
func (p *javaProject) modulesOf(m *maven.POM) []*maven.POM {
	if all, ok := p.reach[m]; ok {
		return all
	}
	all, seen := []*maven.POM{m}, map[*maven.POM]bool{m: true}
	for i := 0; i < len(all); i++ {
		for _, d := range p.own(all[i]) {
			if o := p.called[d.Name]; o != nil && d.Scope != "test" && !seen[o] && len(all) < maxReached {
				all, seen[o] = append(all, o), true
			}
		}
	}
	p.reach[m] = all
	return all
}

// own are a module's dependencies.
func (p *javaProject) own(m *maven.POM) []maven.Dependency {
	if _, ok := p.libraries[m]; !ok {
		p.libraries[m] = m.Dependencies()
	}
	return p.libraries[m]
}

// coordinates are a module's group:artifact.
func coordinates(m *maven.POM) string {
	group, ok := m.Own("groupId")
	if !ok {
		group, _ = m.Own("parent", "groupId")
	}
	artifact, _ := m.Own("artifactId")
	return group.Text + ":" + artifact.Text
}

// dependencies are those of a module and of the modules that it depends on.
func (p *javaProject) dependencies(m *maven.POM) []maven.Dependency {
	var all []maven.Dependency
	for _, o := range p.modulesOf(m) {
		for _, d := range p.own(o) {
			if d.Scope != "test" && (o == m || d.Scope != "provided") {
				all = append(all, d)
			}
		}
	}
	return all
}

// dependency is the first of the dependencies that one of the names is of; a name may end
// in *.
func (p *javaProject) dependency(m *maven.POM, names []string) (maven.Dependency, bool) {
	all := p.dependencies(m)
	i := slices.IndexFunc(all, func(d maven.Dependency) bool {
		return slices.ContainsFunc(names, func(n string) bool {
			head, open := strings.CutSuffix(n, "*")
			return d.Name == n || open && strings.HasPrefix(d.Name, head)
		})
	})
	if i < 0 {
		return maven.Dependency{}, false
	}
	return all[i], true
}

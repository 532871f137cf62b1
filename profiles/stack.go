package profiles

import "strings"

// A Language is what scaffold knows of one language's profiles.
type Language struct {
	Name     string
	Managers []string // package managers that there are templates for
	Target   string   // what build.target is where it is not given
	Command  string   // example of runtime.command, which must be given: nothing is built that could be run by its name
}

// Languages are the languages that there are templates for.
var Languages = []Language{
	{Name: "go", Managers: []string{"modules"}, Target: "."},
	{Name: "java", Managers: []string{"maven"}, Target: "."},
	{Name: "node", Managers: []string{"npm", "pnpm", "yarn", "bun"}, Command: `["node", "server.js"]`},
	{Name: "python", Managers: []string{"pip", "uv", "poetry", "pdm", "pipenv"}, Command: `["python", "main.py"]`},
}

// planned are languages that people will write, and that have no templates yet.
var planned = []string{"rust", "php", "deno", "dotnet", "elixir", "ruby", "scala", "static"}

// SplitStack splits a stack into language, package manager and framework. The
// package manager defaults to the language's first; the framework may be empty.
func SplitStack(stack string) (language, manager, framework string) {
	parts := strings.SplitN(stack, "/", 3)
	parts = append(parts, "", "")
	language, manager, framework = parts[0], parts[1], parts[2]
	if l, ok := languageNamed(language); ok && manager == "" {
		manager = l.Managers[0]
	}
	return language, manager, framework
}

// Manager is the profile's package manager, for example "uv".
func (p *Profile) Manager() string {
	_, m, _ := SplitStack(p.Stack)
	return m
}

// Language is the profile's language, for example "go".
func (p *Profile) Language() string {
	l, _, _ := SplitStack(p.Stack)
	return l
}

func languageNamed(name string) (Language, bool) {
	for _, l := range Languages {
		if l.Name == name {
			return l, true
		}
	}
	return Language{}, false
}

package profiles

import (
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// A rule finds what is wrong with a profile whose every key has the right type.
type rule func(p *Profile, report func(key, hint, format string, args ...any))

// rules are the demands that reach across keys. Each speaks of one thing.
var rules = []rule{
	knownSchema, knownStack, foreignKeys, oneShell, pathsInside, caInside, secretPlaces,
	commandGiven, portFits, platformsListed, runMakesSense, ownLabels, extrasHold,
}

// validate returns what the rules find, with lines.
func validate(file, data string, p *Profile) Problems {
	s := &strict{file: file, lines: newLocator(data)}
	for _, r := range rules {
		r(p, func(key, hint, format string, args ...any) {
			s.add(strings.Split(key, "."), hint, format, args...)
		})
	}
	return s.found()
}

func knownSchema(p *Profile, report func(key, hint, format string, args ...any)) {
	if p.Schema != Schema {
		report("schema", "a newer scaffold may read it", "schema is %d; this scaffold reads %d", p.Schema, Schema)
	}
}

func knownStack(p *Profile, report func(key, hint, format string, args ...any)) {
	var names, stacks []string
	for _, l := range Languages {
		names = append(names, l.Name)
		for _, m := range l.Managers {
			stacks = append(stacks, l.Name+"/"+m)
		}
	}
	there := "there are: " + strings.Join(stacks, ", ")
	language, manager, _ := SplitStack(p.Stack)
	l, ok := languageNamed(language)
	switch {
	case ok && !slices.Contains(l.Managers, manager):
		report("stack", there, "stack %q: there is no template for %s with %s yet", p.Stack, language, manager)
	case !ok && slices.Contains(planned, language):
		report("stack", there, "stack %q: there is no template for %s yet", p.Stack, language)
	case !ok:
		if n := nearest(language, names); n != "" {
			there = fmt.Sprintf("did you mean %q?", n)
		}
		report("stack", there, "stack %q: unknown language %q", p.Stack, language)
	}
}

// foreignKeys refuses keys whose stack tag names other languages only.
func foreignKeys(p *Profile, report func(key, hint, format string, args ...any)) {
	profile := reflect.ValueOf(p).Elem()
	for _, k := range ownedKeys() {
		if !owns(k.owner, p.Language()) && !profile.FieldByIndex(k.index).IsZero() {
			report(k.key, "delete the line", "%s belongs to %s, and the stack is %s", k.key, strings.ReplaceAll(k.owner, ",", ", "), p.Stack)
		}
	}
}

// An ownedKey is a key that only some languages have.
type ownedKey struct {
	key, owner string
	index      []int // of the field
}

var ownedKeys = sync.OnceValue(func() []ownedKey {
	var owned []ownedKey
	for t, i := reflect.TypeFor[Profile](), 0; i < t.NumField(); i++ {
		owned = append(owned, ownedIn(t.Field(i), "", nil)...)
	}
	return owned
})

// ownedIn are the owned keys that a field is, and that are below it.
func ownedIn(f reflect.StructField, prefix string, index []int) []ownedKey {
	var owned []ownedKey
	key := prefix + f.Tag.Get("toml")
	index = append(slices.Clone(index), f.Index...)
	if owner := f.Tag.Get("stack"); owner != "" {
		owned = append(owned, ownedKey{key, owner, index})
	}
	if f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[Health]() {
		for i := range f.Type.NumField() {
			owned = append(owned, ownedIn(f.Type.Field(i), key+".", index)...)
		}
	}
	return owned
}

func oneShell(p *Profile, report func(key, hint, format string, args ...any)) {
	if p.Image.Debug && p.Runtime.Shell {
		report("image.debug", "keep one of them", "image.debug has no effect: runtime.shell = true keeps a shell in the image itself")
	}
}

func pathsInside(p *Profile, report func(key, hint, format string, args ...any)) {
	if path.IsAbs(p.Context) {
		report("context", "write it relative to this file", "context %q is an absolute path", p.Context)
	}
	if path.IsAbs(p.Policy) {
		report("policy", "write it relative to this file", "policy %q is an absolute path", p.Policy)
	}
}

func caInside(p *Profile, report func(key, hint, format string, args ...any)) {
	if p.Build.CA == "" {
		return
	}
	if c := path.Clean(p.Build.CA); path.IsAbs(c) || c == "." || c == ".." || strings.HasPrefix(c, "../") {
		report("build.ca", "copy the file into the context and name it from there", "build.ca is %q, which is no file in the context", p.Build.CA)
	}
}

func secretPlaces(p *Profile, report func(key, hint, format string, args ...any)) {
	seen := map[string]bool{}
	for _, s := range p.Build.Secrets {
		if (s.Target == "") == (s.Env == "") {
			report("build.secrets", "give target (a file) or env (a variable)", "secret %q needs exactly one of target and env", s.ID)
		}
		if seen[s.ID] {
			report("build.secrets", "", "secret %q is there twice", s.ID)
		}
		seen[s.ID] = true
	}
}

func commandGiven(p *Profile, report func(key, hint, format string, args ...any)) {
	l, ok := languageNamed(p.Language())
	if ok && l.Command != "" && len(p.Runtime.Command) == 0 {
		report("runtime.command", "for example command = "+l.Command, "missing key %q: what the image runs", "runtime.command")
	}
	if len(p.Runtime.Command) > 0 && p.Runtime.Command[0] == "" {
		report("runtime.command", "", "runtime.command begins with an empty string")
	}
	if len(p.Runtime.Health.Command) > 0 && p.Runtime.Health.Command[0] == "" {
		report("runtime.health", "", "runtime.health begins with an empty string")
	}
}

func portFits(p *Profile, report func(key, hint, format string, args ...any)) {
	if p.Runtime.Port > 65535 {
		report("runtime.port", "", "runtime.port is %d; the highest port is 65535", p.Runtime.Port)
	}
	if p.Runtime.Port == 0 && p.Runtime.Health.Path != "" {
		report("runtime.health", "give runtime.port", "runtime.health is an HTTP path, and there is no runtime.port to ask it at")
	}
	if p.Runtime.Port == 0 && p.Verify.HTTP != nil {
		report("verify.http", "give runtime.port", "verify.http needs runtime.port")
	}
	if h := p.Verify.HTTP; h != nil && h.Status != 0 && (h.Status < 100 || h.Status > 599) {
		report("verify.http.status", "", "verify.http.status is %d, which is no HTTP status", h.Status)
	}
}

func platformsListed(p *Profile, report func(key, hint, format string, args ...any)) {
	if p.Image.Platforms != nil && len(p.Image.Platforms) == 0 {
		report("image.platforms", "delete the line for linux/amd64 and linux/arm64", "image.platforms is empty")
	}
	for i, platform := range p.Image.Platforms {
		if slices.Contains(p.Image.Platforms[:i], platform) {
			report("image.platforms", "", "image.platforms has %s twice", platform)
		}
	}
}

func runMakesSense(p *Profile, report func(key, hint, format string, args ...any)) {
	v := p.Verify
	if v.HTTP != nil && v.Exit != nil {
		report("verify.exit", "keep one", "verify.http and verify.exit contradict each other: a program that ends answers nothing")
	}
	if v.Exit != nil && *v.Exit > 255 {
		report("verify.exit", "", "verify.exit is %d; exit codes end at 255", *v.Exit)
	}
	if v.Run == nil || *v.Run {
		return
	}
	for _, k := range []struct {
		name string
		set  bool
	}{{"http", v.HTTP != nil}, {"exit", v.Exit != nil}, {"output", v.Output != ""}, {"args", len(v.Args) > 0}, {"env", len(v.Env) > 0}, {"timeout", v.Timeout != ""}} {
		if k.set {
			report("verify."+k.name, "delete it, or run = false", "verify.%s has no effect with verify.run = false", k.name)
		}
	}
}

func ownLabels(p *Profile, report func(key, hint, format string, args ...any)) {
	const base = "org.opencontainers.image.base."
	for k := range p.Image.Labels {
		if strings.HasPrefix(k, base) {
			s := "scaffold writes it from the base that it chose"
			report("image.labels", s, "image.labels: %s is scaffold's own", k)
		}
	}
}

func extrasHold(p *Profile, report func(key, hint, format string, args ...any)) {
	empty := func(table string, i int, lines []string) {
		if len(lines) == 0 {
			report(nth(table, i)+".lines", "give at least one instruction, or delete the table", "%s.lines is empty", table)
		}
	}
	for i, e := range p.Build.Extra {
		empty("build.extra", i, e.Lines)
	}
	for i, e := range p.Runtime.Extra {
		empty("runtime.extra", i, e.Lines)
	}
}

// owns reports whether a stack tag names the language; an empty one names all.
func owns(tag, language string) bool {
	return tag == "" || slices.Contains(strings.Split(tag, ","), language)
}

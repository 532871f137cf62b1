package detect

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"scaffold/profiles/maven"
)

// configFile finds the file that the program is given on its command line, and reports
// whether it is in the jar.
func (p *javaProject) configFile(m *maven.POM, fw *javaFramework) (name, file string, packed bool) {
	artifact, _ := m.Own("artifactId")
	for _, c := range fw.config {
		name := strings.ReplaceAll(c, "{name}", artifact.Text)
		for _, dir := range []string{path.Join(m.Dir(), "src/main/resources"), m.Dir(), "."} {
			if file := path.Join(dir, name); p.t.has(file) {
				return name, file, strings.HasSuffix(dir, "resources")
			}
		}
	}
	return "", "", false
}

// arguments adds what the framework wants on its command line. It returns nil where that is
// a file which the image will not hold.
func (p *javaProject) arguments(m *maven.POM, fw *javaFramework, words []string) ([]string, string) {
	words = append(slices.Clone(words), fw.args...)
	name, file, packed := p.configFile(m, fw)
	if file == "" {
		return words, "default of " + fw.name
	}
	p.r.saw("configuration of "+fw.name, file, 1)
	// https://www.dropwizard.io/en/stable/manual/core.html#configuration
	reads := slices.ContainsFunc(p.sources(m), func(f string) bool {
		return strings.Contains(p.code(f), "ResourceConfigurationSourceProvider")
	})
	if packed && reads {
		return append(words, name), at(file, 1)
	}
	p.r.needs = "runtime.command"
	p.r.why = &Error{
		fmt.Sprintf("%s is read beside the jar, and the image holds what Maven packages alone", file),
		"move it to src/main/resources and use ResourceConfigurationSourceProvider, or --set runtime.command=" + strings.Join(words, ","),
	}
	return nil, ""
}

// listens drafts port, health and what a run must show. clear: only one class can be started.
func (p *javaProject) listens(m *maven.POM, fw *javaFramework, clear bool) {
	settings := p.settings(m, fw)
	if fw != nil && len(fw.config) > 0 {
		if _, file, _ := p.configFile(m, fw); file != "" {
			p.readSettings(file, settings)
		}
	}
	if !p.port(m, fw, settings) {
		if fw == nil && clear && p.ends(m) {
			p.r.set("verify.exit", 0, "default of a program in which nothing waits")
		}
		return
	}
	if fw != nil && fw.starts != "" {
		p.r.set("verify.timeout", fw.starts, "default of "+fw.name+": it starts slowly under emulation")
	}
	p.asks(m, fw, settings)
}

// port drafts runtime.port, and reports whether there is one.
func (p *javaProject) port(m *maven.POM, fw *javaFramework, settings javaValues) bool {
	if fw != nil && !fw.sources {
		_, serves := p.dependency(m, fw.serves)
		if (serves || fw.serves == nil) && !settings.has(fw.off) {
			return p.settingPort(fw, settings)
		}
		if fw.serves != nil && !serves {
			return p.sourcePort(m, nil) // a framework without its server may open a port by hand
		}
		return false
	}
	return p.sourcePort(m, fw)
}

func (p *javaProject) settingPort(fw *javaFramework, settings javaValues) bool {
	if v, ok := settings.get(fw.host...); ok && localHost.MatchString(v.Text) {
		p.r.warn("the server listens on a loopback address only: nothing outside its container will reach it", v.Path, v.Line)
	}
	v, ok := settings.get(fw.keys...)
	if !ok {
		p.listensOn(javaValue{javaPort: javaPort{port: fw.port}, at: Finding{Text: "default of " + fw.name}})
		return true
	}
	port, ok := settings.portOf(v.Text)
	if !ok {
		p.r.warn(fmt.Sprintf("the port %q is none that is written there; give it with --set runtime.port=N", v.Text), v.Path, v.Line)
		return false
	}
	p.listensOn(javaValue{port, Finding{"", v.Path, v.Line}})
	return true
}

// sourcePort takes the port of a call in the sources.
func (p *javaProject) sourcePort(m *maven.POM, fw *javaFramework) bool {
	servers := p.servers(m)
	switch {
	case len(servers) > 0 && servers[0].known:
	case len(servers) > 0:
		p.r.warn("it listens at a port that is not written there; give it with --set runtime.port=N", servers[0].at.Path, servers[0].at.Line)
		return false
	case fw != nil:
		p.listensOn(javaValue{javaPort: javaPort{port: fw.port}, at: Finding{Text: "default of " + fw.name}})
		return true
	default:
		return false
	}
	first := servers[0]
	p.listensOn(first.javaValue)
	if first.local {
		p.r.warn("the server listens on a loopback address only: nothing outside its container will reach it", first.at.Path, first.at.Line)
	}
	for _, other := range servers[1:] {
		if other.known && other.port != first.port {
			p.r.warn(fmt.Sprintf("it listens on port %d too; the profile is for %d", other.port, first.port), other.at.Path, other.at.Line)
		}
	}
	return true
}

func (p *javaProject) listensOn(v javaValue) {
	from := v.at.Text
	if v.at.Path != "" {
		from = at(v.at.Path, v.at.Line)
	}
	p.r.set("runtime.port", v.port, from)
	if v.env != "" {
		p.r.set("runtime.env."+v.env, strconv.Itoa(v.port), from)
	}
	p.r.Saw = append(p.r.Saw, Finding{Text: fmt.Sprintf("listens on port %d, %s", v.port, from)})
}

// asks drafts what to ask of the server: the framework's own health check and "/", else a
// health route of the program, else its shortest route.
func (p *javaProject) asks(m *maven.POM, fw *javaFramework, settings javaValues) {
	seen := map[string]Finding{}
	if _, guarded := p.dependency(m, javaGuards); !guarded {
		prefix := ""
		if fw != nil {
			v, _ := settings.get(fw.prefix...)
			prefix = v.Text
		}
		for route, f := range p.routes(m, fw) {
			note(seen, joined(prefix, route), f)
		}
	}
	health, from := p.health(m, fw, settings)
	if health == "" {
		p.r.routes(seen)
		p.shortest(seen)
		return
	}
	p.r.saw("health route "+health, from.Path, from.Line)
	p.r.set("runtime.health", health, at(from.Path, from.Line))
	ask := health
	if f, ok := seen["/"]; ok {
		ask, from = "/", maven.Value{Path: f.Path, Line: f.Line}
	}
	p.r.set("verify.http.path", ask, at(from.Path, from.Line))
	p.r.set("verify.http.status", 200, at(from.Path, from.Line))
}

// shortest asks for the shortest route where nothing more telling is there.
func (p *javaProject) shortest(seen map[string]Finding) {
	if _, ok := p.r.Draft.Get("verify.http.path"); ok || len(seen) == 0 {
		return
	}
	var all []string
	for route := range seen {
		all = append(all, route)
	}
	slices.SortFunc(all, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	f := seen[all[0]]
	p.r.set("verify.http.path", all[0], at(f.Path, f.Line))
	p.r.set("verify.http.status", 200, at(f.Path, f.Line))
}

// health is the path that the framework's own health check answers at the program's port,
// and the dependency that brings it.
func (p *javaProject) health(m *maven.POM, fw *javaFramework, settings javaValues) (string, maven.Value) {
	if fw == nil || fw.health.checks == "" {
		return "", maven.Value{}
	}
	d, ok := p.dependency(m, []string{fw.health.checks})
	if !ok || !fw.health.shown(settings) || p.behindLogin(m) {
		return "", maven.Value{}
	}
	port, _ := settings.get(fw.keys...)
	if v, ok := settings.get(fw.health.elsewhere...); ok && v.Text != port.Text {
		p.r.saw(fw.name+" answers health checks at another port", v.Path, v.Line)
		return "", maven.Value{}
	}
	prefix, _ := settings.get(fw.prefix...)
	route := joined(prefix.Text, "")
	for _, part := range fw.health.parts {
		text := part.unset
		if v, ok := settings.get(part.key); ok {
			text = v.Text
		}
		if fw.health.absolute && strings.HasPrefix(text, "/") {
			route = "/"
		}
		route = strings.TrimSuffix(joined(route, text), "/")
	}
	if !plainRoute.MatchString(route) {
		return "", maven.Value{}
	}
	return route, d.At
}

// shown reports whether the settings leave health where it is.
func (h javaHealth) shown(settings javaValues) bool {
	if settings.has(h.off) {
		return false
	}
	lists := func(key string) bool {
		v, _ := settings.get(key)
		return slices.ContainsFunc(strings.FieldsFunc(v.Text, func(r rune) bool { return strings.ContainsRune(`, "[]`, r) }),
			func(s string) bool { return s == "health" || s == "*" })
	}
	if h.listed == "" {
		return true
	}
	_, listed := settings.get(h.listed)
	return (!listed || lists(h.listed)) && !lists(h.hidden)
}

// behindLogin reports whether the program says itself which paths are open, and does not
// name health among them.
func (p *javaProject) behindLogin(m *maven.POM) bool {
	guarded, open := false, false
	for _, f := range p.sources(p.modulesOf(m)...) {
		text := p.code(f)
		guarded = guarded || javaGuarded.MatchString(text)
		open = open || javaOpen.MatchString(text)
	}
	return guarded && !open
}

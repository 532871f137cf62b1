package detect

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"scaffold/profiles/maven"
)

// listens drafts port, health and what a run must show.
func (p *javaProject) listens(m *maven.POM, fw *javaFramework, main string) {
	settings := p.settings(m, fw)
	port, from := 0, ""
	switch {
	case fw != nil && !fw.sources && fw.listens(m):
		port, from = fw.port, "default of "+fw.name
		if v, ok := first(settings, fw.keys); ok {
			if n, ok := portOf(v.Text); ok {
				port, from = n, at(v.Path, v.Line)
			}
		}
	default:
		if v, ok := p.literalPort(m); ok {
			port, from = v.port, at(v.at.Path, v.at.Line)
			if v.local {
				p.r.warn("the server listens on a loopback address only: nothing outside its container will reach it", v.at.Path, v.at.Line)
			}
		} else if fw != nil && fw.sources {
			port, from = fw.port, "default of "+fw.name
		}
	}
	if port == 0 {
		if fw == nil && main != "" && p.ends(m) {
			p.r.set("verify.exit", 0, "default of a program in which nothing waits")
		}
		return
	}
	p.r.set("runtime.port", port, from)
	if fw != nil && fw.starts != "" {
		p.r.set("verify.timeout", fw.starts, "default of "+fw.name+": it starts slowly under emulation")
	}
	p.r.Saw = append(p.r.Saw, Finding{Text: fmt.Sprintf("listens on port %d, %s", port, from)})
	if !p.health(m, fw, settings) {
		p.routes(m)
	}
}

// listens reports whether one of the dependencies is a server.
func (f *javaFramework) listens(m *maven.POM) bool {
	return f.serves == nil || slices.ContainsFunc(m.Dependencies(), func(d maven.Dependency) bool { return slices.Contains(f.serves, d.Name) })
}

// health drafts the path that the framework's own health check answers.
func (p *javaProject) health(m *maven.POM, fw *javaFramework, settings map[string]maven.Value) bool {
	if fw == nil || fw.checks == "" {
		return false
	}
	for key := range settings {
		if strings.HasPrefix(key, fw.moved) {
			return false
		}
	}
	for _, d := range m.Dependencies() {
		if d.Name != fw.checks {
			continue
		}
		prefix, _ := first(settings, fw.prefix)
		route := strings.TrimSuffix(prefix.Text, "/") + fw.health
		from := at(d.At.Path, d.At.Line)
		p.r.saw("health route "+route, d.At.Path, d.At.Line)
		p.r.set("runtime.health", route, from)
		p.r.set("verify.http.path", route, from)
		p.r.set("verify.http.status", 200, from)
		return true
	}
	return false
}

// routes drafts what to ask of the server, from the literals of its sources.
func (p *javaProject) routes(m *maven.POM) {
	seen := map[string]Finding{}
	for _, f := range p.sources(m) {
		text := string(p.t.data(f))
		if javaGrouped.MatchString(text) {
			continue
		}
		for _, re := range javaRoutes {
			for _, loc := range re.FindAllStringSubmatchIndex(text, -1) {
				note(seen, text[loc[2]:loc[3]], Finding{"", f, lineAt(text, loc[2])})
			}
		}
	}
	p.r.routes(seen)
}

// literalPort reads from the sources at which port the program listens.
func (p *javaProject) literalPort(m *maven.POM) (goPort, bool) {
	for _, f := range p.sources(m) {
		text := string(p.t.data(f))
		named := map[string][]int{}
		for _, loc := range javaNumber.FindAllStringSubmatchIndex(text, -1) {
			named[text[loc[2]:loc[3]]] = loc[4:6]
		}
		for _, re := range javaListens {
			for _, loc := range re.FindAllStringSubmatchIndex(text, -1) {
				start, end := loc[2], loc[3]
				if v, ok := named[text[start:end]]; ok {
					start, end = v[0], v[1]
				}
				if n, ok := portOf(text[start:end]); ok {
					return goPort{n, javaLocal.MatchString(text), Finding{"", f, lineAt(text, start)}}, true
				}
			}
		}
	}
	return goPort{}, false
}

// ends reports whether the program surely ends by itself.
func (p *javaProject) ends(m *maven.POM) bool {
	return !slices.ContainsFunc(p.sources(m), func(f string) bool { return javaWaits.Match(p.t.data(f)) })
}

var placeholder = regexp.MustCompile(`^\$\{[\w.]+:([0-9]+)\}$`)

// portOf reads a port, or the default of ${PORT:8080}.
func portOf(text string) (int, bool) {
	if m := placeholder.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0 && n < 65536
}

func first(settings map[string]maven.Value, keys []string) (maven.Value, bool) {
	for _, k := range keys {
		if v, ok := settings[k]; ok {
			return v, true
		}
	}
	return maven.Value{}, false
}

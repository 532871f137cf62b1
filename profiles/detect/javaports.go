package detect

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"scaffold/profiles/maven"
)

// A javaValue is a port of the source: a number and where it is written, or the variable
// that it comes from.
type javaValue struct {
	javaPort
	at Finding
}

// javaNames are what names are given in the sources, the first number first.
type javaNames map[string]javaValue

var (
	assigned   = regexp.MustCompile(`\b(\w*[Pp][Oo][Rr][Tt]\w*|\w{1,4}|env\w*|value|configured)\s*=[^=]`)
	returned   = regexp.MustCompile(`\b(\w*[Pp]ort\w*)\s*\([^(){};]*\)\s*(?:throws\s+\w+\s*)?\{`)
	returns    = regexp.MustCompile(`\breturn\s+["']?([0-9][0-9_]{1,5})\b`)
	javaNumber = regexp.MustCompile(`(?:^|[^\w.])["']?([0-9][0-9_]{1,5})\b`)
	javaGetenv = regexp.MustCompile(`\bgetenv\s*\(\s*"([A-Z][A-Z0-9_]*)"|\benv\s*\.\s*get\s*\(\s*"([A-Z][A-Z0-9_]*)"`)
	lastName   = regexp.MustCompile(`(?:^|[.\s(])(\w+)\s*(?:\(\s*\))?\s*\)*$`)
	// chosen is what makes a number in an expression a default, rather than a sum's part.
	chosen   = regexp.MustCompile(`getenv|getProperty|getInteger|getOrDefault|orElse|parseInt|valueOf|requireNonNullElse|[?:]`)
	loopback = regexp.MustCompile(`^"(?:localhost|127\..*|::1)"$|getLoopbackAddress`)
)

// maxNames is how many names of a file are read, and maxExpression how much of what one is
// given.
const (
	maxNames      = 300
	maxExpression = 300
)

// gather notes what the names of a file are given.
func (n javaNames) gather(file, text string) {
	put := func(name string, v javaValue, ok bool) {
		old, there := n[name]
		if ok && (!there || old.env != "" && v.env == "") {
			n[name] = v
		}
	}
	for _, loc := range assigned.FindAllStringSubmatchIndex(text, maxNames) {
		end := loc[1] - 1
		rest := text[end:min(len(text), end+maxExpression)]
		end += min(until(rest, ";"), until(rest, "\n\n"))
		v, ok := n.expression(file, text, loc[1]-1, end)
		put(text[loc[2]:loc[3]], v, ok)
	}
	for _, loc := range returned.FindAllStringSubmatchIndex(text, maxNames) {
		body := text[loc[1]:min(len(text), loc[1]+maxArguments)]
		body = body[:until(body, "\n    }")]
		if all := returns.FindAllStringSubmatchIndex(body, -1); all != nil {
			last := all[len(all)-1]
			v, ok := number(body[last[2]:last[3]])
			v.at = Finding{"", file, lineAt(text, loc[1]+last[2])}
			put(text[loc[2]:loc[3]], v, ok)
		}
	}
}

func number(text string) (javaValue, bool) {
	n, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
	return javaValue{javaPort: javaPort{port: n}}, err == nil && n > 0 && n < 65536
}

// expression reads a number, a default behind a variable of the environment, or that
// variable, of text[start:end].
func (n javaNames) expression(file, text string, start, end int) (javaValue, bool) {
	e := text[start:end]
	all := javaNumber.FindAllStringSubmatchIndex(e, -1)
	if plain := strings.Trim(e, " \t\r\n\"()"); len(all) > 0 && (chosen.MatchString(e) || plain == e[all[0][2]:all[0][3]]) {
		last := all[len(all)-1]
		v, ok := number(e[last[2]:last[3]])
		v.at = Finding{"", file, lineAt(text, start+last[2])}
		return v, ok
	}
	if m := javaGetenv.FindStringSubmatchIndex(e); m != nil {
		v := javaValue{at: Finding{"", file, lineAt(text, start+m[0])}}
		v.javaPort = javaPort{port: envPort, env: javaGetenv.FindStringSubmatch(e)[1] + javaGetenv.FindStringSubmatch(e)[2]}
		return v, len(all) == 0
	}
	if m := lastName.FindStringSubmatch(e); m != nil {
		v, ok := n[m[1]]
		return v, ok
	}
	return javaValue{}, false
}

// A javaServer is a call that listens.
type javaServer struct {
	javaValue
	local bool
	known bool
}

// servers are the calls of a program that listen, by its sources.
func (p *javaProject) servers(m *maven.POM) []javaServer {
	var found []javaServer
	files := p.sources(p.modulesOf(m)...)
	constants := javaNames{}
	for range 2 { // a name may be given another that is declared later
		for _, f := range files {
			if text := p.code(f); strings.Contains(strings.ToLower(text), "port") {
				constants.gather(f, text)
			}
		}
	}
	for _, f := range files {
		text := p.code(f)
		for _, l := range javaListeners {
			if !slices.ContainsFunc(l.needs, func(s string) bool { return strings.Contains(text, s) }) {
				continue
			}
			names := javaNames{}
			names.gather(f, text)
			for k, v := range constants {
				if _, there := names[k]; !there {
					names[k] = v
				}
			}
			for _, loc := range l.call.FindAllStringIndex(text, maxCalls) {
				if s, ok := names.server(l, f, text, loc[1]); ok {
					found = append(found, s)
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b javaServer) int { return a.order() - b.order() })
	return found
}

// maxCalls is how many calls of one kind are read in a file.
const maxCalls = 100

// order puts what is known before what is not, and side ports behind.
func (s javaServer) order() int {
	if !s.known {
		return 2
	}
	return goPort{port: s.port}.order()
}

// server reads the call whose bracket ends at offset.
func (n javaNames) server(l javaListener, file, text string, offset int) (javaServer, bool) {
	args, length, ok := arguments(text[offset:])
	if !ok || len(args) == 0 {
		return javaServer{}, false
	}
	arg, host := args[0], strings.Join(args[1:], ",")
	end := offset + until(text[offset:offset+length], arg) + len(arg)
	if l.last && len(args) > 1 {
		arg, host = args[len(args)-1], args[0]
		end = offset + strings.LastIndex(text[offset:offset+length], arg) + len(arg)
	}
	s := javaServer{local: loopback.MatchString(host)}
	s.javaValue, s.known = n.expression(file, text, end-len(arg), end)
	if !s.known {
		s.at = Finding{"", file, lineAt(text, offset)}
	}
	return s, true
}

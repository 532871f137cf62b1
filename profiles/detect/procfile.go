package detect

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// procfile takes the web line, where it is plain words: no shell will read it.
// https://devcenter.heroku.com/articles/procfile.
func (p *pyProject) procfile() bool {
	for i, line := range strings.Split(string(p.t.data("Procfile")), "\n") {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "web:")
		if !ok {
			continue
		}
		from := at("Procfile", i+1)
		port, portFrom, variable := 8000, "default of PORT", false
		text = portVariable.ReplaceAllStringFunc(text, func(s string) string {
			variable = true
			if m := portVariable.FindStringSubmatch(s); m[1] != "" {
				port, _ = strconv.Atoi(m[1])
				portFrom = from
			}
			return strconv.Itoa(port)
		})
		words := strings.Fields(text)
		if len(words) == 0 || !plainWords.MatchString(text) {
			p.r.warn("the web line needs a shell, and was not taken as the start command", "Procfile", i+1)
			return false
		}
		words, listens := bind(words, port)
		if n, ok := portIn(words); ok {
			if n != port {
				portFrom = from
			}
			port, listens = n, true
		} else if p.appendsPort(words) {
			listens = true
		}
		p.r.set("runtime.command", words, from)
		p.r.saw("web process", "Procfile", i+1)
		p.procfilePort(words, listens || variable, port, portFrom)
		return true
	}
	return false
}

// procfilePort sets the port of a web line; one that starts a script has it there.
func (p *pyProject) procfilePort(words []string, listens bool, port int, from string) {
	for _, w := range words[1:] {
		mod, _, _ := strings.Cut(w, ":")
		for _, f := range []string{w, strings.ReplaceAll(mod, ".", "/") + ".py"} {
			if path.Ext(f) == ".py" && p.t.has(f) && p.file == "" {
				p.file = f
			}
		}
	}
	if listens {
		p.setPort(port, from)
	} else if v, ok := p.literalPort(p.file); ok {
		p.setPort(v.port, at(v.at.Path, v.at.Line))
	}
}

// appendsPort reports whether the program listens somewhere by its own default, which
// [bind] has written out.
func (p *pyProject) appendsPort(words []string) bool {
	return slices.ContainsFunc(bindFlags, func(b bindFlag) bool { return b.program == words[0] })
}

// bind adds the flags without which a server listens where nobody reaches it.
func bind(words []string, port int) (all []string, listens bool) {
	for _, b := range bindFlags {
		given := slices.ContainsFunc(words, func(w string) bool {
			name, _, _ := strings.Cut(w, "=")
			return slices.Contains(b.given, name)
		})
		if words[0] == b.program && !given {
			words = append(slices.Clone(words), fill(b.add, strings.NewReplacer("{port}", strconv.Itoa(port)))...)
			listens = true
		}
	}
	return words, listens
}

// portIn finds the port among a server's arguments.
func portIn(words []string) (int, bool) {
	for i, w := range words {
		flag, value, joined := strings.Cut(w, "=")
		if !slices.Contains([]string{"--port", "-p", "--bind", "-b", "--listen", "--server.port", "runserver"}, flag) {
			continue
		}
		if !joined && i+1 < len(words) {
			value = words[i+1]
		}
		n, err := strconv.Atoi(value[strings.LastIndexByte(value, ':')+1:])
		if err == nil && n > 0 && n < 65536 {
			return n, true
		}
	}
	return 0, false
}

package detect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"scaffold/profiles"
)

// detect drafts the profile of a project with the package manager's file at the top. A
// lock itself is not read: that is the evidence's.
func (m pyManager) detect(t *tree, o Options) (*Result, error) {
	if !t.has(m.marker) {
		return nil, nil
	}
	if t.data(m.manifest) == nil {
		return nil, m.unread(t)
	}
	r := &Result{Draft: profiles.NewDraft()}
	p := &pyProject{t: t, r: r, manager: m, reqs: m.reqs(t)}
	p.project()
	r.named(p.name, Choice{o.Name, "the folder's name"})
	r.set("stack", "python/"+m.name, at(m.marker, 1))
	r.saw(fmt.Sprintf("requirements: %d", len(p.reqs)), m.manifest, 1)
	if v, ok := p.version(); ok {
		r.set("build.version", v.Value, v.From)
		r.saw("python "+v.Value, v.From, 0)
	}
	p.framework()
	p.start()
	p.routes()
	_, r.runs = r.Draft.Get("runtime.command")
	r.needs = "runtime.command"
	if r.why == nil {
		r.why = &Error{
			"no start command found: looked for a web line in Procfile, an application of a known framework, manage.py, " + strings.Join(scripts, ", "),
			"--set runtime.command=python,FILE.py",
		}
	}
	return r, nil
}

// unread says of a manifest that is not there, or not as it should be.
func (m pyManager) unread(t *tree) error {
	if !t.has(m.manifest) {
		return &Error{fmt.Sprintf("there is %s, and no %s beside it", m.marker, m.manifest), "run it in the project's own folder"}
	}
	return &Error{m.manifest + " was not read: it is no regular file of at most 1 MiB", "is it the right file?"}
}

// scripts are the files that start a project by convention.
var scripts = []string{"main.py", "app.py", "server.py", "run.py", "__main__.py"}

// A pyProject is one Python project while it is looked at.
type pyProject struct {
	t       *tree
	r       *Result
	manager pyManager
	reqs    []requirement

	name     Choice
	requires Choice // requires-python
	packaged bool   // installed by the package manager, beside its dependencies

	fw   *pyFramework
	file string // where the application is
	port int    // of the start command; 0 for none
}

func (p *pyProject) requirement(dist string) (requirement, bool) {
	i := slices.IndexFunc(p.reqs, func(r requirement) bool { return r.dist == dist })
	if i < 0 {
		return requirement{}, false
	}
	return p.reqs[i], true
}

// framework finds the first known one among the requirements.
func (p *pyProject) framework() {
	for i, f := range pyFrameworks {
		if req, ok := p.requirement(f.dist); ok {
			p.fw = &pyFrameworks[i]
			p.r.saw(f.name, req.path, req.line)
			return
		}
	}
}

// start finds the command: what the project says itself, then what its framework's
// application is served with, then a script. A framework that is required and that
// nothing uses is none.
func (p *pyProject) start() {
	if p.procfile() || p.fw != nil && p.serve() {
		p.ofFramework()
		return
	}
	p.script()
	if p.fw != nil && !p.imports(p.file, p.fw.dist) {
		p.fw = nil
	}
	p.ofFramework()
}

func (p *pyProject) ofFramework() {
	if p.fw != nil {
		req, _ := p.requirement(p.fw.dist)
		p.r.set("stack", "python/"+p.manager.name+"/"+p.fw.name, at(req.path, req.line))
	}
}

func (p *pyProject) imports(file, module string) bool {
	for _, m := range imported.FindAllStringSubmatch(string(p.t.data(file)), -1) {
		if top, _, _ := strings.Cut(m[1]+m[2], "."); top == module {
			return true
		}
	}
	return false
}

// serve starts the framework's application with the first server that is required.
func (p *pyProject) serve() bool {
	app, ok := p.application()
	if !ok {
		return false
	}
	fwReq, _ := p.requirement(p.fw.dist)
	for i, s := range p.fw.servers {
		_, ok := p.requirement(s.dist)
		brought := i == 0 && slices.ContainsFunc(p.fw.extras, func(e string) bool { return slices.Contains(fwReq.extras, e) })
		if !ok && !brought && s.dist != "" {
			continue
		}
		if s.dist == "uvicorn" && p.fw.site {
			app.name = strings.Replace(app.name, ".wsgi", ".asgi", 1)
			app.name += ":application"
		}
		p.command(s, app)
		return true
	}
	first := p.fw.servers[0].dist
	p.r.why = &Error{
		fmt.Sprintf("%s is an application of %s, and %s names no server for it", profiles.OneLine(at(app.at.Path, app.at.Line)), p.fw.name, p.manager.manifest),
		p.manager.added(first) + ", or --set runtime.command=…",
	}
	return true
}

func (p *pyProject) command(s pyServer, app application) {
	p.file = app.at.Path
	port, from := s.port, "default of "+s.program(p.fw)
	if v, ok := p.literalPort(app.at.Path); ok {
		port, from = v.port, at(v.at.Path, v.at.Line)
	}
	module, _, _ := strings.Cut(app.name, ":")
	words := fill(s.command, strings.NewReplacer("{app}", app.name, "{module}", module, "{file}", app.at.Path, "{port}", strconv.Itoa(port)))
	p.r.set("runtime.command", words, at(app.at.Path, app.at.Line))
	p.r.saw("application "+app.name, app.at.Path, app.at.Line)
	p.setPort(port, from)
	if len(p.fw.env) > 0 {
		p.r.set("runtime.env", p.fw.env, "default of "+p.fw.name)
	}
	if s.dev != "" {
		p.r.warn(fmt.Sprintf("%s is started with its development server; %s for a production one", p.fw.name, p.manager.added(s.dev)), app.at.Path, app.at.Line)
	}
}

// program is what a server is called: by its command, or by the framework that has it.
func (s pyServer) program(f *pyFramework) string {
	if s.dist == "" {
		return f.name
	}
	return s.command[0]
}

func fill(words []string, r *strings.Replacer) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = r.Replace(w)
	}
	return out
}

func (p *pyProject) setPort(port int, from string) {
	p.port = port
	p.r.set("runtime.port", port, from)
	f := Finding{Text: fmt.Sprintf("listens on port %d, %s", port, from)}
	p.r.Saw = append(p.r.Saw, f)
}

// script starts a file by its name.
func (p *pyProject) script() {
	for _, f := range scripts {
		if !p.t.has(f) || p.t.data(f) == nil || p.r.why != nil {
			continue
		}
		p.file = f
		p.r.set("runtime.command", []string{"python", f}, at(f, 1))
		p.r.saw("start file", f, 1)
		if v, ok := p.literalPort(f); ok {
			p.setPort(v.port, at(v.at.Path, v.at.Line))
			if v.local {
				p.r.warn("the server listens on 127.0.0.1 only: nothing outside its container will reach it", v.at.Path, v.at.Line)
			}
		} else if p.ends(f) {
			p.r.set("verify.exit", 0, "default of a program in which nothing waits")
		}
		return
	}
}

// ends reports whether a script surely ends by itself: nothing in it waits, reads or
// serves, and it imports no file of the project that could.
func (p *pyProject) ends(file string) bool {
	text := string(p.t.data(file))
	if waiting.MatchString(text) || p.fw != nil && p.fw.script {
		return false
	}
	for _, m := range imported.FindAllStringSubmatch(text, -1) {
		mod := strings.ReplaceAll(m[1]+m[2], ".", "/")
		top, _, _ := strings.Cut(mod, "/")
		if p.t.has(mod+".py") || p.t.has(top+".py") || p.t.has(top+"/__init__.py") || mod == "" {
			return false
		}
	}
	return true
}

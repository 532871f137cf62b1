package detect

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"scaffold/profiles"
	"scaffold/profiles/node"
)

// A nodeProject is one Node project while it is looked at.
type nodeProject struct {
	t     *tree
	r     *Result
	m     *node.Manifest
	start *node.Start
	fw    *nodeFramework
	stack string
	port  int // 0 for none
}

// detectNode drafts the profile of a project with its package.json at the top.
func detectNode(t *tree, o Options) (*Result, error) {
	if !t.has(node.ManifestName) {
		return nil, nil
	}
	p := &nodeProject{t: t, r: &Result{Draft: profiles.NewDraft()}}
	var err error
	if p.m, err = node.ReadManifest(p.read, "."); err != nil {
		var problems profiles.Problems
		if errors.As(err, &problems) {
			return nil, &Error{fmt.Sprintf("%s %s", at(node.ManifestName, problems[0].Line), problems[0].Msg), problems[0].Hint}
		}
		return nil, &Error{"package.json was not read: it is no regular file of at most 1 MiB", "is it the right file?"}
	}
	name := p.m.At("name")
	p.r.named(Choice{unscoped(name.Text), at(name.Path, name.Line)}, Choice{o.Name, "the folder's name"})
	if err := p.manager(); err != nil {
		return nil, err
	}
	p.framework()
	p.process()
	if !p.r.runs && t.otherwise() {
		return nil, nil // its package.json is for tools
	}
	p.listens()
	p.target(o.Target)
	p.routes()
	return p.r, nil
}

// read is [tree.data] as package node takes it.
func (p *nodeProject) read(name string) ([]byte, error) {
	if d := p.t.data(name); d != nil {
		return d, nil
	}
	return nil, fmt.Errorf("reading %q: %w", name, fs.ErrNotExist)
}

// unscoped is a package's name without its scope.
func unscoped(name string) string {
	if i := strings.LastIndex(name, "/"); i >= 0 {
		return name[i+1:]
	}
	return name
}

// manager sets the stack by the package manager.
func (p *nodeProject) manager() error {
	name, from := p.m.Manager(p.t.has)
	if !slices.Contains(templates(), "node/"+name) {
		return &Error{fmt.Sprintf("the packages of this project are installed with %s (%s): there is no template for it yet; there are: %s", name, at(from.Path, from.Line), strings.Join(templates(), ", ")), ""}
	}
	p.stack = "node/" + name
	p.r.set("stack", p.stack, at(from.Path, from.Line))
	p.r.saw(name, from.Path, from.Line)
	if node.LockOf(name, p.t.has) == "" && p.m.Depends() {
		p.r.warn("no lock of "+name+" stands beside it: every build may install other versions", node.ManifestName, 0)
	}
	return nil
}

// framework finds the first known one among the dependencies.
func (p *nodeProject) framework() {
	for i, f := range nodeFrameworks {
		if from, dev, ok := p.m.Dependency(f.dependency); ok && !dev {
			p.fw = &nodeFrameworks[i]
			p.r.set("stack", p.stack+"/"+f.name, at(from.Path, from.Line))
			p.r.saw(f.name, from.Path, from.Line)
			return
		}
	}
}

// process sets the command: the process behind the start script.
func (p *nodeProject) process() {
	p.r.needs = "runtime.command"
	start, err := p.m.Start(p.t.has)
	var unclear *node.StartError
	if errors.As(err, &unclear) {
		if site, from := p.site(); site != "" && p.m.Script("start").Text == "" {
			p.r.why = &Error{fmt.Sprintf("this looks like pages that %s builds and any web server serves (%s): there is no template for that yet", site, at(from.Path, from.Line)), "--set runtime.command=node,FILE.js if a program of its own serves them"}
			return
		}
		p.r.why = &Error{
			fmt.Sprintf("no start command found: %s (%s)", profiles.OneLine(unclear.Msg), at(unclear.At.Path, unclear.At.Line)),
			"--set runtime.command=node,FILE.js",
		}
		return
	}
	p.start, p.r.runs = start, true
	from := at(start.From.Path, start.From.Line)
	p.r.set("runtime.command", start.Command, from)
	p.r.saw("starts "+strings.Join(start.Command, " "), start.From.Path, start.From.Line)
	for _, before := range start.Before {
		p.r.warn(fmt.Sprintf("the start script runs %q first, which is no part of the image's process: run it when building or deploying", before), start.From.Path, start.From.Line)
	}
	if start.Dev != "" {
		p.r.warn(fmt.Sprintf("the start script runs %s, which watches files for development; the image starts what it starts", start.Dev), start.From.Path, start.From.Line)
	}
	p.made(start)
	env := map[string]string{}
	for k, v := range start.Env {
		if k != "NODE_ENV" || v != "production" { // which the image has anyway
			env[k] = v
		}
	}
	if len(env) > 0 {
		p.r.set("runtime.env", env, from)
	}
}

// site is the package that builds pages to be served as files, or "".
func (p *nodeProject) site() (string, node.Place) {
	for _, name := range siteBuilders {
		if from, _, ok := p.m.Dependency(name); ok {
			return name, from
		}
	}
	return "", node.Place{}
}

// made warns of a file to start that is not there and that no build makes.
func (p *nodeProject) made(start *node.Start) {
	if start.Main == "" || node.File(start.Main, p.t.has) != "" || p.m.Script("build").Text != "" {
		return
	}
	p.r.warn(fmt.Sprintf("the start script runs %s, which is not there, and there is no script build that would make it; build.target names another", profiles.OneLine(start.Main)), start.From.Path, start.From.Line)
}

// target takes the script that a person gave as build.target.
func (p *nodeProject) target(told string) {
	if told != "" {
		p.r.set("build.target", told, profiles.Told)
	} else if build := p.m.Script("build"); build.Text != "" {
		p.r.saw("build script "+profiles.OneLine(build.Text), build.Path, build.Line)
	}
}

// listens sets the port: what the sources say, else the framework's default.
func (p *nodeProject) listens() {
	if p.start == nil {
		return
	}
	if port, ok := portIn(p.start.Command); ok {
		p.listensOn(port, at(p.start.From.Path, p.start.From.Line))
		return
	}
	if v, from, ok := p.givenPort(); ok {
		p.listensOn(v, from)
		return
	}
	for _, f := range p.sources() {
		v, ok := jsPort(string(p.t.data(f)), f)
		if !ok {
			continue
		}
		if v.local || v.hostless && p.fw != nil && p.fw.local {
			p.r.warn("the server listens on 127.0.0.1 only: nothing outside its container will reach it; have it listen on 0.0.0.0", v.at.Path, v.at.Line)
		}
		if v.port == 0 {
			p.r.set("runtime.env.PORT", fmt.Sprint(envPort), "default")
			v.port = envPort
		}
		p.listensOn(v.port, at(v.at.Path, v.at.Line))
		return
	}
	if p.fw != nil && p.fw.port != 0 {
		p.listensOn(p.fw.port, "default of "+p.fw.name)
		return
	}
	if main := p.start.Main; p.t.has(main) && !jsWaits.MatchString(string(p.t.data(main))) {
		p.r.set("verify.exit", 0, "default of a program in which nothing waits")
	}
}

// givenPort is the port that the start script puts into the environment.
func (p *nodeProject) givenPort() (port int, from string, ok bool) {
	n, ok := portNumber(p.start.Env["PORT"])
	return n, at(p.start.From.Path, p.start.From.Line), ok
}

func (p *nodeProject) listensOn(port int, from string) {
	p.port = port
	p.r.set("runtime.port", port, from)
	p.r.Saw = append(p.r.Saw, Finding{Text: fmt.Sprintf("listens on port %d, %s", port, from)})
}

// sources are the files to look into: the one that is started, or what it is compiled of,
// first; then those that start things by convention.
func (p *nodeProject) sources() []string {
	var files []string
	for _, f := range p.t.files {
		folders := strings.Split(path.Dir(f), "/")
		if !jsSource.MatchString(f) || jsTest.MatchString(f) || len(folders) > 3 || slices.ContainsFunc(folders, func(d string) bool { return slices.Contains(notDeployed, d) || d == "public" }) {
			continue
		}
		if files = append(files, f); len(files) == maxSources {
			break
		}
	}
	rank := func(f string) int {
		base := strings.TrimSuffix(path.Base(f), path.Ext(f))
		if p.start != nil && p.start.Main != "" && (f == p.start.Main || base == strings.TrimSuffix(path.Base(p.start.Main), path.Ext(p.start.Main)) && path.Dir(f) != path.Dir(p.start.Main)) {
			return 0
		}
		i := slices.Index([]string{"main", "server", "index", "app", "www"}, base)
		if i < 0 {
			i = 50
		}
		return 1 + strings.Count(f, "/")*100 + i
	}
	slices.SortStableFunc(files, func(a, b string) int { return rank(a) - rank(b) })
	return files
}

// routes drafts what to ask of the server, from the literals of its sources.
func (p *nodeProject) routes() {
	if p.port == 0 {
		return
	}
	seen := map[string]Finding{}
	for _, f := range p.sources() {
		text := jsCode(string(p.t.data(f)))
		for _, re := range jsRoutes {
			for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
				note(seen, text[m[2]:m[3]], Finding{"", f, lineAt(text, m[2])})
			}
		}
	}
	if len(seen) == 0 && p.fw != nil && p.fw.pages {
		p.r.set("verify.http.path", "/", "default of "+p.fw.name)
		return
	}
	p.r.routes(seen)
}

// otherwise reports whether the repository looks like one of another language.
func (t *tree) otherwise() bool {
	for _, m := range markers {
		for _, name := range t.top {
			if m.stack != "" && m.matches(name) && m.file != "index.html" {
				return true
			}
		}
	}
	return false
}

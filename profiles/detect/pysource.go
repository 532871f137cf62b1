package detect

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	// portVariable is PORT as a platform gives it to a web process.
	portVariable = regexp.MustCompile(`\$(?:PORT\b|\{PORT(?::-?([0-9]+))?\})`)
	plainWords   = regexp.MustCompile(`^[A-Za-z0-9_./:=,@+%~ \t\r-]+$`)
	waiting      = regexp.MustCompile(`\b(while|serve\w*|run_forever|asyncio|sleep|[Tt]hread\w*|listen\w*|import_module|consume\w*|subscribe|schedul\w*|input|argv|argparse|click|typer|stdin|[Ww]orker\w*|poll\w*|\.run|connect\w*|requests|httpx|urllib\w*|aiohttp|socket\w*|boto\w*|redis|subprocess)\b`)
	imported     = regexp.MustCompile(`(?m)^\s*(?:from\s+([\w.]+)\s+import|import\s+([\w.]+))`)

	portAssigned = regexp.MustCompile(`(?m)^[ \t]*(\w+)\s*(?::\s*\w+\s*)?=\s*(?:int\s*\(\s*)?(?:os\s*\.\s*)?(?:(?:environ\s*\.\s*get|getenv)\s*\(\s*["']\w*PORT\w*["']\s*,\s*["']?)?([0-9]{2,5})\b`)
	portFromEnv  = regexp.MustCompile(`(?:environ\s*\.\s*get|getenv)\s*\(\s*["']PORT["']\s*,\s*["']?([0-9]{2,5})`)
	// portGiven is port=… among the arguments of a call that serves, and one level of
	// calls within them.
	portGiven = regexp.MustCompile(`\b(?:run|serve|run_app|launch|listen|bind|start_server|create_server|make_server|run_simple)\s*\((?:[^()]|\([^()]*\))*?\b(?:port|server_port)\s*=\s*(?:int\()?(\w+)`)
	// hostGiven is the address pair of http.server, socketserver and wsgiref.
	hostGiven  = regexp.MustCompile(`\b(?:\w*Server|make_server|bind|run_simple|listen)\s*\(\s*\(?\s*["']([\w.:]*)["']\s*,\s*(?:int\()?(\w+)`)
	listenOnly = regexp.MustCompile(`\.listen\s*\(\s*(\w+)`)
	localHost  = regexp.MustCompile(`^(localhost|127\..*|::1)$`)

	// rootRoute and others bind a path: @app.get("/"), @app.route("/"), Route("/", …).
	routeBound = regexp.MustCompile(`(?:@\s*(\w+)\s*\.\s*(?:get|route|head|api_route)|\bRoute|\badd_url_rule|\badd_api_route|\badd_get)\s*\(\s*["'](/[^"']*)["']([^\n]*)`)
	// prefixed are routers whose routes lie behind a prefix that is given elsewhere.
	prefixed = regexp.MustCompile(`(?m)^\s*(\w+)\s*(?::\s*[\w.]+\s*)?=\s*(?:\w+\s*\.\s*)?(?:APIRouter|Blueprint)\s*\(`)
	pathSent = regexp.MustCompile(`\bself\s*\.\s*path\s*==\s*["'](/[^"']*)["']`)
)

// maxSources is how many Python files are looked into.
const maxSources = 500

// An application is an object that a server can be told to serve.
type application struct {
	name string // module:variable
	at   Finding
}

// sources are the Python files to look into: at the top and up to two folders down,
// those that start things by convention first, without tests.
func (p *pyProject) sources() []string {
	var files []string
	for _, f := range p.t.files {
		base := path.Base(f)
		test := strings.HasPrefix(base, "test_") || strings.HasSuffix(base, "_test.py") || base == "conftest.py" || base == "setup.py"
		folders := strings.Split(path.Dir(f), "/")
		if path.Ext(f) != ".py" || test || len(folders) > 2 || slices.ContainsFunc(folders, func(d string) bool { return slices.Contains(notDeployed, d) }) {
			continue
		}
		if files = append(files, f); len(files) == maxSources {
			break
		}
	}
	order := []string{"main.py", "app.py", "wsgi.py", "asgi.py", "server.py", "run.py", "application.py", "__init__.py"}
	rank := func(f string) int {
		i := slices.Index(order, path.Base(f))
		if i < 0 {
			i = len(order)
		}
		return strings.Count(f, "/")*100 + i
	}
	slices.SortStableFunc(files, func(a, b string) int { return rank(a) - rank(b) })
	return files
}

// identifier is a path of which every part can be a Python module's name.
var identifier = regexp.MustCompile(`^[A-Za-z_]\w*(/[A-Za-z_]\w*)*$`)

// moduleOf is the dotted name of a file, "" for one that no import can name. What lies in
// src/ is imported without that where the project is a package, which is installed.
func (p *pyProject) moduleOf(file string) string {
	if p.packaged {
		file = strings.TrimPrefix(file, "src/")
	}
	m := strings.TrimSuffix(strings.TrimSuffix(file, ".py"), "/__init__")
	if !identifier.MatchString(m) {
		return ""
	}
	return strings.ReplaceAll(m, "/", ".")
}

// application finds the object that the framework serves.
func (p *pyProject) application() (application, bool) {
	switch {
	case p.fw.site:
		return p.site()
	case p.fw.script:
		return p.importer()
	}
	made := regexp.MustCompile(`(?m)^(\w+)\s*(?::\s*[\w.]+\s*)?=\s*(?:\w+\s*\.\s*)*` + p.fw.object + `\s*\(`)
	for _, f := range p.sources() {
		text := string(p.t.data(f))
		if m := made.FindStringSubmatchIndex(text); m != nil && p.moduleOf(f) != "" {
			return application{p.moduleOf(f) + ":" + text[m[2]:m[3]], Finding{"", f, lineAt(text, m[0])}}, true
		}
	}
	if p.fw.factory == "" {
		return application{}, false
	}
	factory := regexp.MustCompile(`(?m)^def\s+` + p.fw.factory + `\s*\(`)
	for _, f := range p.sources() {
		text := string(p.t.data(f))
		if m := factory.FindStringIndex(text); m != nil && p.moduleOf(f) != "" {
			return application{p.moduleOf(f) + ":" + p.fw.factory + "()", Finding{"", f, lineAt(text, m[0])}}, true
		}
	}
	return application{}, false
}

// site finds a Django project: manage.py at the top, and the package with wsgi.py.
func (p *pyProject) site() (application, bool) {
	if !p.t.has("manage.py") {
		return application{}, false
	}
	for _, f := range p.t.files {
		if path.Base(f) == "wsgi.py" && path.Dir(f) != "." && p.moduleOf(f) != "" {
			return application{p.moduleOf(f), Finding{"", f, 1}}, true
		}
	}
	return application{}, false
}

// importer finds the first file that imports the framework.
func (p *pyProject) importer() (application, bool) {
	for _, f := range p.sources() {
		text := string(p.t.data(f))
		for _, m := range imported.FindAllStringSubmatchIndex(text, -1) {
			if strings.Contains(text[m[0]:m[1]], p.fw.dist) {
				return application{f, Finding{"", f, lineAt(text, m[0])}}, true
			}
		}
	}
	return application{}, false
}

// literalPort reads from one file at which port it listens.
func (p *pyProject) literalPort(file string) (goPort, bool) {
	text := withoutComments(string(p.t.data(file)))
	named := map[string][]int{}
	for _, m := range portAssigned.FindAllStringSubmatchIndex(text, -1) {
		if _, ok := named[text[m[2]:m[3]]]; !ok {
			named[text[m[2]:m[3]]] = m[4:6]
		}
	}
	found := func(host, port string, offset int) (goPort, bool) {
		if v, ok := named[port]; ok {
			port, offset = text[v[0]:v[1]], v[0]
		}
		n, err := strconv.Atoi(port)
		return goPort{n, localHost.MatchString(host), Finding{"", file, lineAt(text, offset)}}, err == nil && n > 0 && n < 65536
	}
	for _, re := range []*regexp.Regexp{portGiven, hostGiven, listenOnly, portFromEnv} {
		for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
			host := ""
			if re == hostGiven {
				host = text[m[2]:m[3]]
			}
			last := len(m) - 2
			if v, ok := found(host, text[m[last]:m[last+1]], m[last]); ok {
				return v, true
			}
		}
	}
	return goPort{}, false
}

// withoutComments blanks whole-line comments and keeps every line and offset.
func withoutComments(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, l := range lines {
		if t := strings.TrimLeft(l, " \t"); strings.HasPrefix(t, "#") {
			lines[i] = strings.Repeat(" ", len(strings.TrimRight(l, "\r\n"))) + l[len(strings.TrimRight(l, "\r\n")):]
		}
	}
	return strings.Join(lines, "")
}

func lineAt(text string, offset int) int { return 1 + strings.Count(text[:offset], "\n") }

// routes drafts what to ask of the server, from the literals of its file and those
// beside it.
func (p *pyProject) routes() {
	if p.port == 0 {
		return
	}
	if p.fw != nil && p.fw.health != "" {
		p.r.set("runtime.health", p.fw.health, "default of "+p.fw.name)
		p.r.set("verify.http.path", p.fw.health, "default of "+p.fw.name)
		p.r.set("verify.http.status", 200, "default of "+p.fw.name)
		return
	}
	seen := map[string]Finding{}
	for _, f := range p.sources() {
		text := withoutComments(string(p.t.data(f)))
		behind := map[string]bool{}
		for _, m := range prefixed.FindAllStringSubmatch(text, -1) {
			behind[m[1]] = true
		}
		for _, m := range routeBound.FindAllStringSubmatchIndex(text, -1) {
			router := ""
			if m[2] >= 0 {
				router = text[m[2]:m[3]]
			}
			posted := strings.Contains(text[m[6]:m[7]], "POST") && !strings.Contains(text[m[6]:m[7]], "GET")
			if !behind[router] && !posted {
				note(seen, text[m[4]:m[5]], Finding{"", f, lineAt(text, m[0])})
			}
		}
		for _, m := range pathSent.FindAllStringSubmatchIndex(text, -1) {
			if f == p.file {
				note(seen, text[m[2]:m[3]], Finding{"", f, lineAt(text, m[0])})
			}
		}
	}
	p.r.routes(seen)
}

func note(seen map[string]Finding, route string, f Finding) {
	if _, ok := seen[route]; !ok {
		seen[route] = f
	}
}

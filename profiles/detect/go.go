package detect

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"scaffold/profiles"
)

// notDeployed are folders whose main packages are for the project's own people.
var notDeployed = []string{"example", "examples", "_examples", "tools", "tool", "hack", "scripts", "script", "internal", "test", "tests", "e2e", "docs", "demo"}

// detectGo drafts the profile of a Go module with its go.mod at the top.
func detectGo(t *tree, o Options) (*Result, error) {
	if !t.has("go.mod") {
		return nil, nil
	}
	data := t.data("go.mod")
	mod, err := modfile.ParseLax("go.mod", data, nil)
	if err != nil || mod.Module == nil {
		return nil, &Error{fmt.Sprintf("go.mod is there and is no module file: %v", oneError(err)), "go mod verify says more"}
	}
	r := &Result{Draft: profiles.NewDraft(), runs: true, What: "main package"}
	line := mod.Module.Syntax.Start.Line
	r.saw("go module "+mod.Module.Mod.Path, "go.mod", line)
	r.named(Choice{moduleName(mod.Module.Mod.Path), at("go.mod", line)}, Choice{o.Name, "the folder's name"})
	r.set("stack", "go/modules", at("go.mod", line))
	r.toolchain(mod)

	p := newGoProgram(t, mod)
	mains := p.mains()
	// Of several, the one that is called like the module is the likeliest.
	slices.SortStableFunc(mains, func(a, b Choice) int {
		return unlike(a, mod.Module.Mod.Path) - unlike(b, mod.Module.Mod.Path)
	})
	r.choose = func(target string) { r.goTarget(p, target, len(mains) > 1) }
	switch i := slices.IndexFunc(mains, func(c Choice) bool { return c.Value == "." }); {
	case len(mains) == 0 && o.Target == "":
		r.runs = false
		r.needs = "build.target"
		r.why = &Error{"the module has no main package: a library has nothing to put in an image", "--set build.target=PACKAGE if there is one in a folder that was not looked at"}
		return r, nil
	case o.Target != "" || len(mains) > 1 && i < 0:
		r.Choices = mains
		r.framework(p, nil)
	case i >= 0:
		for _, c := range mains {
			if c.Value != "." {
				r.warn("main package "+c.Value+" is there too; the profile is for the one at the top", strings.TrimPrefix(c.From, "./"), 0)
			}
		}
		r.goTarget(p, ".", false)
	default:
		r.Choices = mains
		r.Choose(mains[0].Value, "")
	}
	return r, nil
}

func unlike(c Choice, modulePath string) int {
	if path.Base(c.Value) == moduleName(modulePath) {
		return 0
	}
	return 1
}

func oneError(err error) string {
	if err == nil {
		return "it names no module"
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return profiles.OneLine(line)
}

// moduleName is the last element of a module's path that is no major version.
func moduleName(p string) string {
	if prefix, _, ok := module.SplitPathVersion(p); ok && !strings.HasPrefix(p, "gopkg.in/") {
		p = prefix
	}
	return path.Base(p)
}

var goRelease = regexp.MustCompile(`^go(1\.[0-9]+)`)

// toolchain writes build.version for a toolchain line alone: the go line is a lower
// bound, which choosing the builder reads for itself.
func (r *Result) toolchain(mod *modfile.File) {
	if mod.Go != nil {
		r.saw("go "+mod.Go.Version, "go.mod", mod.Go.Syntax.Start.Line)
	}
	if mod.Toolchain == nil {
		return
	}
	line := mod.Toolchain.Syntax.Start.Line
	r.saw("toolchain "+mod.Toolchain.Name, "go.mod", line)
	if m := goRelease.FindStringSubmatch(mod.Toolchain.Name); m != nil {
		r.set("build.version", m[1], at("go.mod", line))
	}
}

// framework appends the framework that go.mod requires directly, and that the
// program imports where one was read.
func (r *Result) framework(p *goProgram, s *goSource) *goFramework {
	for i, f := range goFrameworks {
		for _, req := range p.mod.Require {
			prefix, _, _ := module.SplitPathVersion(req.Mod.Path)
			if req.Indirect || prefix != f.module || s != nil && !s.importsModule(f.module) {
				continue
			}
			line := req.Syntax.Start.Line
			r.saw(f.name+" "+req.Mod.Version, "go.mod", line)
			r.set("stack", "go/modules/"+f.name, at("go.mod", line))
			return &goFrameworks[i]
		}
	}
	return nil
}

// goTarget reads the program at target and drafts what depends on it.
func (r *Result) goTarget(p *goProgram, target string, several bool) {
	if several {
		r.set("name", profiles.NameFrom(path.Base(target)), strings.TrimPrefix(target, "./"))
	}
	s := p.read(path.Clean(target))
	f := r.framework(p, s)
	if f != nil && f.run != "" {
		s.runsWithout(f)
	}
	port := r.goPort(s)
	switch {
	case port != 0:
		r.routes(s.routes)
		if f != nil && f.cli {
			r.warn("a command line that also serves: if the server is a subcommand, give it in runtime.command", target, 0)
		}
	case f != nil && f.cli:
		r.set("verify.args", []string{"--help"}, "default of "+f.name)
		r.set("verify.exit", 0, "default of "+f.name)
	case f == nil && s.ends():
		r.set("verify.exit", 0, "default of a program in which nothing waits")
	}
}

// goPort drafts runtime.port and returns it, 0 where there is none.
func (r *Result) goPort(s *goSource) int {
	if len(s.ports) == 0 {
		if s.envPort.Path != "" && s.serves() {
			from := at(s.envPort.Path, s.envPort.Line)
			r.set("runtime.port", envPort, from)
			r.set("runtime.env.PORT", strconv.Itoa(envPort), from)
			r.saw("listens on the port in PORT", s.envPort.Path, s.envPort.Line)
			return envPort
		}
		if s.listens.Path != "" {
			r.warn("it listens at an address that is not written there; give it with --set runtime.port=N", s.listens.Path, s.listens.Line)
		}
		return 0
	}
	slices.SortStableFunc(s.ports, func(a, b goPort) int { return a.order() - b.order() })
	first := s.ports[0]
	from := at(first.at.Path, first.at.Line)
	if first.at.Path == "" {
		from = first.at.Text
	}
	r.set("runtime.port", first.port, from)
	r.Saw = append(r.Saw, Finding{fmt.Sprintf("listens on port %d", first.port), first.at.Path, first.at.Line})
	if first.local {
		r.warn("the server listens on 127.0.0.1 only: nothing outside its container will reach it", first.at.Path, first.at.Line)
	}
	for _, other := range s.ports[1:] {
		if other.port != first.port {
			r.warn(fmt.Sprintf("it listens on port %d too; the profile is for %d", other.port, first.port), other.at.Path, other.at.Line)
		}
	}
	return first.port
}

// routes drafts what to ask of the server: the health path and "/", where they are routes.
func (r *Result) routes(seen map[string]Finding) {
	health := ""
	for _, h := range healthPaths {
		if f, ok := seen[h]; ok {
			health = h
			r.saw("health route "+h, f.Path, f.Line)
			r.set("runtime.health", h, at(f.Path, f.Line))
			break
		}
	}
	ask := "/"
	if _, ok := seen["/"]; !ok {
		ask = health
	}
	if f, ok := seen[ask]; ok {
		r.set("verify.http.path", ask, at(f.Path, f.Line))
		r.set("verify.http.status", 200, at(f.Path, f.Line))
	}
}

package detect

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"scaffold/profiles/maven"
)

// getters are the annotations of a method that answers GET; RequestMapping does where it
// names no method or that one. controllers are those of a class whose methods answer.
var (
	getters     = []string{"GetMapping", "RequestMapping", "Get", "GET"}
	controllers = []string{"RestController", "Controller", "Path"}
	pathGivers  = []string{"GetMapping", "RequestMapping", "Get", "Path", "Controller"}
	// clients are annotations of what asks instead of answering.
	clients = []string{"RegisterRestClient", "FeignClient", "Client", "HttpExchange"}
)

var (
	annotated    = regexp.MustCompile(`@(\w+)[ \t]*(\()?|\b(?:class|interface|record|enum|object)\s+\w+`)
	pathGiven    = regexp.MustCompile(`(?:^|\b(?:value|path|uri|uris)\s*=)\s*[{\[]?\s*"([^"\n]*)"`)
	otherMethods = regexp.MustCompile(`\b(?:POST|PUT|DELETE|PATCH|HEAD|OPTIONS)\b`)
	// needed are parameters without which a request is refused.
	needed     = regexp.MustCompile(`@(?:PathVariable|PathParam|RequestBody|RequestHeader|CookieValue|RequestPart|RestPath|RequestParam|QueryValue|Header)\b`)
	optional   = regexp.MustCompile(`\brequired\s*=\s*false|\bdefaultValue\b|\bOptional\s*<|@Nullable\b|\w\?`)
	plainRoute = regexp.MustCompile(`^/[A-Za-z0-9._~/-]*$`)

	// functional are routes that calls bind, in files that name a library with such calls.
	functional  = regexp.MustCompile(`(?:^|[.\s])(?:get|GET)\s*\(\s*"(/[^"]*)"|\.\s*createContext\s*\(\s*"(/[^"]*)"`)
	routing     = regexp.MustCompile(`\bio\.javalin\b|\bimport\s+(?:static\s+)?spark\.|\bio\.vertx\.ext\.web\b|\bHttpServer\b|\bRouterFunction\b|\bio\.helidon\b|\bio\.undertow\b`)
	routeGroups = regexp.MustCompile(`(?:^|[.\s])(?:path|nest|mountSubRouter|subRouter)\s*\(`)
)

// routes are the paths that the program answers to a plain GET, without the prefix of all.
func (p *javaProject) routes(m *maven.POM, fw *javaFramework) map[string]Finding {
	seen := map[string]Finding{}
	for _, o := range p.modulesOf(m) {
		for _, f := range p.sources(o) {
			text := p.code(f)
			if strings.Contains(text, "@") && p.found(m, fw, text) {
				annotatedRoutes(seen, f, text)
			}
			if !routing.MatchString(text) || routeGroups.MatchString(text) {
				continue
			}
			for _, loc := range functional.FindAllStringSubmatchIndex(text, maxAnnotations) {
				start, end := max(loc[2], loc[4]), max(loc[3], loc[5])
				if route := text[start:end]; plainRoute.MatchString(route) {
					note(seen, route, Finding{"", f, lineAt(text, start)})
				}
			}
		}
		for i := 0; fw != nil && i < len(fw.pages); i++ {
			if page := path.Join(o.Dir(), "src/main/resources", fw.pages[i]); p.t.has(page) {
				note(seen, "/", Finding{"", page, 1})
			}
		}
	}
	return seen
}

// scanned is a program that says itself where its classes are.
var scanned = regexp.MustCompile(`\bscanBasePackages\b|@ComponentScan\b|@Import\b`)

// found reports whether the framework finds the class in text: in the package of a main
// class or below
// (https://docs.spring.io/spring-boot/reference/using/structuring-your-code.html).
func (p *javaProject) found(m *maven.POM, fw *javaFramework, text string) bool {
	mains := p.mains(m)
	if fw == nil || !fw.scans || len(mains) == 0 {
		return true
	}
	in := ""
	if m := javaPackage.FindStringSubmatch(text); m != nil {
		in = m[1] + "."
	}
	return slices.ContainsFunc(mains, func(c Choice) bool {
		file, _, _ := strings.Cut(c.From, ":")
		return strings.HasPrefix(in, c.Value[:strings.LastIndexByte(c.Value, '.')+1]) || scanned.MatchString(p.code(file))
	})
}

// maxAnnotations is how many annotations, or calls that bind a route, are read in a file.
const maxAnnotations = 1000

// An annotation is one of a group that stands before a class or a method.
type annotation struct {
	name, args string
	start, end int
}

// annotatedRoutes reads controllers: classes whose annotations have a prefix, and methods
// whose annotations have the rest.
func annotatedRoutes(seen map[string]Finding, file, text string) {
	var group []annotation
	prefix, serves := "", false
	for _, loc := range annotated.FindAllStringSubmatchIndex(text, maxAnnotations) {
		if len(group) > 0 && loc[0] < group[len(group)-1].end {
			continue // inside the arguments of the one before
		}
		if loc[2] < 0 {
			prefix, serves = classPrefix(group)
			group = nil
			continue
		}
		a := annotation{name: text[loc[2]:loc[3]], start: loc[0], end: loc[3]}
		if loc[4] >= 0 {
			_, length, ok := arguments(text[loc[5]:])
			if !ok {
				continue
			}
			a.args, a.end = text[loc[5]:loc[5]+length], loc[5]+length+1
		}
		if len(group) > 0 && strings.TrimSpace(text[group[len(group)-1].end:a.start]) != "" {
			group = nil
		}
		group = append(group, a)
		if route, ok := methodRoute(group, text); ok && serves {
			if full := joined(prefix, route); plainRoute.MatchString(full) {
				note(seen, full, Finding{"", file, lineAt(text, group[0].start)})
			}
		}
	}
}

// classPrefix is what the annotations of a class put before its routes, and whether it has
// any.
func classPrefix(group []annotation) (prefix string, serves bool) {
	for _, a := range group {
		if slices.Contains(clients, a.name) {
			return "", false
		}
		serves = serves || slices.Contains(controllers, a.name)
		if route, ok := a.path(); ok && route != "" {
			prefix = route
		} else if !ok {
			return "", false
		}
	}
	return prefix, serves
}

// path is the path of an annotation that may give one; false for one that no literal says.
func (a annotation) path() (string, bool) {
	if !slices.Contains(pathGivers, a.name) || strings.TrimSpace(a.args) == "" {
		return "", true
	}
	m := pathGiven.FindStringSubmatch(a.args)
	if m == nil {
		return "", !regexpPath.MatchString(a.args)
	}
	return m[1], true
}

// regexpPath is an annotation whose path is a constant.
var regexpPath = regexp.MustCompile(`^\s*[\w.]+\s*(?:,|$)|\b(?:value|path|uri)\s*=`)

// methodRoute is the path of a group of annotations, if they are all of a method that
// answers GET without any parameter.
func methodRoute(group []annotation, text string) (string, bool) {
	end := group[len(group)-1].end
	head := text[end:min(len(text), end+maxArguments)]
	if strings.HasPrefix(strings.TrimSpace(head), "@") {
		return "", false // the group goes on
	}
	open := strings.IndexAny(head, "({;=")
	if open < 0 || head[open] != '(' {
		return "", false
	}
	params, _, ok := arguments(text[end+open+1:])
	all := strings.Join(params, ", ")
	if !ok || len(needed.FindAllString(all, -1)) > len(optional.FindAllString(all, -1)) {
		return "", false
	}
	gets, route := false, ""
	for _, a := range group {
		if otherMethods.MatchString(a.args) && !strings.Contains(a.args, "GET") {
			return "", false
		}
		// Micronaut takes a parameter without an annotation from the request, and wants it.
		if a.name == "Get" && len(params) > len(optional.FindAllString(all, -1)) {
			return "", false
		}
		gets = gets || slices.Contains(getters, a.name)
		given, ok := a.path()
		if !ok {
			return "", false
		}
		if given != "" {
			route = given
		}
	}
	return route, gets
}

// joined puts a route behind a prefix.
func joined(prefix, route string) string {
	all := "/" + strings.Trim(prefix, "/") + "/" + strings.TrimPrefix(route, "/")
	all = strings.ReplaceAll(all, "//", "/")
	if route == "" && len(all) > 1 {
		all = strings.TrimSuffix(all, "/")
	}
	return all
}

package detect

import (
	"regexp"
	"strconv"
	"strings"
)

// A nodeFramework is what is known of a package that a program is built on.
type nodeFramework struct {
	name       string // the stack's third part
	dependency string
	port       int  // where it listens when nothing says otherwise; 0: the program says
	local      bool // it listens on 127.0.0.1 unless it is told a host
	pages      bool // it answers / by itself
}

// nodeFrameworks, the more telling first: a library of one of them is behind it.
var nodeFrameworks = []nodeFramework{
	// https://nextjs.org/docs/app/api-reference/cli/next#next-start-options
	{name: "next", dependency: "next", port: 3000, pages: true},
	{name: "nuxt", dependency: "nuxt", port: 3000, pages: true},
	{name: "remix", dependency: "@remix-run/serve", port: 3000, pages: true},
	{name: "react-router", dependency: "@react-router/serve", port: 3000, pages: true},
	// https://docs.strapi.io/cms/configurations/server
	{name: "strapi", dependency: "@strapi/strapi", port: 1337},
	{name: "nest", dependency: "@nestjs/core"},
	// https://fastify.dev/docs/latest/Reference/Server/#listen: localhost where no host is given.
	{name: "fastify", dependency: "fastify", local: true},
	{name: "hono", dependency: "@hono/node-server", port: 3000},
	{name: "hapi", dependency: "@hapi/hapi", local: true},
	{name: "koa", dependency: "koa"},
	{name: "express", dependency: "express"},
	{name: "http-server", dependency: "http-server", port: 8080, pages: true},
	{name: "serve", dependency: "serve", port: 3000, pages: true},
}

// siteBuilders make files that a browser runs; no program of theirs serves in production.
var siteBuilders = []string{"vite", "react-scripts", "@angular/cli", "@vue/cli-service", "gatsby", "@11ty/eleventy", "astro", "parcel", "webpack"}

var (
	jsSource = regexp.MustCompile(`\.(js|mjs|cjs|ts|mts|cts)$`)
	jsTest   = regexp.MustCompile(`(^|/)(__tests__|tests?|spec|e2e|cypress)/|\.(test|spec|config|d)\.[mc]?[jt]s$`)

	jsListen   = regexp.MustCompile(`\.\s*listen\s*\(\s*(\{[^{}]*\}|[^,)\n]*(?:\([^()\n]*\)[^,)\n]*)*)(?:,\s*["'` + "`" + `]([\w.:]+)["'` + "`" + `])?`)
	jsServe    = regexp.MustCompile(`\b(?:serve|Server|server)\s*\(\s*(\{[^{}]*\bport\b[^{}]*\})()`)
	jsAssigned = regexp.MustCompile(`(?m)\b([A-Za-z_$][\w$]*)\s*(?::\s*[\w<>| ]+\s*)?=\s*([^=;\n][^;\n]*)`)
	jsPortKey  = regexp.MustCompile(`\bport\b\s*(?::\s*([^,}\n]*(?:\([^()\n]*\)[^,}\n]*)*))?`)
	jsHostKey  = regexp.MustCompile(`\b(?:host|hostname)\b\s*(?::\s*(?:["'` + "`" + `]([\w.:]+)["'` + "`" + `])?)?`)
	jsNumber   = regexp.MustCompile(`(?:^|[^\w.])["'` + "`" + `]?([0-9]{2,5})\b`)
	jsRadix    = regexp.MustCompile(`,\s*10\s*\)`)
	jsEnvPort  = regexp.MustCompile(`\benv\s*(?:\.\s*PORT\b|\[\s*["'` + "`" + `]PORT["'` + "`" + `]\s*\])`)
	jsEnvElse  = regexp.MustCompile(`\benv\s*(?:\.\s*PORT\b|\[\s*["'` + "`" + `]PORT["'` + "`" + `]\s*\])\s*\)?\s*(?:\|\||\?\?)\s*["'` + "`" + `]?([0-9]{2,5})\b`)
	jsName     = regexp.MustCompile(`^[A-Za-z_$][\w$]*$`)
	jsWaits    = regexp.MustCompile(`\b(listen|createServer|serve|setInterval|setTimeout|stdin|connect\w*|subscribe|consume\w*|schedul\w*|cron|[Ww]orker\w*|watch\w*|poll\w*|fetch|argv|require\s*\(\s*["'` + "`" + `]\.|from\s+["'` + "`" + `]\.|import\s+["'` + "`" + `]\.)`)

	// jsRoutes bind a path to a handler of GET requests. Routers are mounted behind a
	// prefix that stands elsewhere, so that only the application's own count.
	jsRoutes = []*regexp.Regexp{
		regexp.MustCompile(`\b(?:app|server|fastify|api|this\.app|application)\s*\.\s*(?:get|all)\s*(?:<[^>]*>)?\s*\(\s*["'` + "`" + `](/[\w./-]*)["'` + "`" + `]`),
		regexp.MustCompile(`\breq(?:uest)?\s*\.\s*url\s*===?\s*["'` + "`" + `](/[\w./-]*)["'` + "`" + `]`),
		regexp.MustCompile(`\bpathname\s*===?\s*["'` + "`" + `](/[\w./-]*)["'` + "`" + `]`),
	}
)

// A jsListener is where a file listens.
type jsListener struct {
	port     int  // 0: the variable PORT must say
	local    bool // on 127.0.0.1
	hostless bool // no host is named
	at       Finding
}

// jsPort reads from one file at which port it listens.
func jsPort(text, file string) (jsListener, bool) {
	text = jsCode(text)
	named := map[string]string{}
	for _, m := range jsAssigned.FindAllStringSubmatch(text, -1) {
		if _, ok := named[m[1]]; !ok {
			named[m[1]] = m[2]
		}
	}
	for _, re := range []*regexp.Regexp{jsListen, jsServe} {
		for _, m := range re.FindAllStringSubmatchIndex(text, -1) {
			argument, host := text[m[2]:m[3]], ""
			if m[4] >= 0 {
				host = text[m[4]:m[5]]
			}
			l := jsListener{at: Finding{"", file, lineAt(text, m[0])}}
			expression := argument
			if strings.HasPrefix(argument, "{") {
				key := jsPortKey.FindStringSubmatch(argument)
				if key == nil {
					continue
				}
				if expression = key[1]; expression == "" {
					expression = "port" // shorthand
				}
				if h := jsHostKey.FindStringSubmatch(argument); h != nil {
					host = h[1]
				} else {
					l.hostless = true
				}
			} else {
				l.hostless = host == ""
			}
			l.local = localHost.MatchString(host)
			if port, ok := jsPortOf(expression, named, 3); ok {
				l.port = port
				return l, true
			}
			if m := jsEnvElse.FindStringSubmatch(text); m != nil {
				l.port, _ = portNumber(m[1])
				return l, l.port != 0
			}
		}
	}
	return jsListener{}, false
}

// jsPortOf is the port of an expression: a number, a name for one, or PORT with a number
// for where it is not set; 0 where PORT alone says.
func jsPortOf(expression string, named map[string]string, depth int) (int, bool) {
	expression = strings.TrimSpace(expression)
	if jsName.MatchString(expression) {
		value, ok := named[expression]
		if !ok || depth == 0 {
			return 0, false
		}
		return jsPortOf(value, named, depth-1)
	}
	if m := jsNumber.FindStringSubmatch(jsRadix.ReplaceAllString(expression, ")")); m != nil {
		return portNumber(m[1])
	}
	if _, after, ok := strings.Cut(expression, "||"); ok {
		if port, ok := jsPortOf(after, named, depth-1); ok && depth > 0 {
			return port, true
		}
	}
	return 0, jsEnvPort.MatchString(expression)
}

func portNumber(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0 && n < 65536
}

// jsComment takes comments that stand alone on their lines, and blocks.
var jsComment = regexp.MustCompile(`(?m)^[ \t]*//[^\n]*|(?s:/\*.*?\*/)`)

// jsCode blanks comments and keeps every line and offset.
func jsCode(text string) string {
	return jsComment.ReplaceAllStringFunc(text, func(c string) string {
		return strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return r
			}
			return ' '
		}, c)
	})
}

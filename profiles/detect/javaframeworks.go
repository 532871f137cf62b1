package detect

import "regexp"

// A javaFramework is what is known of a framework for the JVM.
type javaFramework struct {
	name    string   // the stack's third part
	any     []string // group: or group:artifact of a dependency or a parent that tells
	serves  []string // dependencies with which it listens; empty: always
	port    int      // where it listens unless told; 0: the source says
	keys    []string // settings that hold the port
	prefix  []string // settings that hold a prefix of every path
	health  string   // the path that healthBy answers
	checks  string   // the dependency that answers it
	moved   string   // a setting that moves health to another port or path
	args    []string // what the program needs on its command line
	sources bool     // the port is in the source
	starts  string   // how long a run may take where the platform is emulated and the machine busy; empty: the default
}

// javaFrameworks, the more telling first.
var javaFrameworks = []javaFramework{
	// https://docs.spring.io/spring-boot/appendix/application-properties/
	{name: "spring-boot", any: []string{"org.springframework.boot:"}, port: 8080, keys: []string{"server.port"},
		serves: []string{"org.springframework.boot:spring-boot-starter-web", "org.springframework.boot:spring-boot-starter-webmvc",
			"org.springframework.boot:spring-boot-starter-webflux", "org.springframework.boot:spring-boot-starter-jersey",
			"org.springframework.boot:spring-boot-starter-data-rest", "org.springframework.boot:spring-boot-starter-web-services"},
		prefix: []string{"server.servlet.context-path", "spring.webflux.base-path"},
		health: "/actuator/health", checks: "org.springframework.boot:spring-boot-starter-actuator", moved: "management.", starts: "180s"},
	// https://quarkus.io/guides/all-config
	{name: "quarkus", any: []string{"io.quarkus:", "io.quarkus.platform:", "${quarkus.platform.group-id}:"}, port: 8080, keys: []string{"quarkus.http.port"},
		serves: []string{"io.quarkus:quarkus-rest", "io.quarkus:quarkus-rest-jackson", "io.quarkus:quarkus-rest-jsonb", "io.quarkus:quarkus-resteasy",
			"io.quarkus:quarkus-resteasy-jackson", "io.quarkus:quarkus-resteasy-reactive", "io.quarkus:quarkus-resteasy-reactive-jackson",
			"io.quarkus:quarkus-vertx-http", "io.quarkus:quarkus-reactive-routes", "io.quarkus:quarkus-smallrye-graphql", "io.quarkus:quarkus-undertow"},
		prefix: []string{"quarkus.http.root-path"},
		health: "/q/health", checks: "io.quarkus:quarkus-smallrye-health", moved: "quarkus.smallrye-health.root-path", starts: "180s"},
	// https://docs.micronaut.io/latest/guide/configurationreference.html
	{name: "micronaut", any: []string{"io.micronaut:", "io.micronaut.platform:"}, port: 8080, keys: []string{"micronaut.server.port"},
		serves: []string{"io.micronaut:micronaut-http-server-netty", "io.micronaut.servlet:micronaut-http-server-jetty", "io.micronaut.servlet:micronaut-http-server-tomcat"},
		prefix: []string{"micronaut.server.context-path"},
		health: "/health", checks: "io.micronaut:micronaut-management", moved: "endpoints.", starts: "180s"},
	// https://www.dropwizard.io/en/stable/manual/core.html: its health is at the admin port.
	{name: "dropwizard", any: []string{"io.dropwizard:dropwizard-core"}, port: 8080, args: []string{"server"}, starts: "180s"},
	// https://javalin.io/documentation#starting-and-stopping
	{name: "javalin", any: []string{"io.javalin:javalin", "io.javalin:javalin-bundle"}, port: 8080, sources: true},
	// https://sparkjava.com/documentation#embedded-web-server
	{name: "spark", any: []string{"com.sparkjava:spark-core"}, port: 4567, sources: true},
}

// javaSettings are the files that a framework reads its settings from, below a module's
// src/main/resources.
var javaSettings = []string{"application.properties", "application.yml", "application.yaml"}

var (
	javaMain    = regexp.MustCompile(`(?m)^[ \t]*(?:public\s+static|static\s+public)\s+(?:final\s+)?void\s+main\s*\(\s*(?:final\s+)?String\b`)
	javaPackage = regexp.MustCompile(`(?m)^\s*package\s+([\w.]+)\s*;`)
	// javaNumber is a constant, or a variable with a default, that a port is named by.
	javaNumber = regexp.MustCompile(`\b(?:int|Integer|var)\s+(\w+)\s*=\s*(?:Integer\s*\.\s*(?:parseInt|valueOf)\s*\(\s*)?(?:System\s*\.\s*getenv\s*\(\s*\)\s*\.\s*getOrDefault\s*\(\s*"PORT"\s*,\s*"|System\s*\.\s*getProperty\s*\(\s*"[\w.]+"\s*,\s*")?([0-9]{2,5})\b`)
	// javaListens are calls that open a port; the group is a number or a name.
	javaListens = []*regexp.Regexp{
		regexp.MustCompile(`\bInetSocketAddress\s*\(\s*(?:"[^"]*"\s*,\s*)?(\w+)\s*\)`),
		regexp.MustCompile(`\bnew\s+ServerSocket\s*\(\s*(\w+)`),
		regexp.MustCompile(`\.\s*start\s*\(\s*(?:"[^"]*"\s*,\s*)?(\w+)\s*\)`),
		regexp.MustCompile(`(?m)^\s*port\s*\(\s*(\w+)\s*\)`),
		regexp.MustCompile(`\.\s*listen\s*\(\s*(\w+)\s*[,)]`),
	}
	javaLocal = regexp.MustCompile(`\b(?:InetSocketAddress|start)\s*\(\s*"(?:localhost|127\.[^"]*)"|getLoopbackAddress`)
	// javaRoutes bind a path to a GET: Spring, Javalin and Spark, the JDK's own server.
	javaRoutes = []*regexp.Regexp{
		regexp.MustCompile(`@GetMapping\s*\(\s*(?:(?:value|path)\s*=\s*)?"(/[^"{]*)"`),
		regexp.MustCompile(`(?:^|[.\s])get\s*\(\s*"(/[^"{:]*)"`),
		regexp.MustCompile(`\.\s*createContext\s*\(\s*"(/[^"]*)"`),
	}
	// javaGrouped is a class whose routes lie behind a prefix.
	javaGrouped = regexp.MustCompile(`(?m)^@(?:RequestMapping|Path|Controller)\s*\(\s*(?:(?:value|path)\s*=\s*)?"/?[^"/]`)
	// javaWaits is what keeps a program from ending.
	javaWaits = regexp.MustCompile(`\b(?:while|Thread|Executor\w*|Timer|Scheduled\w*|HttpServer|ServerSocket|Scanner|System\s*\.\s*in|CompletableFuture|HttpClient|CountDownLatch|serve\w*|start|listen|run|join|await|sleep|args\s*\[)\b`)
)

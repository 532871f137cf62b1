package detect

import "regexp"

// A javaFramework is what is known of a framework for the JVM.
type javaFramework struct {
	name    string   // the stack's third part
	any     []string // group: or group:artifact of a dependency or a parent that tells
	serves  []string // dependencies with which it listens, * for any end; empty: always
	port    int      // where it listens unless told
	sources bool     // the source says the port, not a setting
	keys    []string // settings that hold the port
	host    []string // settings that hold the address
	off     []javaSetting
	prefix  []string // settings that hold a prefix of every path
	health  javaHealth
	scans   bool     // only classes below the main class's package are found
	pages   []string // what is answered at / where it is there, below src/main/resources
	args    []string // what the program needs on its command line
	config  []string // names of a file that is given behind args
	starts  string   // how long a run may take where the platform is emulated and the machine busy; empty: the default
}

// A javaSetting is a key with a value that tells.
type javaSetting struct{ key, value string }

// A javaHealth is how a framework answers whether it is well.
type javaHealth struct {
	checks    string     // the dependency that answers
	parts     []javaPart // of the path, behind the prefix of every path
	absolute  bool       // a part that begins with / starts the path again
	elsewhere []string   // settings of another port
	off       []javaSetting
	listed    string // the setting that lists what is shown, where not all is
	hidden    string // the setting that lists what is not
}

// A javaPart is one part of a path: the setting that holds it, else what it is without.
type javaPart struct{ key, unset string }

// javaFrameworks, the more telling first.
var javaFrameworks = []javaFramework{
	// https://docs.spring.io/spring-boot/appendix/application-properties/
	{name: "spring-boot", any: []string{"org.springframework.boot:"}, port: 8080, starts: "180s", scans: true,
		keys: []string{"server.port"}, host: []string{"server.address"},
		off: []javaSetting{{"spring.main.web-application-type", "none"}, {"server.port", "-1"}},
		serves: []string{"org.springframework.boot:spring-boot-starter-web", "org.springframework.boot:spring-boot-starter-webmvc",
			"org.springframework.boot:spring-boot-starter-webflux", "org.springframework.boot:spring-boot-starter-jersey",
			"org.springframework.boot:spring-boot-starter-data-rest", "org.springframework.boot:spring-boot-starter-web-services",
			"org.springframework.cloud:spring-cloud-starter-gateway*", "org.springframework.cloud:spring-cloud-config-server",
			"org.springframework.cloud:spring-cloud-starter-netflix-eureka-server", "org.springdoc:springdoc-openapi-starter-web*"},
		prefix: []string{"server.servlet.context-path", "spring.webflux.base-path"},
		health: javaHealth{
			checks:    "org.springframework.boot:spring-boot-starter-actuator",
			parts:     []javaPart{{"management.endpoints.web.base-path", "/actuator"}, {"management.endpoints.web.path-mapping.health", "health"}},
			elsewhere: []string{"management.server.port"},
			off: []javaSetting{{"management.endpoint.health.enabled", "false"}, {"management.endpoint.health.access", "none"},
				{"management.endpoints.enabled-by-default", "false"}, {"management.endpoints.access.default", "none"}},
			listed: "management.endpoints.web.exposure.include", hidden: "management.endpoints.web.exposure.exclude",
		},
		// https://docs.spring.io/spring-boot/reference/web/servlet.html#web.servlet.spring-mvc.static-content
		pages: []string{"static/index.html", "public/index.html", "resources/index.html", "META-INF/resources/index.html"}},
	// https://quarkus.io/guides/all-config
	{name: "quarkus", any: []string{"io.quarkus:", "io.quarkus.platform:", "${quarkus.platform.group-id}:"}, port: 8080, starts: "180s",
		keys: []string{"quarkus.http.port"}, host: []string{"quarkus.http.host"}, off: []javaSetting{{"quarkus.http.host-enabled", "false"}},
		serves: []string{"io.quarkus:quarkus-rest*", "io.quarkus:quarkus-vertx-http", "io.quarkus:quarkus-reactive-routes", "io.quarkus:quarkus-undertow",
			"io.quarkus:quarkus-smallrye-graphql", "io.quarkus:quarkus-smallrye-health", "io.quarkus:quarkus-smallrye-openapi",
			"io.quarkus:quarkus-spring-web", "io.quarkus:quarkus-websockets*", "io.quarkus:quarkus-funqy-http", "io.quarkus:quarkus-grpc"},
		prefix: []string{"quarkus.http.root-path"},
		health: javaHealth{
			checks: "io.quarkus:quarkus-smallrye-health", absolute: true,
			parts: []javaPart{{"quarkus.http.non-application-root-path", "q"}, {"quarkus.smallrye-health.root-path", "health"}},
			off:   []javaSetting{{"quarkus.management.enabled", "true"}, {"quarkus.smallrye-health.enabled", "false"}}, // at another port
		},
		pages: []string{"META-INF/resources/index.html"}},
	// https://docs.micronaut.io/latest/guide/configurationreference.html
	{name: "micronaut", any: []string{"io.micronaut:", "io.micronaut.platform:"}, port: 8080, starts: "180s",
		keys: []string{"micronaut.server.port"}, host: []string{"micronaut.server.host"},
		serves: []string{"io.micronaut:micronaut-http-server*", "io.micronaut.servlet:micronaut-http-server*", "io.micronaut.servlet:micronaut-http-poja*"},
		prefix: []string{"micronaut.server.context-path"},
		health: javaHealth{
			checks: "io.micronaut:micronaut-management", parts: []javaPart{{"endpoints.all.path", ""}, {"endpoints.health.id", "health"}},
			elsewhere: []string{"endpoints.all.port"}, off: []javaSetting{{"endpoints.health.enabled", "false"}, {"endpoints.all.enabled", "false"}},
		}},
	// https://www.dropwizard.io/en/stable/manual/core.html: its health is at the admin port.
	{name: "dropwizard", any: []string{"io.dropwizard:dropwizard-core"}, port: 8080, starts: "180s", args: []string{"server"},
		keys:   []string{"server.applicationConnectors.port", "server.connector.port"},
		host:   []string{"server.applicationConnectors.bindHost", "server.connector.bindHost"},
		prefix: []string{"server.applicationContextPath"},
		config: []string{"config.yml", "config.yaml", "{name}.yml", "{name}.yaml", "dropwizard.yml", "application.yml", "config/config.yml", "config/{name}.yml"}},
	// https://javalin.io/documentation#starting-and-stopping
	{name: "javalin", any: []string{"io.javalin:javalin", "io.javalin:javalin-bundle"}, port: 8080, sources: true},
	// https://sparkjava.com/documentation#embedded-web-server
	{name: "spark", any: []string{"com.sparkjava:spark-core"}, port: 4567, sources: true},
}

// javaSettings are the files that frameworks read their settings from, below a module's
// src/main/resources; of two with a key the first wins.
// https://docs.spring.io/spring-boot/reference/features/external-config.html#features.external-config.files
var javaSettings = []string{
	"config/application.properties", "config/application.yml", "config/application.yaml",
	"application.properties", "application.yml", "application.yaml", "META-INF/microprofile-config.properties",
}

// A javaListener is a call that opens a port, in a file that has one of needs.
type javaListener struct {
	needs []string
	call  *regexp.Regexp // up to its bracket
	last  bool           // the port is the last argument, behind a host; else the first
}

// javaListeners are what servers are opened with that no settings file tells the port.
var javaListeners = []javaListener{
	{needs: []string{"io.javalin"}, call: regexp.MustCompile(`\.\s*start\s*\(`), last: true},
	{needs: []string{"import spark.", "import static spark."}, call: regexp.MustCompile(`\bport\s*\(`)},
	{needs: []string{"io.undertow"}, call: regexp.MustCompile(`\baddHttpListener\s*\(`)},
	{needs: []string{"io.vertx"}, call: regexp.MustCompile(`\.\s*(?:listen|setPort)\s*\(`)},
	{needs: []string{"io.helidon"}, call: regexp.MustCompile(`\.\s*port\s*\(`)},
	{needs: []string{"io.grpc"}, call: regexp.MustCompile(`\bforPort\s*\(`)},
	{needs: []string{"org.eclipse.jetty"}, call: regexp.MustCompile(`\bnew\s+Server\s*\(|\.\s*setPort\s*\(`)},
	{needs: []string{"org.apache.catalina"}, call: regexp.MustCompile(`\.\s*setPort\s*\(`)},
	{needs: []string{"io.netty"}, call: regexp.MustCompile(`\.\s*bind\s*\(`), last: true},
	{needs: []string{"HttpServer", "HttpsServer", "ServerSocket", ".bind("}, call: regexp.MustCompile(`\bnew\s+InetSocketAddress\s*\(`), last: true},
	{needs: []string{"ServerSocket"}, call: regexp.MustCompile(`\bnew\s+ServerSocket\s*\(`)},
}

// javaGuards are dependencies that ask for a login, and javaGuarded is a program that says
// itself which paths are open, and javaOpen that health is one.
var (
	javaGuards  = []string{"org.springframework.boot:spring-boot-starter-security", "org.springframework.boot:spring-boot-starter-oauth2*", "io.micronaut.security:*", "io.quarkus:quarkus-oidc"}
	javaGuarded = regexp.MustCompile(`\b(?:SecurityFilterChain|SecurityWebFilterChain|WebSecurityConfigurerAdapter)\b`)
	javaOpen    = regexp.MustCompile(`"/actuator|\bEndpointRequest\b|\banyRequest\s*\(\s*\)\s*\.\s*permitAll\b|\banyExchange\s*\(\s*\)\s*\.\s*permitAll\b`)
)

package detect

// A goFramework is what is known of a Go module that a program is built on.
type goFramework struct {
	name   string // the stack's third part
	module string // path, without a /vN
	port   int    // where its run call without an address listens; 0: it has no such call
	run    string // the method of that call
	cli    bool   // a command line, not a server
}

// goFrameworks, the more telling first: a server built with a command-line library
// is a server.
var goFrameworks = []goFramework{
	// https://pkg.go.dev/github.com/gin-gonic/gin#Engine.Run: PORT, else :8080.
	{name: "gin", module: "github.com/gin-gonic/gin", port: 8080, run: "Run"},
	{name: "echo", module: "github.com/labstack/echo"},
	{name: "fiber", module: "github.com/gofiber/fiber"},
	{name: "chi", module: "github.com/go-chi/chi"},
	{name: "gorilla", module: "github.com/gorilla/mux"},
	{name: "httprouter", module: "github.com/julienschmidt/httprouter"},
	{name: "grpc", module: "google.golang.org/grpc"},
	{name: "cobra", module: "github.com/spf13/cobra", cli: true},
	{name: "urfave", module: "github.com/urfave/cli", cli: true},
	{name: "kong", module: "github.com/alecthomas/kong", cli: true},
}

// listeners are the calls that open a port, and which argument is the address.
var listeners = map[string]int{
	"ListenAndServe": 0, "ListenAndServeTLS": 0, "Run": 0, "RunTLS": 0,
	"Start": 0, "StartTLS": 0, "Listen": 0,
}

// flagCalls define a flag or a setting by its name, with its default behind it.
var flagCalls = map[string]bool{
	"Int": true, "IntP": true, "Uint": true, "String": true, "StringP": true, "SetDefault": true,
}

// envPort is the port for a program that insists on the variable PORT.
const envPort = 8080

// routers are the calls that bind a path to a handler of GET requests.
var routers = map[string]bool{
	"Handle": true, "HandleFunc": true, "GET": true, "Get": true, "Any": true, "All": true,
	"Static": true, "StaticFS": true, "Mount": true,
}

// groups are the calls that put a prefix before the routes of their result, or of the
// function that they are given.
var groups = map[string]bool{"Group": true, "Route": true, "PathPrefix": true}

// healthPaths are the routes that say whether a service is well, the more telling first.
// https://kubernetes.io/docs/reference/using-api/health-checks/ made the z forms common.
var healthPaths = []string{
	"/healthz", "/livez", "/health", "/healthcheck", "/health/live", "/_health", "/-/healthy",
	"/api/health", "/api/healthz", "/health/", "/healthz/",
}

// A pyServer is a way to start a web application.
type pyServer struct {
	dist    string   // the distribution that must be in requirements.txt; "" where none is needed
	command []string // {app} is module:variable, {module} the module, {file} the file, {port} the port
	port    int
	dev     string // what to add for a server that is meant for production; "" where this one is
}

// A pyFramework is what is known of a Python framework.
type pyFramework struct {
	name    string   // the stack's third part
	dist    string   // the distribution in requirements.txt, by its normalised name
	extras  []string // extras of dist that bring servers[0]
	object  string   // the class whose instance is the application
	factory string   // a function that makes it
	servers []pyServer
	health  string // a path that the framework itself answers
	env     map[string]string
	site    bool // find the application by manage.py and wsgi.py instead of by object
	script  bool // the application is the file that imports the framework
}

var (
	uvicorn   = pyServer{dist: "uvicorn", command: []string{"uvicorn", "{app}", "--host", "0.0.0.0", "--port", "{port}"}, port: 8000}
	hypercorn = pyServer{dist: "hypercorn", command: []string{"hypercorn", "--bind", "0.0.0.0:{port}", "{app}"}, port: 8000}
	gunicorn  = pyServer{dist: "gunicorn", command: []string{"gunicorn", "--bind", "0.0.0.0:{port}", "{app}"}, port: 8000}
	waitress  = pyServer{dist: "waitress", command: []string{"waitress-serve", "--listen=0.0.0.0:{port}", "{app}"}, port: 8080}
)

// pyFrameworks, the more telling first: a library of one of them is behind it.
var pyFrameworks = []pyFramework{
	{name: "django", dist: "django", site: true, servers: []pyServer{gunicorn, uvicorn, {
		command: []string{"python", "manage.py", "runserver", "--noreload", "0.0.0.0:{port}"}, port: 8000, dev: "gunicorn",
	}}},
	// fastapi[standard] and [all] bring uvicorn: https://fastapi.tiangolo.com/#standard-dependencies.
	{name: "fastapi", dist: "fastapi", extras: []string{"standard", "all"}, object: "FastAPI", servers: []pyServer{uvicorn, hypercorn}},
	// https://docs.streamlit.io/deploy/tutorials/docker has the health path.
	{name: "streamlit", dist: "streamlit", script: true, health: "/_stcore/health", servers: []pyServer{{
		command: []string{"streamlit", "run", "{file}", "--server.address", "0.0.0.0", "--server.port", "{port}", "--server.headless", "true"}, port: 8501,
	}}},
	// https://www.gradio.app/guides/environment-variables.
	{name: "gradio", dist: "gradio", script: true, env: map[string]string{"GRADIO_SERVER_NAME": "0.0.0.0"}, servers: []pyServer{{
		command: []string{"python", "{file}"}, port: 7860,
	}}},
	{name: "flask", dist: "flask", object: "Flask", factory: "create_app", servers: []pyServer{gunicorn, waitress, {
		command: []string{"flask", "--app", "{module}", "run", "--host", "0.0.0.0", "--port", "{port}"}, port: 5000, dev: "gunicorn",
	}}},
	{name: "quart", dist: "quart", object: "Quart", servers: []pyServer{hypercorn, uvicorn}},
	{name: "starlette", dist: "starlette", object: "Starlette", servers: []pyServer{uvicorn, hypercorn}},
}

// A bindFlag is how a server of a Procfile is told its address, when the line does not:
// in a container the default, 127.0.0.1, reaches nobody.
type bindFlag struct {
	program string
	given   []string // flags that say it already
	add     []string
}

var bindFlags = []bindFlag{
	// The command line wins over a bind in gunicorn.conf.py:
	// https://docs.gunicorn.org/en/stable/configure.html.
	{"gunicorn", []string{"-b", "--bind"}, []string{"--bind", "0.0.0.0:{port}"}},
	{"uvicorn", []string{"--host"}, []string{"--host", "0.0.0.0"}},
	{"uvicorn", []string{"--port"}, []string{"--port", "{port}"}},
	{"hypercorn", []string{"-b", "--bind"}, []string{"--bind", "0.0.0.0:{port}"}},
}

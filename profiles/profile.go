package profiles

// FileName is the profile's name in a project's folder.
const FileName = "scaffold.toml"

// Schema is the profile schema that this package reads and writes.
const Schema = 1

// Profile is a decoded and validated scaffold.toml.
type Profile struct {
	Schema  int     `toml:"schema" required:"true" doc:"Schema of this file; 1."`
	Name    string  `toml:"name" required:"true" pattern:"name" doc:"Name of the project; the binary's name where one is built."`
	Stack   string  `toml:"stack" required:"true" pattern:"stack" doc:"language/package manager/framework, for example go/modules or python/pip/fastapi."`
	Context string  `toml:"context" pattern:"path" doc:"Build context, relative to this file. Default: \".\"."`
	Policy  string  `toml:"policy" pattern:"path" doc:"Policy that judges the Dockerfile, relative to this file. Default: the nearest policy.toml up to the git root."`
	Build   Build   `toml:"build" doc:"How the project is built."`
	Runtime Runtime `toml:"runtime" doc:"What the final image holds and runs."`
	Image   Image   `toml:"image" doc:"Platforms and metadata of the image."`
	Verify  Verify  `toml:"verify" doc:"What a run of the image must show."`
}

// Build says how the project is built.
type Build struct {
	Version  string   `toml:"version" pattern:"version" doc:"Version of the toolchain, for example 1.26 or 3.13. Default: what the project's files demand, else the catalog's default."`
	Manager  string   `toml:"manager" pattern:"version" stack:"python" doc:"Version of the package manager that is installed in the build stage: uv, poetry, pdm or pipenv. Default: the newest that was tried."`
	Packages []string `toml:"packages" pattern:"package" doc:"OS packages that the build needs, by Debian name."`
	Secrets  []Secret `toml:"secrets" doc:"Secrets mounted for the dependency steps; never in a layer, an argument or the environment of the image."`
	SSH      bool     `toml:"ssh" doc:"Whether dependency steps may use the SSH agent of verify --ssh or docker build --ssh."`
	CA       string   `toml:"ca" pattern:"file" doc:"PEM file in the context with a company's CA certificates, which build steps are to trust; the image does not hold it."`
	Target   string   `toml:"target" pattern:"target" stack:"go,java,node" doc:"What to build: a Go main package, a Maven module, or a script of package.json. Default: \".\"; for Node the script build, if there is one."`
	Cgo      string   `toml:"cgo" enum:"off,on" stack:"go" doc:"Whether the binary links C code. Default: on where the module needs it."`

	Extra []BuildExtra `toml:"extra" doc:"Instructions of your own in the build stage."`
}

// BuildExtra is instructions of a person's own in the build stage. What each place is,
// README.md says; not every stack has all of them.
type BuildExtra struct {
	At    string   `toml:"at" required:"true" enum:"before-dependencies,after-dependencies,before-build,after-build" doc:"Where in the build stage."`
	Lines []string `toml:"lines" required:"true" pattern:"instruction" doc:"Instructions of a Dockerfile, one whole instruction or comment a string."`
}

// Secret is one build secret: where BuildKit's secret ID appears in a dependency step.
type Secret struct {
	ID     string `toml:"id" required:"true" pattern:"secretid" doc:"ID under which verify --secret or docker build --secret hands the value over."`
	Target string `toml:"target" pattern:"abspath" doc:"File that holds the value during the step."`
	Env    string `toml:"env" pattern:"envname" doc:"Environment variable that holds the value during the step."`
}

// Runtime says what the final image holds and runs.
type Runtime struct {
	Base     string            `toml:"base" pattern:"base" doc:"auto; a family (scratch, distroless, slim, alpine, full); or a whole image reference. Default: auto."`
	Prefer   string            `toml:"prefer" enum:"compatibility,size" doc:"Breaks ties between bases that fit. Default: compatibility."`
	Command  []string          `toml:"command" pattern:"argument" doc:"The process to run, one argument an element. Default for Go: the binary; for Java: what the build makes, if that names its main class."`
	Port     int               `toml:"port" doc:"TCP port that the process listens on; 0 for none."`
	User     string            `toml:"user" pattern:"user" doc:"nonroot (65532:65532), root, or a numeric uid or uid:gid. Default: nonroot."`
	Packages []string          `toml:"packages" pattern:"package" doc:"OS packages that the process needs, by Debian name."`
	Needs    []string          `toml:"needs" enum:"ca-certificates,tzdata,tmp" doc:"What the image must hold beside the program. Default: ca-certificates and tzdata."`
	Shell    bool              `toml:"shell" doc:"Whether a shell stays in the image, for debugging in production."`
	Env      map[string]string `toml:"env" pattern:"envvalue" keys:"envname" doc:"Environment variables of the image."`
	Health   Health            `toml:"health" doc:"An HTTP path that answers 200 when all is well, or a command as a list."`

	Extra []RuntimeExtra `toml:"extra" doc:"Instructions of your own in the final stage."`
}

// RuntimeExtra is instructions of a person's own in the final stage.
type RuntimeExtra struct {
	At    string   `toml:"at" required:"true" enum:"before-files,after-files" doc:"Where in the final stage."`
	Lines []string `toml:"lines" required:"true" pattern:"instruction" doc:"Instructions of a Dockerfile, one whole instruction or comment a string."`
}

// Image says what the image is for and how it is labelled.
type Image struct {
	Platforms []string          `toml:"platforms" pattern:"platform" doc:"Platforms to build for. Default: linux/amd64 and linux/arm64."`
	Labels    map[string]string `toml:"labels" pattern:"envvalue" keys:"label" doc:"Labels of the image."`
	Debug     bool              `toml:"debug" doc:"Also a stage debug: the image and a shell, for docker build --target debug."`
}

// Verify says what a run of the image must show.
type Verify struct {
	Args    []string          `toml:"args" pattern:"argument" doc:"Arguments added to the command for the run."`
	Env     map[string]string `toml:"env" pattern:"argument" keys:"envname" doc:"Environment variables added for the run."`
	Timeout string            `toml:"timeout" pattern:"duration" doc:"How long the run may take until it has shown everything. Default: 60s."`
	Output  string            `toml:"output" pattern:"argument" doc:"Text that must appear in stdout or stderr."`
	HTTP    *HTTP             `toml:"http" doc:"A request that must be answered."`
	Exit    *int              `toml:"exit" doc:"Exit code of a program that ends by itself."`
	Run     *bool             `toml:"run" doc:"false: build and inspect only; reported as not run. Default: true."`
	Size    string            `toml:"size" pattern:"size" doc:"Most that the image's files may take, unpacked, for example 20MB or 64MiB."`
}

// HTTP is a request to the running image and what must come back.
type HTTP struct {
	Path   string `toml:"path" pattern:"urlpath" doc:"Path of the request. Default: /."`
	Status int    `toml:"status" doc:"Status that must come back. Default: 200."`
	Body   string `toml:"body" pattern:"argument" doc:"Text that the body must hold."`
}

// Health is either an HTTP path or a command; both empty is no health check.
type Health struct {
	Path    string
	Command []string
}

// IsZero reports whether no health check is asked for.
func (h Health) IsZero() bool { return h.Path == "" && len(h.Command) == 0 }

// UnmarshalTOML takes a string (an HTTP path) or a list of strings (a command).
// The strict decoder has refused anything else before.
func (h *Health) UnmarshalTOML(v any) error {
	switch v := v.(type) {
	case string:
		h.Path = v
	case []any:
		for _, e := range v {
			s, _ := e.(string)
			h.Command = append(h.Command, s)
		}
	}
	return nil
}

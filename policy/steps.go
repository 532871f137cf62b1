package policy

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// stepRules are about the instructions of every stage, those of ONBUILD too.
var stepRules = []Rule{
	{
		ID: "add/url-without-checksum", Name: "ADD of a URL has a checksum",
		Description: "What a server sends tomorrow may be something else. ADD --checksum=sha256:… holds it; a git repository is held by a whole commit.",
		URL:         "https://docs.docker.com/reference/dockerfile/#add---checksum",
		Good:        "FROM debian:trixie-slim\nADD --checksum=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef https://example.org/tool /tool\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nADD https://example.org/tool /tool\nUSER 65532\n", Line: 2,
		Level: always(Warning), Check: addURL,
	},
	{
		ID: "run/curl-pipe-shell", Name: "Nothing is run as it is downloaded",
		Description: "curl … | sh runs whatever the server sends, with nothing that holds it to what was reviewed. Found are pipes into an interpreter, sh -c \"$(curl …)\", eval, source <(curl …) and here-strings, in shell form, JSON form and heredocs; not what is saved first and run by another command.",
		URL:         "https://docs.docker.com/build/building/best-practices/#using-pipes",
		Good:        "FROM debian:trixie-slim\nRUN curl -fsSL https://example.org/list.json | python3 -m json.tool >/list.json\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nRUN echo hello && \\\n    curl -fsSL https://example.org/install.sh | sh -s -- -y\nUSER 65532\n", Line: 3,
		Level: always(Error), Check: curlPipeShell,
	},
	{
		ID: "run/unreadable", Name: "Shell text can be parsed",
		Description: "A RUN whose shell text is neither bash nor POSIX shell, is larger than 16 kB, or nests sh -c too deep is judged by no rule that looks inside. SHELL of another language (PowerShell) is not read at all.",
		URL:         "https://docs.docker.com/reference/dockerfile/#run",
		Good:        "FROM debian:trixie-slim\nRUN if true; then echo yes; fi\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nRUN if true; then echo yes\nUSER 65532\n", Line: 2,
		Level: always(Warning), Check: runUnreadable,
	},
	{
		ID: "trust/ca", Name: "Downloads trust the company's CA, and leave it out of the image",
		Description: "With trust.ca a RUN that downloads needs the CA: by RUN --mount, also of what a stage that mounts it makes of it, or by a COPY before it in the same stage. It is known by the file's base name. The final image must not copy it.",
		URL:         "https://docs.docker.com/engine/network/ca-certs/",
		Policy:      "trust.ca = \"certs/acme.pem\"\n",
		Good:        "FROM python:3.13-slim-trixie AS build\nRUN --mount=type=bind,source=certs/acme.pem,target=/certs/acme.pem PIP_CERT=/certs/acme.pem pip install --target /app flask\nFROM python:3.13-slim-trixie\nCOPY --from=build /app /app\nUSER 65532\n",
		Bad:         "FROM python:3.13-slim-trixie AS build\nRUN pip install --target /app flask\nFROM python:3.13-slim-trixie\nCOPY --from=build /app /app\nUSER 65532\n", Line: 2,
		Level: asked(func(p *Policy) bool { return p.Trust.CA != "" }), Lift: func(p *Policy) { p.Trust.CA = "" }, Check: trustCA,
	},
}

// every calls do for the instructions of a kind in all stages.
func every[T instructions.Command](j *judgement, do func(*stage, T, step)) {
	for i := range j.file.stages {
		st := &j.file.stages[i]
		for _, s := range st.steps {
			if c, is := s.Command.(T); is {
				do(st, c, s)
			}
		}
	}
}

// scripts calls do for the shell text of each RUN in the stages.
func (j *judgement) scripts(stages []*stage, do func(step, *script)) {
	for _, st := range stages {
		var shell []string
		for _, s := range st.steps {
			switch c := s.Command.(type) {
			case *instructions.ShellCommand:
				shell = c.Shell
			case *instructions.RunCommand:
				do(s, j.file.script(c, shell))
			}
		}
	}
}

func (j *judgement) allStages() []*stage {
	var all []*stage
	for i := range j.file.stages {
		all = append(all, &j.file.stages[i])
	}
	return all
}

// wholeCommit is a git commit's full hash behind the # of a git URL.
var wholeCommit = regexp.MustCompile(`#([0-9a-f]{40}|[0-9a-f]{64})(:|$)`)

func addURL(j *judgement) {
	every(j, func(_ *stage, c *instructions.AddCommand, at step) {
		for _, source := range c.SourcePaths {
			if host, remote := remoteHost(source); remote && c.Checksum == "" && !wholeCommit.MatchString(source) {
				j.report(j.file.lineOf(at, source), "ADD of a file from %s has no --checksum", host)
			}
		}
	})
}

// remoteHost is the host of a source that ADD fetches. Nothing else of a URL is safe to say:
// it may carry a password.
func remoteHost(source string) (string, bool) {
	lower := strings.ToLower(source)
	for _, scheme := range []string{"http://", "https://", "git://", "ssh://"} {
		if strings.HasPrefix(lower, scheme) {
			if u, err := url.Parse(source); err == nil && u.Hostname() != "" {
				return u.Hostname(), true
			}
			return "a server", true
		}
	}
	if rest, ok := strings.CutPrefix(lower, "git@"); ok {
		host, _, _ := strings.Cut(rest, ":")
		return host, true
	}
	return "", false
}

func runUnreadable(j *judgement) {
	j.scripts(j.allStages(), func(s step, sc *script) {
		if sc.broken {
			j.report(s.line, "the shell text of this RUN cannot be parsed")
		}
	})
}

func curlPipeShell(j *judgement) {
	j.scripts(j.allStages(), func(s step, sc *script) {
		for _, t := range sc.texts {
			if fetcher, runner, ok := runsDownload(t.file); ok {
				j.report(j.file.lineFrom(s, fetcher.name, t.from(fetcher)), "what %s downloads is run by %s as it is", fetcher.name, runner)
				return
			}
		}
	})
}

// A truster follows a CA file through the stages.
type truster struct {
	*judgement
	ca     string // its base name
	final  map[*stage]bool
	trusts map[int]bool // stages that hold it
	shows  map[int]bool // stages that mount it: what they make of it others mount from them
}

func trustCA(j *judgement) {
	t := truster{j, path.Base(j.policy.Trust.CA), map[*stage]bool{}, map[int]bool{}, map[int]bool{}}
	for _, st := range j.file.final() {
		t.final[st] = true
	}
	for i := range j.file.stages {
		t.stage(i)
	}
}

func (t truster) stage(i int) {
	st := &t.file.stages[i]
	t.trusts[i] = st.parent >= 0 && t.trusts[st.parent]
	var shell []string
	for _, s := range st.steps {
		switch c := s.Command.(type) {
		case *instructions.CopyCommand:
			if t.copied(&c.SourcesAndDest) {
				t.trusts[i] = true
				if t.final[st] {
					t.report(s.line, "COPY leaves the CA %s in the final image", t.ca)
				}
			}
		case *instructions.AddCommand:
			t.trusts[i] = t.trusts[i] || t.copied(&c.SourcesAndDest)
		case *instructions.ShellCommand:
			shell = c.Shell
		case *instructions.RunCommand:
			mounted := t.mounted(c)
			t.shows[i] = t.shows[i] || mounted
			if !mounted && !t.trusts[i] {
				t.downloads(s, t.file.script(c, shell), t.ca)
			}
		}
	}
}

func (t truster) copied(c *instructions.SourcesAndDest) bool {
	return slices.ContainsFunc(append(slices.Clone(c.SourcePaths), c.DestPath), func(f string) bool { return path.Base(f) == t.ca })
}

// mounted reports whether a RUN mounts the CA, or something of a stage that does.
func (t truster) mounted(c *instructions.RunCommand) bool {
	return slices.ContainsFunc(instructions.GetMounts(c), func(m *instructions.Mount) bool {
		from, ok := t.file.named(m.From)
		return ok && t.shows[from] || path.Base(m.Source) == t.ca || path.Base(m.Target) == t.ca || m.CacheID == t.ca
	})
}

// downloads reports the first command of a RUN that reaches a server.
func (j *judgement) downloads(s step, sc *script, ca string) {
	for _, c := range sc.calls() {
		if known().downloads(c.name, c.args) {
			j.report(j.file.lineFrom(s, c.name, c.rest), "%s downloads, and the CA %s is not mounted", c.name, ca)
			return
		}
	}
}

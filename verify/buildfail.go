package verify

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/opencontainers/go-digest"
)

// buildLog remembers the last output of each step, and which step failed.
type buildLog struct {
	mu     sync.Mutex
	steps  map[digest.Digest]*step
	failed *step
}

type step struct {
	name, err string
	out       *tail
}

func newBuildLog() *buildLog { return &buildLog{steps: map[digest.Digest]*step{}} }

func (l *buildLog) add(s *client.SolveStatus) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range s.Vertexes {
		st := l.step(v.Digest)
		st.name = v.Name
		// When one step fails, BuildKit cancels those beside it: they are not the cause.
		if v.Error != "" && !strings.Contains(v.Error, "context canceled") {
			st.err = v.Error
			l.failed = st
		}
	}
	for _, log := range s.Logs {
		_, _ = l.step(log.Vertex).out.Write(log.Data)
	}
}

func (l *buildLog) step(d digest.Digest) *step {
	st := l.steps[d]
	if st == nil {
		st = &step{out: newTail("")}
		l.steps[d] = st
	}
	return st
}

// notBuilt is the report of an image that could not be built: the cause, and no judgement
// of anything else.
func (b *build) notBuilt() []Check {
	t := b.trial()
	rest := slices.Concat(asked(t, imageChecks), asked(t, runChecks), asked(t, debugChecks))
	return append([]Check{b.buildFailure()}, skipAll(rest, "the image was not built", "")...)
}

// buildFailure names the step, its line in the Dockerfile, why, and what it printed last.
func (b *build) buildFailure() Check {
	b.log.mu.Lock()
	defer b.log.mu.Unlock()
	cause := rootCause(b.failed)
	where, excerpt := dockerfileLine(b.failed)
	detail := cause
	if where != "" {
		detail = where + ": " + cause
	}
	out := excerpt
	if st := b.log.failed; st != nil {
		detail = bounded(clean(st.name), 300)
		if where != "" {
			detail += " (" + where + ")"
		}
		detail += ": " + cause
		out = strings.TrimSpace(excerpt + "\n" + st.out.lines(tailLines))
	}
	c := fail(strings.Join(strings.Fields(detail), " "), b.buildHint(cause+"\n"+out))
	c.ID, c.Output = "build", out
	return c
}

var (
	inQuotes   = regexp.MustCompile(`process ".*" did not complete successfully: `)
	checksumOf = regexp.MustCompile(`failed to compute cache key: failed to calculate checksum of ref \S+ `)
)

// rootCause is BuildKit's chain of errors without what a person cannot use: the step's
// name once more, and the names of BuildKit's own functions and references.
func rootCause(err error) string {
	s := clean(err.Error())
	if loc := inQuotes.FindStringIndex(s); loc != nil {
		return bounded(s[loc[1]:], 500)
	}
	for _, prefix := range []string{"failed to run Build function: ", "rpc error: code = Unknown desc = ", "failed to solve: "} {
		s = strings.TrimPrefix(s, prefix)
	}
	return bounded(checksumOf.ReplaceAllString(s, ""), 500)
}

// dockerfileLine is where the failed instruction is, and the lines around it.
func dockerfileLine(err error) (where, excerpt string) {
	sources := errdefs.Sources(err)
	if len(sources) == 0 {
		return "", ""
	}
	src := sources[len(sources)-1]
	if src.Info == nil || len(src.Ranges) == 0 {
		return "", ""
	}
	var text strings.Builder
	_ = src.Print(&text)
	return fmt.Sprintf("%s:%d", clean(src.Info.Filename), src.Ranges[0].Start.Line), lastLines(clean(text.String()), 30)
}

const hintCA = `the step does not trust the server: name the company's CA in scaffold.toml, build.ca = "certs/company.pem", then run scaffold generate`

// hints are what to do about causes that a step's output shows; signs are in lower case.
var hints = []hint{
	{"denied by policy", "", "the policy denies this image: scaffold check says by which rule"},
	{"failed to resolve source metadata", "x509:", "name the CA that the registry is trusted by: --ca FILE"},
	{"certificate signed by unknown authority", "", hintCA},
	{"certificate_verify_failed", "", hintCA},
	{"certificate verification failed", "", hintCA},
	{"certificate verify failed", "", hintCA},
	{"ssl certificate problem", "", hintCA},
	{"pkix path building failed", "", hintCA},
	{"failed to resolve source metadata", "", "the base image could not be read: check its name, the registry, your credentials (docker login), or use --stand-ins"},
	{"no space left on device", "", "make room where BuildKit keeps its cache: scaffold builder prune"},
	{"build constraints exclude all go files", "", `a package needs cgo: set build.cgo = "on"`},
	{"in the pkg-config search path", "", "a C library is missing: name its -dev package in build.packages"},
	{".h: no such file or directory", "", "a C header is missing: name its library's -dev package in build.packages"},
	{"not found", "", "check that the file or program is there, and that .dockerignore does not leave it out"},
}

func (b *build) buildHint(text string) string {
	if !b.canRun(b.job.platform) && strings.Contains(text, "exec format error") {
		return fmt.Sprintf("steps of %s cannot run here: %s", b.job.platform, emulationHint)
	}
	if errors.Is(b.failed, errSlow) {
		return "look at what the step waits for, or give the build longer"
	}
	return hintIn(hints, text, "correct this step of the Dockerfile")
}

package policy

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"scaffold/bases"
)

// finalRules are about the final stage, with the stages that it stands on.
var finalRules = []Rule{
	{
		ID: "user/nonroot", Name: "The process does not run as root",
		Description: "The final image needs a USER that is a number other than 0: a name hides which user it is (Kubernetes' runAsNonRoot refuses it), and without USER the base decides, which mostly is root. A warning; an error with user.nonroot = true; nothing with false.",
		URL:         "https://docs.docker.com/build/building/best-practices/#user",
		Good:        "FROM debian:trixie-slim\nUSER 65532:65532\nENTRYPOINT [\"sleep\", \"1\"]\n",
		Bad:         "FROM debian:trixie-slim\nUSER root\nENTRYPOINT [\"sleep\", \"1\"]\n", Line: 2,
		Level: usually(func(p *Policy) bool { return isTrue(p.User.Nonroot) }, func(p *Policy) bool { return isFalse(p.User.Nonroot) }), Lift: func(p *Policy) { p.User.Nonroot = nil }, Check: userNonroot,
	},
	{
		ID: "shell/none", Name: "The final image holds no shell",
		Description: "With shell.allow = false the final stage stands on a base without a shell, and copies none into it. A base that scaffold's catalog does not know is found, too: nothing shows that it has none.",
		URL:         "https://github.com/GoogleContainerTools/distroless#why-should-i-use-distroless-images",
		Policy:      "shell.allow = false\n",
		Good:        "FROM debian:trixie-slim AS build\nFROM gcr.io/distroless/static-debian13:nonroot\nCOPY --from=build /bin/true /true\n",
		Bad:         "FROM debian:trixie-slim\nUSER 65532\n", Line: 1,
		Level: asked(func(p *Policy) bool { return isFalse(p.Shell.Allow) }), Lift: func(p *Policy) { p.Shell.Allow = nil }, Check: shellNone,
	},
	{
		ID: "build/package-manager-in-runtime", Name: "The final image holds no package manager",
		Description: "With package_manager.allow = false the final stage stands on a base without one. A base that scaffold's catalog does not know is found, too.",
		URL:         "https://docs.docker.com/build/building/multi-stage/",
		Policy:      "package_manager.allow = false\n",
		Good:        "FROM debian:trixie-slim AS build\nFROM gcr.io/distroless/static-debian13:nonroot\nCOPY --from=build /bin/true /true\n",
		Bad:         "FROM debian:trixie-slim\nUSER 65532\n", Line: 1,
		Level: asked(func(p *Policy) bool { return isFalse(p.PackageManager.Allow) }), Lift: func(p *Policy) { p.PackageManager.Allow = nil }, Check: packageManagerNone,
	},
	{
		ID: "build/compiler-in-runtime", Name: "The final image holds no compiler",
		Description: "A compiler belongs into a build stage. Found are bases that hold one by scaffold's catalog, and packages with one that a RUN of the final stage installs and the same RUN does not remove. A warning; an error with compiler.allow = false; nothing with true.",
		URL:         "https://docs.docker.com/build/building/multi-stage/",
		Good:        "FROM golang:1.26-trixie AS build\nRUN go build -o /app .\nFROM debian:trixie-slim\nCOPY --from=build /app /app\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nRUN apt-get update && \\\n    apt-get install -y --no-install-recommends \\\n      curl gcc\nUSER 65532\n", Line: 4,
		Level: usually(func(p *Policy) bool { return isFalse(p.Compiler.Allow) }, func(p *Policy) bool { return isTrue(p.Compiler.Allow) }), Lift: func(p *Policy) { p.Compiler.Allow = nil }, Check: compilerNone,
	},
	{
		ID: "labels/required", Name: "Required labels are there",
		Description: "labels.required lists labels that the final image must have by LABEL. Those that a base brings are not seen.",
		URL:         "https://github.com/opencontainers/image-spec/blob/main/annotations.md",
		Policy:      "labels.required = [\"org.opencontainers.image.source\"]\n",
		Good:        "FROM debian:trixie-slim\nLABEL org.opencontainers.image.source=\"https://example.org/x\"\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nLABEL org.opencontainers.image.title=\"x\"\nUSER 65532\n", Line: 1,
		Level: asked(func(p *Policy) bool { return len(p.Labels.Required) > 0 }), Lift: func(p *Policy) { p.Labels.Required = nil }, Check: labelsRequired,
	},
	{
		ID: "labels/forbidden", Name: "Forbidden labels are not there",
		Description: "labels.forbidden lists labels, * standing for anything, that no LABEL of the final image may set.",
		URL:         "https://docs.docker.com/reference/dockerfile/#label",
		Policy:      "labels.forbidden = [\"maintainer\", \"com.example.internal.*\"]\n",
		Good:        "FROM debian:trixie-slim\nLABEL org.opencontainers.image.title=\"x\"\nUSER 65532\n",
		Bad:         "FROM debian:trixie-slim\nLABEL org.opencontainers.image.title=\"x\" \\\n      com.example.internal.team=\"y\"\nUSER 65532\n", Line: 3,
		Level: asked(func(p *Policy) bool { return len(p.Labels.Forbidden) > 0 }), Lift: func(p *Policy) { p.Labels.Forbidden = nil }, Check: labelsForbidden,
	},
	{
		ID: "entrypoint/exec-form", Name: "The process is not started by a shell",
		Description: "ENTRYPOINT and CMD without brackets start /bin/sh as process 1: the program gets no SIGTERM, and an image without a shell does not start.",
		URL:         "https://docs.docker.com/reference/build-checks/json-args-recommended/",
		Good:        "FROM debian:trixie-slim\nUSER 65532\nENTRYPOINT [\"sleep\", \"60\"]\n",
		Bad:         "FROM debian:trixie-slim\nUSER 65532\nENTRYPOINT sleep 60\n", Line: 3,
		Level: always(Warning), Check: entrypointExec,
	},
	{
		ID: "health/required", Name: "There is a health check",
		Description: "With health.required = true the final image has a HEALTHCHECK other than NONE. One that the base brings is not seen.",
		URL:         "https://docs.docker.com/reference/dockerfile/#healthcheck",
		Policy:      "health.required = true\n",
		Good:        "FROM debian:trixie-slim\nUSER 65532\nHEALTHCHECK CMD [\"/app\", \"health\"]\nENTRYPOINT [\"/app\"]\n",
		Bad:         "FROM debian:trixie-slim\nUSER 65532\nHEALTHCHECK NONE\nENTRYPOINT [\"/app\"]\n", Line: 3,
		Level: asked(func(p *Policy) bool { return isTrue(p.Health.Required) }), Lift: func(p *Policy) { p.Health.Required = nil }, Check: healthRequired,
	},
}

// last returns the last instruction of a kind in the final image.
func last[T instructions.Command](j *judgement) (T, step, bool) {
	var (
		found T
		at    step
		ok    bool
	)
	for _, st := range j.file.final() {
		for _, s := range st.steps {
			if c, is := s.Command.(T); is && !s.trigger {
				found, at, ok = c, s, true
			}
		}
	}
	return found, at, ok
}

// each calls do for the instructions of a kind in the final image.
func each[T instructions.Command](j *judgement, do func(T, step)) {
	for _, st := range j.file.final() {
		for _, s := range st.steps {
			if c, is := s.Command.(T); is && !s.trigger {
				do(c, s)
			}
		}
	}
}

// base is the image that the final stage stands on, and whether it can be judged.
func (j *judgement) base() (use, bases.Known, bool) {
	chain := j.file.final()
	u := chain[0].base
	return u, j.know(u), u.ref != "" && len(u.missing) == 0
}

// fromLine is the line of the final stage's FROM.
func (j *judgement) fromLine() int { return j.file.stages[len(j.file.stages)-1].base.line }

var numericUser = regexp.MustCompile(`^([0-9]+)(:[^:]*)?$`)

func userNonroot(j *judgement) {
	cmd, at, ok := last[*instructions.UserCommand](j)
	if !ok {
		u, _, known := j.base()
		if !known || !slices.Contains(strings.Split(tagOf(u.ref), "-"), "nonroot") {
			j.report(j.fromLine(), "there is no USER: the process runs as the base's user, which mostly is root")
		}
		return
	}
	user, missing := j.file.finalEnv().expand(cmd.User)
	user = strings.Trim(user, `"'`)
	m := numericUser.FindStringSubmatch(user)
	switch {
	case len(missing) > 0:
		j.report(at.line, "USER comes from %s, which has no default", strings.Join(missing, ", "))
	case user == "root" || strings.HasPrefix(user, "root:") || m != nil && strings.Trim(m[1], "0") == "":
		j.report(at.line, "USER is root")
	case m == nil:
		j.report(at.line, "USER %q is a name: write its number", user)
	}
}

func shellNone(j *judgement) {
	u, k, ok := j.base()
	switch {
	case !ok: // base/unresolved says so
	case k.Shell == bases.Yes:
		j.report(u.line, "%s holds a shell", u.ref)
	case k.Shell == bases.Unknown:
		j.report(u.line, "nothing is known of %s, so that it may hold a shell", u.ref)
	}
	each(j, func(c *instructions.CopyCommand, at step) {
		for _, file := range append(slices.Clone(c.SourcePaths), c.DestPath) {
			if isShell(file) {
				j.report(at.line, "COPY puts the shell %s into the image", path.Base(file))
				return
			}
		}
	})
}

func packageManagerNone(j *judgement) {
	u, k, ok := j.base()
	switch {
	case !ok:
	case k.Packages == bases.Yes:
		j.report(u.line, "%s holds a package manager", u.ref)
	case k.Packages == bases.Unknown:
		j.report(u.line, "nothing is known of %s, so that it may hold a package manager", u.ref)
	}
}

func compilerNone(j *judgement) {
	if u, k, ok := j.base(); ok && k.Compiler == bases.Yes {
		j.report(u.line, "%s holds a compiler", u.ref)
	}
	j.scripts(j.file.final(), func(s step, sc *script) {
		if s.trigger {
			return
		}
		for _, in := range compilersLeft(sc) {
			j.report(j.file.lineFrom(s, in.name, in.rest), "RUN installs %s, which holds a compiler", in.name)
		}
	})
}

// installed is a package that a script installs, and the shell text from there on.
type installed struct{ name, group, rest string }

// compilersLeft are the packages with a compiler that a script installs and leaves there.
func compilersLeft(sc *script) []installed {
	var there []installed
	for _, c := range sc.calls() {
		m, ok := known().manager(c.name)
		if !ok {
			continue
		}
		verb, words, group := managerWords(m, c.args)
		for _, w := range words {
			switch name := packageName(w); {
			case slices.Contains(m.Install, verb) && anyMatch(known().Compiler.Packages, name):
				there = append(there, installed{name, group, c.rest})
			case slices.Contains(m.Remove, verb):
				there = slices.DeleteFunc(there, func(i installed) bool { return i.name == name || i.group != "" && i.group == name })
			}
		}
	}
	return there
}

// managerWords takes a package manager's arguments apart.
func managerWords(m manager, args []string) (verb string, words []string, group string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		flag, value, has := strings.Cut(a, "=")
		switch {
		case slices.Contains(m.Group, flag) && has:
			group = value
		case slices.Contains(m.Group, a) && i+1 < len(args):
			i++
			group = args[i]
		case strings.HasPrefix(a, "-"):
		case verb == "":
			verb = a
		default:
			words = append(words, a)
		}
	}
	return verb, words, group
}

// packageName is a package without version and architecture.
func packageName(w string) string {
	if i := strings.IndexAny(w, "=<>~"); i > 0 {
		w = w[:i]
	}
	name, _, _ := strings.Cut(w, ":")
	return name
}

func labelsRequired(j *judgement) {
	have := map[string]bool{}
	each(j, func(c *instructions.LabelCommand, _ step) {
		for _, l := range c.Labels {
			have[strings.Trim(l.Key, `"'`)] = true
		}
	})
	for _, want := range j.policy.Labels.Required {
		if !have[want] {
			j.report(j.fromLine(), "the label %s is missing", want)
		}
	}
}

func labelsForbidden(j *judgement) {
	each(j, func(c *instructions.LabelCommand, at step) {
		for _, l := range c.Labels {
			key := strings.Trim(l.Key, `"'`)
			if j.policy.ForbidsLabel(key) {
				j.report(j.file.lineOf(at, key), "the label %s is forbidden", key)
			}
		}
	})
}

func entrypointExec(j *judgement) {
	if c, at, ok := last[*instructions.EntrypointCommand](j); ok && c.PrependShell && len(c.CmdLine) > 0 {
		j.report(at.line, `ENTRYPOINT is in shell form: write ENTRYPOINT ["program", "argument"]`)
	}
	if c, at, ok := last[*instructions.CmdCommand](j); ok && c.PrependShell && len(c.CmdLine) > 0 {
		j.report(at.line, `CMD is in shell form: write CMD ["program", "argument"]`)
	}
}

func healthRequired(j *judgement) {
	c, at, ok := last[*instructions.HealthCheckCommand](j)
	switch {
	case !ok:
		j.report(j.fromLine(), "there is no HEALTHCHECK")
	case c.Health == nil || len(c.Health.Test) > 0 && c.Health.Test[0] == "NONE":
		j.report(at.line, "HEALTHCHECK NONE takes the health check away")
	}
}

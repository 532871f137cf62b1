package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	spb "github.com/moby/buildkit/sourcepolicy/pb"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"scaffold/fleet"
	"scaffold/policy"
	"scaffold/profiles"
	"scaffold/verify"
	"scaffold/verify/builder"
	"scaffold/verify/standin"
)

type verifyFlags struct {
	builders                []string
	tls                     builder.TLS
	mirror, progress        string
	policy                  string
	ca                      caFlag
	standIns, json          bool
	platforms, secrets, ssh []string
	ship                    shipFlags
	timeout, idle           time.Duration
}

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify [DIR ...]",
		Short: "build every platform, run the result, assert the checks",
		Long: `verify builds the Dockerfile on disk with BuildKit for every platform of the
profile, runs the result with no network, and asserts its checks.

With --output, what passed on every platform is then exported as one image and
shipped, if each platform's digest is the one that was verified.

BuildKit is looked for in this order; a line says which was taken, and why:
  1. --builder
  2. BUILDKIT_HOST
  3. Docker: the current builder of docker buildx, else Docker Engine itself, by
     DOCKER_HOST or the current context; one that does not answer is passed over
  4. on Linux, a private buildkitd, which stays for the next run and stops when idle

--builder takes an address
  unix://PATH, tcp://HOST:PORT, ssh://USER@HOST, npipe:////./pipe/NAME,
  docker-container://NAME, podman-container://NAME, nerdctl-container://NAME,
  kube-pod://POD?namespace=NAMESPACE
or names what scaffold would look for: docker, docker://CONTEXT, buildx,
buildx://NAME, private. PLATFORM=ADDRESS, such as linux/arm64=ssh://arm, sends one
platform there, for example to a node on which it runs without emulation.

The --tls flags are buildctl's, for tcp:// addresses. DOCKER_HOST takes DOCKER_TLS_VERIFY
and DOCKER_CERT_PATH, as docker does.`,
		RunE: func(c *cobra.Command, args []string) error { return a.verify(c.Context(), f, orHere(args)) },
	}
	flags := c.Flags()
	policyFlag(c, &f.policy)
	flags.StringArrayVar(&f.builders, "builder", nil, "`address` of a BuildKit, or PLATFORM=ADDRESS (repeatable)")
	flags.StringVar(&f.tls.ServerName, "tlsservername", "", "`name` in the certificate of a tcp:// buildkitd")
	flags.StringVar(&f.tls.CACert, "tlscacert", "", "`file` of the CA that signed that certificate")
	flags.StringVar(&f.tls.Cert, "tlscert", "", "`file` of the client certificate")
	flags.StringVar(&f.tls.Key, "tlskey", "", "`file` of the client certificate's key")
	flags.StringVar(&f.tls.Dir, "tlsdir", "", "`folder` of all three: ca.pem, cert.pem, key.pem")
	flags.BoolVar(&f.standIns, "stand-ins", false, "use base images built from distribution packages instead of a registry's")
	flags.StringVar(&f.mirror, "mirror", "", "pull docker.io and gcr.io from the registry at `host`")
	flags.Var(&f.ca, "ca", "trust registries by the PEM certificates in `FILE` too (build steps: build.ca)")
	flags.StringArrayVar(&f.platforms, "platform", nil, "verify only this `platform` (repeatable)")
	flags.StringArrayVar(&f.secrets, "secret", nil, "value of a build secret: `id=ID,src=FILE` or id=ID,env=VAR (repeatable)")
	flags.StringArrayVar(&f.ssh, "ssh", nil, "SSH agent or keys for build steps: `default` or ID=PATH[,PATH] (repeatable)")
	f.ship.register(c)
	flags.StringVar(&f.progress, "progress", "auto", "auto (a line a platform on a terminal), plain, or tty (every step)")
	flags.DurationVar(&f.timeout, "build-timeout", 30*time.Minute, "how long one platform may build")
	flags.DurationVar(&f.idle, "idle", builder.DefaultIdleLimit, "how long a private buildkitd stays without work")
	flags.BoolVar(&f.json, "json", false, "report as JSON")
	return c
}

func (a *app) verify(ctx context.Context, f verifyFlags, dirs []string) error {
	if !slices.Contains([]string{"auto", verify.ShowPlain, verify.ShowTTY}, f.progress) {
		return &usageError{fmt.Errorf("--progress is %q; it takes auto, plain or tty", f.progress), "scaffold verify"}
	}
	if f.standIns && (f.mirror != "" || len(f.builders) > 0 && !slices.Equal(f.builders, []string{"private"})) {
		return &usageError{errors.New("--stand-ins needs the private buildkitd: it goes with neither --builder nor --mirror"), "scaffold verify"}
	}
	secrets, err := parseSecrets(f.secrets)
	if err != nil {
		return err
	}
	var policies fleet.Policies
	if err := fixPolicy(&policies, f.policy, "scaffold verify"); err != nil {
		return err
	}
	reqs, err := a.requests(dirs, secrets, &policies)
	if err != nil {
		return err
	}
	if err := addSSH(reqs, f.ssh); err != nil {
		return err
	}
	ship, err := f.ship.parse(f, reqs)
	if err != nil {
		return err
	}
	results, shipped, err := a.runVerify(ctx, f, reqs, ship)
	if len(results) == 0 || ctx.Err() != nil {
		return err
	}
	if f.json {
		err = errors.Join(err, verify.WriteJSON(a.stdout, results, shipped...))
	} else {
		verify.WriteText(a.stdout, results, a.color())
		verify.WriteShipped(a.stdout, shipped)
	}
	if err == nil && !passed(results) {
		return errFindings
	}
	return err
}

// requests plans each project, so that a result can say how the Dockerfile on disk,
// which is what is built, stands to what would be generated.
func (a *app) requests(dirs []string, secrets []verify.SecretSource, policies *fleet.Policies) ([]verify.Request, error) {
	var reqs []verify.Request
	for _, dir := range dirs {
		project, err := openProject(dir, policies)
		if err != nil {
			return nil, err
		}
		r := verify.Request{
			Name: project.Path(profiles.FileName), Profile: project.Profile, ContextDir: project.Context,
			Dockerfile: filepath.Join(project.Dir, "Dockerfile"), Secrets: secrets,
		}
		a.limitSize(project)
		plan, err := project.Plan(a.today())
		if err != nil {
			return nil, err
		}
		for _, c := range plan.Changes {
			if c.Path == "Dockerfile" {
				r.Drift, r.Edited = string(c.Drift), c.Edited()
				if !c.Exists {
					return nil, &hintedError{fmt.Errorf("%s: there is none", project.Path("Dockerfile")), "run scaffold generate first"}
				}
			}
		}
		for _, s := range project.Profile.Build.Secrets {
			if !slices.ContainsFunc(secrets, func(v verify.SecretSource) bool { return v.ID == s.ID }) {
				return nil, &usageError{fmt.Errorf("%s: the build needs the secret %q", r.Name, s.ID), fmt.Sprintf("--secret id=%s,src=FILE; scaffold verify", s.ID)}
			}
		}
		reqs = append(reqs, r)
	}
	return reqs, nil
}

func (a *app) runVerify(ctx context.Context, f verifyFlags, reqs []verify.Request, ship *verify.Shipment) ([]verify.Result, []verify.Shipped, error) {
	cache, err := a.cacheDir()
	if err != nil {
		return nil, nil, err
	}
	set, err := a.connect(ctx, f, cache, reqs)
	if err != nil {
		return nil, nil, err
	}
	defer set.Close()
	o := verify.Options{
		Routes: map[string]verify.Worker{}, ProberArgs: []string{"prober"},
		Progress: a.stderr, Show: strings.TrimPrefix(f.progress, "auto"), BuildTimeout: f.timeout, Platforms: f.platforms,
	}
	if set.Main != nil {
		if o.Worker, err = a.worker(ctx, cache, set.Main); err != nil {
			return nil, nil, err
		}
	}
	for platform, b := range set.Routes {
		if o.Routes[platform], err = a.worker(ctx, cache, b); err != nil {
			return nil, nil, err
		}
	}
	for i := range reqs {
		if err := a.bases(ctx, f, cache, set.Main, &reqs[i], &o); err != nil {
			return nil, nil, err
		}
	}
	results, err := verify.Run(ctx, o, reqs)
	if err != nil || ship == nil {
		return results, nil, err
	}
	shipped, err := a.ship(ctx, o, reqs[0], results, *ship)
	return results, shipped, err
}

// bases finds the images that the Dockerfile uses and, where asked, makes their stand-ins.
func (a *app) bases(ctx context.Context, f verifyFlags, cache string, b *builder.Builder, r *verify.Request, o *verify.Options) error {
	text, err := os.ReadFile(r.Dockerfile)
	if err != nil {
		return fmt.Errorf("reading the Dockerfile: %w", err)
	}
	refs, err := policy.References(text)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Dockerfile, err)
	}
	platforms := r.Profile.Image.Platforms
	if f.platforms != nil {
		platforms = f.platforms
	}
	var needs []standin.Need
	for _, ref := range refs {
		r.Bases = append(r.Bases, verify.Base{Ref: ref.Ref, StandIn: f.standIns})
		n := standin.Need{Ref: ref.Ref, Platforms: platforms}
		if ref.Platform == "$BUILDPLATFORM" && b != nil {
			n.Platforms = []string{b.Native}
		}
		if i := slices.IndexFunc(needs, func(o standin.Need) bool { return o.Ref == n.Ref }); i >= 0 {
			needs[i].Platforms = union(needs[i].Platforms, n.Platforms)
			continue
		}
		needs = append(needs, n)
	}
	if !f.standIns {
		return nil
	}
	images, err := standin.Ensure(ctx, standin.Options{
		CacheDir: cache, Registry: b.Registry, Needs: needs, Log: a.stderr,
		Frontend: func(ctx context.Context, platform string) (string, error) {
			return builder.Tool(ctx, cache, "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend", platform, a.stderr)
		},
	})
	if err != nil {
		return err
	}
	for i := range r.Bases {
		for _, image := range images {
			if image.Ref == r.Bases[i].Ref {
				r.Bases[i].Digest = image.Digest
			}
		}
	}
	o.SourcePolicy = unpin(o.SourcePolicy, refs)
	return nil
}

// unpin has BuildKit take the stand-in of a reference that is pinned to a real image's
// digest: no stand-in can have that digest.
func unpin(p *spb.Policy, refs []policy.Reference) *spb.Policy {
	for _, ref := range refs {
		tagged, _, pinned := strings.Cut(ref.Ref, "@")
		if !pinned {
			continue
		}
		if p == nil {
			p = &spb.Policy{Version: 1}
		}
		p.Rules = append(p.Rules, &spb.Rule{
			Action:   spb.PolicyAction_CONVERT,
			Selector: &spb.Selector{Identifier: "docker-image://" + policy.Canonical(ref.Ref), MatchType: spb.MatchType_EXACT},
			Updates:  &spb.Update{Identifier: "docker-image://" + policy.Canonical(tagged)},
		})
	}
	return p
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(slices.Clone(a), s)
		}
	}
	return a
}

// parseSecrets reads --secret in the form that docker build takes.
func parseSecrets(args []string) ([]verify.SecretSource, error) {
	var out []verify.SecretSource
	for _, arg := range args {
		var s verify.SecretSource
		for _, field := range strings.Split(arg, ",") {
			key, value, _ := strings.Cut(field, "=")
			switch key {
			case "id":
				s.ID = value
			case "src", "source":
				s.File = value
			case "env":
				s.Env = value
			case "type":
			default:
				return nil, &usageError{fmt.Errorf("--secret %q: unknown field %q", arg, key), "scaffold verify"}
			}
		}
		if s.ID == "" || (s.File == "") == (s.Env == "") {
			return nil, &usageError{fmt.Errorf("--secret %q: it needs id and one of src and env", arg), "scaffold verify"}
		}
		out = append(out, s)
	}
	return out, nil
}

// color reports whether stdout is a terminal that wants colour (https://no-color.org).
func (a *app) color() bool {
	f, ok := a.stdout.(*os.File)
	return ok && a.getenv("NO_COLOR") == "" && term.IsTerminal(int(f.Fd()))
}

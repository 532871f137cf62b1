package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"scaffold/profiles"
	"scaffold/verify/prober"
)

// trial is one platform of one request while its image is inspected and run.
type trial struct {
	req      Request
	platform string
	native   string
	builder  string // what the worker is called
	emulated bool
	runnable bool
	http     *profiles.HTTP // what run/http asks for, or nil

	gw     gateway.Client
	image  gateway.Reference
	debug  func(context.Context) (*gateway.Result, error) // builds the stage debug
	prober gateway.Reference
	args   []string // before the prober's verb
	config ocispecs.Image
	look   prober.Inspection

	app      *app
	silent   bool      // no request reached the program
	again    bool      // the program runs a second time, unasked
	deadline time.Time // until when the program may take to show everything
}

// wantedHTTP is the request that run/http makes: verify.http, else the health path.
func wantedHTTP(p *profiles.Profile) *profiles.HTTP {
	if p.Verify.HTTP != nil {
		return p.Verify.HTTP
	}
	if p.Runtime.Health.Path != "" {
		return &profiles.HTTP{Path: p.Runtime.Health.Path, Status: 200}
	}
	return nil
}

// service reports whether the program is to stay up: it answers something.
func (t *trial) service() bool {
	p := t.req.Profile
	return p.Verify.Exit == nil && (p.Runtime.Port != 0 || t.http != nil || !p.Runtime.Health.IsZero())
}

// inspectAndRun makes every check on a built image. An error means that the image could
// not be looked at, which says nothing about the image.
func (t *trial) inspectAndRun(ctx context.Context, rawConfig []byte) ([]Check, error) {
	if err := json.Unmarshal(rawConfig, &t.config); err != nil {
		return nil, fmt.Errorf("reading the image's configuration: %w", err)
	}
	if err := t.inspect(ctx); err != nil {
		return nil, err
	}
	var done []Check
	for _, c := range asked(t, imageChecks) {
		done = append(done, judged(ctx, t, c))
	}
	ran, err := t.run(ctx)
	if err != nil {
		return nil, err
	}
	done = append(done, ran...)
	for _, c := range asked(t, debugChecks) {
		done = append(done, judged(ctx, t, c))
	}
	return done, context.Cause(ctx)
}

func judged(ctx context.Context, t *trial, c check) Check {
	r := c.judge(ctx, t)
	r.ID = c.id
	return r
}

// inspect walks the image's files on the worker's own platform.
func (t *trial) inspect(ctx context.Context) error {
	ctr, err := t.gw.NewContainer(ctx, gateway.NewContainerRequest{
		Mounts: []gateway.Mount{
			{Dest: "/", Ref: t.prober},
			{Dest: "/image", Ref: t.image, Readonly: true},
		},
		NetMode:  noNetwork,
		Platform: pbPlatform(t.native),
	})
	if err != nil {
		return fmt.Errorf("inspecting the image: %w", err)
	}
	defer release(ctx, ctr)
	argv := t.argv()
	args := []string{"/" + proberName, "inspect",
		"-arch", architecture(t.platform),
		"-ssl-cert-file", variable(t.config.Config.Env, "SSL_CERT_FILE"),
		"-zoneinfo", variable(t.config.Config.Env, "ZONEINFO"),
		"-path", t.searchPath(), "-cwd", t.config.Config.WorkingDir}
	if len(argv) > 0 {
		args = append(args, "-program", argv[0], "-child", child(argv))
	}
	args = slices.Insert(append(args, "/image"), 1, t.args...)
	if err := ask(ctx, ctr, inspectTimeout, args, nil, "", &t.look); err != nil {
		return fmt.Errorf("inspecting the image: %w", err)
	}
	return nil
}

// inspectTimeout bounds the walk over an image of any size.
const inspectTimeout = 5 * time.Minute

// run starts the program and makes the checks that need it.
func (t *trial) run(ctx context.Context) ([]Check, error) {
	checks := asked(t, runChecks)
	p := t.req.Profile
	if p.Verify.Run != nil && !*p.Verify.Run {
		return skipAll(checks, "not run: verify.run = false", ""), nil
	}
	if !t.runnable {
		return cannotStart(checks, t.platform+" cannot run here", emulationHint), nil
	}
	if len(t.argv()) == 0 {
		return cannotStart(checks, "the image has no entrypoint and no command", "set runtime.command, or an ENTRYPOINT in the Dockerfile"), nil
	}
	if err := t.start(ctx); err != nil {
		return nil, err
	}
	defer release(ctx, t.app.ctr)
	var done []Check
	for _, c := range checks {
		done = append(done, t.hinted(judged(ctx, t, c)))
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	if t.app.lost() && !t.again {
		t.again = true
		return t.run(ctx)
	}
	return done, nil
}

// cannotStart fails run/starts and skips the checks that need it: a platform that was
// asked for and did not run is not verified.
func cannotStart(checks []check, cause, hint string) []Check {
	all := skipAll(checks, cause, "")
	for i := range all {
		if all[i].ID == "run/starts" {
			all[i].Status, all[i].Hint = Fail, hint
		}
	}
	return all
}

const emulationHint = "install qemu-user-static and binfmt-support where BuildKit runs"

// argv is what the container runs: the image's own, then verify.args.
func (t *trial) argv() []string {
	c := t.config.Config
	return slices.Concat(c.Entrypoint, c.Cmd, t.req.Profile.Verify.Args)
}

// child is the program that an init is told to start behind "--", or "".
func child(argv []string) string {
	if i := slices.Index(argv, "--"); i > 0 && i+1 < len(argv) {
		return argv[i+1]
	}
	return ""
}

// left is how long the program may still take; never nothing, so that a check after one
// that used up the time still gets an answer from a healthy program.
func (t *trial) left() time.Duration {
	return max(time.Until(t.deadline), 2*time.Second)
}

package verify

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"scaffold/profiles"
	"scaffold/verify/prober"
)

// tailLines is how many of the last lines of output a failure shows.
const tailLines = 20

// judgeOutput waits until the program has printed the text, has ended, or time is up.
func judgeOutput(ctx context.Context, t *trial) Check {
	want := t.req.Profile.Verify.Output
	began := t.app.began
	timer := time.NewTimer(time.Until(t.deadline))
	defer timer.Stop()
	select {
	case <-t.app.out.grew:
	case <-t.app.ended:
	case <-timer.C:
	case <-ctx.Done():
	}
	if t.app.out.found() {
		return pass("printed " + quoted(want))
	}
	if t.app.hasEnded() && t.unstarted() != "" {
		return skip("the program could not be started, see run/starts")
	}
	when := "within " + short(t.req.Profile.RunTimeout())
	if t.app.hasEnded() {
		when = fmt.Sprintf("before it ended after %s", short(t.app.took))
	} else if d := time.Since(began); d < t.req.Profile.RunTimeout() {
		when = "within " + short(d)
	}
	return fail(fmt.Sprintf("the output lacks %s %s", quoted(want), when),
		"correct verify.output, or give the program longer with verify.timeout").with(t.app.out.lines(tailLines))
}

// asksHealth reports whether there is a health check beside what run/http asks: a
// command, or a path where verify.http is about another.
func asksHealth(t *trial) bool {
	h := t.req.Profile.Runtime.Health
	return len(h.Command) > 0 || h.Path != "" && t.req.Profile.Verify.HTTP != nil
}

func judgeHealth(ctx context.Context, t *trial) Check {
	h := t.req.Profile.Runtime.Health
	if len(h.Command) == 0 && t.silent {
		return skip("no request reaches the program, see run/http")
	}
	if len(h.Command) == 0 {
		return t.judgeGet(ctx, profiles.HTTP{Path: h.Path, Status: 200})
	}
	timeout := max(t.left(), t.settle())
	var e prober.Exec
	verb := append([]string{"exec", "-timeout", timeout.String(), "--"}, h.Command...)
	if err := t.askApp(ctx, timeout, t.config.Config.User, &e, verb...); err != nil {
		return t.unasked(err)
	}
	command := quoted(strings.Join(h.Command, " "))
	switch {
	case e.OK:
		return pass(command + " ended with 0")
	case e.Error == "timeout":
		return fail(fmt.Sprintf("%s did not end within %s", command, short(timeout)), "correct runtime.health").with(tidy(e.Output))
	case e.Error != "":
		return fail(fmt.Sprintf("%s could not run: %s", command, quoted(e.Error)),
			"runtime.health needs a program that is in the image").with(tidy(e.Output))
	}
	return fail(fmt.Sprintf("%s ended with %d, %d times in %s", command, e.Code, e.Attempts, short(timeout)),
		"correct runtime.health or what it asks").with(tidy(e.Output))
}

func tidy(s string) string { return lastLines(clean(s), tailLines) }

// judgeNonroot asks the kernel who the first process is, and the configuration whether an
// orchestrator can tell: Kubernetes' runAsNonRoot refuses a name.
func judgeNonroot(ctx context.Context, t *trial) Check {
	if wanted, _, _ := strings.Cut(t.req.Profile.Runtime.User, ":"); wanted == "root" || wanted == "0" {
		return skip("runtime.user = " + t.req.Profile.Runtime.User)
	}
	const hint = `set runtime.user = "nonroot", or USER 65532:65532 in the Dockerfile`
	user := t.config.Config.User
	name, _, _ := strings.Cut(user, ":")
	uid, err := strconv.ParseUint(name, 10, 32)
	switch {
	case user == "":
		return fail("the image has no USER, so it runs as root", hint)
	case err != nil:
		return fail(fmt.Sprintf("USER is the name %s, which Kubernetes' runAsNonRoot cannot judge", quoted(name)), hint)
	case uid == 0:
		return fail(fmt.Sprintf("USER is %s, which is root", quoted(user)), hint)
	}
	var p prober.Process
	if err := t.askApp(ctx, 10*time.Second, "0:0", &p, "status"); err != nil || !p.Found {
		if t.app.hasEnded() {
			return pass(fmt.Sprintf("uid %d by the image's configuration; the program ended before it could be seen", uid))
		}
		return fail("process 1 could not be looked at: "+quoted(fmt.Sprint(err)), "does the image hold something at "+proberDir+"?")
	}
	for _, id := range p.UIDs {
		if id == 0 {
			return fail(fmt.Sprintf("USER is %s, but process 1 runs with the uids %v", quoted(user), p.UIDs),
				"the program is set-uid root, or changes its user: take that off")
		}
	}
	return pass(fmt.Sprintf("uid %d", p.UIDs[1]))
}

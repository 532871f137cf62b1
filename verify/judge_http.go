package verify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"scaffold/profiles"
	"scaffold/verify/prober"
)

func judgeHTTP(ctx context.Context, t *trial) Check {
	return t.judgeGet(ctx, *t.http)
}

// judgeGet asks for one path and compares what comes back.
func (t *trial) judgeGet(ctx context.Context, want profiles.HTTP) Check {
	timeout := t.left()
	a, stop := t.askPort(ctx, timeout, "http",
		"-path", want.Path, "-status", strconv.Itoa(want.Status), "-body", want.Body)
	if stop != nil {
		return *stop
	}
	get := "GET " + quotedPath(want.Path)
	switch a.Cause {
	case prober.CauseStatus:
		hint := "correct the path or the program; if the answer is right, set verify.http.status = " + strconv.Itoa(a.Status)
		return fail(fmt.Sprintf("%s: status %d, want %d; the body begins %s", get, a.Status, want.Status, quoted(a.Excerpt)), hint)
	case prober.CauseBody:
		return fail(fmt.Sprintf("%s: the body lacks %s; it begins %s", get, quoted(want.Body), quoted(a.Excerpt)),
			"correct verify.http.body or what the program answers")
	}
	if c := t.unreachable(a, timeout); c != nil {
		return *c
	}
	return pass(fmt.Sprintf("%s: %d in %d ms", get, a.Status, a.Millis))
}

func judgeTCP(ctx context.Context, t *trial) Check {
	timeout := t.left()
	a, stop := t.askPort(ctx, timeout, "tcp")
	if stop != nil {
		return *stop
	}
	if c := t.unreachable(a, timeout); c != nil {
		return *c
	}
	return pass(fmt.Sprintf("port %d took a connection", t.req.Profile.Runtime.Port))
}

// askPort runs a verb of the prober against runtime.port. The check is not nil where there
// is nothing to judge.
func (t *trial) askPort(ctx context.Context, timeout time.Duration, verb ...string) (prober.Answer, *Check) {
	var a prober.Answer
	args := slices.Insert(verb, 1, "-port", strconv.Itoa(t.req.Profile.Runtime.Port), "-timeout", timeout.String())
	err := t.askApp(ctx, timeout, "0:0", &a, args...)
	if err != nil {
		c := t.unasked(err)
		return a, &c
	}
	return a, nil
}

// unasked is the check whose question could not be put: because the program had ended,
// which run/starts reports, or because the prober did not work.
func (t *trial) unasked(err error) Check {
	switch {
	case errors.Is(err, errEnded) && t.unstarted() != "":
		return skip("the program could not be started, see run/starts")
	case errors.Is(err, errEnded):
		return skip("the program ended before it could answer, see run/starts")
	}
	return fail("the prober could not ask: "+quoted(err.Error()), "does the image hold something at "+proberDir+"?")
}

// unreachable judges an answer by who could have got it: nobody, or only the container.
func (t *trial) unreachable(a prober.Answer, timeout time.Duration) *Check {
	port := t.req.Profile.Runtime.Port
	var here, elsewhere []prober.Listener
	for _, l := range a.Listeners {
		if l.Port == port {
			here = append(here, l)
		} else {
			elsewhere = append(elsewhere, l)
		}
	}
	loopback := len(here) > 0 && !slices.ContainsFunc(here, func(l prober.Listener) bool { return !l.Loopback() })
	var c Check
	switch {
	case loopback:
		c = fail(fmt.Sprintf("the program listens on %s only, which nothing outside the container reaches", addresses(here)),
			"bind 0.0.0.0 instead of the loopback address")
	case a.OK:
		return nil
	case a.Cause == prober.CauseSilent:
		c = fail(fmt.Sprintf("port %d takes connections but did not answer within %s: %s", port, short(timeout), quoted(a.Error)),
			"look at the program's output; give it longer with verify.timeout").with(t.app.out.lines(tailLines))
	case len(elsewhere) > 0:
		c = fail(fmt.Sprintf("nothing listens on port %d; the program listens on %s", port, addresses(elsewhere)),
			fmt.Sprintf("set runtime.port = %d, or make the program listen on %d", elsewhere[0].Port, port))
	default:
		c = fail(fmt.Sprintf("nothing listens on port %d after %s, nor on any other", port, short(timeout)),
			"look at the program's output: does it wait for something? give it longer with verify.timeout").with(t.app.out.lines(tailLines))
	}
	t.silent = true
	return &c
}

// addresses lists listeners; that on every interface is its port alone.
func addresses(all []prober.Listener) string {
	var s []string
	for _, l := range all {
		port := strconv.Itoa(l.Port)
		if l.Addr != "0.0.0.0" && l.Addr != "::" {
			port = net.JoinHostPort(l.Addr, port)
		}
		if !slices.Contains(s, port) {
			s = append(s, port)
		}
	}
	return strings.Join(s, ", ")
}

// quotedPath is a path as a person wrote it, or quoted where it would surprise.
func quotedPath(p string) string {
	if q := quoted(p); q != `"`+p+`"` {
		return q
	}
	return p
}

// short prints a duration without needless digits.
func short(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

package verify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/sys/signal"
)

// settle is how long a program that may end by itself is watched for doing so.
func (t *trial) settle() time.Duration {
	if t.emulated {
		return 5 * time.Second
	}
	return 2 * time.Second
}

// judgeStarts judges how the program stayed up or ended. It comes after the checks that
// ask it something.
func judgeStarts(ctx context.Context, t *trial) Check {
	exit := t.req.Profile.Verify.Exit
	switch {
	case t.service():
		if t.app.hasEnded() {
			return t.ended("the program ended after %s with %s; it should stay up", "")
		}
		return pass("stayed up for " + short(time.Since(t.app.began)))
	case exit != nil:
		if !t.app.waitEnd(ctx, time.Until(t.deadline)) {
			return fail(fmt.Sprintf("the program still runs after %s, expected to end with %d", short(t.req.Profile.RunTimeout()), *exit),
				"give it longer with verify.timeout, or delete verify.exit if it is to stay up").with(t.app.out.lines(tailLines))
		}
		if t.app.err != nil || t.app.code != *exit {
			return t.ended("the program ended after %s with %s", fmt.Sprintf(", want exit code %d", *exit))
		}
		return pass(fmt.Sprintf("ended after %s with %d", short(t.app.took), t.app.code))
	}
	if !t.app.waitEnd(ctx, t.settle()-time.Since(t.app.began)) {
		return pass("still runs after " + short(time.Since(t.app.began)))
	}
	if t.app.err != nil || t.app.code != 0 {
		return t.ended("the program ended after %s with %s", ", want 0 (set verify.exit if that is right)")
	}
	return pass(fmt.Sprintf("ended after %s with 0", short(t.app.took)))
}

// ended is the failed check of a program that ended as it should not have.
func (t *trial) ended(format, want string) Check {
	if why := t.unstarted(); why != "" {
		return fail("the program could not be started: "+oneLine(why, 300), t.startHint(why))
	}
	out := t.app.out.lines(tailLines)
	return fail(fmt.Sprintf(format, short(t.app.took), ending(t.app.code))+want, endHint(t.app.code)).with(out)
}

// runcFailed is what runc writes to the program's own stderr when there is no program.
const runcFailed = "runc run failed: unable to start container process: "

// unstarted is why the program never began to run, or "". BuildKit tells it like a program
// that ended with 1; what tells them apart is that runc's message is all the output.
func (t *trial) unstarted() string {
	out := t.app.out.lines(2)
	switch {
	case t.app.err != nil && out == "":
		return t.app.err.Error()
	case t.look.Program.Lacks: // the emulator says so in words of its own
		return out
	case strings.Contains(out, "\n"):
	case strings.HasPrefix(out, runcFailed):
		return strings.TrimPrefix(out, runcFailed)
	case t.look.Program.Path != "" && strings.HasPrefix(out, "exec "+t.look.Program.Path+": "):
		return out
	}
	return ""
}

// ending names an exit code; above 128 it is the signal that ended the process.
func ending(code int) string {
	if code == gwpb.UnknownExitStatus {
		return "an exit code that BuildKit did not see"
	}
	if code > 128 {
		for name, n := range signal.SignalMap {
			if int(n) == code-128 && !strings.HasPrefix(name, "RT") {
				return fmt.Sprintf("exit code %d (SIG%s)", code, name)
			}
		}
	}
	return fmt.Sprintf("exit code %d", code)
}

// startHint says what to do about a program that did not start, from what is in the image.
func (t *trial) startHint(why string) string {
	argv, p := t.argv(), t.look.Program
	switch {
	case p.Path == "":
		return fmt.Sprintf("the image holds no %s: correct runtime.command, or copy the program to where it says", quoted(argv[0]))
	case p.Lacks:
		return fmt.Sprintf("%s needs %s, which the image lacks: link it statically (CGO_ENABLED=0 for Go), or take a base with that libc or interpreter",
			quoted(p.Path), quoted(p.Loader))
	case !p.Exec:
		return fmt.Sprintf("%s may not be executed (mode %s): chmod +x it where it is copied", quoted(p.Path), p.Mode)
	case strings.Contains(why, "exec format error"):
		return fmt.Sprintf("%s is of another architecture, or a script without #!, see image/platform", quoted(p.Path))
	}
	return "correct the image's USER, WORKDIR or command, which the message names"
}

// endHint says what an exit code means that shells and kernels give.
func endHint(code int) string {
	switch code {
	case 126:
		return "126: the command was found and could not be executed; look at its mode and its #! line"
	case 127:
		return "127: a command or a shared library was not found; copy it into the image"
	case 137:
		return "it was killed: out of memory?"
	}
	return "look at its output; what it needs for a test goes into verify.env and verify.args"
}

// stopWithin is how long a program may take to end on its stop signal: Docker's own grace.
const stopWithin = 10 * time.Second

// judgeStop sends the stop signal and waits for the end.
func judgeStop(ctx context.Context, t *trial) Check {
	if t.app.hasEnded() {
		return skip("ended by itself")
	}
	if lack := canSignal.lacks(t.gw.BuildOpts(), t.builder); lack != "" {
		return skip(lack)
	}
	name, sig, err := t.stopSignal()
	if err != nil {
		return fail("STOPSIGNAL is "+quoted(t.config.Config.StopSignal)+", which is no signal", "write STOPSIGNAL SIGTERM, or leave it out")
	}
	began := time.Now()
	if err := t.app.proc.Signal(ctx, sig); err != nil {
		return skip("the signal could not be sent: " + quoted(err.Error()))
	}
	if t.app.waitEnd(ctx, stopWithin) {
		return pass(fmt.Sprintf("ended %s after %s", short(time.Since(began)), name))
	}
	if t.emulated {
		return skip("emulation cannot tell: it may have kept " + name + " from the program, which did not end")
	}
	return fail(fmt.Sprintf("the program did not end within %s of %s; an orchestrator would kill it", stopWithin, name),
		"handle "+name+" in the program; as process 1 it has no default action, so set STOPSIGNAL to one that it handles, or run it under an init")
}

func (t *trial) stopSignal() (string, syscall.Signal, error) {
	name := t.config.Config.StopSignal
	if name == "" {
		name = "SIGTERM"
	}
	sig, err := signal.ParseSignal(name)
	if err == nil && sig == 0 {
		err = errors.New("no signal")
	}
	return name, sig, err
}

package verify

import (
	"cmp"
	"context"
	"slices"
)

// check is one assertion about a built image. Adding one is adding a value here.
type check struct {
	id    string
	asked func(*trial) bool // Whether the profile asks for it. nil: always.
	judge func(context.Context, *trial) Check
}

// imageChecks are judged by the image's files and configuration.
var imageChecks = []check{
	{id: "image/platform", judge: judgePlatform},
	{id: "image/ca", asked: needs("ca-certificates"), judge: judgeCA},
	{id: "image/tz", asked: needs("tzdata"), judge: judgeTZ},
	{id: "image/size", asked: func(t *trial) bool { return t.req.Profile.Verify.Size != "" }, judge: judgeSize},
	{id: "image/shell", asked: asksDebug, judge: judgeNoShell},
}

// debugChecks are judged on the stage debug, which is built for them.
var debugChecks = []check{
	{id: "debug/shell", asked: asksDebug, judge: judgeDebugShell},
}

// runChecks are judged on the running program, in this order: run/starts is last but one,
// since a service has to stay up until everything else was asked.
var runChecks = []check{
	{id: "run/http", asked: func(t *trial) bool { return t.http != nil }, judge: judgeHTTP},
	{id: "run/tcp", asked: func(t *trial) bool { return t.http == nil && t.req.Profile.Runtime.Port != 0 }, judge: judgeTCP},
	{id: "run/output", asked: func(t *trial) bool { return t.req.Profile.Verify.Output != "" }, judge: judgeOutput},
	{id: "run/health", asked: asksHealth, judge: judgeHealth},
	{id: "run/nonroot", judge: judgeNonroot},
	{id: "run/starts", judge: judgeStarts},
	{id: "run/stop", judge: judgeStop},
}

// reportOrder is the order in which a person wants to read them: causes before effects.
var reportOrder = []string{
	"build", "build/sources",
	"run/starts", "run/output", "run/http", "run/tcp", "run/health", "run/nonroot", "run/stop",
	"image/platform", "image/ca", "image/tz", "image/size", "image/shell", "debug/shell",
}

func needs(what string) func(*trial) bool {
	return func(t *trial) bool { return t.req.Profile.Needs(what) }
}

// asked are the checks of all that t's profile asks for. A program may end at any moment,
// so that whose process it is has to be looked at first.
func asked(t *trial, all []check) []check {
	var some []check
	for _, c := range all {
		if c.asked == nil || c.asked(t) {
			some = append(some, c)
		}
	}
	if !t.service() {
		slices.SortStableFunc(some, func(a, b check) int {
			return cmp.Compare(first(a), first(b))
		})
	}
	return some
}

func first(c check) int {
	if c.id == "run/nonroot" {
		return 0
	}
	return 1
}

// skipAll gives each check the same reason.
func skipAll(all []check, reason, hint string) []Check {
	var done []Check
	for _, c := range all {
		done = append(done, Check{ID: c.id, Status: Skip, Detail: reason, Hint: hint})
	}
	return done
}

func sortForReport(checks []Check) {
	slices.SortStableFunc(checks, func(a, b Check) int {
		return cmp.Compare(slices.Index(reportOrder, a.ID), slices.Index(reportOrder, b.ID))
	})
}

func pass(detail string) Check        { return Check{Status: Pass, Detail: detail} }
func skip(reason string) Check        { return Check{Status: Skip, Detail: reason} }
func fail(cause, hint string) Check   { return Check{Status: Fail, Detail: cause, Hint: hint} }
func (c Check) with(out string) Check { c.Output = out; return c }

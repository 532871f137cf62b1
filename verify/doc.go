// Package verify proves an image: it builds a Dockerfile for every platform with BuildKit,
// runs each result, and makes the checks that the profile asks for.
//
// One [Request] is one profile and the Dockerfile on disk. [Run] builds all its platforms
// at the same time, each in a BuildKit build of its own, so that one failing leaves the
// others alone. Inside that build the image is inspected and run:
//
//   - Inspecting happens in a container of the worker's own platform, which holds nothing
//     but the prober, with the image's files mounted read-only.
//   - Running happens in a container of the image's platform with the image's own
//     entrypoint, command, environment, user and working directory. It has no network but
//     its loopback, no mount of the host and no secret. The prober is mounted read-only
//     beside the program and asks it questions on 127.0.0.1. So an image of scratch is
//     asked as any other.
//
// A check ([Check]) passes, fails, or is skipped with a reason; what cannot be judged is
// skipped, never passed. The checks and what each asserts are the values in checks.go. A
// check that the profile does not ask for (run/output without verify.output) is absent.
//
// A platform can be routed to a BuildKit of its own ([Options.Routes]), which then has its
// own native platform, prober and session. What older daemons cannot do is in
// capabilities; what verify can do without is worked around or skipped, with the version
// that would be needed.
//
// A failed build is a failed check. [Run] itself fails only where nothing can be said
// about the image: BuildKit cannot be reached or went away, the request is unusable, the
// context is cancelled. What the other BuildKits found is returned with it.
//
// Everything that comes from the image is bounded and stripped of control characters.
//
// Limits: BuildKit gives a run no limit of memory, processes or disk of its own, so those
// of the builder apply, to all that it runs together. BuildKit runs processes without a
// restart policy, so a program that ends is not started again. "Ends by itself" is judged
// by waiting: a program without a port and without verify.exit that still runs after a
// short while counts as one that stays up.
package verify

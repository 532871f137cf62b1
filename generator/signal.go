package generator

import (
	"path"
	"slices"
)

// handlesTerm are programs that install a handler for SIGTERM themselves, so that they
// end in time as PID 1. Each was read in the program's own documentation or source:
// gunicorn docs/source/signals.rst, uvicorn server.py (HANDLED_SIGNALS), hypercorn
// asyncio/run.py, daphne server.py (Twisted's reactor), celery's worker guide,
// streamlit web/bootstrap.py, granian's server (read 2026-11-21).
var handlesTerm = []string{"gunicorn", "uvicorn", "hypercorn", "daphne", "celery", "streamlit", "granian"}

// stopSignal is the signal that a Python process honours as PID 1, and why. The kernel
// gives PID 1 no default handlers, and Python installs one for SIGINT only
// (https://docs.python.org/3/library/signal.html): SIGTERM would be ignored until the
// runtime kills the container.
func stopSignal(command []string) (signal, why string) {
	if slices.ContainsFunc(command[:min(3, len(command))], func(arg string) bool { return slices.Contains(handlesTerm, path.Base(arg)) }) {
		return "", ""
	}
	return "SIGINT", "Python ignores SIGTERM as PID 1."
}

package verify

import (
	"fmt"
	"time"
)

// limitError is an error while a limit of the builder's was reached.
type limitError struct {
	error
	hint string
}

func (e *limitError) Unwrap() error { return e.error }

// Hint returns the next step.
func (e *limitError) Hint() string { return e.hint }

// blame tells with err of a limit of the builder's that was reached since began.
func (w *worker) blame(began time.Time, err error) error {
	if w.Exceeded == nil {
		return err
	}
	cause, hint := w.Exceeded(began)
	if cause == "" {
		return err
	}
	return &limitError{fmt.Errorf("%w; meanwhile %s", err, cause), hint}
}

// blameIn does the same in checks that failed: a program that was killed cannot say why.
func (w *worker) blameIn(checks []Check, began time.Time) {
	if w.Exceeded == nil {
		return
	}
	cause, hint := w.Exceeded(began)
	for i, c := range checks {
		if cause != "" && c.Status == Fail {
			checks[i].Detail, checks[i].Hint = c.Detail+"; meanwhile "+cause, hint
		}
	}
}

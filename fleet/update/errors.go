package update

import (
	"errors"
	"fmt"
	"strings"
)

// A ReferenceError says that a reference of a project has no digest to pin it by.
type ReferenceError struct {
	File string // the profile, as messages name it
	Name string // canonical reference
	Err  error
}

func (e *ReferenceError) Error() string { return fmt.Sprintf("%s: %s: %v", e.File, e.Name, e.Err) }
func (e *ReferenceError) Unwrap() error { return e.Err }

// Hint is the next step of what lies below.
func (e *ReferenceError) Hint() string {
	var hinted interface{ Hint() string }
	if errors.As(e.Err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// lacksError says that an index has no image for platforms of a project.
type lacksError struct{ missing, has []string }

func (e *lacksError) Error() string {
	return fmt.Sprintf("it has no image for %s; it has %s", strings.Join(e.missing, ", "), strings.Join(e.has, ", "))
}

func (e *lacksError) Hint() string {
	return "take the platform out of image.platforms, or choose a base that has it (runtime.base)"
}

// A MissingError says that, with no registry to ask, a digest is missing that the
// Dockerfile needs: its other images are pinned.
type MissingError struct {
	File string // the lock, as messages name it
	Name string // canonical reference
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("%s: holds no digest of %s, which the Dockerfile needs now", e.File, e.Name)
}

// Hint is the next step.
func (e *MissingError) Hint() string {
	return "run scaffold update without --offline where the registry can be reached"
}

package builder

import (
	"fmt"
	"strings"
	"time"
)

// Limits are what a private buildkitd holds all its containers to together: those of
// build steps and those that run an image.
type Limits struct {
	// Memory is how many bytes they may take. In Options, 0 is three quarters of the
	// machine's; in a status it says that there is no limit.
	Memory int64 `json:"memory"`
	// Processes is how many processes and threads there may be at a time. In Options, 0
	// is 256 a processor and at least 4096; in a status it says that there is no limit.
	Processes int64 `json:"processes"`
	// DiskReserve is how many bytes are left free on the disk of the instance: below it,
	// every container is killed. In Options, 0 is a gigabyte, or 5 % of a small disk.
	DiskReserve int64 `json:"disk_reserve"`
	// Unlimited is why Memory or Processes is not limited.
	Unlimited string `json:"unlimited,omitempty"`
}

// String says the limits on one line.
func (l Limits) String() string {
	var parts []string
	if l.Memory > 0 {
		parts = append(parts, megabytes(l.Memory)+" of memory")
	}
	if l.Processes > 0 {
		parts = append(parts, fmt.Sprintf("%d processes", l.Processes))
	}
	parts = append(parts, megabytes(l.DiskReserve)+" of disk left free")
	if l.Unlimited != "" {
		parts = append(parts, "no more limits: "+l.Unlimited)
	}
	return strings.Join(parts, ", ")
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", n/1e6) }

// An excess is a limit that was reached: when for the last time, and what a person is told.
type excess struct {
	At    time.Time `json:"at"`
	Cause string    `json:"cause"`
	Hint  string    `json:"hint"`
}

// Exceeded says which limit of a private buildkitd was reached since t, and what to do;
// cause is empty where none was. Limits are of all its containers together, so that a run
// at the same time may have had its part.
func (b *Builder) Exceeded(t time.Time) (cause, hint string) {
	if b.excesses == nil {
		return "", ""
	}
	for _, e := range b.excesses() {
		if e.At.After(t) {
			return e.Cause, e.Hint
		}
	}
	return "", ""
}

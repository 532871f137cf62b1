package fleet

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestFindWithoutAnAnswer holds that nothing is found where git does not say in time what it
// ignores: build output would be taken for projects, and be written to.
func TestFindWithoutAnAnswer(t *testing.T) {
	dir := project(t, t.TempDir())
	put(t, dir, ".git/HEAD", "ref: refs/heads/main\n")
	was := gitTime
	defer func() { gitTime = was }()
	for limit, want := range map[time.Duration]int{was: 1, 0: 0} {
		gitTime = limit
		found, err := Find(t.Context(), dir, "", true, IsProfile)
		if len(found) != want || errors.Is(err, context.DeadlineExceeded) != (want == 0) {
			t.Errorf("within %v it found %v, %v", limit, found, err)
		}
	}
}

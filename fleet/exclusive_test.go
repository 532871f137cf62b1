package fleet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

// TestExclusive holds that a run waits for another on the same project, for so long and no
// longer, and can be interrupted while it does.
func TestExclusive(t *testing.T) {
	dir := project(t, t.TempDir())
	p := plan(t, dir)
	release, unlocked, err := lockProject(t.Context(), dir)
	if err != nil || unlocked != nil {
		t.Fatal(err, unlocked)
	}
	defer func(was time.Duration) { lockWait = was }(lockWait)
	lockWait = lockPoll
	before := snapshot(t, dir)
	if _, err := p.Apply(t.Context(), Merge); err == nil || !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), `locking ".": waiting for another run of scaffold: `) {
		t.Errorf("error is %v", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, err := p.Apply(stopped, Merge); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
		t.Errorf("files changed (-before +after):\n%s", d)
	}
	release()
	if done, err := p.Apply(t.Context(), Merge); err != nil || done.Unlocked != nil {
		t.Errorf("after release: %v, unlocked %v", err, done.Unlocked)
	}
	if _, unlocked, err := lockProject(t.Context(), filepath.Join(dir, "none")); unlocked == nil || err != nil {
		t.Errorf("a place without locks: %v, %v", unlocked, err)
	}
}

// TestChanged changes each file between the plan and its application: nothing is written.
func TestChanged(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, dir string){
		"Dockerfile":    func(t *testing.T, dir string) { add(t, dir, "Dockerfile", "# mine\n") },
		".dockerignore": func(t *testing.T, dir string) { add(t, dir, ".dockerignore", "mine\n") },
		"scaffold.lock": func(t *testing.T, dir string) { add(t, dir, profiles.LockName, "# mine\n") },
		"scaffold.toml": func(t *testing.T, dir string) { put(t, dir, profiles.FileName, profile) },
		"gone":          func(t *testing.T, dir string) { remove(t, dir, "Dockerfile") },
	} {
		for _, mode := range []Mode{Merge, Keep, Force} {
			dir := project(t, t.TempDir())
			generate(t, dir)
			put(t, dir, profiles.FileName, strings.Replace(profile, "8080", "9090", 1))
			p := plan(t, dir)
			change(t, dir)
			before := snapshot(t, dir)
			done, err := p.Apply(t.Context(), mode)
			if !errors.Is(err, ErrChanged) || name != "gone" && !strings.HasPrefix(err.Error(), name+": ") || len(done.Wrote) > 0 {
				t.Errorf("%s: wrote %v, error is %v", name, done.Wrote, err)
			}
			if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
				t.Errorf("%s: files changed (-before +after):\n%s", name, d)
			}
		}
	}
}

// TestChangedDraft has a profile appear while a new one is being made.
func TestChangedDraft(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "go.mod", goMod)
	p, err := New(dir, "", []byte(profile), nil)
	if err != nil {
		t.Fatal(err)
	}
	pl, err := p.Plan(today)
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, profiles.FileName, "mine")
	if _, err := pl.Apply(t.Context(), Force); !errors.Is(err, ErrChanged) {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "Dockerfile")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a Dockerfile was written: %v", err)
	}
}

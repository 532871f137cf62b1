package fleet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"scaffold/profiles"
)

// tmpfs mounts one at a new folder. It needs root: without it the test is skipped, and on
// CI it fails.
func tmpfs(t *testing.T, options string) string {
	t.Helper()
	if os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("mounting a tmpfs needs root")
		}
		t.Skip("mounting a tmpfs needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Fatalf("mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmounting: %v", err)
		}
	})
	return dir
}

func TestReadOnlyFolder(t *testing.T) {
	dir := project(t, tmpfs(t, "size=1m"))
	generate(t, dir)
	put(t, dir, profiles.FileName, profile+"user = \"root\"\n")
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	done, err := plan(t, dir).Apply(t.Context(), Force)
	if err == nil || err.Error() != `writing "Dockerfile": read-only file system` || len(done.Wrote) > 0 {
		t.Errorf("Apply wrote %v and ends with %v", done.Wrote, err)
	}
	if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
		t.Errorf("files changed (-before +after):\n%s", d)
	}
	if err := WriteNew(dir, "new", "text"); err == nil || err.Error() != `writing "new": read-only file system` {
		t.Errorf("WriteNew ends with %v", err)
	}
}

// TestFullDisk fills the disk up, so that the first or the second file has no room: none
// is put in place then.
func TestFullDisk(t *testing.T) {
	for _, free := range []int{0, 1} {
		dir := project(t, tmpfs(t, "size=64k"))
		generate(t, dir)
		put(t, dir, profiles.FileName, profile+"user = \"root\"\n")
		fill(t, dir, free)
		before := snapshot(t, dir)
		done, err := plan(t, dir).Apply(t.Context(), Merge)
		if err == nil || !strings.HasSuffix(err.Error(), "no space left on device") || !strings.HasPrefix(err.Error(), `writing "`) || strings.Contains(err.Error(), ".scaffold-") || len(done.Wrote) > 0 {
			t.Fatalf("with %d free pages Apply wrote %v and ends with %v", free, done.Wrote, err)
		}
		if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
			t.Errorf("with %d free pages files changed (-before +after):\n%s", free, d)
		}
		if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
			t.Fatal(err)
		}
		generate(t, dir)
		for _, c := range plan(t, dir).Changes {
			if c.Drift != DriftNone {
				t.Errorf("%s: %s after there was room again", c.Path, c.Drift)
			}
		}
	}
}

// fill leaves only so many pages free.
func fill(t *testing.T, dir string, free int) {
	t.Helper()
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "filler", strings.Repeat("x", (int(s.Bfree)-free)*int(s.Bsize)))
}

// TestFullDiskBesideEdits fills the disk up where an edit is merged, what cannot be merged is
// written, or a copy kept: nothing is half-written, and with room again the run goes through.
func TestFullDiskBesideEdits(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string)
		mode    Mode
		free    int
		want    string
	}{
		"merged":        {merging, Merge, 0, `writing "scaffold.lock": no space left on device`},
		"merged, file":  {merging, Merge, 1, `writing "Dockerfile": no space left on device`},
		"merged, lock":  {merging, Merge, 2, `writing "scaffold.lock": no space left on device`},
		"rejected":      {conflicting, Merge, 0, `writing "Dockerfile.rej": no space left on device`},
		"kept a copy":   {conflicting, Force, 0, `: no space left on device`},
		"copy, no file": {conflicting, Force, 1, `writing "Dockerfile": no space left on device`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := project(t, tmpfs(t, "size=64k"))
			generate(t, dir)
			c.prepare(t, dir)
			fill(t, dir, c.free)
			before := snapshot(t, dir)
			done, err := plan(t, dir).Apply(t.Context(), c.mode)
			if err == nil || !strings.HasSuffix(err.Error(), c.want) || len(done.Wrote) > 0 || len(done.Rejected) > 0 {
				t.Fatalf("Apply wrote %v and ends with %v", done.Wrote, err)
			}
			if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
				t.Errorf("files changed (-before +after):\n%s", d)
			}
			if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
				t.Fatal(err)
			}
			if c.mode == Merge && name == "rejected" {
				c.mode = Keep
			}
			if _, err := plan(t, dir).Apply(t.Context(), c.mode); err != nil {
				t.Fatal(err)
			}
			current(t, dir)
		})
	}
}

// merging edits the Dockerfile beside what it changes in the profile.
func merging(t *testing.T, dir string) {
	t.Helper()
	add(t, dir, "Dockerfile", "# mine\n")
	put(t, dir, profiles.FileName, profile+"user = \"root\"\n")
}

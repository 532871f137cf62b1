package fleet

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/generator"
	"scaffold/profiles"
)

// digest is that of a letter.
func digest(letter string) string { return "@sha256:" + strings.Repeat(letter, 64) }

// TestMerge edits the Dockerfile and changes the port: what comes out is what is generated
// for the new port, edited in the same way.
func TestMerge(t *testing.T) {
	replace := func(old, new string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("there is no %q in\n%s", old, s)
			}
			return strings.Replace(s, old, new, 1)
		}
	}
	for name, c := range map[string]struct{ edit, want func(string) string }{
		"a line put in":      {replace("ARG TARGETOS", "ENV A=b\nARG TARGETOS"), nil},
		"a line taken out":   {replace("ENV ZONEINFO=/usr/share/zoneinfo.zip\n", ""), nil},
		"no end of line":     {func(s string) string { return strings.TrimSuffix(s, "\n") }, nil},
		"lines at the end":   {func(s string) string { return s + "\n\n# mine\n\n" }, nil},
		"ends of both kinds": {replace("COPY . .\n", "COPY . .\r\nENV A=b\r\n"), nil},
		"the header moved": {func(s string) string {
			at := strings.Index(s, generator.Header)
			header, after, _ := strings.Cut(s[at:], "\n")
			return s[:at] + after + "# mine\n" + header + "\n"
		}, nil},
		"a digest": {replace("golang:1.26-trixie", "golang:1.26-trixie"+digest("1")+" AS x\nFROM x"),
			replace("golang:1.26-trixie", "golang:1.26-trixie"+digest("1")+" AS x\nFROM x")},
		"a digest beside an edit": {replace("golang:1.26-trixie AS build\n", "golang:1.26-trixie"+digest("1")+" AS build\nENV A=b\n"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := project(t, t.TempDir())
			generate(t, dir)
			put(t, dir, "Dockerfile", c.edit(snapshot(t, dir)["Dockerfile"]))
			put(t, dir, profiles.FileName, strings.Replace(profile, "8080", "9090", 1))

			now := t.TempDir()
			put(t, now, "go.mod", goMod)
			put(t, now, profiles.FileName, strings.Replace(profile, "8080", "9090", 1))
			generate(t, now)
			want := c.edit(snapshot(t, now)["Dockerfile"])

			generate(t, dir)
			if d := cmp.Diff(want, snapshot(t, dir)["Dockerfile"]); d != "" {
				t.Errorf("Dockerfile (-want +got):\n%s", d)
			}
			current(t, dir)
		})
	}
}

// TestMergeNewDigest has the lock hold a newer digest than the file, whose line has an edit
// beside it.
func TestMergeNewDigest(t *testing.T) {
	dir := project(t, t.TempDir())
	generate(t, dir)
	bump(t, dir)
	generate(t, dir)
	put(t, dir, "Dockerfile", strings.Replace(snapshot(t, dir)["Dockerfile"], " AS build\n", " AS build\nENV A=b\n", 1))
	lock, err := profiles.ParseLock("", []byte(snapshot(t, dir)[profiles.LockName]))
	if err != nil {
		t.Fatal(err)
	}
	lock.Digests = map[string]string{"docker.io/library/golang:1.26-trixie": digest("5")[1:]}
	put(t, dir, profiles.LockName, string(lock.Render()))
	generate(t, dir)
	if text := snapshot(t, dir)["Dockerfile"]; !strings.Contains(text, "golang:1.26-trixie"+digest("5")+" AS build\nENV A=b\n") {
		t.Errorf("the Dockerfile is\n%s", text)
	}
	current(t, dir)
}

func TestRejects(t *testing.T) {
	dir := project(t, t.TempDir())
	generate(t, dir)
	conflicting(t, dir)
	for name, c := range map[string]struct {
		prepare func(file string) error
		want    string
	}{
		"nothing":     {func(string) error { return nil }, ""},
		"ours":        {func(file string) error { return os.WriteFile(file, []byte(rejectHeader+"stale"), 0o644) }, ""},
		"ours, mode":  {func(file string) error { return os.WriteFile(file, []byte(rejectHeader), 0o600) }, ""},
		"a person's":  {func(file string) error { return os.WriteFile(file, []byte("mine"), 0o644) }, "was not written by scaffold"},
		"a folder":    {func(file string) error { return os.Mkdir(file, 0o755) }, "was not written by scaffold"},
		"a dead link": {func(file string) error { return os.Symlink("none", file) }, "was not written by scaffold"},
		"a link out":  {func(file string) error { return os.Symlink("/etc/passwd", file) }, "was not written by scaffold"},
		"ours, linked": {func(file string) error {
			return errors.Join(os.WriteFile(file+"2", []byte(rejectHeader), 0o600), os.Symlink("Dockerfile.rej2", file))
		}, "was not written by scaffold"},
		"of 100 MB": {func(file string) error {
			return errors.Join(os.WriteFile(file, []byte(rejectHeader), 0o644), os.Truncate(file, 100<<20))
		}, "was not written by scaffold"},
		"ours, no mode": {func(file string) error { return errors.Join(os.WriteFile(file, []byte(rejectHeader), 0o444)) }, "the file is read-only"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, "Dockerfile.rej")
			defer os.RemoveAll(file)
			if err := c.prepare(file); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(file)
			if err != nil && name != "nothing" {
				t.Fatal(err)
			}
			p := plan(t, dir)
			done, err := p.Apply(t.Context(), Merge)
			var conflict *ConflictError
			if !errors.As(err, &conflict) || len(done.Wrote) > 0 {
				t.Fatalf("wrote %v, error is %v", done.Wrote, err)
			}
			if c.want != "" {
				after, lerr := os.Lstat(file)
				if !strings.Contains(err.Error(), c.want) || conflict.Rejected != "" || done.Rejected["Dockerfile"] != "" || lerr != nil || !os.SameFile(before, after) {
					t.Errorf("error is %v, %v; rejected %v", err, lerr, done.Rejected)
				}
				return
			}
			if got := snapshot(t, dir)["Dockerfile.rej"]; got != p.Changes[0].rejectText() || conflict.Rejected != "Dockerfile.rej" || strings.Contains(got, "stale") {
				t.Errorf("rejected %q:\n%s", conflict.Rejected, got)
			}
			if info, err := os.Lstat(file); err != nil || before != nil && info.Mode() != before.Mode() {
				t.Errorf("the mode is %v, %v", info.Mode(), err)
			}
		})
	}
}

// conflicting edits the port and changes it in the profile.
func conflicting(t *testing.T, dir string) {
	t.Helper()
	put(t, dir, "Dockerfile", strings.Replace(snapshot(t, dir)["Dockerfile"], "EXPOSE 8080", "EXPOSE 53", 1))
	put(t, dir, profiles.FileName, strings.Replace(profile, "8080", "9090", 1))
}

// TestMergeKeepsMode holds that a file keeps its mode, whatever the umask, and that one that
// is read-only stops all.
func TestMergeKeepsMode(t *testing.T) {
	dir := project(t, t.TempDir())
	generate(t, dir)
	add(t, dir, "Dockerfile", "# mine\n")
	file := filepath.Join(dir, "Dockerfile")
	if err := os.Chmod(file, 0o666); err != nil {
		t.Fatal(err)
	}
	put(t, dir, profiles.FileName, strings.Replace(profile, "8080", "9090", 1))
	generate(t, dir)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o666 {
		t.Errorf("mode is %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(file, 0o444); err != nil {
		t.Fatal(err)
	}
	put(t, dir, profiles.FileName, profile)
	before := snapshot(t, dir)
	for _, mode := range []Mode{Merge, Keep, Force} {
		if _, err := plan(t, dir).Apply(t.Context(), mode); err == nil || err.Error() != `writing "Dockerfile": the file is read-only` {
			t.Errorf("error is %v", err)
		}
	}
	if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
		t.Errorf("files changed (-before +after):\n%s", d)
	}
}

// TestMergeLarge merges into a file as large as is read at all, and refuses a larger one.
func TestMergeLarge(t *testing.T) {
	dir := project(t, t.TempDir())
	generate(t, dir)
	add(t, dir, "Dockerfile", strings.Repeat("\n", maxFile-2000))
	put(t, dir, profiles.FileName, strings.Replace(profile, "8080", "9090", 1))
	generate(t, dir)
	current(t, dir)
	text := snapshot(t, dir)["Dockerfile"]
	if !strings.Contains(text, "EXPOSE 9090\n") || len(text) < maxFile-1000 || generator.OriginOf(text) != generator.Edited {
		t.Errorf("the Dockerfile has %d bytes", len(text))
	}
	if err := os.Truncate(filepath.Join(dir, "Dockerfile"), 100<<20); err != nil {
		t.Fatal(err)
	}
	p, err := Open(dir, "svc", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Plan(today); err == nil || !strings.HasPrefix(err.Error(), "svc/Dockerfile: is larger than ") {
		t.Errorf("error is %v", err)
	}
}

package golden

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/fleet"
	"scaffold/policy"
	"scaffold/profiles"
)

var update = flag.Bool("update", false, "write the golden files; a file that does not lint is refused")

func cases(t *testing.T) []Case {
	t.Helper()
	all, err := Cases("cases")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestGolden(t *testing.T) {
	for _, c := range cases(t) {
		t.Run(c.Name, func(t *testing.T) {
			if *update {
				if err := c.Update(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRenderIsStable renders each case 50 times.
func TestRenderIsStable(t *testing.T) {
	for _, c := range cases(t) {
		first, err := c.Render()
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			again, err := c.Render()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(first, again); d != "" {
				t.Fatalf("%s: rendered differently: %s", c.Name, d)
			}
		}
	}
}

// TestOwnOutput runs generate on what generate wrote: nothing is left to do.
func TestOwnOutput(t *testing.T) {
	for _, c := range cases(t) {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(c.Dir)); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{profiles.LockName, "want"} {
			if err := os.RemoveAll(filepath.Join(dir, path)); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(apply(t, dir)); n != 3 {
			t.Errorf("%s: the first generate wrote %d files, want 3", c.Name, n)
		}
		if wrote := apply(t, dir); len(wrote) > 0 {
			t.Errorf("%s: the second generate wrote %v", c.Name, wrote)
		}
	}
}

func apply(t *testing.T, dir string) []string {
	t.Helper()
	p, err := fleet.Open(dir, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := p.Plan(AsOf)
	if err != nil {
		t.Fatal(err)
	}
	done, err := plan.Apply(t.Context(), fleet.Merge)
	if err != nil {
		t.Fatal(err)
	}
	return done.Wrote
}

// TestSoundRefuses shows that the harness can fail: each text is wrong in one way.
func TestSoundRefuses(t *testing.T) {
	for name, c := range map[string]struct{ path, text, want string }{
		"no newline":     {".dockerignore", ".git", "exactly one newline"},
		"two newlines":   {".dockerignore", ".git\n\n", "exactly one newline"},
		"trailing blank": {".dockerignore", ".git \n", "trailing blanks"},
		"no value":       {".dockerignore", "<no value>\n", "not there"},
		"lint":           {"Dockerfile", "FROM debian:trixie as build\n", "FromAsCasing"},
		"secret in ENV":  {"Dockerfile", "FROM debian:trixie\nENV PASSWORD=x\n", "SecretsUsedInArgOrEnv"},
		"shell form":     {"Dockerfile", "FROM debian:trixie\nENTRYPOINT app\n", "JSONArgsRecommended"},
		"undefined":      {"Dockerfile", "FROM debian:trixie\nENV A=$B\n", "UndefinedVar"},
		"composed":       {"Dockerfile", "ARG S=trixie\nFROM debian:$S\n", "put together from arguments"},
		"syntax":         {"Dockerfile", "FROMM debian\n", "FROMM"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Sound(context.Background(), profiles.File{Path: c.path, Text: c.text})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Sound(%q) = %v, want an error with %q", c.text, err, c.want)
			}
		})
	}
}

// TestNotRun holds that a case that is not run says why, and nothing else.
func TestNotRun(t *testing.T) {
	for name, c := range map[string]struct{ text, want, err string }{
		"none":        {"", "", ""},
		"a reason":    {"not_run = \"no base\"\n", "no base", ""},
		"no reason":   {"not_run = \"\"\n", "", "the reason"},
		"another key": {"not_run = \"x\"\nskip = true\n", "", "nothing else"},
		"no TOML":     {"not_run\n", "", "case.toml"},
	} {
		dir := t.TempDir()
		files := map[string]string{profiles.FileName: "", "case.toml": c.text}
		for file, text := range files {
			if text == "" && file == "case.toml" {
				continue
			}
			path := filepath.Join(dir, "x", file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		all, err := Cases(dir)
		switch {
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: error %v, want one with %q", name, err, c.err)
		case c.err == "" && (err != nil || len(all) != 1 || all[0].NotRun != c.want):
			t.Errorf("%s: %+v, %v", name, all, err)
		}
	}
}

// TestGoldenFilesKeepTheRules holds each golden Dockerfile to the rules that need no policy.
func TestGoldenFilesKeepTheRules(t *testing.T) {
	for _, c := range cases(t) {
		text, err := os.ReadFile(filepath.Join(c.Dir, "want", "Dockerfile"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range policy.Default().Judge(policy.Subject{Path: c.Name, Rel: "Dockerfile", Text: text, Today: AsOf}) {
			t.Errorf("%s:%d: %s [%s]", f.Path, f.Line, f.Msg, f.Rule)
		}
	}
}

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"scaffold/bases"
)

// arches are the names of platforms in library files.
var arches = map[string]string{"386": "i386", "arm/v5": "arm32v5", "arm/v6": "arm32v6", "arm/v7": "arm32v7", "arm64": "arm64v8"}

// published lays out what upstream would have to publish for the catalog's own upstream.toml.
func published(t *testing.T) (clone, saved string) {
	t.Helper()
	clone, saved = t.TempDir(), t.TempDir()
	library := map[string]string{}
	for image, table := range bases.Embedded().Built {
		for _, b := range table {
			library[image] += paragraphs(b)
		}
	}
	for image, text := range library {
		write(t, filepath.Join(clone, "library", image), text)
	}
	for product, ends := range bases.Embedded().Ends {
		var releases []map[string]any
		for release, day := range ends {
			releases = append(releases, map[string]any{"name": release, "eolFrom": day})
		}
		answer, err := json.Marshal(map[string]any{"generated_at": "2026-08-22T00:00:00Z", "result": map[string]any{"releases": releases}})
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(saved, product+".json"), string(answer))
	}
	git(t, clone, "init", "-q")
	git(t, clone, "add", ".")
	git(t, clone, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x")
	return clone, saved
}

func paragraphs(b bases.Built) string {
	var text strings.Builder
	names := make([]string, len(b.Platforms))
	for i, p := range b.Platforms {
		names[i] = cmp.Or(arches[p], p)
	}
	for _, v := range b.Versions {
		fmt.Fprintf(&text, "\nTags: %s\nArchitectures: %s\n", strings.ReplaceAll(strings.Join(b.Tags, ", "), "{version}", v), strings.Join(names, ", "))
	}
	return text.String()
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_COMMITTER_DATE=2026-08-21T00:00:00Z", "GIT_CONFIG_GLOBAL=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestRefresh holds that the catalog's own part comes of what upstream publishes, that a
// change there is a small one here, and that what is written by hand is held to it.
func TestRefresh(t *testing.T) {
	clone, saved := published(t)
	out := filepath.Join(t.TempDir(), "upstream.toml")
	refresh := func() (text, said string) {
		var stderr strings.Builder
		if err := run(t.Context(), []string{"-official-images", clone, "-endoflife", saved, "-o", out}, &stderr); err != nil {
			t.Fatal(err)
		}
		written, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return withoutCommit(string(written)), stderr.String()
	}
	text, said := refresh()
	embedded, err := os.ReadFile("../../bases/upstream.toml")
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(withoutCommit(string(embedded)), text); d != "" {
		t.Errorf("written (-embedded +got):\n%s", d)
	}
	if strings.Contains(said, "to look at") {
		t.Errorf("it says: %s", said)
	}

	alpine := filepath.Join(clone, "library", "alpine")
	write(t, alpine, "Tags: 3.25.0, 3.25, 3, latest\nArchitectures: amd64, arm64v8\n")
	text, said = refresh()
	if want := "alpine = \"\"\"\n{version} | 3.25.0 | amd64 arm64\n\"\"\"\n"; !strings.Contains(text, want) {
		t.Errorf("no %q in what was written", want)
	}
	if want := "to look at: base alpine: alpine:3.24: it is not among the tags of alpine that are built"; !strings.Contains(said, want) {
		t.Errorf("it says %s\nwant %q", said, want)
	}
}

// withoutCommit is a written file without the line that names upstream's commit.
func withoutCommit(text string) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.Contains(line, "docker-library/official-images, library") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func TestRefreshRefuses(t *testing.T) {
	empty, out := t.TempDir(), filepath.Join(t.TempDir(), "upstream.toml")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no clone":    {[]string{"-official-images", empty, "-o", out}, "reading the commit of " + empty},
		"no folder":   {[]string{"-official-images", filepath.Join(empty, "none"), "-o", out}, "reading the commit of"},
		"an argument": {[]string{"here"}, `unexpected argument "here"`},
		"a flag":      {[]string{"-frobnicate"}, "flag provided but not defined"},
	} {
		if err := run(t.Context(), c.args, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	clone, _ := published(t)
	if err := run(t.Context(), []string{"-official-images", clone, "-endoflife", empty, "-o", out}, io.Discard); err == nil || !strings.Contains(err.Error(), "alpine-linux.json") {
		t.Errorf("no saved answers: %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a failed run wrote a file")
	}
}

// TestNetwork reads over HTTP: the commit first, and library files at that.
func TestNetwork(t *testing.T) {
	const commit = "37079fb336f572a88700cf32e5e1f6be54a04e8f"
	answers := map[string]string{
		"/master":                       `{"sha": "` + commit + `", "commit": {"committer": {"date": "2026-08-21T23:00:00-05:00"}}}`,
		"/raw/" + commit + "/library/x": "Tags: 1\n",
		"/eol/x/":                       "{}",
		"/eol/long/":                    strings.Repeat("x", maxAnswer+1),
		"/odd":                          `{"sha": "../../x"}`,
		"/html":                         "<html>",
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := answers[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, text)
	}))
	defer s.Close()
	r := newReader(t.Context(), places{raw: s.URL + "/raw/", api: s.URL + "/master", endoflife: s.URL + "/eol/"})
	if sha, day, err := r.Commit(); err != nil || sha != commit || day != "2026-08-22" {
		t.Errorf("commit %s of %s, %v", sha, day, err)
	}
	if text, err := r.Library("x"); err != nil || text != "Tags: 1\n" {
		t.Errorf("library %q, %v", text, err)
	}
	if text, err := r.Product("x"); err != nil || string(text) != "{}" {
		t.Errorf("product %q, %v", text, err)
	}
	if _, err := r.Library("y"); err == nil || !strings.Contains(err.Error(), "404 Not Found") {
		t.Errorf("no library: %v", err)
	}
	if _, err := r.Product("long"); err == nil || !strings.Contains(err.Error(), "more than 4 MiB") {
		t.Errorf("a long answer: %v", err)
	}
	for path, want := range map[string]string{"/odd": `"../../x" is none`, "/html": "invalid character"} {
		r.api = s.URL + path
		if _, _, err := r.Commit(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	s.Close()
	if _, err := r.Product("x"); err == nil || !strings.Contains(err.Error(), "asking upstream") {
		t.Errorf("no server: %v", err)
	}
}

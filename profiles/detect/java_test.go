package detect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

func TestChooseModule(t *testing.T) {
	r, err := Detect("testdata/java-two-modules", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Choice{{"a", "a/pom.xml:5"}, {"b", "b/pom.xml:5"}}
	if d := cmp.Diff(want, r.Choices); d != "" {
		t.Errorf("choices (-want +got):\n%s", d)
	}
	r, err = Detect("testdata/java-two-modules", Options{Target: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if e, _ := r.Draft.Get("build.target"); e.Value != "b" || e.From != profiles.Told || r.Draft.Text("name") != "b" {
		t.Errorf("target %v from %q, name %q", e.Value, e.From, r.Draft.Text("name"))
	}
	if err := r.Undecided(); err != nil {
		t.Error(err)
	}
}

// TestPOMOutside holds that no link leads to a POM that is not the repository's.
func TestPOMOutside(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		filepath.Join(outside, "pom.xml"): "<project><artifactId>secret</artifactId></project>",
		filepath.Join(dir, "pom.xml"): "<project><artifactId>app</artifactId><packaging>pom</packaging><parent><artifactId>secret</artifactId><relativePath>../" +
			filepath.Base(outside) + "/pom.xml</relativePath></parent><modules><module>m</module><module>../" + filepath.Base(outside) + "</module></modules></project>",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "m")); err != nil {
		t.Fatal(err)
	}
	r, err := Detect(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Undecided(); err == nil || strings.Contains(err.Error(), "secret") || len(r.Choices) > 0 {
		t.Errorf("%v, choices %v", err, r.Choices)
	}
}

// TestYAMLLines holds what is read of a settings file, and what is not: of a list the first
// element counts.
func TestYAMLLines(t *testing.T) {
	text := "a:\r\n  b: 1 # one\n  c:   # nothing\n    d: \"two\"\n  - e: 3\n  f: {g: 4}\nh: 'x'\nbad line\n---\na:\n  b: 9\n"
	got := map[string]string{}
	yamlLines(text, func(key, value string, _ int) { got[key] = value })
	want := map[string]string{"a.b": "1", "a.c.d": "two", "a.c.e": "3", "a.f": "{g: 4}", "h": "x"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("settings (-want +got):\n%s", d)
	}
}

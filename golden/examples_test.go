package golden

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/fleet"
	"scaffold/profiles"
)

// An example is an annotated profile. The comment at its head says which base it leads to
// and why, of which case's application it is the profile, and, where it is not that case's
// own, which case ran on the same base.
type example struct {
	name, base, why, application, like string
	text                               []byte
}

func examples(t *testing.T) []example {
	t.Helper()
	files, err := filepath.Glob("../profiles/examples/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no examples: %v", err)
	}
	var all []example
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		e := example{name: filepath.Base(f), text: text}
		said := map[string]*string{"base": &e.base, "why": &e.why, "case": &e.application, "like": &e.like}
		for scan := bufio.NewScanner(strings.NewReader(string(text))); scan.Scan() && strings.HasPrefix(scan.Text(), "#"); {
			if key, value, ok := strings.Cut(strings.TrimPrefix(scan.Text(), "# "), ":"); ok && said[key] != nil {
				*said[key] = strings.TrimSpace(value)
			}
		}
		all = append(all, e)
	}
	return all
}

// TestExamples holds that each example leads to the base that it says, for the reason that
// it says, and that a golden case shows it running.
func TestExamples(t *testing.T) {
	for _, e := range examples(t) {
		t.Run(e.name, func(t *testing.T) {
			dir := filepath.Join("..", e.application)
			p, err := fleet.New(dir, e.name, e.text, nil)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := p.Plan(AsOf)
			if err != nil {
				t.Fatal(err)
			}
			chosen := plan.Decision.Chosen()
			if d := cmp.Diff([]string{e.base, e.why}, []string{chosen.Ref, chosen.Deciding()}); d != "" {
				t.Errorf("base and reason (-said +chosen):\n%s", d)
			}
			var dockerfile string
			for _, c := range plan.Changes {
				if c.Path == "Dockerfile" {
					dockerfile = c.New
				}
			}
			if err := Sound(t.Context(), profiles.File{Path: "Dockerfile", Text: dockerfile}); err != nil {
				t.Error(err)
			}
			holdsRan(t, e, dir, dockerfile)
		})
	}
}

// holdsRan holds that an example's Dockerfile is its case's own, or that its base is the one
// of another case.
func holdsRan(t *testing.T, e example, dir, dockerfile string) {
	t.Helper()
	if e.like == "" {
		want, err := os.ReadFile(filepath.Join(dir, "want", "Dockerfile"))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), dockerfile); d != "" {
			t.Errorf("the Dockerfile is not that of %s (-case +example):\n%s", e.application, d)
		}
		return
	}
	data, err := os.ReadFile(filepath.Join("..", e.like, profiles.LockName))
	if err != nil {
		t.Fatal(err)
	}
	lock, err := profiles.ParseLock(e.like, data)
	if err != nil {
		t.Fatal(err)
	}
	if lock.Runtime.Ref != e.base {
		t.Errorf("%s runs on %s, not on %s", e.like, lock.Runtime.Ref, e.base)
	}
}

// TestREADMELinksExamples holds that a reader finds each example.
func TestREADMELinksExamples(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples(t) {
		if link := "(profiles/examples/" + e.name + ")"; !strings.Contains(string(readme), link) {
			t.Errorf("the README has no link %s", link)
		}
	}
}

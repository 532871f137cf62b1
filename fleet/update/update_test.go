package update

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/bases/registry"
	"scaffold/fleet"
	"scaffold/policy"
	"scaffold/profiles"
)

const today = "2026-11-21"

// project is a new project of Go with a profile's further text.
func project(t *testing.T, name, more string) *fleet.Project {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "go.mod"), "module m\n\ngo 1.26\n")
	put(t, filepath.Join(dir, profiles.FileName), "schema = 1\nname = \"x\"\nstack = \"go\"\n"+more)
	return open(t, dir)
}

func put(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) *fleet.Project {
	t.Helper()
	p, err := fleet.Open(dir, filepath.Base(dir), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tags is a registry: what each reference points at, as one digit. It counts questions.
type tags struct {
	mu    sync.Mutex
	at    map[string]string
	asked map[string]int
}

func (r *tags) resolve(_ context.Context, ref string) (registry.Index, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked == nil {
		r.asked = map[string]int{}
	}
	r.asked[ref]++
	if r.at[ref] == "" {
		return registry.Index{}, errors.New("there is none")
	}
	return registry.Index{Digest: digest(r.at[ref]), Platforms: []string{"linux/amd64", "linux/arm64"}}, nil
}

func digest(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }

const (
	frontend = "docker.io/docker/dockerfile:1"
	golang   = "docker.io/library/golang:1.26-trixie"
	static   = "gcr.io/distroless/static-debian13:nonroot"
)

// renewed renews one project and writes it.
func renewed(t *testing.T, o Options, dir string) *Renewal {
	t.Helper()
	r := Plan(t.Context(), o, []*fleet.Project{open(t, dir)})[0]
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	if _, err := r.Plan.Apply(t.Context(), fleet.Merge); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAskedOnce holds that projects share questions, each by the place that its own rewrite
// names, and that locks hold canonical names.
func TestAskedOnce(t *testing.T) {
	reg := &tags{at: map[string]string{frontend: "1", golang: "2", "r.example/hub/golang:1.26-trixie": "3"}}
	c := project(t, "c", "")
	put(t, filepath.Join(c.Dir, policy.FileName), "schema = 1\nname = \"acme\"\n[registry]\nrewrite = { \"docker.io/library\" = \"r.example/hub\" }\n[base]\ndigest = \"required\"\n")
	projects := []*fleet.Project{project(t, "a", ""), project(t, "b", ""), open(t, c.Dir)}
	o := Options{Today: today, Resolve: reg.resolve}
	var said []string
	o.Asking = func(n int) { said = append(said, fmt.Sprint(n, " references")) }
	o.Asked = func(done, all int) {
		if done == all {
			said = append(said, fmt.Sprint(done, " answered"))
		}
	}
	renewals := Plan(t.Context(), o, projects)
	for ref, n := range reg.asked {
		if n != 1 {
			t.Errorf("%s was asked for %d times", ref, n)
		}
	}
	if want := fmt.Sprint(len(reg.asked), " references"); len(said) != 2 || said[0] != want {
		t.Errorf("said %q of %d references", said, len(reg.asked))
	}
	for i, want := range []string{"2", "2", "3"} {
		r := renewals[i]
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		if d := cmp.Diff(map[string]string{frontend: digest("1"), golang: digest(want)}, r.Plan.Lock.Digests); d != "" {
			t.Errorf("digests of %s (-want +got):\n%s", r.Project.Name, d)
		}
		if len(r.Warnings) == 0 {
			t.Errorf("%s: nothing is said of candidates that the registry lacks", r.Project.Name)
		}
	}
}

// TestDigests is what becomes of a digest, by the lock's, the Dockerfile's and what the tag
// points at.
func TestDigests(t *testing.T) {
	for name, tt := range map[string]struct {
		lock, bot, tag string // digits; empty: none, no bump, no answer
		offline        bool
		want           *Change // but for Kind and Name; nil: none
		then           string  // the lock's digest afterwards
	}{
		"first":                {tag: "2", want: &Change{To: "2", Why: "was not pinned"}, then: "2"},
		"unchanged":            {lock: "2", tag: "2", then: "2"},
		"moved":                {lock: "2", tag: "3", want: &Change{From: "2", To: "3", Why: "moved"}, then: "3"},
		"a bot was right":      {lock: "2", bot: "3", tag: "3", want: &Change{From: "2", To: "3", Why: "moved; the Dockerfile has it already"}, then: "3"},
		"a bot was overtaken":  {lock: "2", bot: "3", tag: "4", want: &Change{From: "3", To: "4", Why: "moved; the tag no longer points at the Dockerfile's"}, then: "4"},
		"a bot went back":      {lock: "2", bot: "3", tag: "2", want: &Change{From: "3", To: "2", Why: "moved; the tag no longer points at the Dockerfile's"}, then: "2"},
		"offline":              {lock: "2", offline: true, then: "2"},
		"offline, a bot's":     {lock: "2", bot: "3", offline: true, want: &Change{From: "2", To: "3", Why: "as in the Dockerfile"}, then: "3"},
		"offline, never asked": {offline: true},
	} {
		t.Run(name, func(t *testing.T) {
			p := project(t, "p", "[runtime]\nbase = \"scratch\"\n")
			reg := &tags{at: map[string]string{frontend: "1", golang: tt.lock}}
			o := Options{Today: today, Resolve: reg.resolve}
			if tt.lock == "" {
				o.Resolve = nil
			}
			renewed(t, o, p.Dir)
			if tt.bot != "" {
				file := filepath.Join(p.Dir, "Dockerfile")
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				put(t, file, strings.Replace(string(text), digest(tt.lock), digest(tt.bot), 1))
			}
			reg.at[golang], o.Resolve = tt.tag, reg.resolve
			if tt.offline {
				o.Resolve = nil
			}
			r := renewed(t, o, p.Dir)
			var got *Change
			for _, c := range r.Changes {
				if c.Name == golang {
					got = &Change{From: digit(c.From), To: digit(c.To), Why: c.Why}
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("change (-want +got):\n%s", d)
			}
			if got := digit(r.Plan.Lock.Digests[golang]); got != tt.then {
				t.Errorf("the lock has %q, want %q", got, tt.then)
			}
			for _, c := range mustPlan(t, p.Dir).Changes {
				if c.Drift != fleet.DriftNone {
					t.Errorf("afterwards %s drifts: %s", c.Path, c.Drift)
				}
			}
		})
	}
}

func digit(digest string) string {
	_, hex, _ := strings.Cut(digest, ":")
	return hex[:min(1, len(hex))]
}

func mustPlan(t *testing.T, dir string) *fleet.Plan {
	t.Helper()
	plan, err := open(t, dir).Plan(today)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// TestBaseMoves holds what is said where a base is left.
func TestBaseMoves(t *testing.T) {
	for name, tt := range map[string]struct {
		base, ref, why string // as the lock has them; why of the move
	}{
		"past its end":       {"debian-bookworm-slim", "debian:bullseye-slim", "debian 11 is past its end of life since 2024-08-14"},
		"behind":             {"distroless-static", static, "it holds more to attack and to patch than scratch"},
		"gone from the list": {"frobnicated", "example.org/x:1", "the catalog or its rules changed"},
	} {
		t.Run(name, func(t *testing.T) {
			p := project(t, "p", "")
			renewed(t, Options{Today: today}, p.Dir)
			file := filepath.Join(p.Dir, profiles.LockName)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			const was = "[runtime]\nbase = \"scratch\"\nref = \"scratch\"\n"
			if !strings.Contains(string(text), was) {
				t.Fatalf("%q is not in\n%s", was, text)
			}
			put(t, file, strings.Replace(string(text), was, fmt.Sprintf("[runtime]\nbase = %q\nref = %q\n", tt.base, tt.ref), 1))
			r := Plan(t.Context(), Options{Today: today}, []*fleet.Project{open(t, p.Dir)})[0]
			want := []Change{{KindRuntime, "", tt.ref, "scratch", tt.why}}
			if d := cmp.Diff(want, r.Changes); d != "" || !r.Outdated() {
				t.Errorf("changes (-want +got), outdated: %t:\n%s", r.Outdated(), d)
			}
		})
	}
}

// TestEveryImageIsKnown holds that a digest is asked for of every image in a golden
// Dockerfile.
func TestEveryImageIsKnown(t *testing.T) {
	files, err := filepath.Glob("../../golden/cases/*/want/Dockerfile")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no golden files: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		images, err := policy.References(text)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(filepath.Dir(file))
		refs, err := open(t, dir).References(today)
		if err != nil {
			t.Fatal(err)
		}
		used := map[string]bool{}
		for _, r := range refs {
			if r.Used {
				used[r.Name] = true
			}
		}
		want := map[string]bool{}
		for _, i := range images {
			want[policy.Canonical(i.Ref)] = true
		}
		if d := cmp.Diff(want, used); d != "" {
			t.Errorf("%s: images that are asked for (-want +got):\n%s", dir, d)
		}
	}
}

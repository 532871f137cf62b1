package detect

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

var update = flag.Bool("update", false, "rewrite the golden files under testdata")

// Each folder of testdata is a repository. want.toml is the draft for it, and want.txt
// the warnings and the error, with its hint; a file that is not there is empty.
func TestDetect(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var draft, said strings.Builder
			r, err := Detect(dir, Options{Name: filepath.Base(dir)})
			if err == nil {
				draft.Write(r.Draft.Render())
				for _, w := range r.Warnings {
					said.WriteString("warning: " + w.String() + "\n")
				}
				if err = r.Undecided(); err == nil {
					if _, perr := profiles.Parse("scaffold.toml", r.Draft.Render()); perr != nil {
						t.Errorf("the draft is no profile: %v", perr)
					}
				}
			}
			var e *Error
			if errors.As(err, &e) {
				said.WriteString("error: " + e.Error() + "\nhint: " + e.Hint() + "\n")
			} else if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join(dir, "want.toml"), draft.String())
			golden(t, filepath.Join(dir, "want.txt"), said.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if got != "" {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestChoose(t *testing.T) {
	r, err := Detect("testdata/go-two-mains", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []Choice{{"./cmd/api", "cmd/api/main.go:7"}, {"./cmd/worker", "cmd/worker/main.go:3"}}
	if diff := cmp.Diff(want, r.Choices); diff != "" {
		t.Fatalf("choices (-want +got):\n%s", diff)
	}
	r.Choose("./cmd/api", "")
	if err := r.Undecided(); err != nil {
		t.Error(err)
	}
	told, err := Detect("testdata/go-two-mains", Options{Target: "./cmd/api"})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]profiles.Entry{
		"name":         {Value: "api", From: "cmd/api"},
		"runtime.port": {Value: 7000, From: "cmd/api/main.go:5"},
	} {
		for _, r := range []*Result{r, told} {
			if e, _ := r.Draft.Get(key); e.Value != want.Value || e.From != want.From {
				t.Errorf("%s is %v from %q, want %v from %q", key, e.Value, e.From, want.Value, want.From)
			}
		}
	}
	if e, _ := told.Draft.Get("build.target"); e.From != profiles.Told {
		t.Errorf("a told target comes from %q", e.From)
	}
}

func TestChooseKeepsWhatWasTold(t *testing.T) {
	r, err := Detect("testdata/go-two-mains", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, arg := range []string{"name=mine", "verify.exit=3"} {
		path, v, err := profiles.ParseSet(arg)
		if err != nil {
			t.Fatal(err)
		}
		r.Draft.Tell(path, v, profiles.Told)
	}
	r.Choose("./cmd/api", "")
	if got := r.Draft.Text("name"); got != "mine" {
		t.Errorf("name is %q", got)
	}
	if e, _ := r.Draft.Get("runtime.port"); e.Value != 7000 {
		t.Errorf("port is %v", e.Value)
	}
	if _, ok := r.Draft.Get("verify.http.path"); ok {
		t.Error("verify.http contradicts the told verify.exit")
	}
}

func TestToldStack(t *testing.T) {
	r, err := Detect("testdata/go-and-python", Options{Name: "x", Stack: "go/modules"})
	if err != nil {
		t.Fatal(err)
	}
	if e, _ := r.Draft.Get("stack"); e.Value != "go/modules" || !e.Told() {
		t.Errorf("stack is %v from %q", e.Value, e.From)
	}
	if _, err := Detect("testdata/go-gin", Options{Stack: "python/pip"}); err == nil {
		t.Error("a Go module is taken for Python")
	}
}

// A flag's default reaches the address through a configuration struct.
func TestPortOfAFlag(t *testing.T) {
	r, err := Detect("testdata/go-viper", Options{Target: "./cmd/shop"})
	if err != nil {
		t.Fatal(err)
	}
	if e, _ := r.Draft.Get("runtime.port"); e.Value != 9898 || e.From != "cmd/shop/main.go:16" {
		t.Errorf("port is %v from %q", e.Value, e.From)
	}
}

func write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, data := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
	"scaffold/profiles/detect"
)

// A person is the other end of a pseudo-terminal. It answers the terminal's own
// question, where the cursor is, and types a line once its prompt is there.
type person struct {
	t     *testing.T
	tty   *os.File
	ptmx  *os.File
	mu    sync.Mutex
	shown bytes.Buffer
	at    int // what of shown has been waited for
}

func newPerson(t *testing.T) *person {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Fatalf("opening a pseudo-terminal: %v", err)
	}
	if err := pty.Setsize(ptmx, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, tty: tty, ptmx: ptmx}
	t.Cleanup(func() { tty.Close(); ptmx.Close() })
	go p.read()
	return p
}

func (p *person) read() {
	buf := make([]byte, 4096)
	for {
		n, err := p.ptmx.Read(buf)
		for range bytes.Count(buf[:n], []byte("\x1b[6n")) {
			p.ptmx.WriteString("\x1b[24;80R")
		}
		p.mu.Lock()
		p.shown.Write(buf[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// sees waits for text behind what was seen before, and for the terminal to rest.
func (p *person) sees(text string) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		p.mu.Lock()
		all := p.shown.String()
		p.mu.Unlock()
		if i := strings.Index(all[p.at:], text); i >= 0 {
			p.at += i + len(text)
			break
		}
		if time.Now().After(end) {
			p.t.Fatalf("never saw %q in %q", text, all[p.at:])
		}
	}
	// survey asks for the cursor's place after the prompt; what is typed before the
	// answer to that would be taken for a part of it.
	for n := -1; ; time.Sleep(30 * time.Millisecond) {
		p.mu.Lock()
		now := p.shown.Len()
		p.mu.Unlock()
		if now == n {
			return
		}
		n = now
	}
}

func (p *person) types(text string) {
	p.t.Helper()
	if _, err := p.ptmx.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

type step struct{ sees, types string }

// answers runs ask beside a person who goes through the steps.
func answers(t *testing.T, r *detect.Result, steps ...step) error {
	t.Helper()
	p := newPerson(t)
	done := make(chan error, 1)
	go func() { done <- ask(r, p.tty, p.tty) }()
	for _, s := range steps {
		p.sees(s.sees)
		p.types(s.types)
	}
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatalf("ask still waits after the last answer; the terminal shows %q", p.shown.String())
		return nil
	}
}

func detected(t *testing.T, files map[string]string) *detect.Result {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r, err := detect.Detect(dir, detect.Options{Name: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var flaskApp = map[string]string{
	"requirements.txt": "flask\ngunicorn\n",
	"app.py":           "from flask import Flask\n\napp = Flask(__name__)\n",
	".python-version":  "3.12\n",
}

const enter = "\r"

func TestAskEnterTakesWhatWasFound(t *testing.T) {
	for _, env := range [][2]string{{"TERM", "xterm"}, {"TERM", "dumb"}, {"NO_COLOR", "1"}} {
		t.Setenv(env[0], env[1])
		r := detected(t, flaskApp)
		before := string(r.Draft.Render())
		err := answers(t, r, step{"Name", enter}, step{"Stack", enter}, step{"Toolchain version", enter},
			step{"Start command", enter}, step{"Port", enter}, step{"Platforms", enter})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, string(r.Draft.Render())); diff != "" {
			t.Errorf("%v: the draft changed (-want +got):\n%s", env, diff)
		}
	}
}

func TestAskTypedAnswersOverride(t *testing.T) {
	r := detected(t, flaskApp)
	err := answers(t, r,
		step{"Name", "No Name" + enter}, step{"lower-case letters", "shop" + enter},
		step{"Stack", "go/modules" + enter}, step{"reads them anew", "python/pip" + enter},
		step{"Toolchain version", "3.13" + enter},
		step{"Start command", `["gunicorn", "app:app", "a b"]` + enter},
		step{"Port", "eighty" + enter}, step{"no whole number", "9000" + enter},
		step{"Platforms", "\x1b[B " + enter})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"name": "shop", "stack": "python/pip", "build.version": "3.13", "runtime.port": 9000,
		"runtime.command": []string{"gunicorn", "app:app", "a b"}, "image.platforms": []string{"linux/amd64"},
	} {
		e, _ := r.Draft.Get(key)
		if diff := cmp.Diff(want, e.Value); diff != "" || e.From != "told" {
			t.Errorf("%s comes from %q (-want +got):\n%s", key, e.From, diff)
		}
	}
	if _, err := profiles.Parse("scaffold.toml", r.Draft.Render()); err != nil {
		t.Error(err)
	}
}

func TestAskWhichMain(t *testing.T) {
	r := detected(t, map[string]string{
		"go.mod":             "module example.com/two\n",
		"cmd/api/main.go":    "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":7000\", nil) }\n",
		"cmd/worker/main.go": "package main\n\nfunc main() {}\n",
	})
	path, v, err := profiles.ParseSet("build.version=1.26")
	if err != nil {
		t.Fatal(err)
	}
	r.Draft.Tell(path, v, profiles.Told)
	err = answers(t, r, step{"Which main package", "\x1b[B" + enter}, step{"Name", enter}, step{"Stack", enter}, step{"Port", enter}, step{"Platforms", enter})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Undecided(); err != nil {
		t.Error(err)
	}
	if got := r.Draft.Text("build.target"); got != "./cmd/worker" {
		t.Errorf("build.target is %q", got)
	}
	if got := r.Draft.Text("name"); got != "worker" {
		t.Errorf("name is %q", got)
	}
	if e, ok := r.Draft.Get("runtime.port"); ok {
		t.Errorf("a worker has a port: %v", e)
	}
}

func TestAskInterrupted(t *testing.T) {
	for name, steps := range map[string][]step{
		"at once":     {{"Name", "\x03"}},
		"in the list": {{"Name", enter}, {"Stack", enter}, {"version", enter}, {"command", enter}, {"Port", enter}, {"Platforms", "\x03"}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := answers(t, detected(t, flaskApp), steps...); !errors.Is(err, errInterrupted) {
				t.Errorf("error is %v, want errInterrupted", err)
			}
		})
	}
}

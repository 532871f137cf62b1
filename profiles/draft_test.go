package profiles

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestRender(t *testing.T) {
	d := NewDraft()
	d.Set([]string{"verify", "http", "status"}, 200, "")
	d.Set([]string{"verify", "http", "path"}, "/", "main.go:9")
	d.Set([]string{"runtime", "port"}, 8080, "main.go:17")
	d.Set([]string{"runtime", "env"}, map[string]string{"B": "2", "A": "1"}, "Procfile:1")
	d.Set([]string{"runtime", "command"}, []string{"python", "a b"}, "a file\nschema = 2")
	d.Set([]string{"build", "secrets"}, []map[string]any{{"target": "/x", "id": "pip"}}, Told)
	d.Set([]string{"image", "labels", "org.example.x"}, "é\"", "")
	d.Set([]string{"image", "debug"}, false, "default of nothing")
	d.Set([]string{"stack"}, "python/pip", "requirements.txt:1")
	d.Set([]string{"name"}, "first", "go.mod:1")
	d.Set([]string{"name"}, "orders", "folder")
	want := `schema = 1
name   = "orders"      # from folder
stack  = "python/pip"  # from requirements.txt:1

[build]
secrets = [{ id = "pip", target = "/x" }]  # told by --set

[runtime]
command = ["python", "a b"]     # from a file\nschema = 2
port    = 8080                  # from main.go:17
env     = { A = "1", B = "2" }  # from Procfile:1

[image]
labels = { "org.example.x" = "é\"" }
debug  = false  # default of nothing

[verify]
http = { path = "/", status = 200 }  # from main.go:9
`
	if diff := cmp.Diff(want, string(d.Render())); diff != "" {
		t.Errorf("Render (-want +got):\n%s", diff)
	}
	if _, err := Parse("scaffold.toml", d.Render()); err != nil {
		t.Errorf("the rendered draft is no profile: %v", err)
	}
}

func TestTellDropsWhatItContradicts(t *testing.T) {
	detected := func() *Draft {
		d := NewDraft()
		d.Set([]string{"runtime", "command"}, []string{"gunicorn", "--bind", "0.0.0.0:8000", "8000", "a8000"}, "default of flask")
		d.Set([]string{"runtime", "port"}, 8000, "default of gunicorn")
		d.Set([]string{"runtime", "health"}, "/healthz", "app.py:3")
		d.Set([]string{"verify", "http", "path"}, "/", "app.py:1")
		return d
	}
	tests := []struct {
		arg        string
		gone, kept []string
	}{
		{"verify.exit=0", []string{"verify.http.path"}, []string{"runtime.health"}},
		{"verify.run=false", []string{"verify.http.path"}, []string{"runtime.port"}},
		{"verify.run=true", nil, []string{"verify.http.path"}},
		{"runtime.port=0", []string{"verify.http.path", "runtime.health"}, nil},
		{"runtime.port=9000", nil, []string{"verify.http.path", "runtime.health"}},
	}
	for _, tt := range tests {
		d := detected()
		path, v, err := ParseSet(tt.arg)
		if err != nil {
			t.Fatal(err)
		}
		d.Tell(path, v, Told)
		for _, k := range tt.gone {
			if _, ok := d.Get(k); ok {
				t.Errorf("%s: %s is still there", tt.arg, k)
			}
		}
		for _, k := range tt.kept {
			if _, ok := d.Get(k); !ok {
				t.Errorf("%s: %s is gone", tt.arg, k)
			}
		}
	}

	d := detected()
	d.Set([]string{"runtime", "env", "PORT"}, "8000", "main.go:1")
	d.Tell([]string{"runtime", "port"}, 9000, Told)
	e, _ := d.Get("runtime.command")
	want := []string{"gunicorn", "--bind", "0.0.0.0:9000", "9000", "a8000"}
	if diff := cmp.Diff(want, e.Value); diff != "" {
		t.Errorf("the command did not follow to the port (-want +got):\n%s", diff)
	}
	if got := d.Text("runtime.env.PORT"); got != "9000" {
		t.Errorf("PORT is %q after the port was told", got)
	}
}

func TestNameFrom(t *testing.T) {
	for in, want := range map[string]string{
		"Orders":                 "orders",
		"my app\n(2)":            "my-app-2",
		"_x_":                    "x",
		"***":                    "",
		strings.Repeat("a", 300): strings.Repeat("a", 128),
	} {
		if got := NameFrom(in); got != want {
			t.Errorf("NameFrom(%q) = %q, want %q", in, got, want)
		}
		if want != "" && !patterns["name"].match(want) {
			t.Errorf("%q is no profile name", want)
		}
	}
}

// FuzzRender: whatever a value or an origin holds, it comes back as it went in and
// reaches no other key.
func FuzzRender(f *testing.F) {
	for _, s := range []string{"", "\n", `"`, `\`, "# x", "'''", "\"\"\"", "é\u2028", "a\tb\r\n[image]\ndebug = true", "\x7f\x1b[2J", "$(id)`"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, s, from string) {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Skip("TOML holds no such text, or the profile refuses it")
		}
		d := NewDraft()
		d.Set([]string{"name"}, "x", from)
		d.Set([]string{"stack"}, "go/modules", from)
		d.Set([]string{"runtime", "command"}, []string{"/app", s, s + s}, from)
		d.Set([]string{"verify", "output"}, s, from)
		d.Set([]string{"verify", "env", "A"}, s, from)
		if printable(s) {
			d.Set([]string{"image", "labels", "a.b"}, s, from)
		}
		got, err := Parse("scaffold.toml", d.Render())
		if err != nil {
			t.Fatalf("%v in\n%s", err, d.Render())
		}
		want := &Profile{Schema: 1, Name: "x", Stack: "go/modules"}
		want.Runtime.Command = []string{"/app", s, s + s}
		want.Verify.Output = s
		want.Verify.Env = map[string]string{"A": s}
		if printable(s) {
			want.Image.Labels = map[string]string{"a.b": s}
		}
		want.fill()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s\nin\n%s", diff, d.Render())
		}
	})
}

package profiles

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseSet(t *testing.T) {
	tests := []struct {
		arg   string
		path  string // joined with |
		value any
	}{
		{"name=orders", "name", "orders"},
		{"build.version=3.10", "build|version", "3.10"},
		{"runtime.port=8080", "runtime|port", 8080},
		{"runtime.shell=true", "runtime|shell", true},
		{"runtime.packages=libpq5,libxml2", "runtime|packages", []string{"libpq5", "libxml2"}},
		{"runtime.needs=", "runtime|needs", []string{}},
		{`runtime.command=["a,b", "c d"]`, "runtime|command", []string{"a,b", "c d"}},
		{"runtime.command=python,main.py", "runtime|command", []string{"python", "main.py"}},
		{"runtime.env.FOO=a=b", "runtime|env|FOO", "a=b"},
		{`runtime.env={ A = "1" }`, "runtime|env", map[string]any{"A": "1"}},
		{"image.labels.org.opencontainers.image.source=https://x", "image|labels|org.opencontainers.image.source", "https://x"},
		{"runtime.health=/healthz", "runtime|health", "/healthz"},
		{`runtime.health=["/app", "health"]`, "runtime|health", []string{"/app", "health"}},
		{`build.secrets=[{ id = "pip", env = "PIP" }]`, "build|secrets", []map[string]any{{"id": "pip", "env": "PIP"}}},
		{"verify.exit=0", "verify|exit", 0},
		{"verify.run=false", "verify|run", false},
		{"verify.http.path=/ping", "verify|http|path", "/ping"},
		{"verify.http.status=204", "verify|http|status", 204},
		{`verify.http={ path = "/x", status = 201 }`, "verify|http", map[string]any{"path": "/x", "status": 201}},
	}
	for _, tt := range tests {
		path, value, err := ParseSet(tt.arg)
		if err != nil {
			t.Errorf("%s: %v", tt.arg, err)
			continue
		}
		if diff := cmp.Diff(strings.Split(tt.path, "|"), path); diff != "" {
			t.Errorf("%s: path (-want +got):\n%s", tt.arg, diff)
		}
		if diff := cmp.Diff(tt.value, value); diff != "" {
			t.Errorf("%s: value (-want +got):\n%s", tt.arg, diff)
		}
	}
}

// Whatever ParseSet admits is a profile again when the draft is written out.
func TestParseSetReachesTheProfile(t *testing.T) {
	d := NewDraft()
	for _, arg := range []string{
		"name=orders", "stack=python/pip", "runtime.command=python,main.py", "runtime.port=8080",
		`build.secrets=[{ id = "pip", env = "PIP" }]`, "runtime.env.A=1", `verify.http={ status = 201 }`,
		`build.extra=[{ lines = ["# why", 'RUN echo "$A"', "COPY <<EOF /x\na\nEOF"], at = "before-build" }]`,
		`image.labels={ "a.b" = "c" }`, "runtime.health=[\"/app\"]",
	} {
		path, v, err := ParseSet(arg)
		if err != nil {
			t.Fatal(err)
		}
		d.Tell(path, v, Told)
	}
	p, err := Parse("scaffold.toml", d.Render())
	if err != nil {
		t.Fatalf("%v in\n%s", err, d.Render())
	}
	if p.Verify.HTTP.Status != 201 || p.Build.Secrets[0].Env != "PIP" || p.Image.Labels["a.b"] != "c" || p.Runtime.Health.Command[0] != "/app" {
		t.Errorf("something is missing in\n%s", d.Render())
	}
	extra := []BuildExtra{{At: "before-build", Lines: []string{"# why", `RUN echo "$A"`, "COPY <<EOF /x\na\nEOF"}}}
	if diff := cmp.Diff(extra, p.Build.Extra); diff != "" {
		t.Errorf("build.extra (-want +got):\n%s", diff)
	}
}

func TestParseSetErrors(t *testing.T) {
	tests := []struct{ arg, msg, hint string }{
		{"runtime.port", "no key=value", "for example"},
		{"=x", "no key=value", ""},
		{"runtme.port=1", `unknown key "runtme.port"`, `did you mean "runtime.port"?`},
		{"port=1", `unknown key "port"`, `did you mean "runtime.port"?`},
		{"runtime.prot=1", `unknown key "runtime.prot"`, `did you mean "runtime.port"?`},
		{"zzzzzzz=1", `unknown key "zzzzzzz"`, "there are: schema, name,"},
		{"build=1", `"build" is a table`, "there are: version,"},
		{"name.x=1", `"name" has no keys below it`, ""},
		{"runtime.port=eighty", `"eighty" is no whole number`, "TCP port"},
		{"runtime.port=-1", "it must be between 0", ""},
		{"runtime.shell=yes", `"yes" is neither true nor false`, ""},
		{"runtime.env.9=x", `"9" is no key for runtime.env`, "variable name"},
		{"runtime.env.A=\n", "runtime.env.A is", "one line"},
		{"runtime.needs=tzdat", `runtime.needs is "tzdat"`, `did you mean "tzdata"?`},
		{"runtime.health=healthz", "no HTTP path", ""},
		{"runtime.command=python main.py", "spaces", "python"},
		{"runtime.command=[1]", "must hold strings", ""},
		{"runtime.command=[", "no TOML value", ""},
		{"runtime.env=1\nx = 2", "no TOML value", ""},
		{"build.secrets=pip", "no TOML value", ""},
		{`build.secrets=[{ name = "x" }]`, `unknown key "build.secrets.name"`, ""},
		{"build.version=latest", `build.version is "latest"`, "3.13"},
		{"verify.http=1", "must be a table", ""},
	}
	for _, tt := range tests {
		_, _, err := ParseSet(tt.arg)
		var se *SetError
		if !errors.As(err, &se) {
			t.Errorf("%s: error is %v, want a SetError", tt.arg, err)
			continue
		}
		if se.Arg != tt.arg || !strings.Contains(se.Msg, tt.msg) || !strings.Contains(se.Hint(), tt.hint) {
			t.Errorf("%s: %v, hint %q; want %q, hint %q", tt.arg, err, se.Hint(), tt.msg, tt.hint)
		}
	}
}

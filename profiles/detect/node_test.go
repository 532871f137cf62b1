package detect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

// TestJSPort holds what is read of a file that listens.
func TestJSPort(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want jsListener
		none bool
	}{
		"a number":             {text: "app.listen(3000)", want: jsListener{port: 3000, hostless: true}},
		"a name":               {text: "const port = 4000;\napp.listen(port, cb)", want: jsListener{port: 4000, hostless: true}},
		"PORT, or a number":    {text: "app.listen(process.env.PORT || 5000)", want: jsListener{port: 5000, hostless: true}},
		"PORT, parsed":         {text: "const p = parseInt(process.env.PORT ?? '8080', 10)\ns.listen(p)", want: jsListener{port: 8080, hostless: true}},
		"PORT, by key":         {text: `const p = process.env["PORT"] || "7000"; s.listen(p)`, want: jsListener{port: 7000, hostless: true}},
		"PORT alone":           {text: "app.listen(process.env.PORT)", want: jsListener{hostless: true}},
		"a name of a name":     {text: "const d = 9000;\nconst p = process.env.PORT || d;\napp.listen(p)", want: jsListener{port: 9000, hostless: true}},
		"a host":               {text: "app.listen(80, '0.0.0.0')", want: jsListener{port: 80}},
		"a local host":         {text: "app.listen(80, 'localhost')", want: jsListener{port: 80, local: true}},
		"options":              {text: "f.listen({ port: 81, host: '0.0.0.0' })", want: jsListener{port: 81}},
		"options, local":       {text: "f.listen({ host: \"127.0.0.1\", port: 81 })", want: jsListener{port: 81, local: true}},
		"options, no host":     {text: "f.listen({ port: Number(process.env.PORT) || 82 })", want: jsListener{port: 82, hostless: true}},
		"options, shorthand":   {text: "const port = 83\nf.listen({ port, host })", want: jsListener{port: 83}},
		"serve":                {text: "serve({ fetch: app.fetch, port: 84 })", want: jsListener{port: 84, hostless: true}},
		"a setting, elsewhere": {text: "app.set('port', process.env.PORT || 85)\napp.listen(app.get('port'))", want: jsListener{port: 85, hostless: true}},
		"in a comment":         {text: "// app.listen(1234)\n/* app.listen(99) */", none: true},
		"of a setting":         {text: "app.listen(config.port)", none: true},
		"too high":             {text: "app.listen(70000)", none: true},
		"an event":             {text: "bus.listen('topic', cb)", none: true},
	} {
		got, ok := jsPort(c.text, "x.js")
		got.at = Finding{}
		if ok == c.none || got != c.want {
			t.Errorf("%s: %t, %+v; want %+v", name, ok, got, c.want)
		}
	}
}

// TestToldNodeStack holds that a told package manager is taken, whichever the locks say.
func TestToldNodeStack(t *testing.T) {
	for _, stack := range []string{"node", "node/npm", "node/pnpm/express"} {
		r, err := Detect("testdata/node-express", Options{Stack: stack})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Draft.Text("stack"); got != stack {
			t.Errorf("stack is %q, want %q", got, stack)
		}
	}
	if _, err := Detect("testdata/node-express", Options{Stack: "python/pip"}); err == nil {
		t.Error("a Node project is taken for Python")
	}
}

// TestNodeRefusesNoReading holds that a manifest which cannot be read is said to be.
func TestNodeRefusesNoReading(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"package.json": strings.Repeat(" ", maxFile+1)})
	_, err := Detect(dir, Options{})
	if err == nil || !strings.Contains(err.Error(), "no regular file of at most 1 MiB") {
		t.Errorf("error is %v", err)
	}
}

// FuzzNode holds that whatever a project holds gives a profile, or an error of one line.
func FuzzNode(f *testing.F) {
	f.Add(`{"name": "@a/b", "scripts": {"start": "A=1 node x.js && next start"}, "dependencies": {"express": "5"}}`, "app.listen({ port: process.env.PORT || 3000 })", "24")
	f.Add("{\"scripts\": {\"start\": \"node 'a\\nb'\"}}", "app.get('/x\x1b', f)", "lts/*")
	f.Fuzz(func(t *testing.T, manifest, source, pin string) {
		tree := &tree{there: map[string]bool{}, cache: map[string][]byte{}}
		for name, text := range map[string]string{"package.json": manifest, "x.js": source, "src/x.ts": source, ".nvmrc": pin} {
			tree.add(name)
			tree.cache[name] = []byte(text)
		}
		r, err := detectNode(tree, Options{Name: pin})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x1b") {
				t.Errorf("an error of several lines: %q", err)
			}
			return
		}
		if r == nil || r.Undecided() != nil {
			return
		}
		for _, found := range append(r.Saw, r.Warnings...) {
			if s := found.String(); strings.ContainsAny(s, "\n\r\x1b") {
				t.Errorf("a finding of several lines: %q", s)
			}
		}
		if _, err := profiles.Parse("scaffold.toml", r.Draft.Render()); err != nil {
			t.Errorf("%v in\n%s", err, r.Draft.Render())
		}
	})
}

// TestScopedName holds that a package's scope is no part of a profile's name.
func TestScopedName(t *testing.T) {
	got := []string{unscoped("@acme/shop"), unscoped("shop"), unscoped("")}
	if d := cmp.Diff([]string{"shop", "shop", ""}, got); d != "" {
		t.Errorf("names (-want +got):\n%s", d)
	}
}

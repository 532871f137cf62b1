package node

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func files(all map[string]string) (Reader, func(string) bool) {
	read := func(name string) ([]byte, error) {
		if text, ok := all[name]; ok {
			return []byte(text), nil
		}
		return nil, fmt.Errorf("reading %q: %w", name, fs.ErrNotExist)
	}
	return read, func(name string) bool { _, ok := all[name]; return ok }
}

func manifest(t *testing.T, text string) *Manifest {
	t.Helper()
	read, _ := files(map[string]string{ManifestName: text})
	m, err := ReadManifest(read, ".")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestParseKnowsLines(t *testing.T) {
	v, err := Parse([]byte("\ufeff{\n  \"a\": {\n    \"b\":\n      \"c\"\n  },\n  \"a\": { \"b\": [\"d\", \"e\"] },\n  \"t\": true\n}\n"))
	if err != nil {
		t.Fatal(err)
	}
	b := v.Get("a", "b")
	if d := cmp.Diff([]string{"d", "e"}, b.Texts()); d != "" || b.Line != 6 || len(v.Keys) != 2 || !v.Get("t").True() || v.Get("x", "y") != nil {
		t.Errorf("line %d, keys %v\n%s", b.Line, v.Keys, d)
	}
	for text, want := range map[string]string{
		"{\n\n,}":                 "line 3: invalid character ','",
		"{} {}":                   "line 1: there is more behind its end",
		"{\n\"a\": 1":             "line 2: unexpected EOF",
		"":                        "line 1: unexpected EOF",
		strings.Repeat("[", 3000): "line 1: it nests deeper than 200",
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20q: error %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a": [1, {"b": null}], "c": "\ud800"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := Parse(data)
		if err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("an error of several lines: %q", err)
		}
		_ = v.Get("a").Texts()
	})
}

func TestPin(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  Place
	}{
		"nothing":        {nil, Place{}},
		"nvm":            {map[string]string{".nvmrc": "v22.1.0\n", ".node-version": "24"}, Place{"22", ".nvmrc", 1}},
		"nvm, a comment": {map[string]string{".nvmrc": "# ours\n24 # all\n"}, Place{"24", ".nvmrc", 2}},
		"a code name":    {map[string]string{".nvmrc": "lts/jod"}, Place{"22", ".nvmrc", 1}},
		"any of them":    {map[string]string{".nvmrc": "lts/*", ".node-version": "26.1"}, Place{"26", ".node-version", 1}},
		"asdf":           {map[string]string{".tool-versions": "ruby 3.3\nnodejs 24.3.0\n"}, Place{"24", ".tool-versions", 2}},
		"mise":           {map[string]string{"mise.toml": "[tools]\nnode = \"22\"\n"}, Place{"22", "mise.toml", 2}},
		"volta":          {map[string]string{ManifestName: "{\n\"volta\": {\n\"node\": \"24.9.0\" } }"}, Place{"24", ManifestName, 3}},
		"no version":     {map[string]string{".nvmrc": "system"}, Place{}},
	} {
		t.Run(name, func(t *testing.T) {
			all := map[string]string{ManifestName: "{}"}
			for k, v := range c.files {
				all[k] = v
			}
			read, _ := files(all)
			m, err := ReadManifest(read, ".")
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.Pin(read)
			if d := cmp.Diff(c.want, got); d != "" || err != nil {
				t.Errorf("error %v (-want +got):\n%s", err, d)
			}
		})
	}
}

func TestManager(t *testing.T) {
	for name, c := range map[string]struct {
		manifest string
		files    []string
		want     string
	}{
		"nothing":          {`{}`, nil, "npm"},
		"npm's lock":       {`{}`, []string{"package-lock.json"}, "npm"},
		"another's beside": {`{}`, []string{"package-lock.json", "pnpm-lock.yaml"}, "pnpm"},
		"packageManager":   {`{"packageManager": "yarn@4.5.0+sha224.ab"}`, []string{"package-lock.json"}, "yarn"},
		"an unknown one":   {`{"packageManager": "cnpm@9"}`, []string{"bun.lock"}, "bun"},
	} {
		all := map[string]string{}
		for _, f := range c.files {
			all[f] = ""
		}
		_, has := files(all)
		if got, _ := manifest(t, c.manifest).Manager(has); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestStart(t *testing.T) {
	for name, c := range map[string]struct {
		manifest string
		files    []string
		command  string // or what the error says
		env      map[string]string
		before   []string
		main     string
	}{
		"node":             {manifest: `{"scripts": {"start": "node server.js"}}`, command: "node server.js", main: "server.js"},
		"options":          {manifest: `{"scripts": {"start": "node -r dotenv/config --max-old-space-size=400 ./a.js x"}}`, command: "node -r dotenv/config --max-old-space-size=400 ./a.js x", main: "a.js"},
		"a folder":         {manifest: `{"main": "./lib/a.js", "scripts": {"start": "node ."}}`, command: "node lib/a.js", main: "lib/a.js"},
		"variables":        {manifest: `{"scripts": {"start": "A=1 cross-env B=2 node x.js"}}`, command: "node x.js", env: map[string]string{"A": "1", "B": "2"}, main: "x.js"},
		"quotes":           {manifest: `{"scripts": {"start": "node 'a b.js' \"c d\""}}`, command: "node|a b.js|c d", main: "a b.js"},
		"another script":   {manifest: `{"scripts": {"start": "yarn serve", "serve": "npm run go", "go": "node x.js"}}`, command: "node x.js", main: "x.js"},
		"a circle":         {manifest: `{"scripts": {"start": "npm run start"}}`, command: `the script "npm run start" calls itself`},
		"a script missing": {manifest: `{"scripts": {"start": "npm run go"}}`, command: `the script "npm run go" calls go, which is not there`},
		"built before":     {manifest: `{"scripts": {"start": "npm run build && node dist/x.js"}}`, command: "node dist/x.js", before: []string{"npm run build"}, main: "dist/x.js"},
		"next":             {manifest: `{"scripts": {"start": "next start -p 4000"}}`, command: "node node_modules/next/dist/bin/next start -p 4000"},
		"a tool":           {manifest: `{"scripts": {"start": "npx next"}}`, command: "node node_modules/next/dist/bin/next start"},
		"for production":   {manifest: `{"scripts": {"start": "nest start", "start:prod": "node dist/main"}}`, command: "node dist/main", main: "dist/main"},
		"watched":          {manifest: `{"scripts": {"start": "nodemon --watch src x.js"}}`, command: "node x.js", main: "x.js"},
		"watched, another": {manifest: `{"scripts": {"start": "nodemon --exec ts-node x.ts"}}`, command: `the script "nodemon --exec ts-node x.ts" starts --exec, and where its file is scaffold does not know`},
		"a line break":     {manifest: `{"scripts": {"start": "A='b\nc' node x.js"}}`, command: `the script "A='b\nc' node x.js" holds control characters`},
		"bun itself":       {manifest: `{"scripts": {"start": "bun index.ts"}}`, command: `the script "bun index.ts" is run by bun itself, and there is no template for that runtime yet`},
		"yarn node":        {manifest: `{"scripts": {"start": "yarn node x.js"}}`, command: "node x.js", main: "x.js"},
		"pnpm exec":        {manifest: `{"scripts": {"start": "pnpm exec next start"}}`, command: "node node_modules/next/dist/bin/next start"},
		"a pipe":           {manifest: `{"scripts": {"start": "node x.js | pino"}}`, command: `the script "node x.js | pino" needs a shell`},
		"a variable":       {manifest: `{"scripts": {"start": "node $MAIN"}}`, command: `the script "node $MAIN" needs a shell`},
		"a glob":           {manifest: `{"scripts": {"start": "node *.js"}}`, command: `the script "node *.js" needs a shell`},
		"redirected":       {manifest: `{"scripts": {"start": "node x.js > log"}}`, command: `the script "node x.js > log" needs a shell`},
		"background":       {manifest: `{"scripts": {"start": "node x.js &"}}`, command: `the script "node x.js &" needs a shell`},
		"alternatives":     {manifest: `{"scripts": {"start": "node x.js || node y.js"}}`, command: `the script "node x.js || node y.js" needs a shell`},
		"unknown":          {manifest: `{"scripts": {"start": "frobnicate"}}`, command: `the script "frobnicate" starts frobnicate, and where its file is scaffold does not know`},
		"a developer's":    {manifest: `{"scripts": {"start": "tsx x.ts"}, "devDependencies": {"tsx": "4"}}`, command: `the script "tsx x.ts" starts tsx, and tsx is among the devDependencies, which an image has not`},
		"its own":          {manifest: `{"scripts": {"start": "tsx x.ts"}, "dependencies": {"tsx": "4"}}`, command: "node node_modules/tsx/dist/cli.mjs x.ts", main: ""},
		"nothing to run":   {manifest: `{"scripts": {"start": "A=1"}}`, command: `the script "A=1" runs nothing`},
		"main":             {manifest: `{"main": "lib/x"}`, files: []string{"lib/x.js"}, command: "node lib/x.js", main: "lib/x.js"},
		"by convention":    {manifest: `{"main": "gone.js"}`, files: []string{"app.js", "index.js"}, command: "node index.js", main: "index.js"},
		"nothing":          {manifest: `{}`, command: "no start script, no main, and none of server.js, index.js, app.js, main.js"},
	} {
		t.Run(name, func(t *testing.T) {
			all := map[string]string{}
			for _, f := range c.files {
				all[f] = ""
			}
			_, has := files(all)
			s, err := manifest(t, c.manifest).Start(has)
			var unclear *StartError
			if errors.As(err, &unclear) {
				if unclear.Msg != c.command {
					t.Errorf("error %q, want %q", unclear.Msg, c.command)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			sep := " "
			if strings.Contains(c.command, "|") {
				sep = "|"
			}
			if got := strings.Join(s.Command, sep); got != c.command || s.Main != c.main {
				t.Errorf("command %q, main %q; want %q, %q", got, s.Main, c.command, c.main)
			}
			if d := cmp.Diff(c.before, s.Before); d != "" {
				t.Errorf("before (-want +got):\n%s", d)
			}
			if len(c.env) > 0 || len(s.Env) > 0 {
				if d := cmp.Diff(c.env, s.Env); d != "" {
					t.Errorf("env (-want +got):\n%s", d)
				}
			}
		})
	}
}

func FuzzStart(f *testing.F) {
	f.Add("A=1 node x.js && next start | tee")
	f.Fuzz(func(t *testing.T, script string) {
		m := &Manifest{Path: ManifestName, top: &Value{kind: '{', by: map[string]*Value{"scripts": {kind: '{', by: map[string]*Value{"start": {kind: 's', text: script}}}}}}
		s, err := m.Start(func(string) bool { return false })
		if err == nil && s.Command[0] != "node" {
			t.Errorf("%q gives %q", script, s.Command)
		}
	})
}

package profiles

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestJSONSchemaIsStable(t *testing.T) {
	first, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if again, _ := JSONSchema(); !bytes.Equal(first, again) {
			t.Fatal("JSONSchema gives other bytes each time")
		}
	}
	if !bytes.HasSuffix(first, []byte("}\n")) || bytes.HasSuffix(first, []byte("\n\n")) {
		t.Error("the schema does not end in exactly one newline")
	}
}

// The schema and the strict decoder must say the same of every key's form.
func TestJSONSchemaAgreesWithParse(t *testing.T) {
	const head = "schema = 1\nname = \"x\"\nstack = \"python/pip\"\n[runtime]\ncommand = [\"python\", \"x.py\"]\nport = 80\n"
	tests := []struct {
		name, data string
		ok         bool
	}{
		{"smallest", head, true},
		{"health path", head + `health = "/healthz"`, true},
		{"health command", head + `health = ["a", "b"]`, true},
		{"everything", head + "env = { A = \"1\" }\nneeds = [\"tmp\"]\n[build]\nversion = \"3.13\"\nsecrets = [{ id = \"a\", env = \"A\" }]\n" +
			"[image]\nplatforms = [\"linux/arm64\"]\nlabels = { \"a.b\" = \"c\" }\n[verify]\nhttp = { path = \"/\", status = 200 }\nrun = true\n", true},
		{"unknown key", head + "prot = 1", false},
		{"unknown table", head + "[verfy]\nx = 1", false},
		{"missing name", "schema = 1\nstack = \"go\"", false},
		{"wrong type", head + `shell = "yes"`, false},
		{"negative", head + "[verify]\nexit = -1", false},
		{"enum", head + `prefer = "small"`, false},
		{"list enum", head + `needs = ["sh"]`, false},
		{"pattern", head + `user = "me"`, false},
		{"list pattern", head + "[image]\nplatforms = [\"windows/amd64\"]", false},
		{"map key", head + `env = { "a b" = "1" }`, false},
		{"map value", head + `env = { A = 1 }`, false},
		{"health number", head + `health = 1`, false},
		{"health no path", head + `health = "healthz"`, false},
		{"secret without id", head + "[build]\nsecrets = [{ env = \"A\" }]", false},
		{"an extra", head + "[[runtime.extra]]\nat = \"after-files\"\nlines = [\"RUN a\"]\n", true},
		{"extra at no place", head + "[[runtime.extra]]\nat = \"after-build\"\nlines = [\"RUN a\"]\n", false},
		{"extra without lines", head + "[[runtime.extra]]\nat = \"after-files\"\n", false},
		{"extra with a line that is no text", head + "[[runtime.extra]]\nat = \"after-files\"\nlines = [1]\n", false},
		{"http extra", head + "[verify]\nhttp = { path = \"/\", method = \"GET\" }", false},
	}
	schema := compiled(t, JSONSchema)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := validates(t, schema, tt.data); (err == nil) != tt.ok {
				t.Errorf("the schema says %v, want ok=%v", err, tt.ok)
			}
			if _, err := Parse("x", []byte(tt.data)); (err == nil) != tt.ok {
				t.Errorf("Parse says %v, want ok=%v", err, tt.ok)
			}
		})
	}
}

func compiled(t *testing.T, of func() ([]byte, error)) *jsonschema.Schema {
	t.Helper()
	data, err := of()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("profile.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("profile.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validates holds a profile's text against the schema, by way of JSON.
func validates(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

// TestEveryProfileOfTheRepository holds each scaffold.toml of this repository, and the one
// that the README shows, to the schema and to the decoder.
func TestEveryProfileOfTheRepository(t *testing.T) {
	texts := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != FileName {
			return err
		}
		data, err := os.ReadFile(path)
		texts[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "```toml\n")
	block, _, _ = strings.Cut(block, "```")
	texts["README.md"] = block
	if len(texts) < 5 {
		t.Fatalf("found only %d profiles", len(texts))
	}
	schema := compiled(t, JSONSchema)
	for path, text := range texts {
		if err := validates(t, schema, text); err != nil {
			t.Errorf("%s: the schema says %v", path, err)
		}
		if _, err := Parse(path, []byte(text)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestLockJSONSchema holds every lock of the repository to its schema, and the schema and
// the decoder to one word on others.
func TestLockJSONSchema(t *testing.T) {
	schema := compiled(t, LockJSONSchema)
	locks, err := filepath.Glob("../golden/cases/*/" + LockName)
	if err != nil || len(locks) < 5 {
		t.Fatalf("found %d locks, %v", len(locks), err)
	}
	for _, path := range locks {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := validates(t, schema, string(data)); err != nil {
			t.Errorf("%s: the schema says %v", path, err)
		}
	}
	const head = "format = 1\nas_of = \"2026-11-21\"\n"
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"smallest":          {head, true},
		"no day":            {"format = 1\n", false},
		"another day":       {"format = 1\nas_of = \"today\"\n", false},
		"unknown key":       {head + "edited = true\n", false},
		"a digest":          {head + "[digests]\n\"docker.io/library/a:1\" = \"sha256:" + strings.Repeat("0", 64) + "\"\n", true},
		"half a digest":     {head + "[digests]\n\"docker.io/library/a:1\" = \"sha256:0\"\n", false},
		"a fact":            {head + "[[evidence]]\nkey = \"a\"\nline = 3\n", true},
		"a fact of no key":  {head + "[[evidence]]\nline = 3\n", false},
		"a file of no text": {head + "[[file]]\npath = \"Dockerfile\"\n", false},
	} {
		if err := validates(t, schema, c.text); (err == nil) != c.ok {
			t.Errorf("%s: the schema says %v, want ok=%v", name, err, c.ok)
		}
		if _, err := ParseLock("l", []byte(c.text)); (err == nil) != c.ok {
			t.Errorf("%s: ParseLock says %v, want ok=%v", name, err, c.ok)
		}
	}
}

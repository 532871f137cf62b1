package policy

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The schema and the strict decoder say the same of every key's form.
func TestJSONSchemaAgreesWithParse(t *testing.T) {
	schema := compiled(t)
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"smallest":        {head, true},
		"the design's":    {example, true},
		"the other keys":  {head + "shell.allow = false\npackage_manager.allow = true\ncompiler.allow = false\nhealth.required = true\nlabels.forbidden = [\"a.*\"]\n[rules]\n\"run/unreadable\" = \"off\"\n", true},
		"unknown key":     {head + "bsae = 1\n", false},
		"no name":         {"schema = 1\n", false},
		"wrong type":      {head + "user.nonroot = 1\n", false},
		"negative":        {head + "base.min_support_days = -1\n", false},
		"enum":            {head + "base.digest = \"yes\"\n", false},
		"family":          {head + "base.prefer = [\"small\"]\n", false},
		"rule ID":         {head + "[rules]\nrun = \"off\"\n", false},
		"severity":        {head + "[rules]\n\"run/unreadable\" = \"info\"\n", false},
		"no reason":       {head + "[[waiver]]\nrule = \"base/deny\"\npath = \"a\"\nuntil = 2027-01-01\n", false},
		"no end":          {head + "[[waiver]]\nrule = \"base/deny\"\npath = \"a\"\nreason = \"x\"\n", false},
		"end with time":   {head + "[[waiver]]\nrule = \"base/deny\"\npath = \"a\"\nuntil = 2027-01-01T00:00:00Z\nreason = \"x\"\n", false},
		"path from root":  {head + "[[waiver]]\nrule = \"base/deny\"\npath = \"/a\"\nuntil = 2027-01-01\nreason = \"x\"\n", false},
		"size":            {head + "size.max = \"big\"\n", false},
		"rewrite is list": {head + "registry.rewrite = [\"a\"]\n", false},
		"rewrite target":  {head + "registry.rewrite = { \"docker.io\" = \"a b\" }\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := validates(t, schema, c.text); (err == nil) != c.ok {
				t.Errorf("the schema says %v, want ok=%v", err, c.ok)
			}
			if _, err := Parse("x", []byte(c.text)); (err == nil) != c.ok {
				t.Errorf("Parse says %v, want ok=%v", err, c.ok)
			}
		})
	}
}

// TestSchemaTakesEveryRulesPolicy holds the policies that the rules show to the schema.
func TestSchemaTakesEveryRulesPolicy(t *testing.T) {
	schema := compiled(t)
	for _, r := range Rules {
		if err := validates(t, schema, head+r.Policy); err != nil {
			t.Errorf("%s: %v", r.ID, err)
		}
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	return compile(t, data)
}

func compile(t *testing.T, data []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// validates holds a policy's text against the schema, by way of JSON. Editors hand a TOML
// day over as the text that it is.
func validates(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	var tree map[string]any
	if _, err := toml.Decode(text, &tree); err != nil {
		t.Fatal(err)
	}
	if waivers, ok := tree["waiver"].([]map[string]any); ok {
		for _, w := range waivers {
			if day, ok := w["until"].(time.Time); ok && day.Location().String() == "date-local" {
				w["until"] = day.Format(time.DateOnly)
			}
		}
	}
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return validJSON(t, schema, string(data))
}

func validJSON(t *testing.T, schema *jsonschema.Schema, text string) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

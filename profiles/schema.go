package profiles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
)

// schemaNode is one schema object of JSON Schema, draft 2020-12, with the keywords
// that a profile needs: https://json-schema.org/draft/2020-12/json-schema-validation.
type schemaNode struct {
	Dialect       string       `json:"$schema,omitempty"`
	Title         string       `json:"title,omitempty"`
	Description   string       `json:"description,omitempty"`
	Type          string       `json:"type,omitempty"`
	OneOf         []schemaNode `json:"oneOf,omitempty"`
	Enum          []string     `json:"enum,omitempty"`
	Pattern       string       `json:"pattern,omitempty"`
	Format        string       `json:"format,omitempty"`
	Minimum       *int         `json:"minimum,omitempty"`
	Maximum       *int         `json:"maximum,omitempty"`
	Items         *schemaNode  `json:"items,omitempty"`
	Properties    properties   `json:"properties,omitempty"`
	Required      []string     `json:"required,omitempty"`
	PropertyNames *schemaNode  `json:"propertyNames,omitempty"`
	Additional    any          `json:"additionalProperties,omitempty"`
}

// properties keeps the order of the Go fields, which is the order of the file.
type properties []property

type property struct {
	key  string
	node schemaNode
}

func (ps properties) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range ps {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:", p.key)
		node, err := marshalJSON(p.node, "")
		if err != nil {
			return nil, err
		}
		b.Write(node)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshalJSON leaves < > & as they are: patterns are read by people.
func marshalJSON(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// JSONSchema returns the JSON Schema (draft 2020-12) of a profile, made from the Go
// types, indented, with a final newline. It holds each key's form; what reaches
// across keys, such as verify.http needing runtime.port, only [Parse] knows.
func JSONSchema() ([]byte, error) {
	return JSONSchemaOf(Profile{}, FileName, "A scaffold profile: what a project is and needs.")
}

// LockJSONSchema is [JSONSchema] of a lock.
func LockJSONSchema() ([]byte, error) {
	return JSONSchemaOf(Lock{}, LockName, "A scaffold lock: the evidence, what was decided on it, and what was last written. The machine's own.")
}

// JSONSchemaOf returns the JSON Schema of the file that a struct with the tags of this
// package stands for.
func JSONSchemaOf(v any, title, description string) ([]byte, error) {
	root := objectNode(reflect.TypeOf(v))
	root.Dialect = "https://json-schema.org/draft/2020-12/schema"
	root.Title, root.Description = title, description
	data, err := marshalJSON(root, "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding the JSON Schema of %s: %w", title, err)
	}
	return data, nil
}

func objectNode(t reflect.Type) schemaNode {
	n := schemaNode{Type: "object", Additional: false, Properties: properties{}}
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("toml")
		if key == "" {
			continue // a field of the program's own
		}
		node := fieldNode(f.Type, f.Tag)
		node.Description = f.Tag.Get("doc")
		n.Properties = append(n.Properties, property{key, node})
		if f.Tag.Get("required") == "true" {
			n.Required = append(n.Required, key)
		}
	}
	return n
}

func fieldNode(t reflect.Type, tag reflect.StructTag) schemaNode {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return schemaNode{Type: "string", Format: "date"}
	case reflect.TypeFor[Health]():
		command := stringNode(`pattern:"argument"`)
		return schemaNode{OneOf: []schemaNode{stringNode(`pattern:"urlpath"`), {Type: "array", Items: &command}}}
	}
	switch t.Kind() {
	case reflect.Struct:
		return objectNode(t)
	case reflect.Slice:
		items := fieldNode(t.Elem(), tag)
		return schemaNode{Type: "array", Items: &items}
	case reflect.Map:
		values, names := stringNode(tag), stringNode(reflect.StructTag(fmt.Sprintf("pattern:%q", tag.Get("keys"))))
		return schemaNode{Type: "object", PropertyNames: &names, Additional: values}
	case reflect.Bool:
		return schemaNode{Type: "boolean"}
	case reflect.Int:
		least, most := 0, math.MaxInt32
		return schemaNode{Type: "integer", Minimum: &least, Maximum: &most}
	}
	return stringNode(tag)
}

func stringNode(tag reflect.StructTag) schemaNode {
	n := schemaNode{Type: "string"}
	if enum := tag.Get("enum"); enum != "" {
		n.Enum = strings.Split(enum, ",")
	}
	if p, ok := patterns[tag.Get("pattern")]; ok && p.re != nil {
		n.Pattern = p.re.String()
	}
	return n
}

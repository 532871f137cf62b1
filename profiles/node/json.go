package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxJSONDepth bounds how deep JSON may nest. Locks of version 1 nest by dependency.
const maxJSONDepth = 200

// A Value is a JSON value and its line. The nil Value is what is not there.
type Value struct {
	Line  int      // from 1, of the value, or of its key in an object
	Keys  []string // of an object, in their order
	Items []*Value // of a list
	text  string
	kind  byte // { [ s(tring) o(ther)
	by    map[string]*Value
}

// Get is the member at path, or nil.
func (v *Value) Get(path ...string) *Value {
	for _, key := range path {
		if v == nil {
			return nil
		}
		v = v.by[key]
	}
	return v
}

// Text is a string, or "" for any other value.
func (v *Value) Text() string {
	if v == nil || v.kind != 's' {
		return ""
	}
	return v.text
}

// Object reports whether the value is an object.
func (v *Value) Object() bool { return v != nil && v.kind == '{' }

// True reports whether the value is true.
func (v *Value) True() bool { return v != nil && v.kind == 'o' && v.text == "true" }

// Texts are the strings of a list, or of a single string.
func (v *Value) Texts() []string {
	if v == nil {
		return nil
	}
	if v.kind == 's' {
		return []string{v.text}
	}
	var all []string
	for _, i := range v.Items {
		all = append(all, i.Text())
	}
	return all
}

// Parse reads JSON. Of a key that stands twice in an object the last counts, as for
// JavaScript. The error is one line of text that begins with a line number.
func Parse(data []byte) (*Value, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	p := &parser{data: data, dec: json.NewDecoder(bytes.NewReader(data)), line: 1}
	p.dec.UseNumber()
	v, err := p.value(0)
	if err == nil {
		if _, err = p.dec.Token(); errors.Is(err, io.EOF) {
			return v, nil
		}
		err = errors.New("there is more behind its end")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err, p.line = io.ErrUnexpectedEOF, 1+bytes.Count(data, []byte("\n"))
	}
	return nil, &SyntaxError{p.line, strings.TrimPrefix(err.Error(), "json: ")}
}

// A SyntaxError says where a file is no JSON.
type SyntaxError struct {
	Line int
	Msg  string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

type parser struct {
	data []byte
	dec  *json.Decoder
	line int // at offset
	at   int
}

// token is the next one and its line: lines are counted on from the one before.
func (p *parser) token() (json.Token, error) {
	t, err := p.dec.Token()
	to := int(p.dec.InputOffset())
	p.line += bytes.Count(p.data[p.at:to], []byte("\n"))
	p.at = to
	return t, err
}

func (p *parser) value(depth int) (*Value, error) {
	t, err := p.token()
	if err != nil {
		return nil, err
	}
	v := &Value{Line: p.line}
	switch t := t.(type) {
	case json.Delim:
		if depth > maxJSONDepth {
			return nil, fmt.Errorf("it nests deeper than %d", maxJSONDepth)
		}
		v.kind = byte(t)
		if t == '{' {
			return v, p.object(v, depth)
		}
		return v, p.list(v, depth)
	case string:
		v.kind, v.text = 's', t
	default:
		v.kind, v.text = 'o', fmt.Sprint(t)
	}
	return v, nil
}

func (p *parser) object(v *Value, depth int) error {
	v.by = map[string]*Value{}
	for p.dec.More() {
		t, err := p.token()
		if err != nil {
			return err
		}
		key, line := t.(string), p.line // the decoder admits nothing else here
		member, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		member.Line = line
		v.put(key, member)
	}
	_, err := p.token()
	return err
}

func (p *parser) list(v *Value, depth int) error {
	for p.dec.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		v.Items = append(v.Items, item)
	}
	_, err := p.token()
	return err
}

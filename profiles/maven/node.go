package maven

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The bounds of one POM. The largest known ones have some ten thousand elements.
const (
	maxNodes = 100_000
	maxDepth = 64
)

// A node is one element: its local name, its text, its line and the elements inside.
type node struct {
	name string
	text string
	line int
	kids []*node
}

// parse reads an XML document. encoding/xml expands no entity that the document
// defines, and opens no file.
func parse(data []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = latin1
	top := new(node)
	open, texts, count := []*node{top}, [][]byte{nil}, 0
	for {
		line, _ := d.InputPos()
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return top, nil
		}
		if err != nil {
			return nil, err
		}
		last := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			if count++; count > maxNodes || len(open) > maxDepth {
				return nil, fmt.Errorf("line %d: more than %d elements, or deeper than %d", line, maxNodes, maxDepth)
			}
			n := &node{name: t.Name.Local, line: line}
			last.kids = append(last.kids, n)
			open, texts = append(open, n), append(texts, nil)
		case xml.EndElement:
			last.text = string(bytes.TrimSpace(texts[len(texts)-1]))
			open, texts = open[:len(open)-1], texts[:len(texts)-1]
		case xml.CharData:
			texts[len(texts)-1] = append(texts[len(texts)-1], t...)
		}
	}
}

// latin1 reads the single-byte encodings that old POMs declare; of those, the bytes that
// are not ASCII stand in names and comments, where a wrong letter does no harm.
func latin1(charset string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(charset) {
	case "iso-8859-1", "iso-8859-15", "us-ascii", "windows-1252":
	default:
		return nil, fmt.Errorf("encoding %q is none that is read here", charset)
	}
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	runes := make([]rune, len(data))
	for i, c := range data {
		runes[i] = rune(c)
	}
	return strings.NewReader(string(runes)), nil
}

// all returns the elements at a path below n.
func (n *node) all(path ...string) []*node {
	if n == nil {
		return nil
	}
	if len(path) == 0 {
		return []*node{n}
	}
	var found []*node
	for _, k := range n.kids {
		if k.name == path[0] {
			found = append(found, k.all(path[1:]...)...)
		}
	}
	return found
}

// one returns the first element at a path below n, or nil.
func (n *node) one(path ...string) *node {
	if found := n.all(path...); len(found) > 0 {
		return found[0]
	}
	return nil
}

// textAt is the text of the first element at a path below n, or "".
func (n *node) textAt(path ...string) string {
	if k := n.one(path...); k != nil {
		return k.text
	}
	return ""
}

// find returns every element of a name anywhere below n.
func (n *node) find(name string) []*node {
	if n == nil {
		return nil
	}
	var found []*node
	for _, k := range n.kids {
		if k.name == name {
			found = append(found, k)
		}
		found = append(found, k.find(name)...)
	}
	return found
}

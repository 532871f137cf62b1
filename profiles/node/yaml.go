package node

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ParseYAML reads YAML as [Parse] reads JSON. Numbers and the like are texts; what an
// alias stands for is left out, since no lock has one.
func ParseYAML(data []byte) (*Value, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, yamlError(err)
	}
	if len(doc.Content) == 0 {
		return &Value{Line: 1, kind: '{'}, nil
	}
	return fromYAML(doc.Content[0], 0)
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?`)

func yamlError(err error) error {
	text := err.Error()
	line := 1
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		_, _ = fmt.Sscan(m[1], &line) // stays 1 where there is none
		text = text[len(m[0]):]
	}
	text, _, _ = strings.Cut(text, "\n")
	return &SyntaxError{line, text}
}

func fromYAML(n *yaml.Node, depth int) (*Value, error) {
	if depth > maxJSONDepth {
		return nil, &SyntaxError{n.Line, fmt.Sprintf("it nests deeper than %d", maxJSONDepth)}
	}
	v := &Value{Line: n.Line}
	switch n.Kind {
	case yaml.MappingNode:
		v.kind, v.by = '{', map[string]*Value{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			member, err := fromYAML(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			member.Line = n.Content[i].Line
			v.put(n.Content[i].Value, member)
		}
	case yaml.SequenceNode:
		v.kind = '['
		for _, c := range n.Content {
			item, err := fromYAML(c, depth+1)
			if err != nil {
				return nil, err
			}
			v.Items = append(v.Items, item)
		}
	case yaml.ScalarNode:
		v.kind, v.text = 's', n.Value
		if n.Tag == "!!bool" || n.Tag == "!!null" {
			v.kind = 'o'
		}
	}
	return v, nil
}

// put adds a member, or replaces it.
func (v *Value) put(key string, member *Value) {
	if _, ok := v.by[key]; !ok {
		v.Keys = append(v.Keys, key)
	}
	v.by[key] = member
}

// ParseRelaxed reads JSON in which commas may stand before a closing bracket, and
// comments anywhere: bun.lock is of that kind (https://bun.com/docs/install/lockfile).
func ParseRelaxed(data []byte) (*Value, error) {
	strict := bytes.Clone(data)
	comma := -1 // place of a comma behind which nothing has come yet
	for i := 0; i < len(strict); i++ {
		switch c := strict[i]; {
		case c == '"':
			comma = -1
			for i++; i < len(strict) && strict[i] != '"'; i++ {
				if strict[i] == '\\' {
					i++
				}
			}
		case c == '/' && i+1 < len(strict) && strict[i+1] == '/':
			for ; i < len(strict) && strict[i] != '\n'; i++ {
				strict[i] = ' '
			}
		case c == ',':
			comma = i
		case (c == '}' || c == ']') && comma >= 0:
			strict[comma], comma = ' ', -1
		case c != ' ' && c != '\n' && c != '\r' && c != '\t':
			comma = -1
		}
	}
	return Parse(strict)
}

// ParseYarn reads a lock of yarn 1, a format of its own: keys at the margin, joined by
// commas; below them a name and a value a line, or a name and a colon before further
// lines (https://classic.yarnpkg.com/en/docs/yarn-lock). An entry of several keys stands
// under each.
func ParseYarn(data []byte) (*Value, error) {
	top := &Value{Line: 1, kind: '{', by: map[string]*Value{}}
	var entry, group *Value
	for i, line := range strings.Split(string(data), "\n") {
		text := strings.TrimSpace(line)
		indent := len(line) - len(strings.TrimLeft(line, " "))
		name, rest := yarnWord(text)
		member := &Value{Line: i + 1, kind: 's'}
		member.text, _ = yarnWord(rest)
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case indent == 0:
			entry, group = &Value{Line: i + 1, kind: '{', by: map[string]*Value{}}, nil
			for key := range strings.SplitSeq(strings.TrimSuffix(text, ":"), ", ") {
				top.put(strings.Trim(key, `"`), entry)
			}
		case entry == nil:
			return nil, &SyntaxError{i + 1, "a line belongs to no package"}
		case indent == 2 && strings.HasSuffix(text, ":") && rest == "":
			group = &Value{Line: i + 1, kind: '{', by: map[string]*Value{}}
			entry.put(strings.TrimSuffix(name, ":"), group)
		case indent == 2:
			entry.put(name, member)
		case group != nil:
			group.put(name, member)
		}
	}
	return top, nil
}

// yarnWord takes the first word, which may stand in quotes.
func yarnWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		word, rest, _ = strings.Cut(quoted, `"`)
		return word, rest
	}
	word, rest, _ = strings.Cut(text, " ")
	return word, rest
}

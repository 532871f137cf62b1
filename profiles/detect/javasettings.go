package detect

import (
	"path"
	"regexp"
	"strings"

	"scaffold/profiles/maven"
)

// settings reads the framework's settings of a module, by their dotted keys.
func (p *javaProject) settings(m *maven.POM, fw *javaFramework) map[string]maven.Value {
	all := map[string]maven.Value{}
	if fw == nil {
		return all
	}
	for _, name := range javaSettings {
		file := path.Join(m.Dir(), "src/main/resources", name)
		read := propertyLines
		if path.Ext(name) != ".properties" {
			read = yamlLines
		}
		read(string(p.t.data(file)), func(key, value string, line int) {
			if _, ok := all[key]; !ok {
				all[key] = maven.Value{Text: value, Path: file, Line: line}
			}
		})
	}
	return all
}

// propertyLines reads the plain lines of a properties file
// (https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)).
func propertyLines(text string, found func(key, value string, line int)) {
	for i, l := range strings.Split(text, "\n") {
		l = strings.TrimSpace(l)
		end := strings.IndexAny(l, "=:")
		if end > 0 && l[0] != '#' && l[0] != '!' {
			found(strings.TrimSpace(l[:end]), strings.TrimSpace(l[end+1:]), i+1)
		}
	}
}

var yamlLine = regexp.MustCompile(`^( *)([\w.-]+):(?:\s+(.*?))?\s*$`)

// yamlLines reads the scalars of nested mappings, in block style and of the first document:
// what settings files are made of. Lists, flow style and anchors are left out.
func yamlLines(text string, found func(key, value string, line int)) {
	type level struct {
		indent int
		key    string
	}
	var open []level
	for i, l := range strings.Split(text, "\n") {
		if strings.HasPrefix(l, "---") && i > 0 {
			return
		}
		m := yamlLine.FindStringSubmatch(strings.TrimRight(l, "\r"))
		if m == nil {
			continue
		}
		for len(open) > 0 && open[len(open)-1].indent >= len(m[1]) {
			open = open[:len(open)-1]
		}
		key := m[2]
		if len(open) > 0 {
			key = open[len(open)-1].key + "." + key
		}
		value, _, _ := strings.Cut(m[3], " #")
		if value = strings.Trim(strings.TrimSpace(value), `"'`); value == "" || strings.HasPrefix(value, "#") {
			open = append(open, level{len(m[1]), key})
			continue
		}
		found(key, value, i+1)
	}
}

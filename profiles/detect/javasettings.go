package detect

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"scaffold/profiles/maven"
)

// javaValues are settings by their keys, as [canonical] writes these.
type javaValues map[string]maven.Value

// get is the value of the first of the keys that is there.
func (s javaValues) get(keys ...string) (maven.Value, bool) {
	for _, k := range keys {
		if v, ok := s[canonical(k)]; ok {
			return v, true
		}
	}
	return maven.Value{}, false
}

// has reports whether one of the settings has its value.
func (s javaValues) has(of []javaSetting) bool {
	for _, o := range of {
		if v, ok := s.get(o.key); ok && strings.EqualFold(v.Text, o.value) {
			return true
		}
	}
	return false
}

// canonical makes one key of the forms that frameworks take for the same: context-path,
// contextPath (https://docs.spring.io/spring-boot/reference/features/external-config.html).
func canonical(key string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(key))
}

// settings reads the framework's settings of a module.
func (p *javaProject) settings(m *maven.POM, fw *javaFramework) javaValues {
	all := javaValues{}
	if fw == nil || fw.sources {
		return all
	}
	for _, name := range javaSettings {
		p.readSettings(path.Join(m.Dir(), "src/main/resources", name), all)
	}
	return all
}

// production marks settings for the program in use, which win over the plain ones
// (https://quarkus.io/guides/config-reference#profiles). Other profiles' are left out.
const production = "%prod."

// readSettings adds the settings of a file that are not there yet.
func (p *javaProject) readSettings(file string, all javaValues) {
	read := propertyLines
	if path.Ext(file) != ".properties" {
		read = yamlLines
	}
	read(decoded(p.t.data(file)), func(key, value string, line int) {
		plain, wins := strings.CutPrefix(key, production)
		k := canonical(plain)
		if _, there := all[k]; (!there || wins) && !strings.HasPrefix(plain, "%") {
			all[k] = maven.Value{Text: value, Path: file, Line: line}
		}
	})
}

// propertyLines reads the plain lines of a properties file's first document
// (https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)).
func propertyLines(text string, found func(key, value string, line int)) {
	for i, l := range strings.Split(text, "\n") {
		l = strings.TrimSpace(l)
		if strings.HasPrefix(l, "#---") || strings.HasPrefix(l, "!---") {
			return // what follows is for a profile: Spring Boot's multi-document files
		}
		end := strings.IndexAny(l, "=:")
		if end > 0 && l[0] != '#' && l[0] != '!' {
			found(strings.TrimSpace(l[:end]), strings.TrimSpace(l[end+1:]), i+1)
		}
	}
}

var yamlLine = regexp.MustCompile(`^( *)((?:- +)*)["']?([%\w.-]+)["']?\s*:(?:\s+(.*?))?\s*$`)

// yamlLines reads the scalars of nested mappings, in block style and of the first document:
// what settings files are made of. A list is read as a mapping of which the first element
// counts; flow style and anchors are left out.
func yamlLines(text string, found func(key, value string, line int)) {
	type level struct {
		indent int
		key    string
	}
	var open []level
	block := -1 // the indent of a key with a text of several lines
	for i, l := range strings.Split(text, "\n") {
		l = strings.TrimRight(l, "\r")
		if strings.HasPrefix(l, "---") && len(open) > 0 {
			return
		}
		if block >= 0 && (strings.TrimSpace(l) == "" || len(l)-len(strings.TrimLeft(l, " ")) > block) {
			continue
		}
		block = -1
		m := yamlLine.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		indent := len(m[1]) + len(m[2])
		for len(open) > 0 && open[len(open)-1].indent >= indent {
			open = open[:len(open)-1]
		}
		key := m[3]
		if len(open) > 0 {
			key = open[len(open)-1].key + "." + key
		}
		value := scalar(m[4])
		open = append(open, level{indent, key})
		if value != "" && strings.ContainsRune("|>", rune(value[0])) {
			block = indent
		} else if value != "" && len(key) <= maxText {
			found(key, value, i+1)
		}
	}
}

// scalar is a plain or quoted value without the comment behind it.
func scalar(v string) string {
	if v == "" || v[0] == '#' {
		return ""
	}
	if q := v[0]; q == '"' || q == '\'' {
		if end := strings.IndexByte(v[1:], q); end >= 0 {
			return v[1 : 1+end]
		}
	}
	v, _, _ = strings.Cut(v, " #")
	return strings.TrimSpace(v)
}

// A javaPort is a port, or the variable that the program takes it from.
type javaPort struct {
	port int
	env  string // where it has no default
}

var variable = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// portOf reads a port, the default of ${PORT:8080}, or the variable of ${PORT}. A name
// that is no variable is another setting's.
func (s javaValues) portOf(text string) (javaPort, bool) {
	for range maxPlaceholders {
		inner, ok := strings.CutPrefix(text, "${")
		if !ok || !strings.HasSuffix(inner, "}") {
			break
		}
		name, rest, given := strings.Cut(strings.TrimSuffix(inner, "}"), ":")
		v, set := s.get(name)
		switch {
		case set:
			text = v.Text
		case given: // ${PORT:-8080} is Dropwizard's form
			text = strings.TrimPrefix(rest, "-")
		default:
			return javaPort{port: envPort, env: name}, variable.MatchString(name)
		}
	}
	n, err := strconv.Atoi(text)
	return javaPort{port: n}, err == nil && n > 0 && n < 65536
}

// maxPlaceholders is how deep ${…} may lie in one another.
const maxPlaceholders = 5

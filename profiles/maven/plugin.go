package maven

import "slices"

// A Plugin is one build plugin of a POM, with what its parents say of it.
type Plugin struct {
	At    Value
	pom   *POM
	nodes []placed // the nearest first
}

type placed struct {
	pom  *POM
	node *node
}

// bound are the plugins that every build of a jar runs, named in it or not
// (https://maven.apache.org/ref/current/maven-core/default-bindings.html).
var bound = []string{compiler, jarPlugin}

// Plugin returns the plugin group:artifact that the build runs, if it does.
func (p *POM) Plugin(name string) (*Plugin, bool) {
	found := &Plugin{pom: p, nodes: p.placed(name, func(q *POM) map[string][]*node { return q.plugins })}
	if len(found.nodes) == 0 && !slices.Contains(bound, name) {
		return nil, false
	}
	found.nodes = append(found.nodes, p.placed(name, func(q *POM) map[string][]*node { return q.managed })...)
	if len(found.nodes) == 0 {
		return nil, false
	}
	found.At = Value{Text: name, Path: found.nodes[0].pom.Path, Line: found.nodes[0].node.line}
	return found, true
}

func (p *POM) placed(name string, of func(*POM) map[string][]*node) []placed {
	var found []placed
	for _, q := range p.chain() {
		for _, n := range of(q)[name] {
			found = append(found, placed{q, n})
		}
	}
	return found
}

func pluginName(n *node) string {
	group := n.textAt("groupId")
	if group == "" {
		group = "org.apache.maven.plugins"
	}
	return group + ":" + n.textAt("artifactId")
}

// Config is the text at a path of the plugin's configuration, its own or that of one of
// its executions.
func (g *Plugin) Config(at ...string) (Value, bool) {
	for _, s := range g.nodes {
		places := append(s.node.all("configuration"), s.node.all("executions", "execution", "configuration")...)
		for _, c := range places {
			if n := c.one(at...); n != nil && (n.text != "" || len(n.kids) > 0) {
				return s.pom.value(n, g.pom), true
			}
		}
	}
	return Value{}, false
}

// Anywhere is the first text of an element of that name in any configuration of the plugin.
func (g *Plugin) Anywhere(name string) (Value, bool) {
	for _, s := range g.nodes {
		for _, n := range s.node.find(name) {
			if n.text != "" {
				return s.pom.value(n, g.pom), true
			}
		}
	}
	return Value{}, false
}

// Version is the version that the POM gives the plugin, or "".
func (g *Plugin) Version() string {
	for _, s := range g.nodes {
		if v := s.node.textAt("version"); v != "" {
			return g.pom.Expand(v)
		}
	}
	return ""
}

// Runs reports whether an execution names the goal.
func (g *Plugin) Runs(goal string) bool {
	for _, s := range g.nodes {
		for _, n := range s.node.all("executions", "execution", "goals", "goal") {
			if n.text == goal {
				return true
			}
		}
	}
	return false
}

package fleet

import (
	"fmt"
	"strings"
)

// Why says in a few words what changes in the Dockerfile that a person would want to know in
// a list: the policy and the images; "" where there is nothing of it.
func (plan *Plan) Why() string {
	var parts []string
	old := plan.Project.Lock
	if old == nil {
		return ""
	}
	if was, is := nameOf(old.Policy), nameOf(plan.Lock.Policy); was != is {
		parts = append(parts, fmt.Sprintf("policy %s → %s", orNone(was), orNone(is)))
	}
	before, _ := old.File("Dockerfile")
	after, _ := plan.Lock.File("Dockerfile")
	was, is := images(before), images(after)
	for i := 0; len(was) == len(is) && i < len(is); i++ {
		if was[i] != is[i] {
			parts = append(parts, was[i]+" → "+is[i])
		}
	}
	return strings.Join(parts, ", ")
}

func nameOf(revision string) string { name, _, _ := strings.Cut(revision, "@"); return name }

func orNone(name string) string {
	if name == "" {
		return "none"
	}
	return name
}

// images are what the FROM lines of a Dockerfile of ours name, without digests.
func images(dockerfile string) []string {
	var refs []string
	for line := range strings.Lines(dockerfile) {
		rest, ok := strings.CutPrefix(line, "FROM ")
		if !ok {
			continue
		}
		for _, word := range strings.Fields(rest) {
			if !strings.HasPrefix(word, "--") {
				ref, _, _ := strings.Cut(word, "@")
				refs = append(refs, ref)
				break
			}
		}
	}
	return refs
}

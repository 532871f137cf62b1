package generator

import (
	"regexp"
	"strings"
)

// pinnedRef takes the references that a line of ours pins: in the syntax line, or behind FROM.
var pinnedRef = regexp.MustCompile(`(?m)^(?:# syntax=|FROM (?:--platform=\S+ )?)([^\s@]+)@(sha256:[0-9a-f]{64})`)

// Pins returns the digests in a Dockerfile that scaffold wrote, by canonical reference, as
// [Input.Digests] takes them: a bot may have moved them since. Of a file that a person
// wrote or edited it returns none; see [Bumped].
func Pins(dockerfile string) map[string]string {
	if OriginOf(dockerfile) != Generated {
		return nil
	}
	return pins(strings.ReplaceAll(dockerfile, "\r\n", "\n"))
}

func pins(lines string) map[string]string {
	found := map[string]string{}
	for _, m := range pinnedRef.FindAllStringSubmatch(lines, -1) {
		if name, err := canonical(m[1]); err == nil {
			found[name] = m[2]
		}
	}
	return found
}

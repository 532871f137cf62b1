package generator

import "strings"

// Pins returns the digests in a Dockerfile that scaffold wrote, by canonical reference, as
// [Input.Digests] takes them: a bot may have moved them since. Of a file that a person
// wrote or edited it returns none; see [Bumped].
func Pins(dockerfile string) map[string]string {
	if OriginOf(dockerfile) != Generated {
		return nil
	}
	return pins(lf(dockerfile))
}

func pins(lines string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(lines) {
		if ref, digest := pinOf(line); ref != "" {
			if name, err := canonical(ref); err == nil {
				found[name] = digest
			}
		}
	}
	return found
}

// pinOf takes the reference that a line of ours pins: in the syntax line, or behind FROM.
func pinOf(line string) (ref, digest string) {
	before, _, digest := cutPin(line)
	if digest == "" {
		return "", ""
	}
	ref, syntax := strings.CutPrefix(before, "# syntax=")
	if !syntax {
		ref = strings.TrimPrefix(before, "FROM ")
		if platform, rest, ok := strings.Cut(ref, " "); ok && isPlatform(platform) {
			ref = rest
		}
	}
	if ref == "" || strings.ContainsAny(ref, blanks) {
		return "", ""
	}
	return ref, digest
}

const blanks = " \t\f\r\n"

// isPlatform reports whether a word is the option of FROM, with a value.
func isPlatform(word string) bool {
	value, ok := strings.CutPrefix(word, "--platform=")
	return ok && value != "" && !strings.ContainsAny(value, blanks)
}

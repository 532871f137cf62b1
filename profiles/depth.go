package profiles

import (
	"fmt"
	"regexp"
	"strings"
)

// maxDepth bounds how deep a profile may nest: dots of a key in one line, and open
// braces. The work of the TOML decoder grows with the square of it, to minutes for a
// small file, and no profile needs more than four.
const maxDepth = 64

// quoted is a string on one line, the dots and braces of which nest nothing.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'`)

// tooDeep refuses what would keep the decoder busy.
func tooDeep(file, data string) Problems {
	number := 0
	for line := range strings.Lines(data) {
		number++
		if strings.Count(line, ".") <= maxDepth && strings.Count(line, "{") <= maxDepth {
			continue
		}
		line = quoted.ReplaceAllString(line, "")
		if strings.Count(line, ".") > maxDepth || strings.Count(line, "{") > maxDepth {
			return Problems{{File: file, Line: number, Msg: fmt.Sprintf("nests deeper than %d levels", maxDepth), Hint: "no key of a profile has more than four parts"}}
		}
	}
	return nil
}

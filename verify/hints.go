package verify

import "strings"

// A hint is what to do about failures whose output holds sign, and also where that is not
// empty, in upper or lower case.
type hint struct{ sign, also, text string }

// hintIn is the first hint whose sign is in output, or otherwise.
func hintIn(all []hint, output, otherwise string) string {
	output = strings.ToLower(output)
	for _, h := range all {
		if strings.Contains(output, strings.ToLower(h.sign)) && strings.Contains(output, strings.ToLower(h.also)) {
			return h.text
		}
	}
	return otherwise
}

// outputHints are for what programs print when they fail.
var outputHints = []hint{
	{"go-sqlite3 requires cgo to work", "", `the program was built without cgo, which go-sqlite3 needs: delete build.cgo = "off", or take a driver without C, for example modernc.org/sqlite`},
	{"error while loading shared libraries", "", "a shared library is missing: name its package in runtime.packages"},
}

// hinted puts the hint that a program's output calls for in place of a failed check's own.
func (t *trial) hinted(c Check) Check {
	if c.Status == Fail {
		c.Hint = hintIn(outputHints, c.Detail+"\n"+c.Output+"\n"+t.app.out.lines(tailLines), c.Hint)
	}
	return c
}

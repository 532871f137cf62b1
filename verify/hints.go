package verify

import "strings"

// outputHints are what to do about failures whose cause a program's output names.
var outputHints = []struct{ sign, hint string }{
	{"go-sqlite3 requires cgo to work", `the program was built without cgo, which go-sqlite3 needs: delete build.cgo = "off", or take a driver without C, for example modernc.org/sqlite`},
	{"error while loading shared libraries", "a shared library is missing: name its package in runtime.packages"},
}

// hinted puts the hint that a program's output calls for in place of a failed check's own.
func (t *trial) hinted(c Check) Check {
	if c.Status != Fail {
		return c
	}
	text := c.Detail + "\n" + c.Output + "\n" + t.app.out.lines(tailLines)
	for _, h := range outputHints {
		if strings.Contains(text, h.sign) {
			c.Hint = h.hint
			return c
		}
	}
	return c
}

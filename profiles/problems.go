package profiles

import (
	"fmt"
	"strings"

	"github.com/moby/buildkit/util/suggest"
)

// A Problem is one thing wrong with a file, at a line.
type Problem struct {
	File string // as the person named it
	Line int    // from 1; 0 where no line applies
	Msg  string
	Hint string // next step; optional
}

// String is file:line: message, the form that editors and CI annotate.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Msg)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Msg)
}

// Problems is every problem of a file at once. It is an error of kind "invalid
// profile": commands end with exit code 2 on it.
type Problems []Problem

// Error lists the problems, one a line, each followed by its hint.
func (ps Problems) Error() string {
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.String())
		if p.Hint != "" {
			b.WriteString("\n  hint: " + p.Hint)
		}
	}
	return b.String()
}

// nearest returns the word among words that w was probably meant to be, or "".
func nearest(w string, words []string) string {
	if found, ok := suggest.Search(w, words, true); ok {
		return found
	}
	return ""
}

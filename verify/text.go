package verify

import (
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// tail keeps the last bytes of a stream and counts the rest. It is an io.WriteCloser for a
// process that may print without end.
type tail struct {
	mu      sync.Mutex
	data    []byte
	dropped int64
	want    string        // text that is looked for while it streams by
	seen    bool          // want was there
	grew    chan struct{} // gets a value when seen turns true
}

// maxTail is what is kept of a process's output.
const maxTail = 64 << 10

func newTail(want string) *tail {
	return &tail{want: want, grew: make(chan struct{}, 1)}
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.look(p)
	t.data = append(t.data, p...)
	if over := len(t.data) - maxTail; over > 0 {
		t.dropped += int64(over)
		t.data = append(t.data[:0], t.data[over:]...)
	}
	return len(p), nil
}

// look searches the new bytes and as many before them as want could span.
func (t *tail) look(p []byte) {
	if t.want == "" || t.seen {
		return
	}
	before := t.data[max(0, len(t.data)-len(t.want)):]
	if strings.Contains(string(before)+string(p), t.want) {
		t.seen = true
		t.grew <- struct{}{}
	}
}

func (t *tail) Close() error { return nil }

func (t *tail) found() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen
}

// lines returns the last n lines, clean, and says how much came before what was kept.
func (t *tail) lines(n int) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := lastLines(clean(string(t.data)), n)
	if t.dropped > 0 {
		text = fmt.Sprintf("… %d bytes before …\n%s", t.dropped, text)
	}
	return text
}

const maxLine = 500

// lastLines returns the last n lines of s, each bounded.
func lastLines(s string, n int) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	all = all[max(0, len(all)-n):]
	for i, line := range all {
		all[i] = bounded(line, maxLine)
	}
	return strings.Join(all, "\n")
}

// bounded cuts s after n bytes, at a character.
func bounded(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// clean makes text of an image fit for a terminal: escape sequences and control and
// direction-changing characters go, line feeds and tabs stay.
func clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if s[i] == 0x1b {
			i += escapeLen(s[i:])
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '\n' || r == '\t':
			b.WriteRune(r)
		case r == utf8.RuneError && size == 1:
			b.WriteRune('\uFFFD')
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// escapeLen is the length of the escape sequence that s begins with (ECMA-48): CSI ends
// at a byte from @ to ~, OSC and its kin at BEL or ESC \, others after one more byte.
func escapeLen(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case '[':
		for i := 2; i < len(s); i++ {
			if s[i] >= '@' && s[i] <= '~' {
				return i + 1
			}
			if s[i] < ' ' { // broken off
				return i
			}
		}
		return len(s)
	case ']', 'P', 'X', '^', '_':
		for i := 2; i < len(s); i++ {
			if s[i] == '\a' {
				return i + 1
			}
			if s[i] == 0x1b || s[i] == '\n' {
				return i // the rest, ESC \, is a sequence of its own
			}
		}
		return len(s)
	}
	return 2
}

// quoted is text of an image within a message: clean, on one line, bounded.
func quoted(s string) string {
	return fmt.Sprintf("%q", oneLine(s, 200))
}

// oneLine is text of an image clean, on one line, and of at most n bytes.
func oneLine(s string, n int) string {
	return bounded(strings.Join(strings.Fields(clean(s)), " "), n)
}

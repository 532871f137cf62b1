package merge_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/merge"
)

// words makes lines of words, so that cases fit a line.
func words(s string) string {
	if s == "" {
		return ""
	}
	return strings.ReplaceAll(s, " ", "\n") + "\n"
}

func TestLines(t *testing.T) {
	for name, c := range map[string]struct {
		base, ours, theirs, want string
		conflicts                []merge.Conflict
	}{
		"nothing":                       {"a b c", "a b c", "a b c", "a b c", nil},
		"ours alone":                    {"a b c", "a x c", "a b c", "a x c", nil},
		"theirs alone":                  {"a b c", "a b c", "a x c", "a x c", nil},
		"apart":                         {"a b c", "x b c", "a b y", "x b y", nil},
		"put in apart":                  {"a b c", "x a b c", "a b c y", "x a b c y", nil},
		"the same":                      {"a b c", "a x c", "a x c", "a x c", nil},
		"the same put in":               {"a b", "a x b", "a x b", "a x b", nil},
		"the same taken out":            {"a b c", "a c", "a c", "a c", nil},
		"both differently":              {"a b c", "a x c", "a y c", "a x c", []merge.Conflict{{merge.Span{1, 2}, merge.Span{1, 2}, merge.Span{1, 2}}}},
		"put in at one place":           {"a b", "a x b", "a y b", "a x b", []merge.Conflict{{merge.Span{1, 1}, merge.Span{1, 2}, merge.Span{1, 2}}}},
		"touching":                      {"a b c d", "a x c d", "a b y d", "a x c d", []merge.Conflict{{merge.Span{1, 3}, merge.Span{1, 3}, merge.Span{1, 3}}}},
		"put in beside a change":        {"a b c", "a b x c", "a y c", "a b x c", []merge.Conflict{{merge.Span{1, 2}, merge.Span{1, 3}, merge.Span{1, 2}}}},
		"one line between":              {"a b c", "x b c", "a b y", "x b y", nil},
		"taken out against changed":     {"a b c", "a c", "a x c", "a c", []merge.Conflict{{merge.Span{1, 2}, merge.Span{1, 1}, merge.Span{1, 2}}}},
		"changed against taken out":     {"a b c", "a x c", "a c", "a x c", []merge.Conflict{{merge.Span{1, 2}, merge.Span{1, 2}, merge.Span{1, 1}}}},
		"a chain":                       {"a b c d e f g h", "a x d y f g h", "a b p e f g z", "a x d y f g z", []merge.Conflict{{merge.Span{1, 5}, merge.Span{1, 4}, merge.Span{1, 4}}}},
		"two of three":                  {"a b c d e f g", "x b c y e f g", "a b c z e f w", "x b c y e f w", []merge.Conflict{{merge.Span{3, 4}, merge.Span{3, 4}, merge.Span{3, 4}}}},
		"taken over, a line beside":     {"a b c", "a y x c", "a y c", "a y x c", nil},
		"taken over, an edit beside":    {"a b c d", "a y x d", "a y c d", "a y x d", nil},
		"taken over but for one line":   {"a b c d", "a y x d", "a y z d", "a y x d", []merge.Conflict{{merge.Span{1, 3}, merge.Span{1, 3}, merge.Span{1, 3}}}},
		"taken over, the old line left": {"a b c", "a y x b c", "a y c", "a y x b c", []merge.Conflict{{merge.Span{1, 2}, merge.Span{1, 4}, merge.Span{1, 2}}}},
		"all new":                       {"", "a", "b", "a", []merge.Conflict{{merge.Span{0, 0}, merge.Span{0, 1}, merge.Span{0, 1}}}},
		"all gone":                      {"a b", "", "a b", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, conflicts := merge.Lines(words(c.base), words(c.ours), words(c.theirs))
			if d := cmp.Diff(words(c.want), got); d != "" {
				t.Errorf("text (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.conflicts, conflicts); d != "" {
				t.Errorf("conflicts (-want +got):\n%s", d)
			}
		})
	}
}

func TestLineEnds(t *testing.T) {
	for name, c := range map[string]struct{ base, ours, theirs, want string }{
		"ours are kept":                  {"a\nb\nc\n", "a\r\nb\r\nc\r\n", "a\nb\nd\nc\n", "a\r\nb\r\nd\nc\r\n"},
		"theirs are new":                 {"a\nb\n", "a\nb\n", "a\r\nb\r\n", "a\r\nb\r\n"},
		"no last one":                    {"a\nb\n", "a\nb", "x\na\nb\n", "x\na\nb"},
		"no last one, and a line behind": {"a\nb\n", "a\nb", "a\nb\nc\n", "a\nb\nc\n"},
		"none at either end":             {"a\nb\n", "a\nb", "a\nb\nc", "a\nb\nc"},
		"empty lines":                    {"\n\n", "\n\n", "\n\n\n", "\n\n\n"},
		"the same change":                {"a\n", "x\r\n", "x\n", "x\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, conflicts := merge.Lines(c.base, c.ours, c.theirs)
			if got != c.want || conflicts != nil {
				t.Errorf("got %q with conflicts %v, want %q", got, conflicts, c.want)
			}
		})
	}
}

// TestLinesBy ignores numbers: those of theirs are taken wherever the rest is the same.
func TestLinesBy(t *testing.T) {
	number := regexp.MustCompile(`[0-9]+$`)
	key := func(line string) string { return number.ReplaceAllString(line, "") }
	for name, c := range map[string]struct {
		base, ours, theirs, want string
		conflicts                int
	}{
		"both differ":           {"a1 b c", "a2 b c", "a3 b c", "a3 b c", 0},
		"ours alone":            {"a1 b c", "a2 b x", "a1 b c", "a1 b x", 0},
		"beside a change":       {"a1 b c", "a1 x c", "a2 b c", "a2 x c", 0},
		"the same change":       {"a1 b", "x1 b", "x2 b", "x2 b", 0},
		"taken over":            {"a1 b c", "x1 y c", "x2 b c", "x2 y c", 0},
		"a changed line's own":  {"a1 b", "x1 b", "a2 b", "x1 b", 0},
		"conflict, ours stands": {"a1 b", "x1 b", "y2 b", "x1 b", 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, conflicts := merge.LinesBy(key, words(c.base), words(c.ours), words(c.theirs))
			if d := cmp.Diff(words(c.want), got); d != "" || len(conflicts) != c.conflicts {
				t.Errorf("%d conflicts, want %d; text (-want +got):\n%s", len(conflicts), c.conflicts, d)
			}
		})
	}
}

func TestRejected(t *testing.T) {
	base, ours, theirs := words("a b c d e f g"), words("a x c d e y g"), words("a B c D e F g h")
	_, conflicts := merge.Lines(base, ours, theirs)
	if len(conflicts) != 2 {
		t.Fatalf("conflicts are %v", conflicts)
	}
	if d := cmp.Diff(words("a B c d e F g"), merge.Rejected(base, theirs, conflicts)); d != "" {
		t.Errorf("rejected (-want +got):\n%s", d)
	}
	if got := merge.Rejected(base, theirs, nil); got != base {
		t.Errorf("without a conflict: %q", got)
	}
}

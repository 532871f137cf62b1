package merge_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"scaffold/merge"
)

// some returns up to n lines of an alphabet of so many, with mixed line ends and, at
// times, none at the end.
func some(r *rand.Rand, n, alphabet int) string {
	var b strings.Builder
	for range r.IntN(n + 1) {
		b.WriteString(string(rune('a' + r.IntN(alphabet))))
		b.WriteString([]string{"\n", "\n", "\n", "\r\n"}[r.IntN(4)])
	}
	if s := b.String(); r.IntN(4) > 0 {
		return s
	}
	return strings.TrimRight(b.String(), "\r\n")
}

// edited is a text with some lines put in, taken out or changed.
func edited(r *rand.Rand, s string, alphabet int) string {
	lines := slices.Collect(strings.Lines(s))
	for range r.IntN(4) {
		at := r.IntN(len(lines) + 1)
		switch put := some(r, 2, alphabet); {
		case r.IntN(2) == 0 || at == len(lines):
			lines = slices.Insert(lines, at, put)
		default:
			lines[at] = put
		}
	}
	return strings.Join(lines, "")
}

// TestUnchangedSides holds that a side that changed nothing decides nothing.
func TestUnchangedSides(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 20_000 {
		base := some(r, 12, 4)
		other := edited(r, base, 4)
		if i%2 == 0 {
			other = some(r, 12, 4)
		}
		for name, m := range map[string][2]string{"theirs": {base, other}, "ours": {other, base}, "both": {other, other}} {
			if got, conflicts := merge.Lines(base, m[0], m[1]); got != other || conflicts != nil {
				t.Fatalf("base %q, %s made it %q: got %q, conflicts %v", base, name, other, got, conflicts)
			}
		}
	}
}

// TestNoLineIsLost edits texts of lines that are all different, so that what becomes of
// each is known: lines that a side put in are there unless they are in a conflict, lines
// that a side took out are gone unless they are, and all others stand once, in order.
func TestNoLineIsLost(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	clean, conflicting := 0, 0
	for range 20_000 {
		base := numbered(r.IntN(12))
		ours, theirs := marked(r, base, "o"), marked(r, base, "t")
		got, conflicts := merge.Lines(join(base), join(ours), join(theirs))
		if len(conflicts) > 0 {
			conflicting++
		} else {
			clean++
		}
		in := func(lines []string, span func(merge.Conflict) merge.Span, line string) bool {
			return slices.ContainsFunc(conflicts, func(c merge.Conflict) bool {
				return slices.Contains(lines[span(c).Start:span(c).End], line)
			})
		}
		has := map[string]int{}
		for line := range strings.Lines(got) {
			has[strings.TrimSuffix(line, "\n")]++
		}
		for _, line := range ours {
			put := !slices.Contains(base, line)
			if taken := !slices.Contains(theirs, line); has[line] != 1 && (put || !taken) {
				t.Fatalf("%v, ours %v, theirs %v: %q is in %q %d times", base, ours, theirs, line, got, has[line])
			}
		}
		for _, line := range theirs {
			rejected := in(theirs, func(c merge.Conflict) merge.Span { return c.Theirs }, line)
			if put := !slices.Contains(base, line); put && has[line] != 1 && !rejected {
				t.Fatalf("%v, ours %v, theirs %v: %q is neither in %q nor reported", base, ours, theirs, line, got)
			}
		}
		for _, line := range base {
			rejected := in(base, func(c merge.Conflict) merge.Span { return c.Base }, line)
			gone := !slices.Contains(ours, line) || !slices.Contains(theirs, line)
			if gone && has[line] > 0 && !rejected {
				t.Fatalf("%v, ours %v, theirs %v: %q came back in %q", base, ours, theirs, line, got)
			}
		}
	}
	if clean < 1000 || conflicting < 1000 {
		t.Errorf("%d merges were clean and %d not: too few of one kind to say anything", clean, conflicting)
	}
}

func numbered(n int) []string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprint(i))
	}
	return lines
}

func join(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// marked edits lines; what it puts in is marked and new.
func marked(r *rand.Rand, base []string, mark string) []string {
	lines := slices.Clone(base)
	for i := range 1 + r.IntN(3) {
		line := fmt.Sprint(mark, i)
		at := r.IntN(len(lines) + 1)
		switch {
		case at == len(lines) || r.IntN(3) == 0:
			lines = slices.Insert(lines, at, line)
		case r.IntN(2) == 0:
			lines[at] = line
		default:
			lines = slices.Delete(lines, at, at+1)
		}
	}
	return lines
}

// TestAsGit holds the judgement to git's: where git merges, so does this, with the same
// text, and where git reports a conflict, so does this, but for changes taken over by hand
// (which texts of marked lines have none of).
func TestAsGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git here")
	}
	r := rand.New(rand.NewPCG(3, 3))
	dir := t.TempDir()
	for range 300 {
		base := numbered(4 + r.IntN(12))
		ours, theirs := marked(r, base, "o"), marked(r, base, "t")
		got, conflicts := merge.Lines(join(base), join(ours), join(theirs))
		want, clean := gitMerge(t, dir, join(base), join(ours), join(theirs))
		if clean != (conflicts == nil) || clean && got != want {
			t.Errorf("base %v, ours %v, theirs %v: conflicts %v, text %q; git: clean %v, text %q", base, ours, theirs, conflicts, got, clean, want)
		}
	}
}

func gitMerge(t *testing.T, dir, base, ours, theirs string) (string, bool) {
	t.Helper()
	for name, text := range map[string]string{"base": base, "ours": ours, "theirs": theirs} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("git", "merge-file", "-p", "-q", "ours", "base", "theirs")
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 127) {
		t.Fatal(err)
	}
	return out.String(), err == nil
}

// TestHostile merges a megabyte of what diffs find hard: that would take hours if the time
// grew with the square.
func TestHostile(t *testing.T) {
	const size = 1 << 20
	r := rand.New(rand.NewPCG(4, 4))
	of := func(n int, line func(i int) string) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			b.WriteString(line(i))
		}
		return b.String()
	}
	equal := strings.Repeat("\n", size)
	coin := func(int) string { return string(rune('a'+r.IntN(2))) + "\n" }
	for name, c := range map[string][3]string{
		"equal lines":       {equal, "x\n" + equal[:size/2], equal + "y\n"},
		"nothing in common": {of(size, func(i int) string { return fmt.Sprintln("b", i) }), of(size, func(i int) string { return fmt.Sprintln("o", i) }), of(size, func(i int) string { return fmt.Sprintln("t", i) })},
		"coins":             {of(size, coin), of(size, coin), of(size, coin)},
		"backwards":         {of(size, func(i int) string { return fmt.Sprintln(i) }), of(size, func(i int) string { return fmt.Sprintln(1_000_000 - i) }), of(size, func(i int) string { return fmt.Sprintln(i % 1000) })},
		"one line":          {strings.Repeat("b", size), strings.Repeat("o", size), strings.Repeat("t", size)},
		"every other line":  {of(size, func(i int) string { return fmt.Sprintln(i) }), of(size, func(i int) string { return fmt.Sprintln(i + i%2*1_000_000) }), of(size, func(i int) string { return fmt.Sprintln(i + (1-i%2)*1_000_000) })},
	} {
		t.Run(name, func(t *testing.T) {
			got, conflicts := merge.Lines(c[0], c[1], c[2])
			if (conflicts == nil) != (name == "equal lines") || got == "" {
				t.Errorf("%d bytes and %d conflicts", len(got), len(conflicts))
			}
		})
	}
}

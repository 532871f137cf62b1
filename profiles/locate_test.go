package profiles

import "testing"

func TestLocator(t *testing.T) {
	const data = `schema = 1
name = "a"

[runtime]
env = { A = "1", B = "x" }
command = [
  "a",
]

[runtime.deep]
k = 1

[[list]]
x = 1
`
	lines := newLocator(data)
	for _, c := range []struct {
		path []string
		want int
	}{
		{[]string{"name"}, 2},
		{[]string{"runtime"}, 4},
		{[]string{"runtime", "env", "B"}, 5},
		{[]string{"runtime", "command"}, 6},
		{[]string{"runtime", "deep", "k"}, 11},
		{[]string{"runtime", "absent"}, 4},
		{[]string{"absent"}, 0},
		{[]string{"list"}, 13},
	} {
		if got := lines.line(c.path); got != c.want {
			t.Errorf("line(%v) = %d, want %d", c.path, got, c.want)
		}
	}
	for _, c := range []struct {
		line int
		text string
		want int
	}{{6, `"a"`, 7}, {6, "k = 1", 6}, {6, "", 6}, {6, "absent", 6}, {2, `"a"`, 2}, {11, "x = 1", 11}, {0, "absent", 0}} {
		if got := Near(data, c.line, c.text); got != c.want {
			t.Errorf("Near(%d, %q) = %d, want %d", c.line, c.text, got, c.want)
		}
	}
	want := Problem{File: "f", Line: 11, Msg: "m", Hint: "h"}
	if got := ProblemAt("f", data, "runtime.deep.k", "m", "h"); got != want {
		t.Errorf("ProblemAt gives %+v, want %+v", got, want)
	}
}

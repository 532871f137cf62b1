package bases

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"scaffold/evidence/wheels"
	"scaffold/profiles"
)

// TestIndex holds what is said of locked packages to what pip finds on the index for each
// base, platform and version of Python (testdata/wheels/index.tsv, by scripts/wheels). It
// prints the confusion matrix, and fails on any wheel that pip would not take.
func TestIndex(t *testing.T) {
	data, err := os.ReadFile("testdata/wheels/index.tsv")
	if err != nil {
		t.Fatal(err)
	}
	matrix, packages := map[[2]string]int{}, map[string]bool{}
	value := ""
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(cells) < 5 {
			value = cells[0]
			continue
		}
		said, ok := predicted(t, value, cells[1], cells[2], cells[3])
		if !ok {
			continue // the lock has another version of the package there
		}
		truth := cells[4]
		name, _, _ := strings.Cut(value, " ")
		packages[name] = true
		kind := truth
		if strings.HasSuffix(truth, ".whl") {
			kind = "wheel"
		}
		matrix[[2]string{said.kind, kind}]++
		if said.kind != kind || said.kind == "wheel" && !said.names(t, truth) {
			t.Errorf("%s on %s, %s, Python %s: %s %s, and pip takes %s", name, cells[2], cells[3], cells[1], said.kind, said.tag, truth)
		}
	}
	t.Logf("%d packages", len(packages))
	for _, said := range []string{"wheel", "source", "none"} {
		for _, truth := range []string{"wheel", "source", "none"} {
			t.Logf("said %-6s  pip takes %-6s  %d", said, truth, matrix[[2]string{said, truth}])
		}
	}
	if len(packages) < 60 {
		t.Errorf("%d packages were compared", len(packages))
	}
}

// A prediction is what the rule says of one package on one target.
type prediction struct {
	kind string // wheel, source or none
	tag  string // platform of the wheel
}

// names reports whether the wheel is of that file.
func (p prediction) names(t *testing.T, file string) bool {
	n, err := wheels.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	var r wheels.Release
	r.Add(n, 0)
	return slices.ContainsFunc(r.Wheels, func(w wheels.Wheel) bool { return w.Tag.Platform == p.tag })
}

// predicted asks the rule, as Choose does, on a row of the catalog. It is not ok where the
// package is not installed.
func predicted(t *testing.T, value, python, base, arch string) (p prediction, ok bool) {
	t.Helper()
	if strings.HasSuffix(value, " pure") {
		return prediction{"wheel", "any"}, true
	}
	row := rowOf(t, base)
	fact := locked(value)
	in := Input{Language: "python", Version: python, Platforms: []string{"linux/" + arch}, Facts: []profiles.Fact{fact},
		builder: Base{Libc: row.Libc, LibcVersion: row.LibcVersion, Holds: []string{"gcc"}}, compilers: []string{"gcc"}}
	reasons := libcWheels(row, &in)
	took := in.lockedPackages()[0].take(row, &in)
	if len(took) == 0 {
		return prediction{}, false
	}
	switch w := took[0]; {
	case !w.none:
		if slices.ContainsFunc(reasons, func(r Reason) bool { return r.Verdict != Fits }) {
			return prediction{"none", fmt.Sprint(reasons)}, true
		}
		return prediction{"wheel", w.Tag.Platform}, true
	case strings.Contains(reasons[0].Fact, "no source"):
		return prediction{"none", ""}, true
	}
	return prediction{"source", ""}, true
}

func rowOf(t *testing.T, id string) Base {
	t.Helper()
	i := slices.IndexFunc(Embedded().Bases, func(b Base) bool { return b.ID == id })
	if i < 0 {
		t.Fatalf("the catalog has no %s", id)
	}
	return Embedded().Bases[i]
}

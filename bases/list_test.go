package bases

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatching(t *testing.T) {
	yes, no := true, false
	c := Embedded()
	for name, tt := range map[string]struct {
		filter       Filter
		in, out      string // some that are there, and some that are not
		everyMatches func(Base) bool
	}{
		"nothing asked": {Filter{}, "scratch ubi-micro", "", func(Base) bool { return true }},
		"libc":          {Filter{Libc: "musl"}, "alpine rust-alpine", "debian", func(b Base) bool { return b.Libc == "musl" }},
		"platform":      {Filter{Platform: "linux/arm/v5"}, "debian python-slim", "golang node", func(b Base) bool { return len(b.Tags) > 0 }},
		"platform of one version": {Filter{Platform: "linux/arm/v7", Language: "java"}, "temurin-jre", "temurin-jre-alpine",
			func(b Base) bool { return b.Language == "java" }},
		"a shell":            {Filter{Shell: &yes}, "distroless-cc-debug ubi-micro", "distroless-cc scratch", func(b Base) bool { return b.Shell }},
		"no shell":           {Filter{Shell: &no}, "distroless-cc scratch", "busybox alpine", func(b Base) bool { return !b.Shell }},
		"family":             {Filter{Family: "hardened"}, "dhi-python wolfi", "python", func(b Base) bool { return b.Family == "hardened" }},
		"no package manager": {Filter{Packages: "none"}, "scratch busybox", "alpine", func(b Base) bool { return b.Packages == "" }},
		"publisher":          {Filter{Publisher: "verified"}, "cuda-runtime", "debian dhi-node", func(b Base) bool { return b.Publisher == "verified" }},
		"what no base is":    {Filter{Libc: "musl", Packages: "apt"}, "", "alpine debian", func(Base) bool { return false }},
	} {
		t.Run(name, func(t *testing.T) {
			var ids []string
			for _, b := range c.Matching(tt.filter) {
				ids = append(ids, b.ID)
				if !tt.everyMatches(b) {
					t.Errorf("%s is there", b.ID)
				}
			}
			for _, id := range strings.Fields(tt.in) {
				if !slices.Contains(ids, id) {
					t.Errorf("%s is not there", id)
				}
			}
			for _, id := range strings.Fields(tt.out) {
				if slices.Contains(ids, id) {
					t.Errorf("%s is there", id)
				}
			}
		})
	}
}

// TestEndings holds the days on which something counts as ended, and as ending soon.
func TestEndings(t *testing.T) {
	rows := []Base{
		{ID: "a", On: "debian 12", EOL: "2026-07-11", Language: "python", Tags: []Tag{{Version: "3.10", EOL: "2026-10-31"}, {Version: "3.14"}}},
		{ID: "b", On: "debian 12", EOL: "2026-07-11"},
		{ID: "c", On: "wolfi", Ref: "x/c:1", Tags: []Tag{{Version: "1", EOL: "2026-11-01"}}},
	}
	debian, python, own := Ending{"debian 12", "2026-07-11", []string{"a", "b"}}, Ending{"python 3.10", "2026-10-31", []string{"a"}}, Ending{"x/c 1", "2026-11-01", []string{"c"}}
	for day, want := range map[string][2][]Ending{
		"2026-04-11": {nil, nil},
		"2026-04-12": {nil, {debian}},
		"2026-07-10": {nil, {debian}},
		"2026-07-11": {{debian}, nil},
		"2026-08-03": {{debian}, {python, own}},
		"2026-10-31": {{debian, python}, {own}},
		"2026-11-01": {{debian, python, own}, nil},
	} {
		past, soon := Endings(rows, day, 90)
		if d := cmp.Diff(want, [2][]Ending{past, soon}); d != "" {
			t.Errorf("%s (-want +got):\n%s", day, d)
		}
	}
}

// TestDetails holds that every fact which was read somewhere says where, for every base, and
// that what was not checked says so.
func TestDetails(t *testing.T) {
	c := Embedded()
	unsourced := []string{"family", "language", "chosen for", "size", "surface"} // scaffold's own words
	for _, b := range c.Bases {
		details := c.Details(b)
		for _, d := range details {
			if _, ok := c.Source(d.Source); ok == slices.Contains(unsourced, d.Name) || d.Value == "" {
				t.Errorf("%s: %+v", b.ID, d)
			}
			if d.Source == "memory" && !d.Doubt {
				t.Errorf("%s: %s is from memory, and is not called doubtful", b.ID, d.Name)
			}
		}
		if len(c.Cited(details)) == 0 {
			t.Errorf("%s cites nothing", b.ID)
		}
	}
}

func TestAbout(t *testing.T) {
	want := []Detail{
		{Name: "base", Value: "node-alpine"}, {Name: "family", Value: "alpine"}, {Name: "published by", Value: "Docker (official)", Source: tagsSource},
		{Name: "libc", Value: "musl 1.2.5", Source: "musl"}, {Name: "shell", Value: "yes"}, {Name: "package manager", Value: "yes"}, {Name: "compiler", Value: "no"},
		{Name: "ends", Value: "node 20 on 2026-04-30, which is past", Source: endsSource}, {Name: "ends", Value: "alpine 3.22 on 2027-05-01", Source: endsSource},
		{Name: "frozen", Value: "node 20 is not built any more", Source: tagsSource},
	}
	if d := cmp.Diff(want, Embedded().About("node:20-alpine3.22@sha256:00", "2026-11-21")); d != "" {
		t.Errorf("about (-want +got):\n%s", d)
	}
	for _, ref := range []string{"registry.example/x:1", "pyton", ""} {
		if got := Embedded().About(ref, "2026-11-21"); got != nil {
			t.Errorf("about %q something is known: %v", ref, got)
		}
	}
}

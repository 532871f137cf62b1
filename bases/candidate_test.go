package bases

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

// small is a catalog of the given bases, which serve Python on both platforms of a test.
func small(rows ...Base) *Catalog {
	c := &Catalog{Languages: []Language{{Name: "python", Default: "3.13", Versions: []Version{{Version: "3.13"}}}}}
	for _, b := range rows {
		b.Language, b.Ref, b.Runs, b.Source, b.Roles = "python", b.ID, []string{"python"}, "src", []string{b.Role}
		if b.Libc == "" {
			b.Libc = "glibc"
		}
		c.Bases = append(c.Bases, b)
	}
	return c
}

// TestBothStagesAgree holds that the libc of the build stage is that of the final stage
// where native code goes from one to the other, whichever comes first by itself.
func TestBothStagesAgree(t *testing.T) {
	both := small(
		Base{ID: "build-glibc", Role: "builder"}, Base{ID: "build-musl", Role: "builder", Libc: "musl", Surface: 1},
		Base{ID: "run-musl", Role: "runtime", Libc: "musl", Family: "alpine"}, Base{ID: "run-glibc", Role: "runtime", Surface: 1, Family: "slim"})
	noMusl := small(Base{ID: "build-glibc", Role: "builder"},
		Base{ID: "run-musl", Role: "runtime", Libc: "musl", Family: "alpine"}, Base{ID: "run-glibc", Role: "runtime", Surface: 1, Family: "slim"})
	for name, c := range map[string]struct {
		catalog          *Catalog
		in               Input
		builder, runtime string
	}{
		"glibc first":                    {both, input("python", func(in *Input) { in.Facts = []profiles.Fact{numpy} }), "build-glibc", "run-glibc"},
		"musl asked for":                 {both, input("python", func(in *Input) { in.Facts = []profiles.Fact{numpy}; in.Base = "alpine" }), "build-musl", "run-musl"},
		"musl preferred":                 {both, input("python", func(in *Input) { in.Facts = []profiles.Fact{numpy}; in.Prefer = "size" }), "build-musl", "run-musl"},
		"nothing native":                 {both, input("python", func(in *Input) { in.Base = "alpine" }), "build-glibc", "run-musl"},
		"no build stage of it":           {noMusl, input("python", func(in *Input) { in.Facts = []profiles.Fact{numpy}; in.Prefer = "size" }), "build-glibc", "run-glibc"},
		"no build stage of it is needed": {noMusl, input("python", func(in *Input) { in.Prefer = "size" }), "build-glibc", "run-musl"},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := Choose(c.catalog, c.in)
			if err != nil {
				t.Fatal(err)
			}
			if got := [2]string{d.Builder.Base.ID, d.Chosen().Base.ID}; got != [2]string{c.builder, c.runtime} {
				t.Errorf("chosen are %v, want %s and %s", got, c.builder, c.runtime)
			}
		})
	}
	var none *NoBaseError
	if _, err := Choose(noMusl, input("python", func(in *Input) { in.Facts = []profiles.Fact{numpy}; in.Base = "alpine" })); !errors.As(err, &none) {
		t.Errorf("error is %v, want that no base fits", err)
	}
}

// TestOneBaseForAllPlatforms holds that a verdict is the worst of the platforms, and that it
// is told for each.
func TestOneBaseForAllPlatforms(t *testing.T) {
	amd := []string{"linux/amd64"}
	d, err := Choose(small(Base{ID: "build", Role: "builder"}, Base{ID: "less", Role: "runtime", Platforms: amd}, Base{ID: "more", Role: "runtime", Surface: 1}), input("python", nil))
	if err != nil {
		t.Fatal(err)
	}
	less := &d.Runtime[1]
	if d.Chosen().Base.ID != "more" || less.Verdict != Out || less.On("linux/amd64") != Fits || less.On("linux/arm64") != Out {
		t.Errorf("chosen is %s; less is %s, on amd64 %s, on arm64 %s", d.Chosen().Base.ID, less.Verdict, less.On("linux/amd64"), less.On("linux/arm64"))
	}
	d, err = Choose(small(Base{ID: "build", Role: "builder", Platforms: amd}, Base{ID: "run", Role: "runtime"}), input("python", nil))
	var none *NoBaseError
	if !errors.As(err, &none) || d.Builder.Verdict != Out || d.Chosen().Base.ID != "run" {
		t.Errorf("a build stage that lacks a platform: error %v", err)
	}
}

// TestCriteria flips what each criterion ranks by, all else being equal.
func TestCriteria(t *testing.T) {
	for _, c := range []struct {
		id           string
		better, less Base
		in           Input
		behind       string
	}{
		{"works", Base{}, Base{Note: "it is slow"}, input("python", nil), "costs more than a"},
		{"supported", Base{EOL: "2027-06-01"}, Base{EOL: "2027-04-01"}, input("python", nil), "gets security fixes until 2027-04-01 only, less than half a year"},
		{"prefer/glibc", Base{Libc: "glibc"}, Base{Libc: "musl"}, input("python", nil), "is of musl, and runtime.prefer puts glibc first"},
		{"prefer/sure", Base{Packages: "apt"}, Base{}, input("python", func(in *Input) { in.Facts = []profiles.Fact{unknown} }), "cannot take in an OS library, should a package need one (runtime.prefer)"},
		{"prefer/policy", Base{Family: "slim"}, Base{Family: "full"}, input("python", func(in *Input) { in.Demands.Families, in.Demands.FamiliesFrom = []string{"slim"}, "p:3" }),
			"its family comes after that of a in the policy's base.prefer (p:3)"},
		{"surface", Base{Surface: 1, Size: 3}, Base{Surface: 2, Size: 1}, input("python", nil), "more to attack and to patch than a"},
		{"size", Base{Size: 1, Surface: 2}, Base{Size: 2, Surface: 1}, input("python", func(in *Input) { in.Prefer = "size" }), "larger than a"},
		{"catalog", Base{}, Base{}, input("python", nil), "as good, and after a in the catalog"},
	} {
		t.Run(c.id, func(t *testing.T) {
			c.better.ID, c.better.Role, c.less.ID, c.less.Role = "a", "runtime", "b", "runtime"
			rows := []Base{{ID: "build", Role: "builder"}, {ID: "build-musl", Role: "builder", Libc: "musl"}, c.less, c.better}
			if c.id == "catalog" {
				rows[2], rows[3] = rows[3], rows[2]
			}
			d, err := Choose(small(rows...), c.in)
			if err != nil {
				t.Fatal(err)
			}
			if b := d.Runtime[1]; d.Chosen().Base.ID != "a" || b.By != c.id || b.Behind != c.behind {
				t.Errorf("chosen is %s, and the other is behind by %s: %q, want %q", d.Chosen().Base.ID, b.By, b.Behind, c.behind)
			}
		})
	}
	for _, c := range Criteria {
		if c.ID == "" || c.Doc == "" || c.of == nil {
			t.Errorf("criterion %q is not whole", c.ID)
		}
	}
}

// TestCosts holds that costs of a kind are added up.
func TestCosts(t *testing.T) {
	c := Candidate{Verdict: Cost, Reasons: []Reason{
		{Verdict: Cost, Fact: "it is slow"},
		{Verdict: Cost, Price: Price{"compiles", "package", "a"}},
		{Verdict: Cost, Price: Price{"installs", "OS package", "tini"}},
		{Verdict: Cost, Price: Price{"compiles", "package", "b"}, Platform: "linux/amd64"},
		{Verdict: Cost, Price: Price{"compiles", "package", "b"}, Platform: "linux/arm64"},
		{Verdict: Fits, Fact: "it runs"},
		{Verdict: Cost, Fact: "no library", Platform: "linux/arm64"},
	}}
	want := []string{"compiles 2 packages: a, b", "installs the OS package tini", "it is slow", "linux/arm64: no library"}
	if d := cmp.Diff(want, c.Costs()); d != "" {
		t.Errorf("costs (-want +got):\n%s", d)
	}
	if got := c.Deciding(); got != "compiles 2 packages: a, b; installs the OS package tini; it is slow; linux/arm64: no library" {
		t.Errorf("deciding is %q", got)
	}
	c.By, c.Behind = "surface", "more to attack"
	if got := c.Deciding(); got != "more to attack" {
		t.Errorf("deciding for its place is %q", got)
	}
	c.Verdict, c.Reasons = Out, append(c.Reasons, Reason{Verdict: Out, Fact: "has no shell"})
	if got := c.Deciding(); got != "has no shell" {
		t.Errorf("deciding for one that is out is %q", got)
	}
}

func TestTraps(t *testing.T) {
	ids := func(traps []Trap) (ids []string) {
		for _, t := range traps {
			ids = append(ids, t.ID)
		}
		return ids
	}
	musl := Candidate{Base: Base{Libc: "musl"}, Ref: "alpine:3.24"}
	for _, c := range []struct {
		name string
		got  []Trap
		want []string
	}{
		{"python on musl", (&Decision{}).Traps(musl, "python"), []string{"musl/thread-stack-python", "musl/allocator", "musl/nss", "musl/resolver"}},
		{"java on musl", (&Decision{}).Traps(musl, "java"), []string{"musl/allocator", "musl/nss", "musl/resolver"}},
		{"static Go on musl", (&Decision{}).Traps(musl, "go"), nil},
		{"cgo on musl", (&Decision{Cgo: true}).Traps(musl, "go"), []string{"musl/thread-stack", "musl/allocator", "musl/nss", "musl/resolver"}},
		{"glibc", (&Decision{}).Traps(Candidate{Base: Base{Libc: "glibc"}, Ref: "gcr.io/distroless/python3-debian13:nonroot"}, "python"), nil},
		{"debian12", (&Decision{}).Traps(Candidate{Ref: "gcr.io/distroless/static-debian12:nonroot"}, "go"), []string{"distroless/debian12"}},
		{"debian12, no tag", (&Decision{}).Traps(Candidate{Ref: "gcr.io/distroless/java21-debian12"}, "java"), []string{"distroless/debian12"}},
		{"writes resolv.conf", TrapsIn(`RUN echo "nameserver 1.1.1.1" > /etc/resolv.conf`, Base{}), []string{"resolv-conf/edit"}},
		{"copies resolv.conf", TrapsIn("COPY resolv.conf /etc/resolv.conf", Base{}), []string{"resolv-conf/edit"}},
		{"reads resolv.conf", TrapsIn("RUN cat /etc/resolv.conf", Base{}), nil},
		{"single-request on musl", TrapsIn("RUN echo options single-request >>/etc/resolv.conf", musl.Base), []string{"musl/resolver", "resolv-conf/edit"}},
		{"single-request on glibc", TrapsIn("ENV RES_OPTIONS=single-request", Base{Libc: "glibc"}), nil},
	} {
		if d := cmp.Diff(c.want, ids(c.got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
	for _, trap := range traps() {
		if trap.Text == "" || trap.Source == "" || len(trap.Date) != len("2026-11-21") || trap.Libc == "" && trap.lines == nil && trap.refs == nil {
			t.Errorf("trap %q is not whole", trap.ID)
		}
	}
	for _, text := range []string{"[[trap]]\nnmae = 1\n", "[[trap]]\nlines = '('\n", "trap"} {
		if _, err := decodeTraps(text); err == nil {
			t.Errorf("%q is decoded without an error", text)
		}
	}
}

package profiles

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sameLock holds that a lock is read the same, errors too, as by the TOML decoder alone;
// it reports whether it was read line by line.
func sameLock(t *testing.T, text string) bool {
	t.Helper()
	for strings.Contains(text, "\r\n") {
		text = strings.ReplaceAll(text, "\r\n", "\n") // which ParseLock takes for line ends
	}
	want, wantErr := parseLock("scaffold.lock", text)
	got, err := ParseLock("scaffold.lock", []byte(text))
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Errorf("the error is %v, want %v, of\n%s", err, wantErr, text)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s\nof\n%s", d, text)
	}
	return readWritten(text) != nil
}

// odd are strings that are not written as they are.
var odd = []string{"", "a", "go.mod", "\n", "\r", "\r\n", "\t", "\x00", "\x01", "\x7f", "\u0085", "\u2028", "é", "\uFFFD", "\xff", "\U0001F600", "\ufeff",
	`"`, `""`, `"""`, `\`, `\\`, `\u0041`, `'''`, " = ", "[x]", "[[file]]", "#", "\n[file]\n", "sha256:" + strings.Repeat("0", 64), "2026-11-21"}

func oddText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(5) {
		b.WriteString(odd[r.IntN(len(odd))])
	}
	return b.String()
}

// oddLock is a lock with whatever its fields can hold; now and then a value has not its form.
func oddLock(r *rand.Rand) *Lock {
	l := &Lock{Format: 1, AsOf: "2026-11-21", Resolved: "2026-11-20", Profile: oddText(r), Catalog: oddText(r), Policy: oddText(r), Template: oddText(r),
		Builder: Decided{oddText(r), oddText(r)}, Runtime: Decided{oddText(r), oddText(r)}}
	if r.IntN(20) == 0 {
		l.AsOf = oddText(r)
	}
	for range r.IntN(3) {
		if l.Digests == nil {
			l.Digests = map[string]string{}
		}
		l.Digests[oddText(r)] = "sha256:" + strings.Repeat("0", 64)
		if r.IntN(20) == 0 {
			l.Digests["a"] = oddText(r)
		}
	}
	for range r.IntN(3) {
		l.Sources = append(l.Sources, Source{oddText(r), oddText(r)})
		l.Facts = append(l.Facts, Fact{oddText(r), oddText(r), oddText(r), oddText(r), r.IntN(99) - r.IntN(3)})
		l.Files = append(l.Files, File{oddText(r), oddText(r)})
	}
	return l
}

// mangled changes a text a little in one place.
func mangled(text string, r *rand.Rand) string {
	at := r.IntN(len(text))
	to := min(len(text), at+r.IntN(30))
	switch r.IntN(4) {
	case 0:
		return text[:at] + text[to:]
	case 1:
		return text[:at] + oddText(r) + text[at:]
	case 2:
		return text[:to] + text[at:]
	}
	return strings.Replace(text, "\n", oddText(r), 1+r.IntN(3))
}

// TestLockIsReadTheSame holds both ways to read a lock to the same, of locks that are odd
// and of texts that are nearly locks.
func TestLockIsReadTheSame(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	lines, decoded := 0, 0
	for range 3000 {
		text := string(oddLock(r).Render())
		for _, text := range []string{text, mangled(text, r)} {
			if sameLock(t, text) {
				lines++
			} else {
				decoded++
			}
		}
	}
	if lines < 1000 || decoded < 1000 {
		t.Errorf("%d locks were read by lines, %d by the decoder", lines, decoded)
	}
}

func FuzzLock(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 2))
	for range 100 {
		f.Add(string(oddLock(r).Render()))
	}
	f.Fuzz(func(t *testing.T, text string) { sameLock(t, text) })
}

// TestLocksAreReadByLines holds that locks as they are written are read the quick way:
// those of the golden cases, and one with every field.
func TestLocksAreReadByLines(t *testing.T) {
	locks, err := filepath.Glob("../golden/cases/*/" + LockName)
	if err != nil || len(locks) == 0 {
		t.Fatalf("golden cases: %v, %v", locks, err)
	}
	for _, name := range locks {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !sameLock(t, string(data)) {
			t.Errorf("%s is not read by lines", name)
		}
	}
	if !sameLock(t, string(full.Render())) {
		t.Error("a lock with every field is not read by lines")
	}
	for i, v := 0, reflect.ValueOf(*full); i < v.NumField(); i++ {
		if v.Field(i).IsZero() {
			t.Errorf("the lock with every field has no %s", v.Type().Field(i).Name)
		}
	}
}

// BenchmarkParseLock reads a lock as it was written.
func BenchmarkParseLock(b *testing.B) {
	data, err := os.ReadFile("../golden/cases/go-scratch/" + LockName)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseLock(LockName, data); err != nil {
			b.Fatal(err)
		}
	}
}

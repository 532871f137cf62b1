package profiles

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// list is a file with a list of tables and a day.
type list struct {
	Name  string `toml:"name" pattern:"name" doc:"A name."`
	Items []item `toml:"item" doc:"Items."`
}

type item struct {
	ID   string    `toml:"id" required:"true" pattern:"name" doc:"Its ID."`
	Day  time.Time `toml:"day" doc:"Its day."`
	Kind string    `toml:"kind" enum:"a,b" doc:"Its kind."`
}

func TestDecodeStrict(t *testing.T) {
	var v list
	keys, err := DecodeStrict("f", []byte("name = \"x\"\n\n[[item]]\nid = \"one\"\nday = 2027-03-31\n\n[[item]]\nid = \"two\"\n"), &v)
	if err != nil {
		t.Fatal(err)
	}
	want := list{Name: "x", Items: []item{{ID: "one", Day: v.Items[0].Day}, {ID: "two"}}}
	if d := cmp.Diff(want, v); d != "" || v.Items[0].Day.Format(time.DateOnly) != "2027-03-31" {
		t.Errorf("day %v, decoded (-want +got):\n%s", v.Items[0].Day, d)
	}
	if !keys.Has("item") || !keys.Has("name") || keys.Has("nam") || keys.Has("name", "x") {
		t.Error("Has says otherwise than the file")
	}
	for _, c := range []struct {
		path []string
		line int
	}{{[]string{"name"}, 1}, {[]string{"item#0", "day"}, 5}, {[]string{"item#1", "id"}, 8}, {[]string{"item#1", "day"}, 7}} {
		if got := keys.Line(c.path...); got != c.line {
			t.Errorf("Line(%v) = %d, want %d", c.path, got, c.line)
		}
	}
}

func TestDecodeStrictRefuses(t *testing.T) {
	const text = "nam = 1\n[[item]]\nid = \"one\"\nday = \"2027-03-31\"\n[[item]]\nday = 2027-03-31T00:00:00Z\nknd = 1\n"
	_, err := DecodeStrict("f", []byte(text), new(list))
	var got Problems
	if !errors.As(err, &got) {
		t.Fatalf("error is %v", err)
	}
	want := Problems{
		{"f", 1, `unknown key "nam"`, `did you mean "name"?`},
		{"f", 4, "item.day is a string; it must be a day", "write it without quotes and without a time, for example 2027-03-31"},
		{"f", 5, `missing key "item.id"`, "add id: Its ID."},
		{"f", 6, "item.day is a date; it must be a day", "write it without quotes and without a time, for example 2027-03-31"},
		{"f", 7, `unknown key "item.knd"`, `did you mean "kind"?`},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}

// TestKeysAreAskedAtOnce holds that the projects of a fleet can ask for lines of the policy
// that they share.
func TestKeysAreAskedAtOnce(t *testing.T) {
	var v list
	keys, err := DecodeStrict("f", []byte("name = \"x\"\n\n[[item]]\nid = \"one\"\n\n[[item]]\nid = \"two\"\n"), &v)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			for path, want := range map[string]int{"name": 1, "item#1 id": 7, "item#0 id": 4} {
				if got := keys.Line(strings.Fields(path)...); got != want {
					t.Errorf("line of %s is %d, want %d", path, got, want)
				}
			}
		})
	}
	all.Wait()
}

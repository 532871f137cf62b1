package verify

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteText(t *testing.T) {
	ok := Result{Profile: "a/scaffold.toml", Platform: "linux/amd64", OK: true, Image: Image{Bytes: 6_500_000}, Seconds: 6.1,
		Checks: []Check{{ID: "build", Status: Pass}, {ID: "run/http", Status: Pass, Detail: "GET /: 200 in 13 ms"}}}
	emulated := ok
	emulated.Platform, emulated.Emulated, emulated.Seconds = "linux/arm64", true, 17.25
	emulated.Checks = []Check{{ID: "build", Status: Pass}, {ID: "run/starts", Status: Pass, Detail: "stayed up"},
		{ID: "run/stop", Status: Skip, Detail: "emulation cannot tell"}}
	broken := Result{Profile: "b/scaffold.toml", Platform: "linux/arm64", Emulated: true, Image: Image{Bytes: 12_000_000}, Seconds: 3,
		Bases: []Base{{Ref: "golang:1.27-trixie", StandIn: true}},
		Checks: []Check{{ID: "build", Status: Pass},
			{ID: "run/http", Status: Fail, Detail: "nothing listens on port 8000", Hint: "set runtime.port = 5000", Output: "listening\non 5000"}}}
	tests := []struct {
		name    string
		results []Result
		color   bool
		want    string
	}{
		{"healthy", []Result{ok, emulated}, false, `
ok    linux/amd64  6.5 MB  GET /: 200 in 13 ms  2 checks  6.1 s
ok    linux/arm64  6.5 MB  stayed up            2 checks  17.2 s  emulated
      skipped run/stop: emulation cannot tell
`},
		{"several profiles, one broken", []Result{ok, broken}, false, `
ok    a/scaffold.toml  linux/amd64  6.5 MB   GET /: 200 in 13 ms  2 checks       6.1 s
FAIL  b/scaffold.toml  linux/arm64  12.0 MB  run/http             1 of 2 checks  3.0 s  emulated
      run/http: nothing listens on port 8000
      | listening
      | on 5000
      hint: set runtime.port = 5000
stand-in bases: golang:1.27-trixie
1 of 2 failed: run/http
`},
		{"colour", []Result{ok}, true, "\n\x1b[32mok  \x1b[0m  linux/amd64  6.5 MB  GET /: 200 in 13 ms  2 checks  6.1 s\n"},
		{"nothing", nil, false, "\n"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := WriteText(&b, tc.results, tc.color); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, "\n"+b.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

package policy

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// hostileReport has what a name, a message and a reason may hold.
var hostileReport = &Report{
	Files: []string{"a/Dockerfile", "a,b:c%\n\x1b[31m/Dockerfile", "clean <&\">/Dockerfile"},
	Findings: []Finding{
		{Rule: "base/deny", Severity: Error, Path: "a/Dockerfile", Line: 3, Msg: "100% <&\"> denied"},
		{Rule: "user/nonroot", Severity: Warning, Path: "a/Dockerfile", Line: 4, Msg: "USER is root"},
		{Rule: "base/support", Severity: Error, Path: "a/Dockerfile", Line: 1, Msg: "old", Waived: "moves <soon>"},
		{Rule: "dockerfile/readable", Severity: Error, Path: "a,b:c%\n\x1b[31m/Dockerfile", Msg: "cannot be read"},
		{Rule: "waiver/expired", Severity: Error, Path: "policy.toml", Line: 9, Msg: "ended"},
	},
}

func written(t *testing.T, format string, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := Formats[format](&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteText(t *testing.T) {
	want := `a/Dockerfile:3: error: 100% <&"> denied [base/deny]
a/Dockerfile:4: warning: USER is root [user/nonroot]
a,b:c% \u001b[31m/Dockerfile: error: cannot be read [dockerfile/readable]
policy.toml:9: error: ended [waiver/expired]
3 Dockerfiles, 3 errors, 1 warning, 1 waived
`
	if d := cmp.Diff(want, written(t, "text", hostileReport)); d != "" {
		t.Errorf("text (-want +got):\n%s", d)
	}
	if d := cmp.Diff("1 Dockerfile, 0 errors, 0 warnings\n", written(t, "text", &Report{Files: []string{"x"}})); d != "" {
		t.Errorf("text (-want +got):\n%s", d)
	}
}

func TestWriteGitHub(t *testing.T) {
	want := `::error file=a/Dockerfile,line=3,title=base/deny::100%25 <&"> denied
::warning file=a/Dockerfile,line=4,title=user/nonroot::USER is root
::error file=a%2Cb%3Ac%25 \u001b[31m/Dockerfile,title=dockerfile/readable::cannot be read
::error file=policy.toml,line=9,title=waiver/expired::ended
`
	if d := cmp.Diff(want, written(t, "github", hostileReport)); d != "" {
		t.Errorf("workflow commands (-want +got):\n%s", d)
	}
}

func TestWriteJSON(t *testing.T) {
	var got struct {
		Schema   int
		Files    []string
		Findings []struct {
			Rule, Severity, Path, Message, Help, Reason string
			Line                                        int
			Waived                                      bool
		}
	}
	dec := json.NewDecoder(strings.NewReader(written(t, "json", hostileReport)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Schema != 1 || len(got.Files) != 3 || len(got.Findings) != 5 {
		t.Fatalf("got %+v", got)
	}
	first, waived := got.Findings[0], got.Findings[2]
	if first.Rule != "base/deny" || first.Severity != "error" || first.Path != "a/Dockerfile" || first.Line != 3 || first.Message != "100% <&\"> denied" ||
		first.Help == "" || first.Waived || !waived.Waived || waived.Reason != "moves <soon>" {
		t.Errorf("got %+v and %+v", first, waived)
	}
	if d := cmp.Diff("{\n  \"schema\": 1,\n  \"files\": [],\n  \"findings\": []\n}\n", written(t, "json", new(Report))); d != "" {
		t.Errorf("an empty report (-want +got):\n%s", d)
	}
}

// TestWriteSARIF holds the log to the schema of OASIS, as the Go module
// github.com/owenrumney/go-sarif/v3 v3.3.1 carries it.
func TestWriteSARIF(t *testing.T) {
	data, err := os.ReadFile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	schema := compile(t, data)
	for _, r := range []*Report{new(Report), hostileReport} {
		if err := validJSON(t, schema, written(t, "sarif", r)); err != nil {
			t.Errorf("the schema says %v", err)
		}
	}
	for old, bad := range map[string]string{`"2.1.0"`: `"2.2"`, `"level": "warning"`: `"level": "fatal"`, `"startLine": 3`: `"startLine": 0`} {
		text := written(t, "sarif", hostileReport)
		if broken := strings.Replace(text, old, bad, 1); broken == text || validJSON(t, schema, broken) == nil {
			t.Errorf("the schema takes %s for %s", bad, old)
		}
	}
	var log sarifLog
	if err := json.Unmarshal([]byte(written(t, "sarif", hostileReport)), &log); err != nil {
		t.Fatal(err)
	}
	results := log.Runs[0].Results
	for _, r := range results {
		if log.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("%s has the index of another rule", r.RuleID)
		}
	}
	if s := results[2].Suppressions; len(s) != 1 || s[0].Why != "moves <soon>" || results[0].Suppressions != nil {
		t.Errorf("suppressions are %+v", s)
	}
	if got := results[3].Locations[0].Physical.Artifact.URI; got != "a,b:c%25%0A%1B%5B31m/Dockerfile" && got != "./a,b:c%25%0A%1B%5B31m/Dockerfile" {
		t.Errorf("uri is %s", got)
	}
}

func TestWriteJUnit(t *testing.T) {
	text := written(t, "junit", hostileReport)
	var got junitSuites
	if err := xml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var lines []string
	for _, s := range got.Suites {
		for _, c := range s.Cases {
			line := s.Name + " | " + c.Name
			if c.Failure != nil {
				line += " | failed: " + c.Failure.Message
			}
			if c.Skipped != nil {
				line += " | skipped: " + c.Skipped.Message
			}
			lines = append(lines, line)
		}
	}
	want := []string{
		`a/Dockerfile | base/deny line 3 | failed: 100% <&"> denied`,
		`a/Dockerfile | user/nonroot line 4 | skipped: warning: USER is root`,
		`a/Dockerfile | base/support line 1 | skipped: waived: moves <soon>`,
		`a,b:c% \u001b[31m/Dockerfile | dockerfile/readable line 0 | failed: cannot be read`,
		`clean <&">/Dockerfile | policy`,
		`policy.toml | waiver/expired line 9 | failed: ended`,
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Errorf("cases (-want +got):\n%s", d)
	}
	if s := got.Suites[0]; s.Tests != 3 || s.Failures != 1 || s.Skipped != 2 {
		t.Errorf("the counts of the first suite are %+v", s)
	}
}

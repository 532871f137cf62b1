package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"scaffold/fleet"
)

// TestREADMETellsWhatCheckSays holds the policy and the report that the README shows to those
// of the script that runs them.
func TestREADMETellsWhatCheckSays(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile("testdata/script/check_readme.txtar")
	if err != nil {
		t.Fatal(err)
	}
	held := 0
	for _, f := range archive.Files {
		if f.Name != "policy.toml" && f.Name != "told" {
			continue
		}
		held++
		if !strings.Contains(string(readme), string(f.Data)) {
			t.Errorf("the README does not hold %s of the script", f.Name)
		}
	}
	if held != 2 {
		t.Errorf("the script holds %d of the two files", held)
	}
}

// TestSizeOfThePolicyReachesVerify holds verify's requests to size.max of the policy, which
// only a built image can break.
func TestSizeOfThePolicyReachesVerify(t *testing.T) {
	const profile = "schema = 1\nname = \"x\"\nstack = \"go/modules\"\n"
	for name, c := range map[string]struct{ profile, policy, want string }{
		"no policy":      {profile + "verify.size = \"1GB\"\n", "", "1GB"},
		"no demand":      {profile, "schema = 1\nname = \"p\"\n", ""},
		"the policy's":   {profile + "verify.size = \"1GB\"\n", "schema = 1\nname = \"p\"\nsize.max = \"250MB\"\n", "250MB"},
		"the profile's":  {profile + "verify.size = \"20MB\"\n", "schema = 1\nname = \"p\"\nsize.max = \"250MB\"\n", "20MB"},
		"waived":         {profile, "schema = 1\nname = \"p\"\nsize.max = \"250MB\"\n[[waiver]]\nrule = \"size/max\"\npath = \"Dockerfile\"\nuntil = 2027-01-01\nreason = \"x\"\n", ""},
		"not a policy":   {profile, "schema = 1\n", "error"},
		"of the profile": {"policy = \"other.toml\"\n" + profile, "schema = 1\nname = \"p\"\nsize.max = \"250MB\"\n", "9MB"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range map[string]string{"scaffold.toml": c.profile, "policy.toml": c.policy, "other.toml": "schema = 1\nname = \"o\"\nsize.max = \"9MB\"\n"} {
				if text == "" {
					continue
				}
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			a := &app{stdout: io.Discard, stderr: io.Discard, now: func() time.Time { return time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC) }}
			got := ""
			if project, err := fleet.Open(dir, "", nil); err != nil {
				got = "error"
			} else {
				a.limitSize(project)
				got = project.Profile.Verify.Size
			}
			if got != c.want {
				t.Errorf("the limit is %q, want %q", got, c.want)
			}
		})
	}
}

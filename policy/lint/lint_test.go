package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheck(t *testing.T) {
	for text, want := range map[string][]string{
		"FROM debian:trixie\nENTRYPOINT [\"a\"]\n":             nil,
		"FROM debian:trixie as b\n":                            {"1 FromAsCasing"},
		"FROM debian:trixie\n\nENTRYPOINT a\n":                 {"3 JSONArgsRecommended"},
		"FROM debian:trixie\nENV TOKEN=x\n":                    {"2 SecretsUsedInArgOrEnv"},
		"FROM debian:trixie\nRUN true\nENV A=$B\nworkdir /a\n": {"3 UndefinedVar", "4 ConsistentInstructionCasing"},
		"FROM debian:trixie\nWORKDIR a\n":                      {"2 WorkdirRelativePath"},
		// A stage that no other uses is checked all the same.
		"FROM debian:trixie AS a\nENV TOKEN=x\nFROM debian:trixie\n": {"2 SecretsUsedInArgOrEnv"},
	} {
		warnings, err := Check(t.Context(), []byte(text))
		if err != nil {
			t.Errorf("Check(%q): %v", text, err)
		}
		var got []string
		for _, w := range warnings {
			if w.Msg == "" || !strings.HasPrefix(w.URL, "https://docs.docker.com/") {
				t.Errorf("Check(%q): incomplete warning %+v", text, w)
			}
			f := strings.Fields(w.String())
			got = append(got, strings.TrimSuffix(f[0], ":")+" "+strings.TrimSuffix(f[1], ":"))
		}
		slices.Sort(got)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("Check(%q) (-want +got):\n%s", text, d)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "parsing the Dockerfile: file with no instructions",
		"FROM scratch\nFROBNICATE\n":           "unknown instruction: FROBNICATE",
		"FROM scratch\nCOPY --from=none a b\n": "",
	} {
		_, err := Check(t.Context(), []byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Check(%q) ends with %v, want %q", text, err, want)
		}
	}
}

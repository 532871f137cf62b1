package policy

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// TestKnowledgeIsWhole holds the data to forms that match something: a pattern that is none
// would match nothing, and nobody would see it.
func TestKnowledgeIsWhole(t *testing.T) {
	k := known()
	for _, patterns := range [][]string{k.Compiler.Packages, k.SecretFile.Names, k.SecretFile.Except} {
		for _, p := range patterns {
			if _, err := path.Match(p, "x"); err != nil || p == "" {
				t.Errorf("%q is no pattern", p)
			}
		}
	}
	for command, words := range k.Download.Words {
		if !slices.Contains(k.Download.Commands, command) || len(words) == 0 {
			t.Errorf("download.words.%s has no effect", command)
		}
	}
	for _, s := range k.SecretTexts {
		if s.Name == "" || !strings.HasPrefix(s.URL, "https://") {
			t.Errorf("%+v is not whole", s)
		}
	}
	for _, text := range []string{
		"AKIAIOSFODNN7EXAMPLE", "github_pat_" + strings.Repeat("a", 60), "glpat-" + strings.Repeat("a", 20), "xoxb-" + strings.Repeat("1", 12),
		"sk_live_" + strings.Repeat("a", 24), "AIza" + strings.Repeat("a", 35), "npm_" + strings.Repeat("a", 36), "pypi-" + strings.Repeat("a", 40),
		"-----BEGIN OPENSSH PRIVATE KEY-----", "https://a:b@c/",
	} {
		if k.secretIn(text) == "" {
			t.Errorf("%q is no secret", text)
		}
	}
	for _, text := range []string{"AKIA", "-----BEGIN PUBLIC KEY-----", "https://a.b:80/@c", "https://$U:$P@c/", "git@github.com:a/b", "http://a:{{.P}}@c"} {
		if kind := k.secretIn(text); kind != "" {
			t.Errorf("%q is %s", text, kind)
		}
	}
}

func TestDecodeKnowledgeRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"fetcher = []\n":                     "unknown keys [fetcher]",
		"fetchers = 1\n":                     "decoding what the rules know",
		"[[secret_text]]\npattern = \"(\"\n": "missing closing )",
	} {
		if _, err := decodeKnowledge(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("decodeKnowledge(%q) = %v, want an error with %q", text, err, want)
		}
	}
}

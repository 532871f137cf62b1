package policy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"scaffold/profiles"
)

const head = "schema = 1\nname = \"acme\"\n"

// example is the policy of the design, whole.
const example = `schema = 1
name = "acme-2026-11"
[registry]
allow   = ["docker.io/library/*", "gcr.io/distroless/*"]
rewrite = { "docker.io/library" = "registry.acme.example/hub" }
[base]
prefer = ["scratch", "distroless", "slim"]
deny   = ["alpine"]
digest = "required"
min_support_days = 90
max_pin_age_days = 31
[syntax]
image = "registry.acme.example/hub/docker/dockerfile:1"
[user]
nonroot = true
[labels]
required = ["org.opencontainers.image.source"]
[size]
max = "250MB"
[trust]
ca = "certs/acme.pem"
[[waiver]]
rule   = "base/support"
path   = "legacy/**"
until  = 2027-03-31
reason = "moves with the 2027 rewrite"
`

func TestParseExample(t *testing.T) {
	yes, ninety, month := true, 90, 31
	got, err := Parse("policy.toml", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	want := &Policy{
		Schema: 1, Name: "acme-2026-11",
		Registry: Registry{Allow: []string{"docker.io/library/*", "gcr.io/distroless/*"}, Rewrite: map[string]string{"docker.io/library": "registry.acme.example/hub"}},
		Base:     Base{Prefer: []string{"scratch", "distroless", "slim"}, Deny: []string{"alpine"}, Digest: "required", MinSupportDays: &ninety, MaxPinAgeDays: &month},
		Syntax:   Syntax{Image: "registry.acme.example/hub/docker/dockerfile:1"},
		User:     User{Nonroot: &yes}, Labels: Labels{Required: []string{"org.opencontainers.image.source"}},
		Size: Size{Max: "250MB"}, Trust: Trust{CA: "certs/acme.pem"},
		Waivers: []Waiver{{Rule: "base/support", Path: "legacy/**", Until: got.Waivers[0].Until, Reason: "moves with the 2027 rewrite"}},
	}
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Policy{}, Waiver{})); d != "" {
		t.Errorf("policy (-want +got):\n%s", d)
	}
	if w := got.Waivers[0]; w.Until.Format(time.DateOnly) != "2027-03-31" || w.line != 22 || w.file != "policy.toml" {
		t.Errorf("the waiver is %+v", w)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string // messages and hints, a line each
	}{
		"unknown keys": {head + "[bsae]\ndeny = []\n[base]\nmin_suport_days = 3\n", `policy.toml:3: unknown key "bsae"
  hint: did you mean "base"?
policy.toml:6: unknown key "base.min_suport_days"
  hint: did you mean "min_support_days"?`},
		"wrong types": {head + "base.deny = \"alpine\"\nuser.nonroot = \"yes\"\nlabels.required = [1]\nbase.min_support_days = -1\n", `policy.toml:3: base.deny is a string; it must be a list
  hint: Bases that must not be used: families, names, libcs or repositories.
policy.toml:4: user.nonroot is a string; it must be true or false
  hint: true: the final image runs as a numeric user other than 0. false: it need not.
policy.toml:5: labels.required holds a whole number; it must hold strings
  hint: Labels that the final image has.
policy.toml:6: base.min_support_days is -1; it must be between 0 and 2147483647`},
		"no name, newer schema": {"schema = 2\n", `policy.toml: missing key "name"
  hint: add name: Name of the policy, for example acme-2026-11.`},
		"newer schema": {"schema = 2\nname = \"x\"\n", "policy.toml:1: schema is 2; this scaffold reads 1\n  hint: a newer scaffold may read it"},
		"an enum":      {head + "base.digest = \"require\"\n", "policy.toml:3: base.digest is \"require\"\n  hint: did you mean \"required\"?"},
		"a base that is none": {head + "base.deny = [\"alpin\", \"docker.io/library/x\", \"mariner\"]\n", `policy.toml:3: base.deny: "alpin" is no family, libc or base of the catalog
  hint: did you mean "alpine"?
policy.toml:3: base.deny: "mariner" is no family, libc or base of the catalog
  hint: for an image that the catalog does not know write its repository: docker.io/library/mariner`},
		"allowed and denied": {head + "[base]\nallow = [\"slim\", \"alpine\"]\ndeny = [\"alpine\"]\nprefer = [\"slim\", \"slim\"]\n", `policy.toml:5: base.deny and base.allow both have "alpine"
  hint: keep one
policy.toml:6: base.prefer has "slim" twice`},
		"preferred and denied": {head + "[base]\ndeny = [\"alpine\"]\nprefer = [\"alpine\"]\n", "policy.toml:5: base.prefer has \"alpine\", which base.deny has, too\n  hint: keep one"},
		"nothing allowed": {head + "base.allow = []\nregistry.allow = []\n", `policy.toml:3: base.allow is empty: no base would be allowed
  hint: delete the line to allow every base
policy.toml:4: registry.allow is empty: no image would be allowed
  hint: delete the line to allow every registry`},
		"a rewrite that loops": {head + "[registry.rewrite]\n\"docker.io\" = \"a.example/x\"\n\"a.example\" = \"docker.io\"\n", `policy.toml:4: registry.rewrite: the target a.example/x is rewritten again, to docker.io/x
  hint: name the last registry itself
policy.toml:4: registry.rewrite loops: docker.io -> a.example -> docker.io
  hint: let it end at a registry that is not rewritten
policy.toml:5: registry.rewrite: the target docker.io is rewritten again, to a.example/x
  hint: name the last registry itself
policy.toml:5: registry.rewrite loops: a.example -> docker.io -> a.example
  hint: let it end at a registry that is not rewritten`},
		"a rewrite into itself": {head + "registry.rewrite = { \"docker.io\" = \"docker.io/mirror\" }\n", `policy.toml:3: registry.rewrite loops: docker.io -> docker.io
  hint: let it end at a registry that is not rewritten`},
		"pins": {head + "base.digest = \"forbidden\"\nbase.max_pin_age_days = 3\nsyntax.image = \"x/y@sha256:0\"\n", `policy.toml:4: base.max_pin_age_days has no effect with base.digest = "forbidden"
  hint: delete one of them
policy.toml:5: syntax.image has a digest, and base.digest is "forbidden"
  hint: name it by its tag`},
		"labels": {head + "[labels]\nrequired = [\"a.b\"]\nforbidden = [\"a.*\"]\n", "policy.toml:5: labels.forbidden \"a.*\" covers \"a.b\", which labels.required has\n  hint: keep one"},
		"rules": {head + "user.nonroot = true\n[rules]\n\"user/nonroot\" = \"off\"\n\"base/deny\" = \"warning\"\n\"user/non-root\" = \"off\"\n\"run/unreadable\" = \"fatal\"\n", `policy.toml:8: rules.run/unreadable is "fatal"
  hint: it takes: off, warning, error`},
		"rules against keys": {head + "user.nonroot = true\n[rules]\n\"user/nonroot\" = \"off\"\n\"base/deny\" = \"warning\"\n\"user/non-root\" = \"off\"\n", `policy.toml:5: rules: "user/nonroot" is off, and another key of the policy asks for it
  hint: delete one of them
policy.toml:6: rules: "base/deny" has no effect, for the policy does not ask for it
  hint: set the key that the rule judges by; scaffold policy rules --doc names it
policy.toml:7: rules: there is no rule "user/non-root"
  hint: did you mean "user/nonroot"?`},
		"waivers": {head + "[[waiver]]\nrule = \"base/suport\"\npath = \"a\"\nuntil = 2027-01-01\nreason = \"x\"\n[[waiver]]\nrule = \"waiver/expired\"\npath = \"a\"\nuntil = 2027-01-01\nreason = \"x\"\n", `policy.toml:3: waiver: there is no rule "base/suport"
  hint: did you mean "base/support"?
policy.toml:8: waiver: "waiver/expired" cannot be waived
  hint: move the end of the waiver that it is about`},
		"a waiver without end and reason": {head + "[[waiver]]\nrule = \"base/support\"\npath = \"a\"\nuntil = 2027-01-01\nreason = \"x\"\n[[waiver]]\nrule = \"base/support\"\npath = \"a\"\nreason = \" \"\n[[waiver]]\nrule = \"base/support\"\npath = \"/a\"\nuntil = \"2027-01-01\"\n", `policy.toml:8: missing key "waiver.until"
  hint: add until: Last day on which it holds.
policy.toml:11: waiver.reason is " "
  hint: it must be one line of text, not empty
policy.toml:12: missing key "waiver.reason"
  hint: add reason: Why, for whoever reads it later.
policy.toml:14: waiver.path is "/a"
  hint: it must be a path relative to the repository, with * and ** where any name does
policy.toml:15: waiver.until is a string; it must be a day
  hint: write it without quotes and without a time, for example 2027-03-31`},
		"absolute CA":  {head + "trust.ca = \"/etc/ca.pem\"\n", "policy.toml:3: trust.ca \"/etc/ca.pem\" is an absolute path\n  hint: write it relative to the policy"},
		"extends":      {head + "extends = \"base.toml\"\n", "policy.toml:3: extends: there is no folder to read \"base.toml\" from"},
		"no TOML":      {"\x00\xff", "policy.toml:1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8"},
		"deep nesting": {"a" + strings.Repeat(".a", 100) + " = 1\n", "policy.toml:1: nests deeper than 64 levels\n  hint: no key of a profile has more than four parts"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Parse("policy.toml", []byte(c.text))
			var problems profiles.Problems
			if p != nil || !errors.As(err, &problems) {
				t.Fatalf("Parse = %v, %v", p, err)
			}
			if d := cmp.Diff(c.want, problems.Error()); d != "" {
				t.Errorf("problems (-want +got):\n%s", d)
			}
		})
	}
}

// folder writes files and opens the folder.
func folder(t *testing.T, files map[string]string) *os.Root {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root
}

func same(name string) string { return name }

func TestExtends(t *testing.T) {
	root := folder(t, map[string]string{
		"team/policy.toml": "schema = 1\nname = \"team\"\nextends = \"../org/base.toml\"\nuser.nonroot = false\nbase.deny = []\n[registry.rewrite]\n\"ghcr.io\" = \"r.example/ghcr\"\n[[waiver]]\nrule = \"base/deny\"\npath = \"a\"\nuntil = 2027-01-01\nreason = \"team\"\n",
		"org/base.toml":    "schema = 1\nname = \"org\"\nextends = \"world.toml\"\nuser.nonroot = true\nbase.deny = [\"alpine\"]\nbase.digest = \"required\"\ntrust.ca = \"ca.pem\"\n[registry.rewrite]\n\"ghcr.io\" = \"r.example/other\"\n\"docker.io\" = \"r.example/hub\"\n",
		"org/world.toml":   "schema = 1\nname = \"world\"\nbase.digest = \"optional\"\nbase.min_support_days = 0\nhealth.required = true\n[[waiver]]\nrule = \"base/allow\"\npath = \"b\"\nuntil = 2027-01-01\nreason = \"world\"\n",
		"org/ca.pem":       "",
	})
	got, err := Load(root, "team/policy.toml", same)
	if err != nil {
		t.Fatal(err)
	}
	yes, no, zero := true, false, 0
	want := &Policy{
		Schema: 1, Name: "team", Extends: "../org/base.toml",
		Registry: Registry{Rewrite: map[string]string{"ghcr.io": "r.example/ghcr", "docker.io": "r.example/hub"}},
		Base:     Base{Deny: []string{}, Digest: "required", MinSupportDays: &zero},
		User:     User{Nonroot: &no}, Health: Health{Required: &yes}, Trust: Trust{CA: "org/ca.pem"},
		Waivers: []Waiver{{Rule: "base/deny", Path: "a", Reason: "team", file: "team/policy.toml", line: 8}, {Rule: "base/allow", Path: "b", Reason: "world", file: "org/world.toml", line: 6}},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Waiver{}), cmpopts.IgnoreUnexported(Policy{}), cmpopts.IgnoreFields(Waiver{}, "Until")); d != "" {
		t.Errorf("policy (-want +got):\n%s", d)
	}
}

func TestExtendsRefuses(t *testing.T) {
	extends := func(file string) string { return head + "extends = \"" + file + "\"\n" }
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"itself":          {map[string]string{"p.toml": extends("p.toml")}, "p.toml:3: extends goes round in a circle: p.toml -> p.toml\n  hint: delete one of the lines"},
		"a circle":        {map[string]string{"p.toml": extends("a/b.toml"), "a/b.toml": extends("../p.toml")}, "a/b.toml:3: extends goes round in a circle: p.toml -> a/b.toml -> p.toml\n  hint: delete one of the lines"},
		"outside":         {map[string]string{"p.toml": extends("../../etc/passwd")}, "p.toml:3: extends: \"../../etc/passwd\" leads out of the repository\n  hint: keep the policy that it extends in the same repository"},
		"absolute":        {map[string]string{"p.toml": extends("/etc/passwd")}, "p.toml:3: extends: \"/etc/passwd\" leads out of the repository\n  hint: keep the policy that it extends in the same repository"},
		"missing":         {map[string]string{"p.toml": extends("b.toml")}, "p.toml:3: extends: b.toml: no such file or directory"},
		"a folder":        {map[string]string{"p.toml": extends("d"), "d/x": ""}, "d: is no regular file"},
		"broken":          {map[string]string{"p.toml": extends("b.toml"), "b.toml": head + "x = 1\n"}, "b.toml:3: unknown key \"x\"\n  hint: there are: schema, name, extends, registry, base, syntax, user, shell, package_manager, compiler, health, labels, size, trust, rules, waiver"},
		"a contradiction": {map[string]string{"p.toml": extends("b.toml") + "base.allow = [\"alpine\"]\n", "b.toml": head + "\nbase.deny = [\"alpine\"]\n"}, "b.toml:4: base.deny and base.allow both have \"alpine\"\n  hint: keep one"},
		"no CA":           {map[string]string{"p.toml": head + "trust.ca = \"ca.pem\"\n"}, "p.toml:3: trust.ca: there is no file \"ca.pem\" in the repository\n  hint: write its path relative to the policy"},
		"too large":       {map[string]string{"p.toml": strings.Repeat("#", profiles.MaxSize+1)}, "p.toml: is larger than 65536 bytes\n  hint: is it the right file?"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Load(folder(t, c.files), "p.toml", same)
			if p != nil || err == nil {
				t.Fatalf("Load = %v, %v", p, err)
			}
			if d := cmp.Diff(c.want, err.Error()); d != "" {
				t.Errorf("error (-want +got):\n%s", d)
			}
		})
	}
	if _, err := Load(folder(t, nil), "p.toml", same); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing policy gives %v", err)
	}
}

// A link out of the folder is not followed, and a long chain ends.
func TestExtendsStaysInside(t *testing.T) {
	root := folder(t, map[string]string{"p.toml": head + "extends = \"link.toml\"\n"})
	if err := os.Symlink("/etc/passwd", filepath.Join(root.Name(), "link.toml")); err != nil {
		t.Skip("there are no links here:", err)
	}
	if _, err := Load(root, "p.toml", same); err == nil || !strings.Contains(err.Error(), "link.toml: is outside") {
		t.Errorf("a link out gives %v", err)
	}
	files := map[string]string{}
	for i := range 30 {
		files[strings.Repeat("x", i+1)] = head + "extends = \"" + strings.Repeat("x", i+2) + "\"\n"
	}
	if _, err := Load(folder(t, files), "x", same); err == nil || !strings.Contains(err.Error(), "more than 16 policies extend each other") {
		t.Errorf("a long chain gives %v", err)
	}
}

// TestREADMEPolicy holds the policy that the README shows to the decoder and the schema.
func TestREADMEPolicy(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "### Hold Dockerfiles to a policy")
	_, block, _ := strings.Cut(rest, "```toml\n")
	block, _, found := strings.Cut(block, "```")
	if !found {
		t.Fatal("the README shows no policy")
	}
	if _, err := Parse("README.md", []byte(block)); err != nil {
		t.Error(err)
	}
	if err := validates(t, compiled(t), block); err != nil {
		t.Errorf("the schema says %v", err)
	}
}

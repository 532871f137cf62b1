package fleet

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"scaffold/bases"
	"scaffold/generator"
	"scaffold/policy"
	"scaffold/profiles"
)

// choices are keys of a policy with values, one of which a random policy may have.
var choices = map[string][]string{
	"[registry]\nallow = %s\n":        {`["docker.io/library/*", "gcr.io/distroless/*"]`, `["docker.io/**", "gcr.io/**"]`, `["gcr.io/distroless/*"]`},
	"[registry.rewrite]\n%s\n":        {`"docker.io/library" = "registry.acme.example/hub"`, `"docker.io" = "r.example:5000/docker"`, `"gcr.io" = "r.example/gcr"`},
	"[base]\n%s\n":                    {`prefer = ["scratch", "distroless", "slim"]`, `prefer = ["full", "slim"]`, `deny = ["alpine"]`, `deny = ["musl", "distroless"]`, `allow = ["glibc", "scratch"]`, `deny = ["slim"]`, `min_support_days = 90`, `min_support_days = 900`, `digest = "forbidden"`, `digest = "required"`, "deny = [\"scratch\"]\nprefer = [\"slim\"]\ndigest = \"optional\""},
	"[syntax]\nimage = %s\n":          {`"none"`, `"registry.acme.example/hub/docker/dockerfile:1"`, `"docker/dockerfile:1"`},
	"[user]\nnonroot = %s\n":          {"true", "false"},
	"[shell]\nallow = %s\n":           {"true", "false"},
	"[package_manager]\nallow = %s\n": {"true", "false"},
	"[compiler]\nallow = %s\n":        {"true", "false"},
	"[health]\nrequired = %s\n":       {"true"},
	"[labels]\n%s\n":                  {`required = ["org.opencontainers.image.source"]`, `forbidden = ["org.opencontainers.image.*"]`, `forbidden = ["maintainer"]`},
	"[trust]\nca = %s\n":              {`"certs/acme.pem"`},
	"[[waiver]]\nrule = %s\npath = \"**\"\nuntil = 2026-12-31\nreason = \"r\"\n": {`"base/deny"`, `"user/nonroot"`, `"labels/required"`, `"base/support"`},
}

func randomPolicy(r *rand.Rand) string {
	text := "schema = 1\nname = \"p\"\n"
	for _, form := range slices.Sorted(maps.Keys(choices)) {
		if r.IntN(4) == 0 {
			values := choices[form]
			text += fmt.Sprintf(form, values[r.IntN(len(values))])
		}
	}
	return text
}

// stacks are projects by what their files hold.
var stacks = []map[string]string{
	{"go.mod": "module m\n\ngo 1.26\n"},
	{"go.mod": "module m\n\ngo 1.26\n\nrequire github.com/mattn/go-sqlite3 v1.14.22\n", "go.sum": ""},
	{"requirements.txt": ""},
	{"requirements.txt": "numpy==2.3.1\nsome-package==1\n"},
	{"pom.xml": "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><properties><maven.compiler.release>21</maven.compiler.release></properties></project>"},
}

func randomProfile(r *rand.Rand, stack map[string]string) string {
	name, runtime := "go/modules", ""
	switch {
	case stack["pom.xml"] != "":
		name, runtime = "java/maven", "command = [\"java\", \"-jar\", \"a.jar\"]\n"
	case stack["go.mod"] == "":
		name, runtime = "python/pip", "command = [\"python\", \"main.py\"]\n"
	}
	pick := func(texts ...string) string { return texts[r.IntN(len(texts))] }
	runtime += pick("", "user = \"root\"\n", "user = \"1000:1000\"\n") + pick("", "shell = true\n") + pick("", "prefer = \"size\"\n") +
		pick("", "", "base = \"slim\"\n", "base = \"debian:trixie-slim\"\n") + pick("", "port = 8080\n", "port = 8080\nhealth = \"/healthz\"\n", "health = [\"/bin/x\"]\n")
	image := pick("", "[image]\nlabels = { \"org.opencontainers.image.source\" = \"https://example.org/x\" }\n", "[image]\nlabels = { maintainer = \"me\" }\n", "[image]\ndebug = true\n")
	return "schema = 1\nname = \"x\"\nstack = \"" + name + "\"\n" + image + "[runtime]\n" + runtime
}

// TestPolicyHolds generates random projects under random policies: what is generated is clean
// under the policy that it was generated under, and does not drift; what is refused is
// refused because of the policy or of the profile's own keys.
func TestPolicyHolds(t *testing.T) {
	ca, err := os.ReadFile("../golden/cases/go-ca/certs/acme.pem")
	if err != nil {
		t.Fatal(err)
	}
	generated, refused := 0, map[string]int{}
	for seed := range uint64(800) {
		r := rand.New(rand.NewPCG(seed, 4))
		dir := t.TempDir()
		stack := stacks[r.IntN(len(stacks))]
		for name, text := range stack {
			put(t, dir, name, text)
		}
		put(t, dir, ".git/HEAD", "ref: refs/heads/main\n")
		put(t, dir, "certs/acme.pem", string(ca))
		own := randomProfile(r, stack)
		put(t, dir, profiles.FileName, own)
		for range 3 { // the same project under one policy after the other
			rules := randomPolicy(r)
			put(t, dir, policy.FileName, rules)
			why, err := generateClean(t, dir)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s\n%s", seed, err, rules, own)
			}
			refused[why]++
			if why == "" {
				generated++
				meddle(t, dir, r)
			}
		}
	}
	delete(refused, "")
	t.Logf("%d generated; refused: %v", generated, refused)
	if generated < 500 {
		t.Errorf("only %d were generated", generated)
	}
}

// generateClean generates in dir and holds the result to the policy and to be current. why
// says what refused, if something rightly did.
func generateClean(t *testing.T, dir string) (why string, err error) {
	p, err := Open(dir, "", nil)
	if err != nil {
		return fmt.Sprintf("%T", err), nil // a policy that contradicts itself
	}
	plan, err := p.Plan(today)
	if err != nil {
		if why := whyRefused(err); why != "" {
			return why, nil
		}
		return "", err
	}
	_, err = plan.Apply(t.Context(), Merge)
	var conflict *ConflictError
	if errors.As(err, &conflict) {
		_, err = plan.Apply(t.Context(), Keep)
	}
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(dir, "Dockerfile"))
	if err != nil {
		return "", err
	}
	if generator.OriginOf(string(text)) == generator.Edited {
		return "", stays(dir) // a person may write what a policy forbids
	}
	for _, f := range p.Policy.Judge(policy.Subject{Path: "Dockerfile", Rel: "Dockerfile", Text: text, Lock: plan.Lock, Today: today}) {
		if f.Waived == "" && !(f.Rule == "user/nonroot" && f.Severity == policy.Warning) { // a root that nobody forbids
			return "", fmt.Errorf("Dockerfile:%d: %s [%s]\n%s", f.Line, f.Msg, f.Rule, text)
		}
	}
	return "", stays(dir)
}

// stays holds a project that was just generated to have no drift.
func stays(dir string) error {
	again, err := Open(dir, "", nil)
	if err != nil {
		return err
	}
	plan, err := again.Plan("2030-01-01")
	if err != nil {
		return err
	}
	if plan.Drift() != DriftNone {
		return fmt.Errorf("after generating: %v", plan.Drift())
	}
	return nil
}

var imageLine = regexp.MustCompile(`(?m)^(FROM (?:--platform=\S+ )?[^\s@]+:[^\s@]+)(?:@\S+)?`)

// meddle does to a Dockerfile what people and bots do, or nothing.
func meddle(t *testing.T, dir string, r *rand.Rand) {
	t.Helper()
	file := filepath.Join(dir, "Dockerfile")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if r.IntN(3) == 0 { // a bot moves digests
		digest := fmt.Sprintf("@sha256:%064x", r.Uint64())
		text = imageLine.ReplaceAllString(text, "${1}"+digest)
	}
	if lines := strings.SplitAfter(text, "\n"); r.IntN(3) == 0 { // a person adds a line
		at := 4 + r.IntN(len(lines)-4)
		text = strings.Join(slices.Insert(lines, at, "# by hand\n"), "")
	}
	put(t, dir, "Dockerfile", text)
}

func whyRefused(err error) string {
	var (
		breach  *PolicyError
		digest  *generator.DigestError
		noBase  *bases.NoBaseError
		version *bases.VersionError
		keys    profiles.Problems
	)
	switch {
	case errors.As(err, &breach):
		return "breach"
	case errors.As(err, &digest):
		return "digest"
	case errors.As(err, &noBase):
		if noBase.ByPolicy() {
			return "no base by policy"
		}
		return "no base"
	case errors.As(err, &version):
		return "version"
	case errors.As(err, &keys) && strings.Contains(err.Error(), "image.debug"), errors.As(err, &keys) && strings.Contains(err.Error(), "health"):
		return "key"
	}
	return ""
}

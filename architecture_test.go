package scaffold

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImportsPointOneWay holds the direction of imports: a package may use only those
// named here and what they use. cmd stands above all.
func TestImportsPointOneWay(t *testing.T) {
	allowed := map[string][]string{
		"scaffold":                           {},
		"scaffold/profiles":                  {},
		"scaffold/profiles/detect":           {"scaffold/profiles", "scaffold/profiles/maven", "scaffold/profiles/node"},
		"scaffold/profiles/maven":            {"scaffold/profiles"},
		"scaffold/profiles/node":             {"scaffold/profiles"},
		"scaffold/templates":                 {},
		"scaffold/evidence":                  {"scaffold/evidence/pylocks", "scaffold/evidence/wheels", "scaffold/profiles", "scaffold/profiles/maven", "scaffold/profiles/node"},
		"scaffold/evidence/markers":          {"scaffold/evidence/wheels"},
		"scaffold/evidence/pylocks":          {"scaffold/evidence/markers", "scaffold/evidence/wheels"},
		"scaffold/evidence/wheels":           {},
		"scaffold/bases/registry":            {},
		"scaffold/bases/upstream":            {"scaffold/bases"},
		"scaffold/bases":                     {"scaffold/evidence", "scaffold/evidence/wheels", "scaffold/profiles", "scaffold/profiles/maven"},
		"scaffold/policy":                    {"scaffold/bases", "scaffold/profiles"},
		"scaffold/policy/lint":               {},
		"scaffold/generator":                 {"scaffold/bases", "scaffold/evidence", "scaffold/policy", "scaffold/profiles", "scaffold/profiles/maven", "scaffold/profiles/node", "scaffold/templates"},
		"scaffold/merge":                     {},
		"scaffold/fleet":                     {"scaffold/bases", "scaffold/evidence", "scaffold/generator", "scaffold/merge", "scaffold/policy", "scaffold/profiles"},
		"scaffold/fleet/fleettest":           {"scaffold/fleet", "scaffold/profiles"},
		"scaffold/golden":                    {"scaffold/fleet", "scaffold/policy", "scaffold/policy/lint", "scaffold/profiles"},
		"scaffold/fleet/update":              {"scaffold/bases", "scaffold/bases/registry", "scaffold/fleet", "scaffold/generator", "scaffold/profiles"},
		"scaffold/verify":                    {"scaffold/bases/registry", "scaffold/profiles", "scaffold/verify/prober"},
		"scaffold/verify/prober":             {},
		"scaffold/verify/builder":            {"scaffold", "scaffold/bases/registry"},
		"scaffold/verify/builder/enginetest": {},
		"scaffold/verify/probers":            {},
		"scaffold/verify/standin":            {},
	}
	for _, line := range lines(t, "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...") {
		pkg, imports, _ := strings.Cut(line, " ")
		if strings.HasPrefix(pkg, "scaffold/cmd/") {
			continue
		}
		ok, known := allowed[pkg]
		if !known {
			t.Errorf("%s: say in this test what it may import", pkg)
		}
		for _, i := range strings.Fields(imports) {
			if (i == "scaffold" || strings.HasPrefix(i, "scaffold/")) && !slices.Contains(ok, i) {
				t.Errorf("%s imports %s", pkg, i)
			}
		}
	}
}

// TestGeneratingIsOffline holds that nothing which generates can reach a network or a
// builder: neither the HTTP client nor BuildKit's is in the dependencies.
func TestGeneratingIsOffline(t *testing.T) {
	for _, dep := range lines(t, "list", "-deps", "./generator", "./fleet", "./profiles/detect") {
		if dep == "net/http" || strings.HasPrefix(dep, "github.com/moby/buildkit/client") || strings.HasPrefix(dep, "google.golang.org/grpc") {
			t.Errorf("generating depends on %s", dep)
		}
	}
}

// TestProberIsStandardLibraryOnly holds the prober small and quick: it runs inside every
// image under test.
func TestProberIsStandardLibraryOnly(t *testing.T) {
	for _, dep := range lines(t, "list", "-deps", "./verify/prober") {
		if first, _, _ := strings.Cut(dep, "/"); strings.Contains(first, ".") {
			t.Errorf("the prober depends on %s", dep)
		}
	}
}

func lines(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

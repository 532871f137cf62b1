package fleettest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"scaffold/profiles"
)

// A project is one to be written.
type project struct {
	dir, name string
	files     files // relative to dir
	rand      *rand.Rand
	profile   profile
}

// A profile is the text of a scaffold.toml in the making: lines by table.
type profile struct{ top, build, runtime, image, verify []string }

func (p *profile) text() string {
	var b strings.Builder
	b.WriteString(strings.Join(p.top, "\n") + "\n")
	for _, t := range []struct {
		name  string
		lines []string
	}{{"build", p.build}, {"runtime", p.runtime}, {"image", p.image}, {"verify", p.verify}} {
		if len(t.lines) > 0 {
			b.WriteString("\n[" + t.name + "]\n" + strings.Join(t.lines, "\n") + "\n")
		}
	}
	return b.String()
}

func add(lines *[]string, format string, args ...any) {
	*lines = append(*lines, fmt.Sprintf(format, args...))
}

var (
	things = []string{"orders", "billing", "ledger", "search", "catalog", "mailer", "auth", "gateway", "reports", "stock", "quotes", "media"}
	kinds  = []string{"api", "worker", "sync", "admin", "feed", "proxy"}
	areas  = []string{"payments", "logistics", "identity", "web", "data", "platform"}
)

// stacks draws a project of each stack; the share of each is its number of entries.
var stacks = []func(*project){goProject, goProject, goProject, goProject, pythonProject, pythonProject, pythonProject, javaProject, javaProject, javaProject}

// draw makes project i of the fleet that seed stands for.
func draw(seed uint64, i int) *project {
	p := &project{rand: rand.New(rand.NewPCG(seed, uint64(i))), files: files{}}
	p.name = p.one(things) + "-" + p.one(kinds)
	p.dir = fmt.Sprintf("teams/team-%03d/%s/%s-%06d", i/40, p.one(areas), p.name, i)
	if p.chance(20) { // deeper than most
		p.dir = fmt.Sprintf("teams/team-%03d/%s/services/%s/%s-%06d", i/40, p.one(areas), p.one(things), p.name, i)
	}
	stack := stacks[p.rand.IntN(len(stacks))]
	add(&p.profile.top, "schema = 1\nname   = %q", p.name)
	stack(p)
	p.common(i)
	p.files[profiles.FileName] = p.profile.text()
	p.files["README.md"] = "# " + p.name + "\n"
	return p
}

// chance is true in percent of all cases.
func (p *project) chance(percent int) bool { return p.rand.IntN(100) < percent }

func (p *project) one(of []string) string { return of[p.rand.IntN(len(of))] }

// common draws what profiles of every stack have.
func (p *project) common(i int) {
	if p.chance(10) {
		add(&p.profile.runtime, "user = \"%d:%d\"", 1000+i%500, 1000+i%500)
	}
	if p.chance(20) {
		add(&p.profile.runtime, "needs = [\"ca-certificates\"]")
	}
	if p.chance(15) {
		add(&p.profile.image, "platforms = [\"linux/amd64\"]")
	}
	if p.chance(70) {
		add(&p.profile.image, `labels = { "org.opencontainers.image.source" = "https://git.example/%s", "com.example.team" = "team-%03d" }`, p.dir, i/40)
	}
	if p.chance(30) {
		add(&p.profile.verify, "timeout = \"%ds\"", 30+30*p.rand.IntN(6))
	}
	if p.chance(30) {
		add(&p.profile.verify, "output = \"%s is up\"", p.name)
	}
}

// serves gives the project a port, and often a health check and an environment.
func (p *project) serves(port int) {
	add(&p.profile.runtime, "port = %d", port+p.rand.IntN(20))
	if p.chance(60) {
		add(&p.profile.runtime, "health = %q", p.one([]string{"/healthz", "/health", "/livez"}))
	}
	if p.chance(50) {
		add(&p.profile.runtime, `env = { LOG_LEVEL = %q, REGION = "eu-%d" }  # as in the chart`, p.one([]string{"info", "debug", "warn"}), p.rand.IntN(4))
	}
}

// foreign puts a tree of others below the project, with a profile that is not the project's.
func (p *project) foreign(dir string, tree files) {
	for name, text := range tree {
		p.files[dir+"/"+name] = text
	}
	p.files[dir+"/"+profiles.FileName] = "schema = 1\nname = \"another\"\nstack = \"go/modules\"\n"
}

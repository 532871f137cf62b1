package fleettest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// edits are what people do to a generated Dockerfile: each gives lines, and the
// instruction before the last of which they put them.
var edits = []struct {
	before string
	lines  func(n int) string
}{
	{"ENTRYPOINT ", func(n int) string { return fmt.Sprintf("# asked for in OPS-%d\nENV TEAM_RING=\"ring-%d\"", n, n%5) }},
	{"ENTRYPOINT ", func(n int) string { return fmt.Sprintf("EXPOSE %d", 9000+n%1000) }},
	{"ENTRYPOINT ", func(int) string { return "STOPSIGNAL SIGQUIT" }},
	{"USER ", func(n int) string { return fmt.Sprintf("LABEL com.example.cost-centre=\"%d\"", n) }},
	{"USER ", func(n int) string { return fmt.Sprintf("# do not touch: see the incident of week %d", 1+n%52) }},
	{"COPY . .", func(n int) string { return fmt.Sprintf("ENV BUILD_PROFILE=\"p%d\"", n%7) }},
}

// Edit edits a generated Dockerfile as a person does: it adds a line or two in one place.
func Edit(dockerfile string, r *rand.Rand) string {
	e := edits[r.IntN(len(edits))]
	at := strings.LastIndex(dockerfile, "\n"+e.before)
	if at < 0 {
		return dockerfile + e.lines(r.IntN(10000)) + "\n"
	}
	return dockerfile[:at+1] + e.lines(r.IntN(10000)) + dockerfile[at:]
}

package generator

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"scaffold/profiles"
)

// TestCATools holds what each tool's row makes of a plan.
func TestCATools(t *testing.T) {
	const system = "--mount=type=bind,from=ca,source=/ca.pem,target=/etc/ssl/certs/ca-certificates.crt"
	const bundle = "cat /etc/ssl/certs/ca-certificates.crt /run/company-ca.pem > /ca.pem"
	tests := []struct{ tool, mount, env, make string }{
		{"go", system, "", bundle},
		{"pip", system, "PIP_CERT=/etc/ssl/certs/ca-certificates.crt \\\n    ", bundle},
		{"maven", "--mount=type=bind,from=ca,source=/cacerts,target=/run/cacerts", "MAVEN_OPTS=-Djavax.net.ssl.trustStore=/run/cacerts \\\n    ", bundle},
		{"npm", "--mount=type=bind,from=ca,source=/ca.pem,target=/run/ca.pem", "NODE_EXTRA_CA_CERTS=/run/ca.pem \\\n    ", "{ node -p 'require(\"tls\").rootCertificates.join(\"\\n\")'; cat /run/company-ca.pem; } > /ca.pem"},
	}
	in := Input{Profile: &profiles.Profile{Build: profiles.Build{CA: "certs/acme.pem", Packages: []string{"git"}}}}
	for _, tc := range tests {
		plan := &Plan{SecretMounts: []string{"--mount=type=secret,id=a"}}
		if err := plan.trusts(in, tc.tool, "image:1"); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]string{"--mount=type=secret,id=a", tc.mount}, plan.SecretMounts); d != "" || plan.DependencyEnv != tc.env {
			t.Errorf("%s: environment %q, mounts (-want +got):\n%s", tc.tool, plan.DependencyEnv, d)
		}
		if c := plan.CompanyCA; c.From != "image:1" || c.File != "certs/acme.pem" || !strings.HasPrefix(c.Make, tc.make) {
			t.Errorf("%s: the stage is %+v", tc.tool, c)
		}
		if out, err := exec.Command("sh", "-n", "-c", plan.CompanyCA.Make).CombinedOutput(); err != nil {
			t.Errorf("%s: the stage's command: %v: %s", tc.tool, err, out)
		}
	}
	got, err := aptStep(in, in.Profile.Build.Packages)
	want := &AptStep{Packages: []string{"git"}, Mount: "--mount=type=bind,from=ca,source=/ca.pem,target=/run/ca.pem", Options: "-o Acquire::https::CAInfo=/run/ca.pem "}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("apt (-want +got): %v\n%s", err, d)
	}
	if err := new(Plan).trusts(in, "no such tool", "image:1"); err == nil {
		t.Error("a tool without a row was taken")
	}
	plan := new(Plan)
	if err := plan.trusts(Input{Profile: new(profiles.Profile)}, "go", "image:1"); err != nil || plan.CompanyCA != nil || plan.SecretMounts != nil {
		t.Errorf("without build.ca the plan is %+v, %v", plan, err)
	}
}

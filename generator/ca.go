package generator

import (
	"fmt"
	"slices"
	"strings"

	"scaffold/evidence"
)

// CompanyCA is the stage that makes what build steps trust, where the profile names a
// company's CA.
type CompanyCA struct {
	From string // of the stage
	File string // in the context
	Make string // shell commands
}

// AptStep is one step that installs OS packages.
type AptStep struct {
	Packages []string
	Mount    string // --mount option; empty: none
	Options  string // of apt-get, with a blank behind; empty: none
}

// A caTool is a row of ca.toml, which says what its fields mean.
type caTool struct{ Name, Make, Source, Target, Env, Options, Public string }

const caFile = "ca.toml"

func caToolNamed(name string) (caTool, error) {
	all := load().ca
	i := slices.IndexFunc(all, func(t caTool) bool { return t.Name == name })
	if i < 0 {
		return caTool{}, fmt.Errorf("finding %q in %s: it is not there", name, caFile)
	}
	return all[i], nil
}

// bundle is made for every tool; most read it.
const bundle = "/ca.pem"

// makeBundle puts the company's certificates behind the public ones.
func (t caTool) makeBundle() string {
	if t.Public != "" {
		return "{ " + strings.TrimSpace(t.Public) + "; cat /run/company-ca.pem; } > " + bundle
	}
	return "cat /etc/ssl/certs/ca-certificates.crt /run/company-ca.pem > " + bundle
}

func (t caTool) mount() string {
	source := t.Source
	if source == "" {
		source = bundle
	}
	return "--mount=type=bind,from=ca,source=" + source + ",target=" + t.Target
}

// trusts has the dependency steps, whose work is done by tool, trust the company's CA
// where there is one. from is what stands behind FROM of the stage that they are in.
func (p *Plan) trusts(in Input, tool, from string) error {
	if in.ca() == "" || in.has(evidence.GoVendor) && p.BuildPackages == nil && p.RuntimePackages == nil && p.Go.Cross == nil {
		return nil
	}
	t, err := caToolNamed(tool)
	if err != nil {
		return err
	}
	p.CompanyCA = &CompanyCA{From: from, File: in.ca(), Make: t.makeBundle()}
	if t.Make != "" {
		p.CompanyCA.Make += " && \\\n    " + t.Make
	}
	p.SecretMounts = append(p.SecretMounts, t.mount())
	if t.Env != "" {
		p.DependencyEnv = t.Env + " \\\n    "
	}
	return nil
}

// aptStep is nil where there is nothing to install.
func aptStep(in Input, packages []string) (*AptStep, error) {
	if len(packages) == 0 {
		return nil, nil
	}
	step := &AptStep{Packages: packages}
	if in.ca() == "" {
		return step, nil
	}
	t, err := caToolNamed("apt")
	if err != nil {
		return nil, err
	}
	step.Mount, step.Options = t.mount(), t.Options+" "
	return step, nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"scaffold/verify"
)

// shipFlags say what becomes of an image that passed.
type shipFlags struct {
	outputs          []string
	sbom, provenance string
}

func (f *shipFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.outputs, "output", nil, "ship what passed: `oci=FILE`, docker=FILE or registry=REF (repeatable)")
	flags.StringVar(&f.sbom, "sbom", "", "attach an SBOM that BuildKit's generator makes: true or generator=IMAGE")
	flags.StringVar(&f.provenance, "provenance", "", "attach BuildKit's provenance: mode=min or mode=max")
	flags.Lookup("sbom").NoOptDefVal = "true"
	flags.Lookup("provenance").NoOptDefVal = "mode=min"
}

// parse refuses, before anything is built, what could not be shipped.
func (f *shipFlags) parse(v verifyFlags, reqs []verify.Request) (*verify.Shipment, error) {
	roots, err := v.ca.roots()
	if err != nil {
		return nil, err
	}
	s := &verify.Shipment{Roots: roots}
	if s.SBOM, err = f.sbomOptions(v.standIns); err != nil {
		return nil, err
	}
	if s.Provenance, err = f.provenanceOptions(); err != nil {
		return nil, err
	}
	if f.outputs == nil {
		if s.SBOM != nil || s.Provenance != nil {
			return nil, misuse(errors.New("--sbom and --provenance describe what --output ships"), "add --output")
		}
		return nil, nil
	}
	if len(reqs) != 1 {
		return nil, misuse(fmt.Errorf("--output ships one project, and there are %d", len(reqs)), "run scaffold verify for each")
	}
	for _, o := range f.outputs {
		kind, to, _ := strings.Cut(o, "=")
		if kind == "registry" && v.standIns {
			return nil, misuse(errors.New("an image of stand-in bases is not pushed"), "use a registry's bases (--mirror), or --output oci=FILE")
		}
		s.To = append(s.To, verify.Destination{Kind: kind, To: to})
	}
	platforms := v.platforms
	if platforms == nil {
		platforms = reqs[0].Profile.Image.Platforms
	}
	var refused *verify.ShipError
	if err := s.Check(len(platforms)); errors.As(err, &refused) {
		return nil, misuse(refused.Err, refused.Next)
	}
	return s, nil
}

func (f *shipFlags) sbomOptions(standIns bool) (*string, error) {
	options := f.sbom
	generator, named := strings.CutPrefix(f.sbom, "generator=")
	switch {
	case f.sbom == "" || f.sbom == "false":
		return nil, nil
	case f.sbom == "true" && standIns:
		return nil, misuse(errors.New("--sbom: there is no stand-in for BuildKit's SBOM generator"), "name one that BuildKit can pull: --sbom=generator=IMAGE")
	case f.sbom == "true":
		options = ""
	case !named || generator == "" || strings.Contains(generator, ","):
		return nil, &usageError{fmt.Errorf("--sbom is %q; it takes true or generator=IMAGE", f.sbom), "scaffold verify"}
	}
	return &options, nil
}

func (f *shipFlags) provenanceOptions() (*string, error) {
	options := f.provenance
	if options == "true" {
		options = "mode=min"
	}
	if options == "" || options == "false" {
		return nil, nil
	}
	if !slices.Contains([]string{"mode=min", "mode=max"}, options) {
		return nil, &usageError{fmt.Errorf("--provenance is %q; it takes mode=min or mode=max", f.provenance), "scaffold verify"}
	}
	return &options, nil
}

// ship ships results that all passed, and says so where nothing is shipped.
func (a *app) ship(ctx context.Context, o verify.Options, req verify.Request, results []verify.Result, s verify.Shipment) ([]verify.Shipped, error) {
	if !passed(results) {
		a.notef("nothing was shipped: a check failed")
		return nil, nil
	}
	shipped, err := verify.Ship(ctx, o, req, results, s)
	if slices.ContainsFunc(req.Bases, func(b verify.Base) bool { return b.StandIn }) && len(shipped) > 0 {
		a.warnf("what was shipped stands on stand-in bases: it is for trying out, not for use")
	}
	return shipped, err
}

// misuse is a wrong command line with a next step of its own.
func misuse(err error, next string) error { return &hintedError{&usageError{err: err}, next} }

func passed(results []verify.Result) bool {
	return !slices.ContainsFunc(results, func(r verify.Result) bool { return !r.OK })
}

// addSSH reads --ssh in the form that docker build takes.
func addSSH(reqs []verify.Request, args []string) error {
	var sources []verify.SSHSource
	for _, arg := range args {
		id, paths, _ := strings.Cut(arg, "=")
		s := verify.SSHSource{ID: id}
		if paths != "" {
			s.Paths = strings.Split(paths, ",")
		}
		if id == "" || slices.ContainsFunc(sources, func(o verify.SSHSource) bool { return o.ID == id }) {
			return &usageError{fmt.Errorf("--ssh %q: it takes default or ID=PATH, each ID once", arg), "scaffold verify"}
		}
		sources = append(sources, s)
	}
	for i := range reqs {
		if reqs[i].Profile.Build.SSH && !slices.ContainsFunc(sources, func(s verify.SSHSource) bool { return s.ID == "default" }) {
			return misuse(fmt.Errorf("%s: build.ssh: the build needs an SSH agent", reqs[i].Name), "add --ssh default, or --ssh default=KEYFILE")
		}
		reqs[i].SSH = sources
	}
	return nil
}

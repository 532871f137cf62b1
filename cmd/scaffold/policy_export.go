package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"scaffold/fleet"
	"scaffold/policy"
	"scaffold/profiles"
)

type exportFlags struct{ policy, format, output string }

func (a *app) policyExportCommand() *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use: "export [FILE]", Short: "say the policy in a form that builders enforce", Args: cobra.MaximumNArgs(1),
		Long: `export says a policy as a BuildKit source policy, for
  buildctl build --source-policy-file FILE
  EXPERIMENTAL_BUILDKIT_SOURCE_POLICY=FILE docker buildx build
so that a build fails which takes an image that the policy denies, whatever the Dockerfile
says, and images come from where the policy rewrites them to. Families, libcs and names
become the repositories and tags that the catalog means by them, so export again after an
update of scaffold. What a source policy cannot say is listed on stderr.

The policy is FILE or --policy, else what the key policy of the scaffold.toml in this
folder names, else the nearest policy.toml up to the git root.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 && f.policy != "" {
				return &usageError{fmt.Errorf("the policy is named twice, as %s and by --policy", args[0]), "scaffold policy export"}
			}
			f.policy += strings.Join(args, "")
			return a.exportPolicy(f)
		},
	}
	policyFlag(c, &f.policy)
	c.Flags().StringVar(&f.format, "format", "buildkit", "form to write: buildkit")
	c.Flags().StringVar(&f.output, "output", "", "write to `FILE`, whole or not at all, instead of stdout")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]cobra.Completion{"buildkit"}, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return c
}

func (a *app) exportPolicy(f exportFlags) error {
	if f.format != "buildkit" {
		return &usageError{fmt.Errorf("there is no format %q", f.format), "scaffold policy export"}
	}
	p, err := policyHere(f.policy)
	if err != nil {
		return err
	}
	exported := p.Export()
	for _, l := range exported.Left {
		a.notef("not exported: %s: %s", l.What, l.Why)
	}
	if f.output == "" {
		a.printf("%s", exported.Text())
		return nil
	}
	return fleet.WriteNew(filepath.Dir(f.output), filepath.Base(f.output), string(exported.Text()))
}

// policyHere is the policy in file, or else that of a project in this folder. There must be
// one.
func policyHere(file string) (*policy.Policy, error) {
	var policies fleet.Policies
	if file != "" {
		err := policies.Fix(file)
		if errors.Is(err, fs.ErrNotExist) {
			err = &usageError{fmt.Errorf("%s: there is no such file", file), "scaffold policy export"}
		}
		if err != nil {
			return nil, err
		}
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding this folder: %w", err)
	}
	root, err := os.OpenRoot(here)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", here, errors.Unwrap(err))
	}
	defer root.Close()
	var profile *profiles.Profile
	if file == "" {
		if profile, err = readBeside(root, profiles.FileName, profiles.FileName, profiles.Parse); err != nil {
			return nil, err
		}
	}
	p, err := policies.For(fleet.GitRoot(here), here, profile, profiles.FileName)
	if err == nil && p.Schema == 0 {
		err = &hintedError{&usageError{errors.New("there is no " + policy.FileName), "scaffold policy export"}, "name the policy: scaffold policy export FILE"}
	}
	return p, err
}

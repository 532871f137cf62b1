package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// app is what a run of the command has of the world.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
}

// today is the day by which support is judged where no lock states one.
func (a *app) today() string { return a.now().UTC().Format(time.DateOnly) }

// Exit codes; over many projects the worst wins: 2, then 1, then 3.
const (
	exitDone     = 0
	exitFailure  = 1 // network, builder, disk
	exitUsage    = 2 // usage, or an invalid profile or policy
	exitFindings = 3 // drift, a policy broken, a failed check, an edit that would be lost
)

// run executes one command line and returns the exit code.
func run(ctx context.Context, a *app, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && err != nil {
		a.errorf("interrupted")
		return exitFailure
	}
	return a.report(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "scaffold",
		Short: "choose a base image on evidence, write the Dockerfile, prove that it runs",
		Long: `scaffold chooses a container base image on evidence, writes a multi-stage
Dockerfile, and proves that it builds and runs on every platform.

Start with "scaffold init" in a repository, then "scaffold verify".

Exit codes: 0 done; 1 failure (network, builder, disk); 2 usage or an invalid
profile or policy; 3 findings (drift, a policy broken, a failed check, an edit
that would be lost).`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return &usageError{err: err, cmd: c.CommandPath()} })
	root.AddCommand(a.initCommand(), a.generateCommand(), a.explainCommand(), a.verifyCommand(), a.updateCommand(), a.checkCommand(), a.policyCommand(),
		a.basesCommand(), a.builderCommand(), a.schemaCommand(), a.completionCommand(root), a.versionCommand())
	complete(root)
	return root
}

// group is a command that only holds others. Alone it shows its help; an unknown verb
// below it is an error, which cobra checks for commands that run only.
func group(use, short string) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, RunE: func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return &usageError{err: fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath()), cmd: c.CommandPath()}
		}
		return c.Help()
	}}
}

// usageError is a wrong command line.
type usageError struct {
	err error
	cmd string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Hint() string  { return e.cmd + " --help" }

// findings ends a run with exit code 3; what was found has been said.
var errFindings = errors.New("findings")

// worst returns the exit code that wins over many projects.
func worst(a, b int) int {
	order := map[int]int{exitDone: 0, exitFindings: 1, exitFailure: 2, exitUsage: 3}
	if order[b] > order[a] {
		return b
	}
	return a
}

package main

import (
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"scaffold/policy"
	"scaffold/profiles"
)

// completionCommand is cobra's own scripts, but for what cobra's command does with a shell
// that it does not know: print its help and end with 0.
func (a *app) completionCommand(root *cobra.Command) *cobra.Command {
	c := group("completion", "print the script by which a shell completes command lines")
	c.Long = `completion prints a script that has a shell complete scaffold's verbs, flags and values:

  bash        source <(scaffold completion bash)
  zsh         source <(scaffold completion zsh)
  fish        scaffold completion fish | source
  powershell  scaffold completion powershell | Out-String | Invoke-Expression

In a shell's own start file the line holds for every session. bash needs its package
bash-completion.`
	for _, shell := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"bash", func(w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
		{"fish", func(w io.Writer) error { return root.GenFishCompletion(w, true) }},
		{"powershell", root.GenPowerShellCompletionWithDesc},
		{"zsh", root.GenZshCompletion},
	} {
		c.AddCommand(&cobra.Command{
			Use: shell.name, Short: "print the script for " + shell.name, Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
			RunE: func(*cobra.Command, []string) error { return shell.write(a.stdout) },
		})
	}
	return c
}

// complete says what the arguments of verbs and the values of flags can be, where that is
// not a file.
func complete(root *cobra.Command) {
	folders := func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	for _, c := range root.Commands() {
		switch c.Name() {
		case "init", "generate", "explain", "verify", "update":
			c.ValidArgsFunction = folders
		case "version", "bases":
			c.ValidArgsFunction = cobra.NoFileCompletions
		}
		for flag, words := range map[string]cobra.CompletionFunc{"format": formats, "set": settable} {
			if c.Flags().Lookup(flag) != nil {
				_ = c.RegisterFlagCompletionFunc(flag, words) // an error only where the flag is not there, or has one
			}
		}
	}
}

func formats(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return slices.Sorted(maps.Keys(policy.Formats)), cobra.ShellCompDirectiveNoFileComp
}

// settable are the beginnings of --set.
func settable(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var words []string
	for _, key := range profiles.Settable() {
		words = append(words, key+"=")
	}
	return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

package main

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"scaffold/policy"
	"scaffold/profiles"
)

func (a *app) schemaCommand() *cobra.Command {
	c := group("schema", "print the JSON Schema of a file, for editors")
	for _, file := range []struct {
		use, name string
		schema    func() ([]byte, error)
	}{{"profile", profiles.FileName, profiles.JSONSchema}, {"policy", policy.FileName, policy.JSONSchema}, {"lock", profiles.LockName, profiles.LockJSONSchema}} {
		c.AddCommand(&cobra.Command{
			Use: file.use, Short: "print the JSON Schema of " + file.name, Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
			RunE: func(*cobra.Command, []string) error {
				schema, err := file.schema()
				if err != nil {
					return err
				}
				a.printf("%s", schema)
				return nil
			},
		})
	}
	return c
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			version := "(devel)"
			if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
				version = info.Main.Version
			}
			a.printf("scaffold %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

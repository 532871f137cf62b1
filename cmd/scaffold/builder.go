package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"scaffold/verify/builder"
	"scaffold/verify/standin"
)

func (a *app) builderCommand() *cobra.Command {
	c := group("builder", "look after scaffold's own BuildKit")
	var asJSON bool
	status := &cobra.Command{
		Use: "status", Short: "list private buildkitd instances", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cache, err := a.cacheDir()
			if err != nil {
				return err
			}
			found, err := builder.Status(cache)
			if err != nil {
				return err
			}
			if asJSON {
				return a.json(map[string]any{"schema": 1, "instances": found})
			}
			a.builderLines(found)
			return nil
		},
	}
	status.Flags().BoolVar(&asJSON, "json", false, "report as JSON")
	c.AddCommand(status,
		a.builderVerb("stop", "stop private buildkitd instances", "stopped", builder.Stop),
		a.builderVerb("prune", "stop private buildkitd instances, delete their data and the stand-in bases", "deleted", prune),
		a.serveCommand())
	return c
}

// prune deletes everything but the tools that were built.
func prune(ctx context.Context, cache string) ([]builder.InstanceStatus, error) {
	found, err := builder.Prune(ctx, cache)
	return found, errors.Join(err, standin.Prune(cache))
}

func (a *app) builderLines(found []builder.InstanceStatus) {
	if len(found) == 0 {
		a.printf("there is no private buildkitd\n")
	}
	for _, s := range found {
		state := "stopped"
		if s.Running {
			state = fmt.Sprintf("running, pid %d, %s", s.Pid, s.Addr)
		}
		a.printf("%s: %s, %d MB\n", s.Key, state, s.DiskBytes/1e6)
		if s.Limits != nil {
			a.printf("  limits: %s\n", s.Limits)
		}
	}
}

func (a *app) builderVerb(use, short, done string, do func(context.Context, string) ([]builder.InstanceStatus, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cache, err := a.cacheDir()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), 2*time.Minute)
			defer cancel()
			found, err := do(ctx, cache)
			for _, s := range found {
				a.printf("%s %s\n", done, s.Key)
			}
			return err
		},
	}
}

// serveCommand is the supervisor of a private buildkitd: a process of its own.
func (a *app) serveCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use: "serve", Hidden: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return builder.Serve(c.Context(), builder.ServeOptions{Dir: dir, Log: a.stderr})
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "directory of the instance")
	return c
}

// cacheDir is scaffold's folder in the user's cache.
func (a *app) cacheDir() (string, error) {
	if dir := a.getenv("SCAFFOLD_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", &hintedError{fmt.Errorf("finding the cache directory: %w", err), "set SCAFFOLD_CACHE"}
	}
	return filepath.Join(dir, "scaffold"), nil
}

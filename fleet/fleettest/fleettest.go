// Package fleettest makes synthetic fleets to test and to measure with: many projects of
// several stacks in one repository, or each in one of its own, with the files that scaffold
// generates for them.
//
// The model: everything about a project follows from the seed and the project's number, so
// that a fleet of 100 is the beginning of one of 10,000, on every machine. The generated
// files come from fleet itself; then a share of the Dockerfiles is edited as people do.
// Some projects hold trees that others wrote, with profiles in them that are not theirs.
//
// Limits: the projects look like real ones to scaffold, and no compiler has seen them.
package fleettest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"scaffold/fleet"
	"scaffold/profiles"
)

// AsOf is the day by which the fleet's bases were judged.
const AsOf = "2026-11-21"

// DefaultEdited is the share of edited Dockerfiles where [Options] state none.
const DefaultEdited = 0.02

// Options say what a fleet is like. Every field is optional.
type Options struct {
	Apart  bool    // each project is a repository of its own; else one repository holds all
	Edited float64 // share of the Dockerfiles that a person edited; 0: DefaultEdited, below 0: none
}

// A Fleet is what [Make] made. Folders are relative to the fleet's, with slashes, in the
// order of their paths.
type Fleet struct {
	Dir      string
	Projects []string // folders of all projects
	Edited   []string // of those whose Dockerfile was edited
}

// Make writes a fleet of n projects to dir, which must be empty or not there yet.
func Make(dir string, n int, seed uint64, o Options) (*Fleet, error) {
	if err := makeEmpty(dir); err != nil {
		return nil, err
	}
	if !o.Apart {
		if err := writeFiles(dir, repository); err != nil {
			return nil, err
		}
	}
	share := o.Edited
	if share == 0 {
		share = DefaultEdited
	}
	f := &Fleet{Dir: dir}
	var (
		policies fleet.Policies
		g        errgroup.Group
	)
	g.SetLimit(8 * runtime.GOMAXPROCS(0)) // they mostly wait for the disk
	for i := range n {
		p := draw(seed, i)
		f.Projects = append(f.Projects, p.dir)
		edited := int(float64(i+1)*share) > int(float64(i)*share)
		if edited {
			f.Edited = append(f.Edited, p.dir)
		}
		g.Go(func() error { return p.write(dir, &policies, o.Apart, edited) })
	}
	slices.Sort(f.Projects)
	slices.Sort(f.Edited)
	return f, g.Wait()
}

func makeEmpty(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making %q: %w", dir, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("reading %q: %w", dir, err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("making a fleet in %q: it is not empty", dir)
	}
	return nil
}

// repository is what git needs to call a folder one of its own, and what it must not see.
var repository = files{
	".git/HEAD":            "ref: refs/heads/main\n",
	".git/config":          "[core]\n\trepositoryformatversion = 0\n\tbare = false\n",
	".git/objects/info/.x": "",
	".git/refs/heads/.x":   "",
	".gitignore":           "node_modules/\n.venv/\ntarget/\n",
}

// files are texts by path, with slashes.
type files map[string]string

func writeFiles(dir string, fs files) error {
	for name, text := range fs {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("making the folder of %q: %w", path, err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return fmt.Errorf("writing %q: %w", path, err)
		}
	}
	return nil
}

// write writes the project and has fleet generate its files.
func (p *project) write(top string, policies *fleet.Policies, apart, edited bool) error {
	dir := filepath.Join(top, filepath.FromSlash(p.dir))
	if apart {
		if err := writeFiles(dir, repository); err != nil {
			return err
		}
	}
	if err := writeFiles(dir, p.files); err != nil {
		return err
	}
	opened, err := fleet.Open(dir, p.dir, policies)
	if err != nil {
		return fmt.Errorf("opening project %q: %w", p.dir, err)
	}
	plan, err := opened.Plan(AsOf)
	if err != nil {
		return fmt.Errorf("planning project %q: %w\n%s", p.dir, err, p.files[profiles.FileName])
	}
	if _, err := plan.Apply(context.Background(), fleet.Merge); err != nil {
		return fmt.Errorf("generating project %q: %w", p.dir, err)
	}
	if !edited {
		return nil
	}
	return editFile(filepath.Join(dir, "Dockerfile"), p.rand)
}

func editFile(path string, r *rand.Rand) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading %q: %w", path, err)
	}
	text := Edit(string(data), r)
	if text == string(data) {
		return errors.New("editing " + path + ": nothing changed")
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("writing %q: %w", path, err)
	}
	return nil
}

package main

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"scaffold/fleet/fleettest"
)

// An edited Dockerfile of a story, by its path.
type edited struct {
	Text  string   // as the person left it
	Lines []string // that the person wrote
}

// storyFile holds, in a script's folder, what edits did.
const storyFile = "edits.json"

// makeFleet DIR N makes N repositories in which nothing was generated yet.
func makeFleet(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := fleettest.Make(ts.MkAbs(args[0]), n, 1, fleettest.Options{Apart: true, Edited: -1})
	ts.Check(err)
	for _, dir := range f.Projects {
		for _, name := range []string{"Dockerfile", ".dockerignore", "scaffold.lock"} {
			ts.Check(os.Remove(filepath.Join(f.Dir, dir, name)))
		}
	}
}

// editFleet DIR N M edits N Dockerfiles below DIR, M of them, of Python, behind the first FROM.
func editFleet(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	m, err := strconv.Atoi(args[2])
	ts.Check(err)
	files := dockerfiles(ts, args[0])
	r := rand.New(rand.NewPCG(1, 1))
	all := map[string]edited{}
	for i := range n {
		path := files[i*len(files)/n]
		data, err := os.ReadFile(path)
		ts.Check(err)
		old, text := string(data), ""
		if text = fleettest.Edit(old, r); m > 0 && strings.Contains(old, "\nFROM python:") {
			m--
			at := strings.Index(old, "\nFROM ") + 1
			end := at + strings.Index(old[at:], "\n") + 1
			text = old[:end] + "LABEL com.example.owner=\"team-" + strconv.Itoa(i) + "\"\n" + old[end:]
		}
		all[path] = edited{text, added(old, text)}
		ts.Check(os.WriteFile(path, []byte(text), 0o644))
	}
	data, err := json.Marshal(all)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(storyFile), data, 0o644))
}

// added are the lines of text that are not in old.
func added(old, text string) []string {
	had := strings.Split(old, "\n")
	return slices.DeleteFunc(strings.Split(text, "\n"), func(l string) bool { return slices.Contains(had, l) })
}

// unchanged DIR holds the edited Dockerfiles to what the person left.
func unchanged(ts *testscript.TestScript, _ bool, _ []string) {
	for path, e := range story(ts) {
		if got := ts.ReadFile(path); got != e.Text {
			ts.Fatalf("%s changed:\n%s", path, got)
		}
	}
}

// kept DIR N holds every edit to be there still, and N conflicts to lie beside their files.
func kept(ts *testscript.TestScript, _ bool, args []string) {
	rejected := 0
	for path, e := range story(ts) {
		got := strings.Split(ts.ReadFile(path), "\n")
		for _, l := range e.Lines {
			if !slices.Contains(got, l) {
				ts.Fatalf("%s has lost %q", path, l)
			}
		}
		if _, err := os.Lstat(path + ".rej"); err == nil {
			rejected++
		}
	}
	if strconv.Itoa(rejected) != args[1] {
		ts.Fatalf("%d conflicts lie beside their files, want %s", rejected, args[1])
	}
}

func story(ts *testscript.TestScript) map[string]edited {
	var all map[string]edited
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(storyFile)), &all))
	if len(all) == 0 {
		ts.Fatalf("nothing was edited")
	}
	return all
}

// dockerfiles are the Dockerfiles below a folder of a script, in the order of paths.
func dockerfiles(ts *testscript.TestScript, dir string) []string {
	var files []string
	ts.Check(filepath.WalkDir(ts.MkAbs(dir), func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == "Dockerfile" {
			files = append(files, path)
		}
		return err
	}))
	return files
}

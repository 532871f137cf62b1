package generator

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"scaffold/bases"
	"scaffold/evidence"
	"scaffold/profiles"
)

// PythonPlan is what only Python templates print.
type PythonPlan struct {
	Manager  string   // what pip installs to have the package manager; empty: the base has it
	PipEnv   string   // NAME=value and a line break, before that command
	Env      []string // of the stage that the package manager is in
	Copies   []CopyStep
	Export   string // command that writes the lock out as requirements, in a stage of its own; empty: the manager installs by itself
	Local    bool   // requirements name paths in the context
	Cache    string // that the steps below mount
	Sync     string // command that installs the dependencies
	Project  string // command that installs the project itself; empty: it is none
	Venv     string // stage that the virtual environment is copied from
	Bytecode bool   // compiled in a stage of its own
}

const pythonFile = "python.toml"

// A pythonManager is a row of python.toml, which says what its fields mean.
type pythonManager struct {
	Name, Version, Requirement, Cache string
	Env                               []string
	Sync, Compiled, Project, Local    string
	Export, Unhashed                  string
}

func pythonManagerNamed(name string) (pythonManager, error) {
	all := load().python
	i := slices.IndexFunc(all, func(m pythonManager) bool { return m.Name == name })
	if i < 0 {
		return pythonManager{}, fmt.Errorf("finding %q in %s: it is not there", name, pythonFile)
	}
	return all[i], nil
}

func planPython(plan *Plan, in Input, _ bases.Base) error {
	p := in.Profile
	plan.Ignore = []string{"**/__pycache__", "**/*.pyc", ".venv", "venv", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox"}
	if p.Needs("tzdata") {
		plan.TZ = false // from the base, or runtime.packages
	}
	plan.StopSignal, plan.StopSignalWhy = stopSignal(p.Runtime.Command)
	if health := p.Runtime.Health.Path; health != "" {
		plan.Health = execForm([]string{"python", "-c",
			"import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=4)",
			fmt.Sprintf("http://127.0.0.1:%d%s", p.Runtime.Port, health)})
	}
	if ca := in.ca(); ca != "" {
		plan.NotCopied = append(plan.NotCopied, "--exclude="+path.Clean(ca))
	}
	return plan.installs(in)
}

// installs plans the steps that fill the virtual environment.
func (p *Plan) installs(in Input) error {
	m, err := pythonManagerNamed(in.Profile.Manager())
	if err != nil {
		return err
	}
	py := &p.Python
	if py.Manager, err = m.install(in.Profile.Build.Manager); err != nil {
		return err
	}
	if py.Copies, err = pythonCopies(in); err != nil {
		return err
	}
	for _, v := range m.Env {
		py.Env = append(py.Env, strings.ReplaceAll(v, "{lock}", lockOf(in)))
	}
	py.Local, py.Export = in.has(evidence.PyLocal), m.export(in)
	by, requirements := m, evidence.RequirementsFile
	if py.Export != "" {
		requirements = "/" + requirements
		if by, err = pythonManagerNamed("pip"); err != nil {
			return err
		}
	}
	py.syncs(in, by, requirements)
	return p.trustsPython(in, by)
}

// syncs plans the steps of the manager that installs.
func (py *PythonPlan) syncs(in Input, by pythonManager, requirements string) {
	py.Cache, py.Venv, py.Sync = by.Cache, "build", by.Compiled
	if len(in.Profile.Image.Platforms) > 1 {
		py.Venv, py.Bytecode, py.Sync = "bytecode", true, by.Sync
	}
	py.Sync = strings.ReplaceAll(py.Sync, "{requirements}", requirements)
	if py.Local && by.Local != "" {
		py.Sync += " " + by.Local
	}
	if in.has(evidence.PyPackage) {
		py.Project = by.Project
	}
}

// export is the command that writes the lock out, if the manager does no more. pip takes
// hashes for all requirements or for none.
func (m pythonManager) export(in Input) string {
	if in.has(evidence.PyLocal) || in.has(evidence.PyVCS) {
		return m.Unhashed
	}
	return m.Export
}

// lockOf is the name of the lock.
func lockOf(in Input) string {
	i := slices.IndexFunc(in.Facts, func(f profiles.Fact) bool { return f.Key == evidence.PyLock })
	if i < 0 || !profiles.IsPath(in.Facts[i].Value) {
		return ""
	}
	return in.Facts[i].Value
}

// install is what pip installs to have the manager, in the version that the profile names
// or in the one that was tried. The error is a [KeyError] where the base has the manager.
func (m pythonManager) install(version string) (string, error) {
	if m.Requirement == "" && version != "" {
		return "", &KeyError{Key: "build.manager", Msg: "build.manager has no effect: " + m.Name + " is the one of the base image",
			Hint: "delete the line"}
	}
	if version == "" {
		version = m.Version
	}
	return strings.ReplaceAll(m.Requirement, "{version}", version), nil
}

// trustsPython has pip, and the manager that installs, trust the company's CA where there
// is one. Both are shown it at the same place.
func (p *Plan) trustsPython(in Input, by pythonManager) error {
	if err := p.trusts(in, by.Name, p.Builder); err != nil || p.CompanyCA == nil {
		return err
	}
	pip, err := caToolNamed("pip")
	p.Python.PipEnv = pip.Env + " \\\n    "
	return err
}

// pythonCopies copies the files that say what is installed, or the whole context where
// they name a local path.
func pythonCopies(in Input) ([]CopyStep, error) {
	if in.has(evidence.PyLocal) {
		return []CopyStep{{From: ".", To: "."}}, nil
	}
	var steps []CopyStep
	for _, f := range in.Facts {
		if !slices.Contains([]string{evidence.PyRequirements, evidence.PyManifest, evidence.PyLock}, f.Key) {
			continue
		}
		if !profiles.IsPath(f.Value) {
			return nil, profiles.Problems{{File: f.Path, Line: f.Line, Msg: fmt.Sprintf("the name %q cannot be written in COPY", f.Value), Hint: "rename the file"}}
		}
		dir := "./"
		if d := path.Dir(f.Value); d != "." {
			dir = d + "/"
		}
		if i := slices.IndexFunc(steps, func(s CopyStep) bool { return s.To == dir }); i >= 0 {
			steps[i].From += " " + f.Value
			continue
		}
		steps = append(steps, CopyStep{From: f.Value, To: dir})
	}
	return steps, nil
}

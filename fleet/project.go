// Package fleet opens projects (a folder with a profile), plans which files generating
// would change and why, and applies a plan.
//
// The model: [Open] reads what is on disk; [Project.Plan] renders anew and compares
// content, never versions; [Plan.Apply] writes each file whole or not at all. A file that
// a person wrote or edited is never replaced unless Force says so.
//
// Limits: an edited file is not merged yet, it is refused.
package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"scaffold/policy"
	"scaffold/profiles"
)

// A Project is a folder with a profile.
type Project struct {
	Dir     string // absolute
	Name    string // how messages call the folder; "" is the current one
	Profile *profiles.Profile
	Hash    string         // of the profile's bytes
	Lock    *profiles.Lock // nil where there is none
	Context string         // absolute; inside the git root
	Policy  *policy.Policy // whole: waivers that hold for the project are applied by Plan

	top      string // absolute: the git root, or Dir
	trusted  string // the certificates that the policy's trust.ca names
	text     string // of the profile
	lockText string // of the lock; "" where there is none
	draft    []byte // the profile, where it is still to be written
}

// Path is how messages call a file of the project.
func (p *Project) Path(file string) string { return filepath.ToSlash(filepath.Join(p.Name, file)) }

// ErrNoProfile is in the chain of the error of [Open] where a folder has no profile.
var ErrNoProfile = errors.New("there is no " + profiles.FileName)

// Rel is a file of the project relative to the repository's root, with slashes.
func (p *Project) Rel(file string) string {
	rel, err := filepath.Rel(p.top, filepath.Join(p.Dir, filepath.FromSlash(file)))
	if err != nil {
		return file
	}
	return filepath.ToSlash(rel)
}

// Open reads the profile and the lock in dir, and the policy that they are under. name is how
// messages call dir. Errors are [profiles.Problems] for invalid files, [ErrNoProfile], a
// [PolicyReadError], or say what cannot be read.
func Open(dir, name string, policies *Policies) (*Project, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding %q: %w", name, err)
	}
	p := &Project{Dir: abs, Name: name}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", dir, errors.Unwrap(err))
	}
	defer root.Close()
	data, err := profiles.ReadFile(root, profiles.FileName, profiles.MaxSize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("opening %q: %w", dir, ErrNoProfile)
	case err != nil:
		return nil, rename(err, profiles.FileName, p.Path(profiles.FileName))
	}
	if p.Profile, err = profiles.Parse(p.Path(profiles.FileName), data); err != nil {
		return nil, err
	}
	p.Hash, p.text = profiles.Hash(data), string(data)
	if p.Lock, p.lockText, err = readLock(root, p.Path(profiles.LockName)); err != nil {
		return nil, err
	}
	p.top = GitRoot(abs)
	if p.Context, err = contextDir(abs, p.top, p.Profile.Context, p.Path(profiles.FileName)); err != nil {
		return p, err
	}
	if err := errors.Join(p.checkCA(data), p.checkExtras()); err != nil {
		return p, err
	}
	return p, p.governed(policies)
}

func readLock(root *os.Root, name string) (*profiles.Lock, string, error) {
	data, err := profiles.ReadFile(root, profiles.LockName, 4*maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", rename(err, profiles.LockName, name)
	}
	lock, err := profiles.ParseLock(name, data)
	return lock, string(data), err
}

// rename puts the name that messages use into problems that carry the bare one.
func rename(err error, from, to string) error {
	var ps profiles.Problems
	if !errors.As(err, &ps) {
		return err
	}
	out := append(profiles.Problems(nil), ps...)
	for i := range out {
		if out[i].File == from {
			out[i].File = to
		}
	}
	return out
}

// contextDir is the build context as an absolute path. It must be a folder inside the
// git root (inside the profile's folder where there is no git), links resolved: a
// profile is not to be trusted with the rest of the disk.
func contextDir(dir, gitRoot, context, file string) (string, error) {
	problem := func(format string, args ...any) error {
		return profiles.Problems{{File: file, Msg: fmt.Sprintf(format, args...), Hint: "context must be a folder inside the git root"}}
	}
	top, err := filepath.EvalSymlinks(gitRoot)
	if err != nil {
		return "", fmt.Errorf("resolving %q: %w", dir, err)
	}
	abs, err := filepath.EvalSymlinks(filepath.Join(dir, filepath.FromSlash(context)))
	if err != nil {
		return "", problem("context %q: there is no such folder", context)
	}
	if info, err := os.Stat(abs); err != nil || !info.IsDir() {
		return "", problem("context %q is no folder", context)
	}
	if rel, err := filepath.Rel(top, abs); err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", problem("context %q leads out of the repository", context)
	}
	return abs, nil
}

// GitRoot is the nearest folder at or above dir that holds .git, or dir where none does.
func GitRoot(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Lstat(filepath.Join(d, ".git")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}

// New makes a project of a profile that is not on disk yet: a plan for it also writes
// the profile. A lock that is there is not looked at. Errors are those of [Open].
func New(dir, name string, profile []byte, policies *Policies) (*Project, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding %q: %w", dir, err)
	}
	p := &Project{Dir: abs, Name: name, Hash: profiles.Hash(profile), text: string(profile), draft: profile}
	if p.Profile, err = profiles.Parse(p.Path(profiles.FileName), profile); err != nil {
		return nil, err
	}
	p.top = GitRoot(abs)
	if p.Context, err = contextDir(abs, p.top, p.Profile.Context, p.Path(profiles.FileName)); err != nil {
		return p, err
	}
	if err := errors.Join(p.checkCA(profile), p.checkExtras()); err != nil {
		return p, err
	}
	return p, p.governed(policies)
}

// governed finds the project's policy.
func (p *Project) governed(policies *Policies) (err error) {
	g, err := policies.governing(p.top, p.Dir, p.Profile, p.Path(profiles.FileName))
	if err == nil {
		p.Policy, p.trusted = g.policy, g.ca
	}
	return err
}

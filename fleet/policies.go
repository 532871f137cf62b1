package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"scaffold/policy"
	"scaffold/profiles"
)

// Policies finds and reads policies, each once, however many projects have it. The zero
// value is ready; it may be used by many goroutines at once.
type Policies struct {
	fixed *governing // one for all, whatever the repository says

	mu   sync.Mutex
	read map[string]*policyFile // by absolute path
}

type policyFile struct {
	once sync.Once
	governing
	err error
}

// governing is a policy and the certificates that its trust.ca names.
type governing struct {
	policy *policy.Policy
	ca     string
}

// Fix makes the policy in file that of every project. Errors are those of [policy.Load].
func (s *Policies) Fix(file string) error {
	abs, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("finding %q: %w", file, err)
	}
	s.fixed, err = s.load(abs, GitRoot(filepath.Dir(abs)))
	return err
}

// For returns the policy of what stands in dir (absolute), inside the repository at top: the
// fixed one, else what the profile names (nil for no profile), else the nearest policy.toml
// up to top, else the policy that demands nothing. name is how messages call the profile.
// The error is a [PolicyReadError], or [profiles.Problems] about the profile's key.
func (s *Policies) For(top, dir string, profile *profiles.Profile, name string) (*policy.Policy, error) {
	g, err := s.governing(top, dir, profile, name)
	if g == nil {
		return nil, err
	}
	return g.policy, err
}

func (s *Policies) governing(top, dir string, profile *profiles.Profile, name string) (*governing, error) {
	if s == nil {
		s = new(Policies)
	}
	if s.fixed != nil {
		return s.fixed, nil
	}
	file := nearestPolicy(top, dir)
	named := profile != nil && profile.Policy != ""
	if named {
		file = filepath.Join(dir, filepath.FromSlash(profile.Policy))
	}
	if file == "" {
		return &governing{policy: policy.Default()}, nil
	}
	g, err := s.load(file, top)
	if named && errors.Is(err, fs.ErrNotExist) {
		err = profiles.Problems{{File: name, Msg: fmt.Sprintf("policy: there is no file %q", profile.Policy), Hint: "write its path relative to the profile"}}
	}
	return g, err
}

// Read are the policies that were read, in no order.
func (s *Policies) Read() []*policy.Policy {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*policy.Policy
	for _, f := range s.read {
		if f.policy != nil {
			all = append(all, f.policy)
		}
	}
	return all
}

func (s *Policies) load(file, top string) (*governing, error) {
	s.mu.Lock()
	if s.read == nil {
		s.read = map[string]*policyFile{}
	}
	f := s.read[file]
	if f == nil {
		f = new(policyFile)
		s.read[file] = f
	}
	s.mu.Unlock()
	f.once.Do(func() {
		var err error
		if f.governing, err = loadPolicy(file, top); err != nil {
			f.err = &PolicyReadError{err}
		}
	})
	if f.err != nil {
		return nil, f.err
	}
	return &f.governing, nil
}

// A PolicyReadError says why a policy cannot be read. It is the same one for every project
// that has the policy, so that it can be told once.
type PolicyReadError struct{ Err error }

func (e *PolicyReadError) Error() string { return e.Err.Error() }
func (e *PolicyReadError) Unwrap() error { return e.Err }

// loadPolicy reads the policy at file, and the CA that it names, inside the folder top.
// Messages name files as seen from where the person stands.
func loadPolicy(file, top string) (governing, error) {
	root, err := os.OpenRoot(top)
	if err != nil {
		return governing{}, fmt.Errorf("opening %q: %w", top, errors.Unwrap(err))
	}
	defer root.Close()
	rel, err := filepath.Rel(top, file)
	if err != nil {
		return governing{}, fmt.Errorf("finding %q: %w", file, err)
	}
	called := func(name string) string { return fromHere(filepath.Join(top, filepath.FromSlash(name))) }
	p, err := policy.Load(root, filepath.ToSlash(rel), called)
	if err != nil || p.Trust.CA == "" {
		return governing{policy: p}, err
	}
	text, err := profiles.ReadFile(root, filepath.FromSlash(p.Trust.CA), maxCA)
	if err != nil {
		return governing{}, rename(err, filepath.FromSlash(p.Trust.CA), called(p.Trust.CA))
	}
	if what := NotCertificates(text); what != "" {
		return governing{}, profiles.Problems{{File: called(p.Trust.CA), Msg: what, Hint: "trust.ca of " + p.At("trust", "ca") + " must name certificates in PEM form"}}
	}
	return governing{policy: p, ca: string(text)}, nil
}

// nearestPolicy is the policy.toml in dir or the next folder above it, up to top; "" where
// there is none.
func nearestPolicy(top, dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		file := filepath.Join(d, policy.FileName)
		if _, err := os.Lstat(file); err == nil {
			return file
		}
		if d == top || d == filepath.Dir(d) {
			return ""
		}
	}
}

// fromHere is a path as seen from the current folder, where it is not above it.
func fromHere(abs string) string {
	here, err := os.Getwd()
	if err != nil {
		return filepath.ToSlash(abs)
	}
	rel, err := filepath.Rel(here, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return filepath.ToSlash(abs)
	}
	return filepath.ToSlash(rel)
}

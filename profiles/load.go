package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// MaxSize is the most that a profile may hold, in bytes. The profile of a large monorepo
// service has some kilobytes; more than this is no profile.
const MaxSize = 64 << 10

// ReadFile returns the bytes of a regular file inside root, up to max bytes. Links that
// lead out of root are refused, and so are pipes and devices, which could hang a run:
// with [Problems]. Errors name the file as given; a missing file is [fs.ErrNotExist].
func ReadFile(root *os.Root, name string, max int64) ([]byte, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // does not wait for the other end of a pipe
	if err != nil {
		return nil, notOpened(root, name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading %q: %w", name, cause(err))
	case !info.Mode().IsRegular():
		return nil, irregular(name)
	}
	var data bytes.Buffer
	data.Grow(int(min(info.Size(), max)) + bytes.MinRead)
	if _, err := data.ReadFrom(io.LimitReader(f, max+1)); err != nil {
		return nil, fmt.Errorf("reading %q: %w", name, cause(err))
	}
	if int64(data.Len()) > max {
		return nil, Problems{{File: name, Msg: fmt.Sprintf("is larger than %d bytes", max), Hint: "is it the right file?"}}
	}
	return data.Bytes(), nil
}

func irregular(name string) Problems { return Problems{{File: name, Msg: "is no regular file"}} }

// notOpened says why a file could not be opened: some that are no regular files cannot be.
func notOpened(root *os.Root, name string, err error) error {
	if escapes(root, err) {
		return Problems{{File: name, Msg: "is outside: a link or a .. leads out of the folder", Hint: "keep the file itself inside"}}
	}
	if info, err := root.Stat(name); err == nil && !info.Mode().IsRegular() {
		return irregular(name)
	}
	return fmt.Errorf("reading %q: %w", name, cause(err))
}

// escapes reports whether an error of root says that a path leads out of it. Package os
// keeps that error's value to itself, but gives it for a path that surely does.
func escapes(root *os.Root, err error) bool {
	_, out := root.Stat("..")
	return err != nil && errors.Is(err, cause(out))
}

// cause drops the operation and path that an os.PathError repeats.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Parse decodes and validates a profile and fills in the documented defaults. file is
// the name that messages give. The error is [Problems], complete and in line order.
func Parse(file string, data []byte) (*Profile, error) {
	if problems := tooDeep(file, string(data)); problems != nil {
		return nil, problems
	}
	p := new(Profile)
	if problems := decodeStrict(file, string(data), p); problems != nil {
		return nil, problems
	}
	if problems := validate(file, string(data), p); problems != nil {
		return nil, problems
	}
	p.fill()
	return p, nil
}

// fill sets every key that has a documented default and was not given.
func (p *Profile) fill() {
	or(&p.Context, ".")
	or(&p.Runtime.Base, "auto")
	or(&p.Runtime.Prefer, "compatibility")
	or(&p.Runtime.User, "nonroot")
	if p.Runtime.Needs == nil {
		p.Runtime.Needs = []string{"ca-certificates", "tzdata"}
	}
	if p.Image.Platforms == nil {
		p.Image.Platforms = []string{"linux/amd64", "linux/arm64"}
	}
	if l, ok := languageNamed(p.Language()); ok {
		or(&p.Build.Target, l.Target)
	}
	or(&p.Verify.Timeout, "60s")
	if h := p.Verify.HTTP; h != nil {
		or(&h.Path, "/")
		if h.Status == 0 {
			h.Status = 200
		}
	}
}

func or(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// Needs reports whether the image must hold what, one of runtime.needs.
func (p *Profile) Needs(what string) bool {
	for _, n := range p.Runtime.Needs {
		if n == what {
			return true
		}
	}
	return false
}

// RunTimeout is verify.timeout as a duration.
func (p *Profile) RunTimeout() time.Duration {
	d, _ := time.ParseDuration(p.Verify.Timeout) // the pattern admits nothing else
	return d
}

package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"

	"scaffold/profiles"
)

// maxExtends bounds how many policies may extend each other.
const maxExtends = 16

// Parse decodes and validates a policy that extends none. file is the name that messages
// give. The error is [profiles.Problems], complete and in line order.
func Parse(file string, data []byte) (*Policy, error) {
	l := loader{called: func(string) string { return file }}
	p, err := l.decode(file, data)
	if err != nil {
		return nil, err
	}
	if p.Extends != "" {
		return nil, l.problem("extends", "", "extends: there is no folder to read %q from", p.Extends)
	}
	return l.finish(p)
}

// Load reads the policy called name in root and what it extends. called says how messages
// name a file of root. Nothing outside of root is read: links and paths that lead out of it
// are errors. Errors are [profiles.Problems], or say what cannot be read; a missing file is
// [fs.ErrNotExist].
func Load(root *os.Root, name string, called func(string) string) (*Policy, error) {
	l := loader{root: root, called: called}
	p, err := l.load(path.Clean(name), nil)
	if err != nil {
		return nil, err
	}
	return l.finish(p)
}

// A loader reads a policy and those that it extends; keys holds where their keys stand, the
// extending one first.
type loader struct {
	root   *os.Root
	called func(string) string
	keys   []*profiles.Keys
}

func (l *loader) load(name string, above []string) (*Policy, error) {
	data, err := profiles.ReadFile(l.root, name, profiles.MaxSize)
	if err != nil {
		return nil, l.cannotRead(err, name, len(above) > 0)
	}
	p, err := l.decode(l.called(name), data)
	if err != nil {
		return nil, err
	}
	if p.Trust.CA != "" && !path.IsAbs(p.Trust.CA) {
		p.Trust.CA = path.Join(path.Dir(name), p.Trust.CA)
	}
	if p.Extends == "" {
		return p, nil
	}
	above = append(above, name)
	next := path.Join(path.Dir(name), p.Extends)
	switch {
	case path.IsAbs(p.Extends) || !fs.ValidPath(next):
		return nil, l.problem("extends", "keep the policy that it extends in the same repository", "extends: %q leads out of the repository", p.Extends)
	case slices.Contains(above, next):
		return nil, l.problem("extends", "delete one of the lines", "extends goes round in a circle: %s", strings.Join(append(above, next), " -> "))
	case len(above) > maxExtends:
		return nil, l.problem("extends", "", "more than %d policies extend each other", maxExtends)
	}
	base, err := l.load(next, above)
	if err != nil {
		return nil, err
	}
	merge(reflect.ValueOf(p).Elem(), reflect.ValueOf(base).Elem())
	return p, nil
}

// cannotRead says of a policy that another one extends who wanted it.
func (l *loader) cannotRead(err error, name string, extended bool) error {
	var problems profiles.Problems
	switch {
	case errors.As(err, &problems):
		out := slices.Clone(problems)
		for i := range out {
			out[i].File = l.called(name)
		}
		return out
	case extended:
		return l.problem("extends", "", "extends: %s: %v", l.called(name), cause(err))
	}
	return err
}

func cause(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}

func (l *loader) decode(file string, data []byte) (*Policy, error) {
	p := &Policy{file: file}
	keys, err := profiles.DecodeStrict(file, data, p)
	if err != nil {
		return nil, err
	}
	l.keys = append(l.keys, keys)
	for i := range p.Waivers {
		p.Waivers[i].file, p.Waivers[i].line = file, keys.Line(fmt.Sprintf("waiver#%d", i))
	}
	return p, nil
}

// problem is about a key of the policy that was read last.
func (l *loader) problem(key, hint, format string, args ...any) profiles.Problems {
	k := l.keys[len(l.keys)-1]
	return profiles.Problems{{File: k.File, Line: k.Line(key), Msg: fmt.Sprintf(format, args...), Hint: hint}}
}

// finish validates the merged policy.
func (l *loader) finish(p *Policy) (*Policy, error) {
	p.keys = l.keys
	var problems profiles.Problems
	for _, demand := range demands {
		demand(p, func(key []string, hint, format string, args ...any) {
			at := l.keys[0]
			for _, k := range l.keys {
				if k.Has(key...) {
					at = k
					break
				}
			}
			problems = append(problems, profiles.Problem{File: at.File, Line: at.Line(key...), Msg: fmt.Sprintf(format, args...), Hint: hint})
		})
	}
	problems = append(problems, l.missingCA(p)...)
	for i := range p.Waivers {
		problems = append(problems, p.Waivers[i].problems()...)
	}
	if problems == nil {
		return p, nil
	}
	slices.SortStableFunc(problems, func(a, b profiles.Problem) int {
		if a.File != b.File {
			return strings.Compare(a.File, b.File)
		}
		return a.Line - b.Line
	})
	return nil, problems
}

// missingCA holds trust.ca to be a file of the repository.
func (l *loader) missingCA(p *Policy) profiles.Problems {
	if p.Trust.CA == "" || l.root == nil {
		return nil
	}
	if _, err := l.root.Stat(p.Trust.CA); err != nil {
		k := l.keys[0]
		return profiles.Problems{{File: k.File, Line: k.Line("trust", "ca"), Msg: fmt.Sprintf("trust.ca: there is no file %q in the repository", p.Trust.CA), Hint: "write its path relative to the policy"}}
	}
	return nil
}

// merge fills in what the extending policy leaves open. Lists replace, maps merge by key,
// waivers add up.
func merge(over, base reflect.Value) {
	for i := range over.NumField() {
		o, b := over.Field(i), base.Field(i)
		switch {
		case !o.CanSet():
		case o.Type() == reflect.TypeFor[[]Waiver]():
			o.Set(reflect.AppendSlice(o, b))
		case o.Kind() == reflect.Struct:
			merge(o, b)
		case o.Kind() == reflect.Map && !o.IsNil():
			for _, k := range b.MapKeys() {
				if !o.MapIndex(k).IsValid() {
					o.SetMapIndex(k, b.MapIndex(k))
				}
			}
		case o.IsZero():
			o.Set(b)
		}
	}
}

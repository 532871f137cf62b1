package fleet

import (
	"errors"
	"fmt"
	"slices"

	"scaffold/generator"
	"scaffold/profiles"
)

// A PolicyError says what a policy demands and a profile does not give, key by key.
type PolicyError struct{ Problems profiles.Problems }

func (e *PolicyError) Error() string { return e.Problems.Error() }

// inProfile says of an error of generating which file, and which line, it is about.
func (p *Project) inProfile(err error) error {
	var (
		keys     generator.KeyErrors
		key      *generator.KeyError
		breach   *generator.PolicyError
		problems profiles.Problems
	)
	switch {
	case errors.As(err, &keys):
		return p.keyProblems(keys)
	case errors.As(err, &key):
		return p.keyProblems(generator.KeyErrors{key})
	case errors.As(err, &breach):
		for _, b := range breach.Breaches {
			problems = append(problems, profiles.ProblemAt(p.Path(profiles.FileName), p.text, b.Key, b.Msg+" ("+b.Rule+")", b.Hint))
		}
		return &PolicyError{problems}
	case errors.As(err, &problems):
		return err
	}
	return fmt.Errorf("%s: %w", p.Path(profiles.FileName), err)
}

func (p *Project) keyProblems(keys generator.KeyErrors) profiles.Problems {
	var problems profiles.Problems
	for _, k := range keys {
		problem := profiles.ProblemAt(p.Path(profiles.FileName), p.text, k.Key, k.Msg, k.Hint)
		problem.Line = profiles.Near(p.text, problem.Line, k.Text)
		problems = append(problems, problem)
	}
	slices.SortStableFunc(problems, func(a, b profiles.Problem) int { return a.Line - b.Line })
	return problems
}

package fleet

import (
	"errors"

	"scaffold/bases"
	"scaffold/generator"
)

// A Question is what a project's choice of bases depends on, and what was decided.
type Question struct {
	Catalog  *bases.Catalog
	Needs    bases.Input
	Decision *bases.Decision // also where no base can serve: it shows why
	Err      error           // why nothing is generated all the same, as Plan says it
}

// Question asks for the project's bases. Nothing is written. asOf counts as in Plan. The
// error says why there is no decision.
func (p *Project) Question(asOf string) (*Question, error) {
	lock, _, err := p.known(asOf)
	if err != nil {
		return nil, err
	}
	in, _, err := p.input(lock)
	if err != nil {
		return nil, err
	}
	q := &Question{Catalog: in.Catalog, Needs: generator.Needs(in)}
	var none *bases.NoBaseError
	if q.Decision, err = bases.Choose(q.Catalog, q.Needs); err != nil && !errors.As(err, &none) {
		return nil, p.inProfile(err)
	}
	if _, err := generator.Generate(in); err != nil {
		q.Err = p.inProfile(err)
	}
	return q, nil
}

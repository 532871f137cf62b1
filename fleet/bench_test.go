package fleet_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sync/errgroup"

	"scaffold/fleet"
	"scaffold/fleet/fleettest"
)

// BenchmarkFleet opens, plans and checks (opens and plans, on every core) the projects of
// a synthetic fleet. µs/profile is to be the same for every size.
func BenchmarkFleet(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		if n > 1000 && testing.Short() {
			continue
		}
		f, err := fleettest.Make(filepath.Join(b.TempDir(), "fleet"), n, 1, fleettest.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for _, of := range []struct {
			name    string
			workers int
			work    func(*fleet.Project) error
		}{
			{"open", 1, func(*fleet.Project) error { return nil }},
			{"check", 1, planned},
			{"check-all", runtime.GOMAXPROCS(0), planned},
		} {
			b.Run(fmt.Sprintf("%s/%d", of.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := each(f, of.workers, of.work); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/profile")
			})
		}
		plan(b, f)
	}
}

// plan is what a check does once a project is open.
func plan(b *testing.B, f *fleettest.Fleet) {
	var all []*fleet.Project
	if err := each(f, 1, func(p *fleet.Project) error { all = append(all, p); return nil }); err != nil {
		b.Fatal(err)
	}
	b.Run(fmt.Sprintf("plan/%d", len(all)), func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for _, p := range all {
				if err := planned(p); err != nil {
					b.Fatal(err)
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(all)), "µs/profile")
	})
}

func planned(p *fleet.Project) error {
	plan, err := p.Plan(fleettest.AsOf)
	if err != nil {
		return err
	}
	for _, c := range plan.Changes {
		if c.Differs() {
			return fmt.Errorf("%s drifts: %s", p.Path(c.Path), c.Drift)
		}
	}
	return nil
}

// each opens every project of a fleet and works on it.
func each(f *fleettest.Fleet, workers int, work func(*fleet.Project) error) error {
	var (
		policies fleet.Policies
		g        errgroup.Group
	)
	g.SetLimit(workers)
	for _, dir := range f.Projects {
		g.Go(func() error {
			p, err := fleet.Open(filepath.Join(f.Dir, dir), dir, &policies)
			if err != nil {
				return err
			}
			return work(p)
		})
	}
	return g.Wait()
}

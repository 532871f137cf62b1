package generator_test

import (
	"os"
	"path/filepath"
	"testing"

	"scaffold/bases"
	"scaffold/generator"
	"scaffold/profiles"
)

// BenchmarkGenerate is generating for one profile in process: parse the profile and the
// lock, choose the bases, render the files. The aim is below 1 ms.
func BenchmarkGenerate(b *testing.B) {
	for _, name := range []string{"go-scratch", "python-slim"} {
		b.Run(name, func(b *testing.B) {
			dir := filepath.Join("..", "golden", "cases", name)
			profile, lock := read(b, dir, profiles.FileName), read(b, dir, profiles.LockName)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := generate(profile, lock); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// generate is what scaffold generate does between reading and writing files.
func generate(profile, lock []byte) (*generator.Output, error) {
	p, err := profiles.Parse(profiles.FileName, profile)
	if err != nil {
		return nil, err
	}
	l, err := profiles.ParseLock(profiles.LockName, lock)
	if err != nil {
		return nil, err
	}
	return generator.Generate(generator.Input{Profile: p, Facts: l.Facts, Digests: l.Digests, AsOf: l.AsOf, Catalog: bases.Embedded()})
}

func read(tb testing.TB, dir, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

package upstream

import (
	"fmt"

	"scaffold/bases"
)

// A Reader gets what upstream publishes.
type Reader interface {
	// Library returns the library file of an official image.
	Library(image string) (string, error)
	// Product returns endoflife.date's answer about a product.
	Product(name string) ([]byte, error)
	// Commit says at which commit and day the library files stand.
	Commit() (commit, day string, err error)
}

// Read gets everything that names.toml asks for: its images, and the products of its images
// and distributions.
func Read(r Reader, names *bases.Names) (*Data, error) {
	commit, day, err := r.Commit()
	if err != nil {
		return nil, err
	}
	d := &Data{Upstream: bases.Upstream{Ends: map[string]bases.Ends{}, Built: map[string]bases.BuiltTable{}}}
	for i := range names.Images {
		im := &names.Images[i]
		text, err := r.Library(im.Name)
		if err != nil {
			return nil, err
		}
		built, err := Library(im, codenames(names, im.Name), text)
		if err != nil {
			return nil, err
		}
		d.Built[im.Name] = built
	}
	latest := ""
	for _, product := range products(names) {
		text, err := r.Product(product)
		if err != nil {
			return nil, err
		}
		ends, made, err := Ends(product, text)
		if err != nil {
			return nil, err
		}
		d.Ends[product] = ends
		latest = max(latest, made)
	}
	d.Sources = []bases.Source{
		{ID: "official-images", Text: fmt.Sprintf("docker-library/official-images, library/*, commit %.8s", commit), Date: day},
		{ID: "endoflife", Text: "endoflife.date, products", Date: latest},
	}
	return d, nil
}

// codenames are those of the releases of the distribution that an image is.
func codenames(names *bases.Names, image string) []string {
	var all []string
	for _, d := range names.Distributions {
		for _, r := range d.Releases {
			if d.Name == image {
				all = append(all, r.Names[0])
			}
		}
	}
	return all
}

func products(names *bases.Names) []string {
	set := map[string]bool{}
	for _, d := range names.Distributions {
		set[d.Product] = true
	}
	for _, im := range names.Images {
		set[im.Product] = true
	}
	delete(set, "")
	return sorted(set)
}

package upstream

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"scaffold/bases"
)

// first is the first day that ends are kept from: what ended before is past anyway.
const first = "2018-01-01"

var plain = regexp.MustCompile(`^[0-9A-Za-z._-]+$`)

// Ends reads a product's answer of endoflife.date, and the day on which it was made.
func Ends(product string, text []byte) (ends bases.Ends, day string, err error) {
	var answer struct {
		GeneratedAt time.Time `json:"generated_at"`
		Result      struct {
			Releases []struct {
				Name    string  `json:"name"`
				EOLFrom *string `json:"eolFrom"`
			} `json:"releases"`
		} `json:"result"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, "", fmt.Errorf("reading the ends of %s: %w", product, err)
	}
	if len(answer.Result.Releases) == 0 || answer.GeneratedAt.IsZero() {
		return nil, "", fmt.Errorf("reading the ends of %s: it has no releases, or no day", product)
	}
	ends = bases.Ends{}
	for _, r := range answer.Result.Releases {
		if r.EOLFrom == nil {
			continue
		}
		if !plain.MatchString(r.Name) {
			return nil, "", fmt.Errorf("reading the ends of %s: %q is no release", product, r.Name)
		}
		if _, err := time.Parse(time.DateOnly, *r.EOLFrom); err != nil {
			return nil, "", fmt.Errorf("reading the ends of %s %s: %w", product, r.Name, err)
		}
		if *r.EOLFrom >= first {
			ends[r.Name] = *r.EOLFrom
		}
	}
	return ends, answer.GeneratedAt.UTC().Format(time.DateOnly), nil
}

package upstream

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"scaffold/bases"
)

var update = flag.Bool("update", false, "write testdata/want.toml")

// names asks for the samples.
var names = &bases.Names{
	Distributions: []bases.Distribution{{Name: "distro", Product: "distro", Releases: []bases.Release{{Version: "13", Names: []string{"trixie"}}}}},
	Images:        []bases.Image{{Name: "thing", Product: "thing", Line: 2, Without: []string{"extra"}}, {Name: "distro", Line: 1}},
}

// samples reads the files in testdata.
type samples struct{}

func (samples) Commit() (string, string, error) {
	return "37079fb336f572a88700cf32e5e1f6be54a04e8f", "2026-08-21", nil
}

func (samples) Library(image string) (string, error) {
	text, err := os.ReadFile(filepath.Join("testdata", "library", image))
	return string(text), err
}

func (samples) Product(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join("testdata", "endoflife", name+".json"))
}

// TestTOML holds what comes of the samples, that it comes the same each time, and that the
// catalog can read it.
func TestTOML(t *testing.T) {
	var first string
	for range 10 {
		d, err := Read(samples{}, names)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(d.TOML()); first == "" {
			first = text
		} else if text != first {
			t.Fatalf("it differs from run to run:\n%s", cmp.Diff(first, text))
		}
	}
	if *update {
		if err := os.WriteFile("testdata/want.toml", []byte(first), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/want.toml")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), first); d != "" {
		t.Errorf("written (-want +got):\n%s", d)
	}
	var read struct {
		Source []bases.Source
		bases.Upstream
	}
	meta, err := toml.Decode(first, &read)
	if err != nil || len(meta.Undecoded()) > 0 || len(read.Built["thing"]) != 2 || len(read.Built["distro"]) != 2 || read.Ends["thing"]["1.10"] != "2028-02-29" {
		t.Errorf("read again: %+v, %v, %v", read, meta.Undecoded(), err)
	}
}

// TestEmbeddedIsWritten holds that upstream.toml is what this package writes, by writing
// again what it has.
func TestEmbeddedIsWritten(t *testing.T) {
	c := bases.Embedded()
	d := Data{Upstream: c.Upstream}
	for _, id := range []string{"official-images", "endoflife"} {
		s, ok := c.Source(id)
		if !ok {
			t.Fatalf("no source %q", id)
		}
		d.Sources = append(d.Sources, s)
	}
	file, err := os.ReadFile("../upstream.toml")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(file), string(d.TOML())); d != "" {
		t.Errorf("upstream.toml was edited by hand (-file +written):\n%s", d)
	}
}

func TestLibraryRefuses(t *testing.T) {
	im := &bases.Image{Name: "thing"}
	for text, want := range map[string]string{
		"":                              "reading the library file of thing: there are no tags in it",
		"<!doctype html>\n<p>Not found": "has no field",
		"Tags: 1\n\nnonsense\n":         `line "nonsense" has no field`,
	} {
		if _, err := Library(im, nil, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Library(%q) ends with %v, want %q", text, err, want)
		}
	}
	// What no tag can be called does not come through.
	built, err := Library(im, nil, "Tags: 1-a\"b, 1-c\\nd, 1-fine\n")
	if d := cmp.Diff(bases.BuiltTable{{Tags: []string{"{version}-fine"}, Versions: []string{"1"}, Platforms: []string{"amd64"}}}, built); err != nil || d != "" {
		t.Errorf("%v, %s", err, d)
	}
}

func TestEndsRefuse(t *testing.T) {
	const whole = `{"generated_at": "2026-08-22T00:00:00Z", "result": {"releases": [{"name": "1", "eolFrom": "2027-01-01"}]}}`
	if ends, day, err := Ends("thing", []byte(whole)); err != nil || day != "2026-08-22" || ends["1"] != "2027-01-01" {
		t.Fatalf("%v, %s, %v", ends, day, err)
	}
	for text, want := range map[string]string{
		"":   "reading the ends of thing: unexpected end",
		"[]": "cannot unmarshal array",
		"{}": "it has no releases, or no day",
		strings.Replace(whole, "2026-08-22T", "yesterday", 1): "reading the ends of thing",
		strings.Replace(whole, "2027-01-01", "soon", 1):       `reading the ends of thing 1: parsing time "soon"`,
		strings.Replace(whole, `"1"`, `"1\n[base]"`, 1):       "is no release",
	} {
		if _, _, err := Ends("thing", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Ends(%s) ends with %v, want %q", text, err, want)
		}
	}
}

// broken fails in one of its ways.
type broken struct {
	samples
	commit, library, product error
}

func (b broken) Commit() (string, string, error) {
	if b.commit != nil {
		return "", "", b.commit
	}
	return b.samples.Commit()
}

func (b broken) Library(image string) (string, error) {
	if b.library != nil {
		return "", b.library
	}
	return b.samples.Library(image)
}

func (b broken) Product(name string) ([]byte, error) {
	if b.product != nil {
		return nil, b.product
	}
	return b.samples.Product(name)
}

func TestReadFails(t *testing.T) {
	lost := errors.New("lost")
	for name, r := range map[string]Reader{"commit": broken{commit: lost}, "library": broken{library: lost}, "product": broken{product: lost}} {
		if _, err := Read(r, names); !errors.Is(err, lost) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

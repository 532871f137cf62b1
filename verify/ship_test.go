//go:build linux

package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"scaffold/verify"
)

// ship ships results, and bounds how long the test waits for it.
func ship(t *testing.T, o verify.Options, req verify.Request, results []verify.Result, s verify.Shipment) ([]verify.Shipped, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	return verify.Ship(ctx, o, req, results, s)
}

func digests(results []verify.Result) map[string]string {
	m := map[string]string{}
	for _, r := range results {
		m[r.Platform] = r.Image.Digest
	}
	return m
}

// manifests are the platforms' manifests of an index, and the types of what is attested
// of each.
func manifests(t *testing.T, index v1.ImageIndex) (images map[string]string, attested map[string][]string) {
	t.Helper()
	m, err := index.IndexManifest()
	must(t, err)
	images, attested = map[string]string{}, map[string][]string{}
	for _, d := range m.Manifests {
		if d.Annotations["vnd.docker.reference.type"] == "" {
			images[d.Platform.String()] = d.Digest.String()
			continue
		}
		image, err := index.Image(d.Digest)
		must(t, err)
		att, err := image.Manifest()
		must(t, err)
		for _, l := range att.Layers {
			of := d.Annotations["vnd.docker.reference.digest"]
			attested[of] = append(attested[of], l.Annotations["in-toto.io/predicate-type"])
		}
	}
	return images, attested
}

// TestShip pulls a base and an SBOM generator from a registry that demands a password,
// verifies, and pushes to that registry what was verified, with attestations.
func TestShip(t *testing.T) {
	g := newGuarded(t, (*httptest.Server).Start)
	g.login(t, registryPassword)
	generator := filepath.Join(t.TempDir(), "sbom")
	compile(t, runtime.GOARCH, generator, "./testdata/sbom")
	scanner := g.put(t, "tools/sbom:1", generator, "sbom", "/sbom")
	base := g.put(t, "bases/certs:1", certificates(t), "etc/ssl/certs/ca-certificates.crt")

	req := request(t, []string{
		"FROM scratch\n", "FROM " + base + " AS certs\nFROM scratch\n",
		"COPY ca.crt", "COPY --from=certs /etc/ssl/certs/ca-certificates.crt",
	}, nil)
	o := options(t, "linux/amd64")
	results := run(t, o, req)
	if !results[0].OK {
		t.Fatalf("verifying: %+v", results[0].Checks)
	}
	if g.refused == 0 {
		t.Error("the registry never asked for the password")
	}
	sbom, provenance := "generator="+scanner, "mode=max"
	dir := t.TempDir()
	file, ref := filepath.Join(dir, "app.tar"), g.host+"/team/app:1"
	shipped, err := ship(t, o, req, results, verify.Shipment{
		To:   []verify.Destination{{Kind: "oci", To: file}, {Kind: "registry", To: ref}},
		SBOM: &sbom, Provenance: &provenance,
	})
	must(t, err)
	index, err := g.index(t, ref)
	must(t, err)
	digest, err := index.Digest()
	must(t, err)
	want := []verify.Shipped{{Kind: "oci", To: file, Digest: digest.String()}, {Kind: "registry", To: ref, Digest: digest.String()}}
	if d := cmp.Diff(want, shipped); d != "" {
		t.Errorf("shipped (-want +got):\n%s", d)
	}
	images, attested := manifests(t, index)
	if d := cmp.Diff(digests(results), images); d != "" {
		t.Errorf("manifests (-verified +pushed):\n%s", d)
	}
	kinds := map[string][]string{results[0].Image.Digest: {"https://spdx.dev/Document", "https://slsa.dev/provenance/v1"}}
	if d := cmp.Diff(kinds, attested); d != "" {
		t.Errorf("attestations (-want +got):\n%s", d)
	}
	archive, err := os.ReadFile(file)
	must(t, err)
	for _, want := range []string{digest.Hex, strings.TrimPrefix(results[0].Image.Digest, "sha256:"), `"fileName":"/app"`} {
		if !bytes.Contains(archive, []byte(want)) {
			t.Errorf("the archive lacks %q", want)
		}
	}
	for place, data := range layout(t, file) {
		if bytes.Contains(data, []byte(registryPassword)) {
			t.Errorf("%s holds the registry's password", place)
		}
	}
}

// TestShipPlatforms ships two platforms as one index, and one as what docker load takes.
func TestShipPlatforms(t *testing.T) {
	req, o, dir := request(t, nil, nil), options(t), t.TempDir()
	results := run(t, o, req)
	oci := filepath.Join(dir, "app.tar")
	shipped, err := ship(t, o, req, results, verify.Shipment{To: []verify.Destination{{Kind: "oci", To: oci}}})
	must(t, err)
	var index v1.IndexManifest
	must(t, json.Unmarshal(layout(t, oci)["blobs/sha256/"+strings.TrimPrefix(shipped[0].Digest, "sha256:")], &index))
	got := map[string]string{}
	for _, d := range index.Manifests {
		got[d.Platform.String()] = d.Digest.String()
	}
	if d := cmp.Diff(digests(results), got); d != "" {
		t.Errorf("manifests (-verified +shipped):\n%s", d)
	}

	file := filepath.Join(dir, "docker.tar")
	shipped, err = ship(t, o, req, results[:1], verify.Shipment{To: []verify.Destination{{Kind: "docker", To: file}}})
	must(t, err)
	if shipped[0].Digest != results[0].Image.Digest {
		t.Errorf("shipped %s, and %s was verified", shipped[0].Digest, results[0].Image.Digest)
	}
	image, err := tarball.ImageFromPath(file, nil)
	must(t, err)
	config, err := image.ConfigFile()
	must(t, err)
	if config.Architecture != "amd64" || config.Config.User != "65532:65532" {
		t.Errorf("docker load gets %+v", config)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestShipRefuses holds that nothing is written where anything is wrong.
func TestShipRefuses(t *testing.T) {
	g := newGuarded(t, (*httptest.Server).Start)
	req, o := request(t, nil, nil), options(t, "linux/amd64")
	results := run(t, o, req)
	other := []verify.Result{results[0]}
	other[0].Image.Digest = "sha256:" + strings.Repeat("1", 64)
	failed := []verify.Result{results[0]}
	failed[0].OK = false
	standIn := []verify.Result{results[0]}
	standIn[0].Bases = []verify.Base{{Ref: "debian:trixie", StandIn: true}}
	max, none := "mode=max", "generator="+g.host+"/no/such:1"
	tests := []struct {
		name       string
		results    []verify.Result
		shipment   verify.Shipment
		password   string
		proxy      string
		want, hint string
	}{
		{name: "a check failed", results: failed, want: "did not pass"},
		{name: "stand-in bases", results: standIn, want: "stand-in bases is not pushed"},
		{name: "another digest", results: other, want: "differs from what was verified", hint: "scaffold verify again"},
		{name: "another file since", results: results, want: "differs from what was verified", hint: "scaffold verify again"},
		{name: "no such generator", results: results, shipment: verify.Shipment{SBOM: &none}, want: "/no/such:1", hint: "generator=IMAGE"},
		{name: "wrong password", results: results, password: "guess", want: "401", hint: "docker login"},
		{name: "password of a proxy", results: results, shipment: verify.Shipment{Provenance: &max}, proxy: "http://me:sesame@127.0.0.1:1", want: "password in HTTP_PROXY", hint: "mode=min"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			password := registryPassword
			if tc.password != "" {
				password = tc.password
			}
			g.login(t, password)
			if tc.proxy != "" {
				t.Setenv("HTTP_PROXY", tc.proxy)
			}
			req := req
			if tc.name == "another file since" {
				req = request(t, fault("silent"), nil)
			}
			dir, ref := t.TempDir(), g.host+"/refused/app:1"
			tc.shipment.To = []verify.Destination{{Kind: "registry", To: ref}, {Kind: "oci", To: filepath.Join(dir, "app.tar")}}
			shipped, err := ship(t, o, req, tc.results, tc.shipment)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, %v, want an error with %q", shipped, err, tc.want)
			}
			var hinted *verify.ShipError
			if tc.hint != "" && (!errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), tc.hint)) {
				t.Errorf("the hint of %v lacks %q", err, tc.hint)
			}
			if strings.Contains(err.Error(), "sesame") {
				t.Errorf("%v tells the password", err)
			}
			left, err := os.ReadDir(dir)
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
			if _, err := g.index(t, ref); err == nil {
				t.Error("the registry has the image")
			}
		})
	}
}

// TestShipCancel cancels in the middle of a push: nothing is left here, the tag is not
// there, and what would have come next is not written.
func TestShipCancel(t *testing.T) {
	g := newGuarded(t, (*httptest.Server).Start)
	g.login(t, registryPassword)
	req, o := request(t, nil, nil), options(t, "linux/amd64")
	results := run(t, o, req)
	scratch, dir, ref := t.TempDir(), t.TempDir(), g.host+"/cancelled/app:1"
	t.Setenv("TMPDIR", scratch)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g.upload = cancel
	to := []verify.Destination{{Kind: "registry", To: ref}, {Kind: "oci", To: filepath.Join(dir, "app.tar")}}
	shipped, err := verify.Ship(ctx, o, req, results, verify.Shipment{To: to})
	if !errors.Is(err, context.Canceled) || shipped != nil {
		t.Errorf("got %v, %v, want a cancel", shipped, err)
	}
	for _, d := range []string{scratch, dir} {
		if left, err := os.ReadDir(d); err != nil || len(left) > 0 {
			t.Errorf("left in %s: %v %v", d, left, err)
		}
	}
	if _, err := g.index(t, ref); err == nil {
		t.Error("the registry has the tag")
	}
}

// TestShipCA pushes to a registry whose certificate only a company's CA vouches for.
func TestShipCA(t *testing.T) {
	g := newGuarded(t, (*httptest.Server).StartTLS)
	g.login(t, registryPassword)
	req, o := request(t, nil, nil), options(t, "linux/amd64", "linux/arm64")
	results := run(t, o, req)
	ref := g.host + "/team/app:1"
	s := verify.Shipment{To: []verify.Destination{{Kind: "registry", To: ref}}}
	_, err := ship(t, o, req, results, s)
	var hinted *verify.ShipError
	if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), "--ca") {
		t.Fatalf("without the CA: %v", err)
	}
	s.Roots = g.roots
	_, err = ship(t, o, req, results, s)
	must(t, err)
	index, err := g.index(t, ref)
	must(t, err)
	images, _ := manifests(t, index)
	if d := cmp.Diff(digests(results), images); d != "" {
		t.Errorf("manifests (-verified +pushed):\n%s", d)
	}
}

// layout reads an archive: its files by name, those that are compressed unpacked too.
func layout(t *testing.T, file string) map[string][]byte {
	t.Helper()
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	files, err := contents(f)
	must(t, err)
	return files
}

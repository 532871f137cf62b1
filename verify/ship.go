package verify

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/moby/buildkit/client"
)

// Shipment says what a verified image is to become.
type Shipment struct {
	To         []Destination  // Required.
	SBOM       *string        // Options of BuildKit's attest:sbom, e.g. "generator=IMAGE"; nil for none.
	Provenance *string        // Options of attest:provenance, e.g. "mode=max"; nil for none.
	Roots      *x509.CertPool // CA certificates that registries are trusted by. Default: the system's.
}

// Shipped is one output that was written.
type Shipped struct {
	Kind   string `json:"kind"`   // oci, docker or registry
	To     string `json:"to"`     // The file, or the reference.
	Digest string `json:"digest"` // Of the image's index, or of its manifest where it has one platform.
}

// Ship exports what was verified. BuildKit builds all platforms once more as one image,
// from its cache, into a folder here; each platform's manifest must then have the digest
// that its result has, and only then is anything written or pushed. So an output holds
// what was verified, or there is none. A file appears whole; a tag is pushed last.
//
// The results are those of req, and each must be OK.
func Ship(ctx context.Context, o Options, req Request, results []Result, s Shipment) ([]Shipped, error) {
	o = o.withDefaults()
	if err := s.check(results); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "scaffold-ship-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the image: %w", err)
	}
	defer os.RemoveAll(dir)
	r := &runner{Options: o, workers: map[string]*worker{}}
	if r.display, err = newDisplay(o.Progress, o.Show); err != nil {
		return nil, err
	}
	defer r.display.close()
	defer r.stop()
	w, err := r.shipper(ctx, results)
	if err != nil {
		return nil, err
	}
	if err := r.export(ctx, w, req, results, s, dir); err != nil {
		return nil, fmt.Errorf("exporting %q: %w", req.Name, err)
	}
	image, err := readExport(dir)
	if err != nil {
		return nil, fmt.Errorf("reading the export of %q: %w", req.Name, err)
	}
	if err := image.isVerified(results); err != nil {
		return nil, err
	}
	image.name = req.Profile.Name
	var done []Shipped
	for _, to := range s.To {
		ended := r.display.step("ship", to.Kind+" "+to.To)
		err := kinds[to.Kind].write(ctx, image, to, s)
		ended()
		if err != nil {
			return done, fmt.Errorf("writing %s=%s: %w", to.Kind, to.To, err)
		}
		done = append(done, Shipped{Kind: to.Kind, To: to.To, Digest: image.root.Digest.String()})
	}
	return done, nil
}

func (s Shipment) check(results []Result) error {
	for _, r := range results {
		if !r.OK {
			return fmt.Errorf("shipping %q for %s: it did not pass", r.Profile, r.Platform)
		}
		if r.Image.Digest == "" {
			return &ShipError{Err: errors.New("nothing was shipped: this builder keeps no image by its digest"),
				Next: "take Docker Engine 23 or newer with its containerd image store, or another BuildKit (--builder)"}
		}
	}
	if len(results) == 0 {
		return errors.New("shipping: nothing was verified")
	}
	standIn := slices.ContainsFunc(results, func(r Result) bool {
		return slices.ContainsFunc(r.Bases, func(b Base) bool { return b.StandIn })
	})
	if standIn && slices.ContainsFunc(s.To, func(to Destination) bool { return to.Kind == "registry" }) {
		return errors.New("shipping: an image of stand-in bases is not pushed")
	}
	return s.proxies()
}

// proxies refuses to publish a proxy's password: BuildKit writes every build argument
// into the fullest provenance.
func (s Shipment) proxies() error {
	if s.Provenance == nil || !strings.Contains(*s.Provenance, "mode=max") {
		return nil
	}
	for name, v := range proxyArgs() {
		if strings.Contains(v, "@") {
			return &ShipError{Err: fmt.Errorf("the provenance would hold the password in %s", name), Next: "use --provenance=mode=min, or a proxy without a password"}
		}
	}
	return nil
}

// A ShipError says why nothing was shipped, and what to do.
type ShipError struct {
	Err  error
	Next string
}

func (e *ShipError) Error() string { return e.Err.Error() }
func (e *ShipError) Unwrap() error { return e.Err }

// Hint is the next step.
func (e *ShipError) Hint() string { return e.Next }

// shipper is the one worker that built all platforms: an image is exported by the BuildKit
// that has all of it.
func (r *runner) shipper(ctx context.Context, results []Result) (*worker, error) {
	var all *worker
	for _, res := range results {
		w, err := r.workerFor(ctx, res.Platform)
		if err != nil {
			return nil, err
		}
		if all != nil && w != all {
			return nil, &ShipError{Err: errors.New("nothing was shipped: the platforms were built by several builders"),
				Next: "ship from one builder, with --builder ADDRESS alone"}
		}
		all = w
	}
	return all, nil
}

// export has BuildKit build all platforms as one image into dir, an OCI image layout.
func (r *runner) export(ctx context.Context, w *worker, req Request, results []Result, s Shipment, dir string) error {
	var names []string
	for _, res := range results {
		names = append(names, res.Platform)
	}
	b := &build{runner: r, worker: w, job: &job{req: req, platform: strings.Join(names, ","), label: "ship"}}
	inputs, err := b.inputs()
	if err != nil {
		return err
	}
	attachables, err := attachables(req)
	if err != nil {
		return err
	}
	limit := r.BuildTimeout + exportTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not end within %s", limit))
	defer cancel()
	opt := client.SolveOpt{
		Frontend: "dockerfile.v0", FrontendAttrs: b.frontendOpts(""),
		LocalMounts: inputs, SharedKey: req.ContextDir, Session: attachables, SourcePolicy: req.SourcePolicy,
	}
	for name, v := range map[string]*string{"attest:sbom": s.SBOM, "attest:provenance": s.Provenance} {
		if v != nil {
			opt.FrontendAttrs[name] = *v
		}
	}
	into, unpacked := unpackInto(dir)
	opt.Exports = []client.ExportEntry{{
		Type: client.ExporterOCI, Attrs: ociAttrs(),
		Output: func(map[string]string) (io.WriteCloser, error) { return into, nil },
	}}
	status, fed := make(chan *client.SolveStatus), make(chan struct{})
	go func() {
		defer close(fed)
		for st := range status {
			r.display.show("ship", st)
		}
	}()
	_, err = w.Client.Solve(ctx, nil, opt, status)
	<-fed
	into.Close()
	if bad := <-unpacked; err == nil {
		return bad
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	cause := errors.New(rootCause(err))
	if s.SBOM != nil && strings.Contains(cause.Error(), "resolve source metadata") {
		return &ShipError{Err: cause, Next: "the SBOM generator must be an image that BuildKit can pull: --sbom=generator=IMAGE"}
	}
	return w.gone(ctx, cause)
}

// ociAttrs are the exporter options on which a manifest's digest depends; the build that
// is verified and the one that is shipped have them in common.
func ociAttrs() map[string]string {
	return map[string]string{"oci-mediatypes": "true", "compression": "gzip"}
}

// isVerified holds each platform's manifest to the digest that was verified.
func (e *exported) isVerified(results []Result) error {
	var differ []string
	for _, r := range results {
		if got := e.manifests[r.Platform]; got != r.Image.Digest {
			differ = append(differ, fmt.Sprintf("%s is %s, and %s was verified", r.Platform, cmp.Or(got, "missing"), r.Image.Digest))
		}
	}
	if len(e.manifests) != len(results) {
		differ = append(differ, fmt.Sprintf("%d platforms, and %d were verified", len(e.manifests), len(results)))
	}
	if differ == nil {
		return nil
	}
	return &ShipError{
		Err:  fmt.Errorf("nothing was shipped: what BuildKit exports differs from what was verified: %s", strings.Join(differ, "; ")),
		Next: "a file or a base changed meanwhile, or BuildKit's cache was pruned: run scaffold verify again",
	}
}

// exported is an image in an OCI image layout.
type exported struct {
	name      string // of the project
	dir       string
	index     v1.ImageIndex
	root      v1.Descriptor
	manifests map[string]string // digest by platform
}

// attestation marks a manifest that is no image, see BuildKit's
// docs/attestations/attestation-storage.md.
const attestation = "vnd.docker.reference.type"

func readExport(dir string) (*exported, error) {
	path, err := layout.FromPath(dir)
	if err != nil {
		return nil, err
	}
	index, err := path.ImageIndex()
	if err != nil {
		return nil, err
	}
	top, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(top.Manifests) != 1 {
		return nil, fmt.Errorf("it holds %d images, want one", len(top.Manifests))
	}
	e := &exported{dir: dir, index: index, root: top.Manifests[0], manifests: map[string]string{}}
	holder, all := index, top.Manifests
	if e.root.MediaType.IsIndex() {
		if holder, err = index.ImageIndex(e.root.Digest); err != nil {
			return nil, err
		}
		m, err := holder.IndexManifest()
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(m.Manifests, func(d v1.Descriptor) bool { return d.Annotations[attestation] != "" })
	}
	for _, d := range all {
		image, err := holder.Image(d.Digest)
		if err != nil {
			return nil, err
		}
		name, err := platformOf(image)
		if err != nil {
			return nil, err
		}
		e.manifests[name] = d.Digest.String()
	}
	return e, nil
}

// platformOf reads the platform from the image's configuration, as whoever pulls it does.
func platformOf(image v1.Image) (string, error) {
	config, err := image.ConfigFile()
	if err != nil {
		return "", err
	}
	p, err := platforms.Parse(config.Platform().String())
	if err != nil {
		return "", err
	}
	return platforms.Format(platforms.Normalize(p)), nil
}

// Check says, before anything is built, what could not be shipped.
func (s Shipment) Check(platforms int) error {
	if err := s.proxies(); err != nil {
		return err
	}
	for _, to := range s.To {
		k, ok := kinds[to.Kind]
		if !ok || to.To == "" {
			return &ShipError{Err: fmt.Errorf("output %q: it takes %s", strings.TrimSuffix(to.Kind+"="+to.To, "="), kindsInWords()), Next: "scaffold verify --help"}
		}
		if err := k.check(to, s, platforms); err != nil {
			return err
		}
	}
	return nil
}

// folderOf refuses a file that could not be made.
func folderOf(file string) error {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return &ShipError{Err: fmt.Errorf("output %q is a folder", file), Next: "name a file in it"}
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return &ShipError{Err: fmt.Errorf("output %q: there is no folder %q", file, filepath.Dir(file)), Next: "make it first"}
	}
	return nil
}

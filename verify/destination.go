package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"scaffold/bases/registry"
)

// Destination is where an image is shipped to.
type Destination struct {
	Kind string // oci, docker or registry
	To   string // A file, or for registry a reference with a tag.
}

// A kind of destination. Adding one is adding a value to kinds.
type kind struct {
	what  string
	check func(to Destination, s Shipment, platforms int) error
	write func(context.Context, *exported, Destination, Shipment) error
}

var kinds = map[string]kind{
	"oci":      {"oci=FILE", checkOCI, writeOCI},
	"docker":   {"docker=FILE", checkDocker, writeDocker},
	"registry": {"registry=REF", checkRegistry, push},
}

func kindsInWords() string {
	var all []string
	for _, k := range kinds {
		all = append(all, k.what)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func checkOCI(to Destination, _ Shipment, _ int) error { return folderOf(to.To) }

func checkDocker(to Destination, s Shipment, platforms int) error {
	if platforms != 1 {
		return &ShipError{Err: fmt.Errorf("output docker=%s: docker load takes one platform, and there are %d", to.To, platforms), Next: "add --platform, or use oci="}
	}
	if s.SBOM != nil || s.Provenance != nil {
		return &ShipError{Err: fmt.Errorf("output docker=%s: docker load takes no attestations", to.To), Next: "leave out --sbom and --provenance, or use oci="}
	}
	return folderOf(to.To)
}

func checkRegistry(to Destination, _ Shipment, _ int) error {
	if _, err := name.NewTag(to.To); err != nil {
		return &ShipError{Err: fmt.Errorf("output registry=%s: %w", to.To, err), Next: "write it as docker push does: registry.example/team/app:1.2"}
	}
	return nil
}

// writeOCI writes the layout as one archive, whose index.json names the image.
func writeOCI(ctx context.Context, e *exported, to Destination, _ Shipment) error {
	return atomically(to.To, func(w io.Writer) error { return writeTar(ctx, w, e.dir, nil) })
}

// writeDocker writes the layout with the file that docker load reads beside it, as docker
// save does: https://github.com/moby/docker-image-spec/blob/main/v1.2.md
func writeDocker(ctx context.Context, e *exported, to Destination, _ Shipment) error {
	image, err := e.index.Image(e.root.Digest)
	if err != nil {
		return err
	}
	m, err := image.Manifest()
	if err != nil {
		return err
	}
	blob := func(d v1.Descriptor) string { return "blobs/" + d.Digest.Algorithm + "/" + d.Digest.Hex }
	doc := struct {
		Config   string
		RepoTags []string
		Layers   []string
	}{Config: blob(m.Config)}
	if tag, err := name.NewTag(e.name + ":latest"); err == nil {
		doc.RepoTags = []string{tag.String()}
	}
	for _, l := range m.Layers {
		doc.Layers = append(doc.Layers, blob(l))
	}
	data, err := json.Marshal([]any{doc})
	if err != nil {
		return err
	}
	return atomically(to.To, func(w io.Writer) error { return writeTar(ctx, w, e.dir, data) })
}

// pushTimeout bounds a push.
const pushTimeout = time.Hour

// push pushes the image; what it is called by comes last. Credentials are those of
// Docker's configuration.
func push(ctx context.Context, e *exported, to Destination, s Shipment) error {
	ctx, cancel := context.WithTimeoutCause(ctx, pushTimeout, fmt.Errorf("it did not end within %s", pushTimeout))
	defer cancel()
	tag, err := name.NewTag(to.To)
	if err != nil {
		return err
	}
	opts := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain), remote.WithTransport(registry.Transport(s.Roots))}
	if err := e.pushTo(tag, opts); err != nil {
		return pushError(ctx, err)
	}
	there, err := remote.Head(tag, opts...)
	if err != nil {
		return pushError(ctx, err)
	}
	if there.Digest != e.root.Digest {
		return fmt.Errorf("the registry says that %s is %s, and %s was pushed", to.To, there.Digest, e.root.Digest)
	}
	return nil
}

func (e *exported) pushTo(tag name.Tag, opts []remote.Option) error {
	if !e.root.MediaType.IsIndex() {
		image, err := e.index.Image(e.root.Digest)
		if err != nil {
			return err
		}
		return remote.Write(tag, image, opts...)
	}
	index, err := e.index.ImageIndex(e.root.Digest)
	if err != nil {
		return err
	}
	return remote.WriteIndex(tag, index, opts...)
}

func pushError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	next := "check the name and your credentials (docker login)"
	if strings.Contains(err.Error(), "x509:") {
		next = "give the registry's CA certificate: --ca FILE"
	}
	return &ShipError{Err: err, Next: next}
}

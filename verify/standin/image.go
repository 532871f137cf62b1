package standin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// writeImage completes an OCI layout around a layer that is in its blobs already. The layer stays uncompressed:
// it only travels over loopback, and then digest and diff id are the same.
func writeImage(dir string, config *v1.ConfigFile, layer v1.Hash, size int64) error {
	config.RootFS = v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{layer}}
	config.History = []v1.History{{Created: v1.Time{Time: epoch}, CreatedBy: "scaffold stand-in"}}
	c, err := writeBlob(dir, types.OCIConfigJSON, config)
	if err != nil {
		return err
	}
	m, err := writeBlob(dir, types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: c,
		Layers: []v1.Descriptor{{MediaType: types.OCIUncompressedLayer, Digest: layer, Size: size}},
	})
	if err != nil {
		return err
	}
	m.Platform = &v1.Platform{OS: config.OS, Architecture: config.Architecture, Variant: config.Variant}
	index, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{m}})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "index.json"), index, 0o644)
}

func writeBlob(dir string, kind types.MediaType, v any) (v1.Descriptor, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return v1.Descriptor{}, err
	}
	h, n, err := v1.SHA256(bytes.NewReader(data))
	if err != nil {
		return v1.Descriptor{}, err
	}
	return v1.Descriptor{MediaType: kind, Digest: h, Size: n}, os.WriteFile(filepath.Join(dir, "blobs", "sha256", h.Hex), data, 0o644)
}

// assemble makes the index of images that lie in the layouts dirs, one a platform.
func assemble(dirs []string) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, dir := range dirs {
		l, err := layout.ImageIndexFromPath(dir)
		if err != nil {
			return nil, fmt.Errorf("opening stand-in %q: %w", dir, err)
		}
		m, err := l.IndexManifest()
		if err != nil {
			return nil, fmt.Errorf("opening stand-in %q: %w", dir, err)
		}
		d := m.Manifests[0]
		img, err := l.Image(d.Digest)
		if err != nil {
			return nil, fmt.Errorf("opening stand-in %q: %w", dir, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: d})
	}
	return index, nil
}

// push writes the index to the registry, unless its tag is at that digest already.
func push(ctx context.Context, registry, ref string, index v1.ImageIndex) (digest string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	to, err := name.NewTag(at(registry, ref), name.Insecure)
	if err != nil {
		return "", fmt.Errorf("naming stand-in %q: %w", ref, err)
	}
	want, err := index.Digest()
	if err != nil {
		return "", err
	}
	if have, err := remote.Head(to, remote.WithContext(ctx)); err == nil && have.Digest == want {
		return want.String(), nil
	}
	if err := remote.WriteIndex(to, index, remote.WithContext(ctx)); err != nil {
		return "", fmt.Errorf("pushing stand-in %q: %w", ref, err)
	}
	return want.String(), nil
}

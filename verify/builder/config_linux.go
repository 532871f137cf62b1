package builder

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/BurntSushi/toml"

	"scaffold/bases/registry"
)

// daemonConfig is the part of buildkitd.toml that scaffold sets, see
// https://docs.docker.com/build/buildkit/toml-configuration/
type daemonConfig struct {
	Root     string                    `toml:"root"`
	GRPC     map[string][]string       `toml:"grpc"`
	OTEL     map[string]string         `toml:"otel"`
	CDI      map[string]bool           `toml:"cdi"`
	History  map[string]int            `toml:"history"`
	Worker   workerConfig              `toml:"worker"`
	Registry map[string]registryConfig `toml:"registry,omitempty"`
}

type workerConfig struct {
	OCI        ociConfig       `toml:"oci"`
	Containerd map[string]bool `toml:"containerd"`
}

type ociConfig struct {
	Enabled     bool   `toml:"enabled"`
	Binary      string `toml:"binary"`
	Snapshotter string `toml:"snapshotter"`
	NetworkMode string `toml:"networkMode"`
	GC          bool   `toml:"gc"`
	Reserved    string `toml:"reservedSpace"`
	MaxUsed     string `toml:"maxUsedSpace"`
	MinFree     string `toml:"minFreeSpace"`
	Cgroup      string `toml:"defaultCgroupParent"`
}

type registryConfig struct {
	Mirrors []string `toml:"mirrors,omitempty"`
	HTTP    *bool    `toml:"http,omitempty"`
}

// writeConfig writes the instance's buildkitd.toml. registry is host:port of the
// stand-in registry, or empty.
func (in instance) writeConfig(s spec, registry string) error {
	c := daemonConfig{
		Root: in.path("root"),
		GRPC: map[string][]string{"address": {"unix://" + in.socket("buildkitd.sock")}},
		// The defaults of these lie in /run/buildkit, where two daemons would meet.
		OTEL:    map[string]string{"socketPath": in.socket("otel.sock")},
		CDI:     map[string]bool{"disabled": true},
		History: map[string]int{"maxEntries": 20},
		Worker: workerConfig{
			OCI: ociConfig{
				// auto is overlayfs wherever the file system below carries it.
				Enabled: true, Binary: s.Runc, Snapshotter: "auto", NetworkMode: "host",
				GC: true, Reserved: "5GB", MaxUsed: "25GB", MinFree: "10%",
				Cgroup: in.cgroup().name,
			},
			Containerd: map[string]bool{"enabled": false},
		},
	}
	if err := c.mirror(s, registry); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(c); err != nil {
		return fmt.Errorf("writing buildkitd.toml: %w", err)
	}
	return os.WriteFile(in.path("buildkitd.toml"), b.Bytes(), 0o600)
}

func (c *daemonConfig) mirror(s spec, standIns string) error {
	mirror, plainHTTP := standIns, true
	if s.Mirror != "" {
		var err error
		if mirror, plainHTTP, err = splitMirror(s.Mirror); err != nil {
			return err
		}
	}
	if mirror == "" {
		return nil
	}
	c.Registry = map[string]registryConfig{}
	for _, r := range registry.Mirrored {
		c.Registry[r] = registryConfig{Mirrors: []string{mirror}}
	}
	// Where nothing is said, buildkitd speaks plain HTTP with this machine and TLS with others.
	if plainHTTP || strings.HasPrefix(s.Mirror, "https://") {
		host, _, _ := strings.Cut(mirror, "/")
		own := c.Registry[host]
		own.HTTP = &plainHTTP
		c.Registry[host] = own
	}
	return nil
}

// splitMirror reads host[:port][/path], with http:// or https:// before it, into
// what buildkitd.toml takes. An empty mirror stays empty.
func splitMirror(mirror string) (hostPath string, plainHTTP bool, err error) {
	if mirror == "" {
		return "", false, nil
	}
	m, err := registry.ParseMirror(mirror)
	if err != nil {
		return "", false, &Error{Msg: err.Error(), Next: registry.MirrorHint}
	}
	return m.Host, m.PlainHTTP, nil
}

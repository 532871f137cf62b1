package builder

import (
	"errors"
	"os"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/moby/buildkit/cmd/buildkitd/config"

	"scaffold/bases/registry"
)

func TestSplitMirror(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		http, ok bool
	}{
		{"", "", false, true},
		{"registry.acme.example", "registry.acme.example", false, true},
		{"registry.acme.example:5000/hub/", "registry.acme.example:5000/hub", false, true},
		{"http://10.0.0.1:5000", "10.0.0.1:5000", true, true},
		{"https://registry.acme.example/hub", "registry.acme.example/hub", false, true},
		{"ftp://registry.acme.example", "", false, false},
		{"user:secret@registry.acme.example", "", false, false},
		{"registry.acme.example?x=1", "", false, false},
		{"a b", "", false, false},
		{"/hub", "", false, false},
	} {
		got, http, err := splitMirror(tt.in)
		if got != tt.want || http != tt.http || (err == nil) != tt.ok {
			t.Errorf("splitMirror(%q) = %q, %v, %v", tt.in, got, http, err)
		}
		var told *Error
		if err != nil && (!errors.As(err, &told) || told.Hint() == "") {
			t.Errorf("splitMirror(%q) = %v, without a hint", tt.in, err)
		}
	}
}

// TestConfigIsBuildKits reads what was written with BuildKit's own types: a key
// that those do not know would have no effect, and buildkitd would not say so.
func TestConfigIsBuildKits(t *testing.T) {
	yes, no := true, false
	for name, tt := range map[string]struct {
		s        spec
		registry string
		mirror   string // of docker.io and gcr.io
		http     string // the host spoken to in plain HTTP
		tls      string // the host spoken to in TLS though it is this machine
	}{
		"default":   {s: spec{}},
		"stand-ins": {s: spec{StandIns: true}, registry: "127.0.0.1:4000", mirror: "127.0.0.1:4000", http: "127.0.0.1:4000"},
		"tls":       {s: spec{Mirror: "m.example/hub"}, mirror: "m.example/hub"},
		"plain":     {s: spec{Mirror: "http://m.example:80/hub"}, mirror: "m.example:80/hub", http: "m.example:80"},
		"local tls": {s: spec{Mirror: "https://localhost:5000"}, mirror: "localhost:5000", tls: "localhost:5000"},
		"of itself": {s: spec{Mirror: "http://gcr.io"}, mirror: "gcr.io", http: "gcr.io"},
	} {
		t.Run(name, func(t *testing.T) {
			in := instance{key: "k", dir: t.TempDir()}
			tt.s.Runc = "/usr/bin/runc"
			if err := in.writeConfig(tt.s, tt.registry); err != nil {
				t.Fatal(err)
			}
			var got config.Config
			meta, err := toml.DecodeFile(in.path("buildkitd.toml"), &got)
			if err != nil {
				t.Fatal(err)
			}
			if unknown := meta.Undecoded(); len(unknown) > 0 {
				t.Errorf("BuildKit does not know %v", unknown)
			}
			if got.Root != in.path("root") || got.Workers.OCI.Mode != "host" || got.Workers.OCI.Binary != tt.s.Runc || *got.Workers.Containerd.Enabled {
				t.Errorf("configuration is %+v", got)
			}
			if got.Workers.OCI.GCMaxUsedSpace.Bytes == 0 || got.Workers.OCI.GCMinFreeSpace.Percentage == 0 {
				t.Errorf("nothing bounds the cache: %+v", got.Workers.OCI.GCConfig)
			}
			for _, r := range registry.Mirrored {
				var want []string
				if tt.mirror != "" {
					want = []string{tt.mirror}
				}
				if diff := cmp.Diff(want, got.Registries[r].Mirrors); diff != "" {
					t.Errorf("mirrors of %s (-want +got):\n%s", r, diff)
				}
			}
			if tt.tls != "" {
				if diff := cmp.Diff(&no, got.Registries[tt.tls].PlainHTTP); diff != "" {
					t.Errorf("plain HTTP of %s (-want +got):\n%s", tt.tls, diff)
				}
			}
			if tt.http != "" {
				if diff := cmp.Diff(&yes, got.Registries[tt.http].PlainHTTP); diff != "" {
					t.Errorf("plain HTTP of %s (-want +got):\n%s", tt.http, diff)
				}
			}
		})
	}
}

func TestKeysDiffer(t *testing.T) {
	seen := map[string]string{}
	for _, o := range []Options{{}, {StandIns: true}, {Mirror: "a/b"}, {Mirror: "a.b"}, {Mirror: "http://a/b"}, {Mirror: "../../etc"}, {CA: []byte("a")}, {CA: []byte("b")}, {Mirror: "a/b", CA: []byte("a")}, {StandIns: true, CA: []byte("a")}} {
		key := keyFor(o)
		if other, ok := seen[key]; ok {
			t.Errorf("%+v and %s share key %q", o, other, key)
		}
		seen[key] = o.Mirror
		if unsafeInKey.ReplaceAllString(key, "-") != key || key[0] == '.' {
			t.Errorf("key %q of %+v is no plain file name", key, o)
		}
	}
}

func TestDaemonEnv(t *testing.T) {
	got := daemonEnv([]string{"PATH=/bin", "https_proxy=http://p", "NO_PROXY=x=y", "AWS_SECRET_ACCESS_KEY=s", "NOTIFY_SOCKET=/run/n", "SSL_CERT_FILE=/ca"})
	if diff := cmp.Diff([]string{"PATH=/bin", "https_proxy=http://p", "NO_PROXY=x=y", "SSL_CERT_FILE=/ca"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestForeignSocketDirIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("giving a directory to another user needs root")
	}
	in := instance{key: "k", dir: t.TempDir()}
	if err := os.Mkdir(in.path("run"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := in.makeSocketDir(); err != nil {
		t.Errorf("our own is refused: %v", err)
	}
	if err := os.Chown(in.path("run"), 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if err := in.makeSocketDir(); err == nil {
		t.Error("another user's is taken")
	}
}

package verify

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/containerd/platforms"
	dockerconfig "github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/session/sshforward/sshprovider"
)

// attachables are what a build may ask of this machine: registry credentials of Docker's
// configuration, the secrets and the SSH agents that were named. The program under test
// cannot.
func attachables(req Request) ([]session.Attachable, error) {
	config := dockerconfig.LoadDefaultConfigFile(io.Discard)
	all := []session.Attachable{authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
		AuthConfigProvider: authprovider.LoadAuthConfig(config),
	})}
	if len(req.Secrets) > 0 {
		var sources []secretsprovider.Source
		for _, s := range req.Secrets {
			sources = append(sources, secretsprovider.Source{ID: s.ID, FilePath: s.File, Env: s.Env})
		}
		store, err := secretsprovider.NewStore(sources)
		if err != nil {
			return nil, fmt.Errorf("taking the build secrets: %w", err)
		}
		all = append(all, secretsprovider.NewSecretProvider(store))
	}
	if len(req.SSH) > 0 {
		var agents []sshprovider.AgentConfig
		for _, s := range req.SSH {
			agents = append(agents, sshprovider.AgentConfig{ID: s.ID, Paths: s.Paths})
		}
		provider, err := sshprovider.NewSSHAgentProvider(agents)
		if err != nil {
			return nil, fmt.Errorf("taking the SSH keys: %w", err)
		}
		all = append(all, provider)
	}
	return all, nil
}

// proxyArgs are the proxy settings of the environment. BuildKit hands these arguments to
// build steps and keeps them out of the cache key and of the image.
func proxyArgs() map[string]string {
	args := map[string]string{}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"} {
		for _, key := range []string{name, strings.ToLower(name)} {
			if v := os.Getenv(key); v != "" {
				args[name] = v
			}
		}
	}
	return args
}

// nativeConstraint makes a step of ours run on the worker's own platform.
func nativeConstraint(native string) llb.ConstraintsOpt {
	p, err := platforms.Parse(native)
	if err != nil {
		p = platforms.DefaultSpec()
	}
	return llb.Platform(p)
}

package standin

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	archiveKeys     = "/usr/share/keyrings/debian-archive-keyring.gpg"
	defaultMirror   = "http://ftp.debian.org/debian"
	defaultSecurity = "http://security.debian.org/debian-security"
)

// sources are the archives that packages come from.
type sources struct{ Mirror, Security string }

var archiveURI = regexp.MustCompile(`(?m)^[^#\n]*?(https?://\S+?/debian(-security)?)/?(\s|$)`)

// hostSources reads the archives of a Debian host from its apt configuration; on other hosts it returns Debian's own.
func hostSources(root string) sources {
	s := sources{defaultMirror, defaultSecurity}
	files, _ := filepath.Glob(filepath.Join(root, "etc/apt/sources.list.d/*"))
	for _, f := range append([]string{filepath.Join(root, "etc/apt/sources.list")}, files...) {
		if ext := filepath.Ext(f); ext != ".list" && ext != ".sources" {
			continue
		}
		text, _ := os.ReadFile(f)
		for _, m := range archiveURI.FindAllStringSubmatch(string(text), -1) {
			if m[2] == "" {
				s.Mirror = m[1]
			} else {
				s.Security = m[1]
			}
		}
	}
	return s
}

// list returns the sources for a suite in apt's deb822 form, as the image itself gets them.
func (s sources) list(p suite) string {
	text := stanza(s.Mirror, strings.Join(p.Pockets, " "), p.Stale)
	if p.Security != "" {
		text += "\n" + stanza(s.Security, p.Security, p.Stale)
	}
	return text
}

func stanza(uri, suites string, stale bool) string {
	text := fmt.Sprintf("Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n", uri, suites, archiveKeys)
	if stale {
		text += "Check-Valid-Until: no\n"
	}
	return text
}

// apt is a package archive seen through apt-get with all its state in folders of our own: it never looks at what
// the host has installed.
type apt struct {
	dir string // one a suite and architecture; shared by runs, guarded by a lock
}

const aptConfig = `Dir %[1]q;
Dir::State %[1]q;
Dir::State::status %[2]q;
Dir::Cache %[3]q;
Dir::Etc %[4]q;
Dir::Etc::Parts "/dev/null";
Dir::Etc::Netrc "/etc/apt/auth.conf";
Dir::Etc::NetrcParts "/etc/apt/auth.conf.d";
APT::Architecture %[5]q;
#clear APT::Architectures;
APT::Architectures { %[5]q; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::http::Timeout "60";
Acquire::https::Timeout "60";
`

// fetch downloads packages and, unless exact, all they depend on, and returns the files sorted by name.
// It waits for another run that uses the same folder.
func (a apt) fetch(ctx context.Context, arch, list string, r recipe) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Minute)
	defer cancel()
	unlock, err := lock(ctx, a.dir+".lock")
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := a.configure(ctx, arch, list); err != nil {
		return nil, err
	}
	if err := a.update(ctx); err != nil {
		return nil, fmt.Errorf("updating package lists of %s for %s: %w", r.Suite, arch, err)
	}
	verb := []string{"install", "-y", "-qq", "--download-only"}
	if r.Exact {
		verb = []string{"download", "-qq"}
	}
	// apt-get prints what is not there yet; in an empty folder that is the whole plan.
	none := filepath.Join(a.dir, "none")
	plan, err := a.run(ctx, none, append(append(verb, "--print-uris", "-o", "Dir::Cache::archives="+none), r.Packages...)...)
	if err != nil {
		return nil, fmt.Errorf("choosing packages of %s for %s: %w", r.Suite, arch, err)
	}
	if _, err := a.run(ctx, a.archives(), append(verb, r.Packages...)...); err != nil {
		return nil, fmt.Errorf("downloading packages of %s for %s: %w", r.Suite, arch, err)
	}
	files, err := a.files(string(plan))
	if err == nil && len(files) < len(r.Packages) {
		err = fmt.Errorf("choosing packages of %s for %s: %d are named and %d were chosen", r.Suite, arch, len(r.Packages), len(files))
	}
	return files, err
}

// files reads apt-get's --print-uris lines: 'URI' file size hash.
func (a apt) files(plan string) ([]string, error) {
	var files []string
	for line := range strings.Lines(plan) {
		f := strings.Fields(line)
		if len(f) < 3 || !strings.HasPrefix(f[0], "'") {
			continue
		}
		file := filepath.Join(a.archives(), f[1])
		if _, err := os.Stat(file); err != nil { // download leaves the URI's spelling
			name, _ := url.PathUnescape(f[1])
			if file = filepath.Join(a.archives(), name); !exists(file) {
				return nil, fmt.Errorf("finding downloaded package: %w", err)
			}
		}
		files = append(files, file)
	}
	slices.Sort(files)
	return files, nil
}

func exists(file string) bool { _, err := os.Stat(file); return err == nil }

func (a apt) archives() string { return filepath.Join(a.dir, "cache/archives") }

func (a apt) configure(ctx context.Context, arch, list string) error {
	for _, d := range []string{"lists/partial", "cache/archives/partial", "none/partial", "etc/preferences.d"} {
		if err := os.MkdirAll(filepath.Join(a.dir, d), 0o755); err != nil {
			return err
		}
	}
	conf := fmt.Sprintf(aptConfig, a.dir+"/", a.dir+"/status", a.dir+"/cache/", a.dir+"/etc/", arch)
	files := map[string]string{"apt.conf": conf + hostProxy(ctx), "status": "", "etc/debian.sources": list}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// update refreshes the lists, unless that was done in the last hour with the same sources.
func (a apt) update(ctx context.Context) error {
	stamp, list := filepath.Join(a.dir, "updated"), filepath.Join(a.dir, "etc/debian.sources")
	want, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	if st, err := os.Stat(stamp); err == nil && time.Since(st.ModTime()) < time.Hour {
		if got, _ := os.ReadFile(stamp); string(got) == string(want) {
			return nil
		}
	}
	if _, err := a.run(ctx, a.dir, "update", "-qq", "-o", "APT::Update::Error-Mode=any"); err != nil {
		return hinted(err, "the package archive must answer; it is taken from /etc/apt")
	}
	return os.WriteFile(stamp, want, 0o644)
}

func (a apt) run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := command(ctx, "apt-get", append(args, "-o", "Dir::Etc::SourceList="+a.dir+"/etc/debian.sources", "-o", "Dir::Etc::SourceParts=/dev/null")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "APT_CONFIG="+a.dir+"/apt.conf", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")
	return output(ctx, cmd)
}

var proxyKey = regexp.MustCompile(`(?i)^Acquire::https?::([^ ]*::)?(Proxy|CaInfo|Verify-Peer|Verify-Host)[^ ]* "`)

// hostProxy returns the host's own apt settings for reaching an archive.
func hostProxy(ctx context.Context) string {
	dump, err := output(ctx, exec.CommandContext(ctx, "apt-config", "dump"))
	if err != nil {
		return ""
	}
	var keep strings.Builder
	for line := range strings.Lines(string(dump)) {
		if proxyKey.MatchString(line) {
			keep.WriteString(line)
		}
	}
	return keep.String()
}

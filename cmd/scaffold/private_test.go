package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"scaffold/verify"
)

func openBytes(data []byte) func(string) (io.ReadCloser, error) {
	return func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
}

// pythonProject uses a package of the private index.
func pythonProject(t *testing.T, build string) string {
	t.Helper()
	return project(t, map[string]string{
		"requirements.txt": "acme-greeting==" + version + "\n",
		"main.py":          "import acme_greeting\nprint(acme_greeting.TEXT)\n",
		"scaffold.toml": `schema = 1
name = "private"
stack = "python/pip"
[build]
` + build + `
[runtime]
command = ["python", "main.py"]
[verify]
exit = 0
output = "greetings from the private index"
`})
}

// goProject uses a module of the private proxy.
func goProject(t *testing.T, sum, build string) string {
	t.Helper()
	return project(t, map[string]string{
		"go.mod":  "module example.org/private\n\ngo 1.26\n\nrequire acme.example/greeting v" + version + "\n",
		"go.sum":  sum,
		"main.go": "package main\n\nimport (\n\t\"fmt\"\n\n\t\"acme.example/greeting\"\n)\n\nfunc main() { fmt.Println(greeting.Text) }\n",
		"scaffold.toml": `schema = 1
name = "private"
stack = "go"
[build]
` + build + `
[verify]
exit = 0
output = "greetings from the private proxy"
`})
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// places searches everything in an OCI archive (layers unpacked, configurations with
// their history, manifests, attestations) for any of the needles.
func places(t *testing.T, archive string, needles ...string) []string {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var found []string
	for files := tar.NewReader(f); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		if packed, err := gzip.NewReader(bytes.NewReader(data)); err == nil {
			if data, err = io.ReadAll(packed); err != nil {
				t.Fatal(err)
			}
		}
		for _, needle := range needles {
			if bytes.Contains(data, []byte(needle)) {
				found = append(found, h.Name+" holds "+needle)
			}
		}
	}
}

// secrets are the forms in which the index's password could get into something.
func secrets() []string {
	pair := []byte(indexUser + ":" + indexPassword)
	return []string{indexPassword, base64.StdEncoding.EncodeToString(pair), base64.URLEncoding.EncodeToString(pair)}
}

// shipped verifies a project that must pass and returns its archive, with the fullest
// provenance. What the run says must not hold the password either.
func shipped(t *testing.T, dir string, args ...string) string {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "image.tar")
	cmd, stderr := command(t, dir, append([]string{"verify", "--stand-ins", "--progress", "plain", "--platform", nativePlatform,
		"--output", "oci=" + archive, "--provenance=mode=max"}, args...)...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out, stderr)
	}
	for _, s := range secrets() {
		if strings.Contains(string(out)+stderr.String(), s) {
			t.Errorf("what scaffold prints holds the password as %q", s)
		}
	}
	if len(places(t, archive, "buildDefinition")) == 0 {
		t.Error("the archive has no provenance to search")
	}
	return archive
}

// TestSecretIsNowhere installs from an index that demands a password, and searches all
// that is shipped for it. Then it has a Dockerfile leak it, and finds it.
func TestSecretIsNowhere(t *testing.T) {
	needsBuildKit(t)
	i := serveIndex(t, pythonIndex(t), nil)
	conf := secretFile(t, "[global]\nindex-url = http://"+indexUser+":"+indexPassword+"@"+i.host()+"/simple/\n")
	dir := pythonProject(t, `secrets = [{ id = "pip_conf", target = "/etc/pip.conf" }]`)
	mustRun(t, dir, "generate")
	secret := "id=pip_conf,src=" + conf
	archive := shipped(t, dir, "--secret", secret)
	if i.served.Load() == 0 {
		t.Error("the index was not asked with the password")
	}
	if found := places(t, archive, secrets()...); found != nil {
		t.Errorf("the password is in what was shipped: %v", found)
	}

	path := filepath.Join(dir, "Dockerfile")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const step = "COPY --link . .\n"
	leak := strings.Replace(string(text), step, step+"RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf cp /etc/pip.conf /app/left\n", 1)
	if leak == string(text) {
		t.Fatalf("%q is not in\n%s", step, text)
	}
	if err := os.WriteFile(path, []byte(leak), 0o644); err != nil {
		t.Fatal(err)
	}
	if found := places(t, shipped(t, dir, "--secret", secret), secrets()...); len(found) == 0 {
		t.Error("the search does not find a password that was left in a layer")
	}
}

// TestCompanyCA installs from indexes behind a company's CA: not without build.ca, and
// with it; the image does not hold the CA. The Go proxy also demands a password, by netrc.
func TestCompanyCA(t *testing.T) {
	needsBuildKit(t)
	ca := newCompanyCA(t)
	body := strings.Split(string(ca.pem), "\n")[1] // one line tells it
	modules, sum := goProxy(t)
	py, mod := serveIndex(t, pythonIndex(t), &ca), serveIndex(t, modules, &ca)
	tests := []struct {
		name    string
		index   *index
		project func(build string) string
		build   string
		secrets []string
	}{
		{
			"pip", py, func(build string) string { return pythonProject(t, build) },
			`secrets = [{ id = "index", env = "PIP_INDEX_URL" }]`,
			[]string{"id=index,src=" + secretFile(t, "https://"+indexUser+":"+indexPassword+"@"+py.host()+"/simple/")},
		},
		{
			"go", mod, func(build string) string { return goProject(t, sum, build) },
			`secrets = [{ id = "proxy", env = "GOPROXY" }, { id = "netrc", target = "/root/.netrc" }]`,
			[]string{"id=proxy,src=" + secretFile(t, mod.url), "id=netrc,src=" + secretFile(t, "machine "+mod.host()+" login "+indexUser+" password "+indexPassword+"\n")},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var args []string
			for _, s := range tc.secrets {
				args = append(args, "--secret", s)
			}
			dir := tc.project(tc.build)
			mustRun(t, dir, "generate")
			none := filepath.Join(t.TempDir(), "image.tar")
			r, code, stderr := verified(t, dir, append(args, "--stand-ins", "--platform", nativePlatform, "--output", "oci="+none)...)
			if _, err := os.Stat(none); err == nil || !strings.Contains(stderr, "scaffold: nothing was shipped: a check failed\n") {
				t.Errorf("an image that failed was shipped: %v\n%s", err, stderr)
			}
			if code != exitFindings || len(r.Results) != 1 {
				t.Fatalf("without the CA: exit code %d, results %+v\n%s", code, r.Results, stderr)
			}
			if c := r.Results[0].Checks[0]; c.Status != verify.Fail || !strings.Contains(c.Hint, "build.ca") {
				t.Errorf("without the CA: %+v", c)
			}

			dir = tc.project(tc.build + "\nca = \"certs/acme.pem\"")
			if err := os.Mkdir(filepath.Join(dir, "certs"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "certs", "acme.pem"), ca.pem, 0o644); err != nil {
				t.Fatal(err)
			}
			mustRun(t, dir, "generate")
			archive := shipped(t, dir, args...)
			if tc.index.served.Load() == 0 {
				t.Error("the index was not asked")
			}
			if found := places(t, archive, append(secrets(), body)...); found != nil {
				t.Errorf("in what was shipped: %v", found)
			}
			block, _ := pem.Decode(ca.pem)
			if found := places(t, archive, string(block.Bytes)); found != nil {
				t.Errorf("in what was shipped: %v", found)
			}
		})
	}
}

package builder

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// authority is a CA with its key.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
}

// sign writes a certificate and its key below dir; nil signs itself.
func sign(t *testing.T, ca *authority, c *x509.Certificate, cert, key string) *authority {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	by := &authority{c, k}
	if ca != nil {
		by = ca
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by.cert, k.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{parsed, k}
}

// certificates makes a CA, a daemon's and a client's certificate below a folder:
// ca.pem, daemon.pem and its key, cert.pem and key.pem.
func certificates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	root := template("a CA")
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign
	ca := sign(t, nil, root, file("ca.pem"), file("ca.key"))
	daemon := template("a daemon")
	daemon.DNSNames, daemon.ExtKeyUsage = []string{"buildkitd.example", "localhost"}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	sign(t, ca, daemon, file("daemon.pem"), file("daemon.key"))
	client := template("a client")
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	sign(t, ca, client, file("cert.pem"), file("key.pem"))
	return dir
}

// second starts a buildkitd as a person would, on a free TCP port of ip, and returns its address.
func second(t *testing.T, o Options, ip string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	buildkitd, err := Tool(ctx, o.CacheDir, "github.com/moby/buildkit/cmd/buildkitd", native(), testLog{t})
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "buildkitd.toml")
	write(t, config, "[otel]\nsocketPath = \""+dir+"/otel.sock\"\n[cdi]\ndisabled = true\n[worker.containerd]\nenabled = false\n")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	// The native snapshotter mounts nothing, so that nothing stays behind.
	cmd := exec.Command(buildkitd, append([]string{"--config", config, "--root", filepath.Join(dir, "root"), "--addr", "tcp://" + addr,
		"--oci-worker-net=host", "--oci-worker-snapshotter=native"}, args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	eventually(t, "buildkitd listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return "tcp://" + addr
}

func TestTLS(t *testing.T) {
	o := private(t)
	certs, others := certificates(t), certificates(t)
	at := func(dir, name string) string { return filepath.Join(dir, name) }
	addr := second(t, o, "127.0.0.1", "--tlscacert", at(certs, "ca.pem"), "--tlscert", at(certs, "daemon.pem"), "--tlskey", at(certs, "daemon.key"))
	plain := second(t, o, "127.0.0.1")
	const name = "buildkitd.example"
	kube := t.TempDir() // with the file names of a Kubernetes secret
	for from, to := range map[string]string{"ca.pem": "ca.crt", "cert.pem": "tls.crt", "key.pem": "tls.key"} {
		data, err := os.ReadFile(at(certs, from))
		if err != nil {
			t.Fatal(err)
		}
		write(t, at(kube, to), string(data))
	}
	tests := map[string]struct {
		addr string
		tls  TLS
		says []string // none: it connects
	}{
		"three files":        {addr, TLS{name, at(certs, "ca.pem"), at(certs, "cert.pem"), at(certs, "key.pem"), ""}, nil},
		"a folder":           {addr, TLS{ServerName: name, Dir: certs}, nil},
		"Kubernetes' folder": {addr, TLS{ServerName: name, Dir: kube}, nil},
		"plain to plain":     {plain, TLS{}, nil},
		"nothing":            {addr, TLS{}, []string{addr, "--tlscacert", "--tlsdir"}},
		"another CA":         {addr, TLS{ServerName: name, Dir: others}, []string{"unknown authority", "--tlscacert"}},
		"the machine's CAs":  {addr, TLS{ServerName: name}, []string{"unknown authority", "--tlscacert"}},
		"no client":          {addr, TLS{ServerName: name, CACert: at(certs, "ca.pem")}, []string{"certificate required", "--tlscert"}},
		"another client": {addr, TLS{name, at(certs, "ca.pem"), at(others, "cert.pem"), at(others, "key.pem"), ""},
			[]string{"does not trust the client certificate"}},
		"another name":     {addr, TLS{ServerName: "elsewhere.example", Dir: certs}, []string{"buildkitd.example", "--tlsservername"}},
		"the address":      {addr, TLS{Dir: certs}, []string{"127.0.0.1", "--tlsservername"}},
		"TLS to plain":     {plain, TLS{ServerName: name, Dir: certs}, []string{"leave out the --tls flags"}},
		"half a pair":      {addr, TLS{Cert: at(certs, "cert.pem")}, []string{"--tlscert and --tlskey go together"}},
		"files and folder": {addr, TLS{Dir: certs, CACert: at(certs, "ca.pem")}, []string{"--tlsdir", "leave out"}},
		"an empty folder":  {addr, TLS{Dir: t.TempDir()}, []string{"ca.pem nor ca.crt"}},
		"no such file":     {addr, TLS{CACert: at(certs, "none.pem")}, []string{"--tlscacert", "none.pem", "no such file"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := Options{CacheDir: o.CacheDir, Addr: tt.addr, TLS: tt.tls}
			if tt.says == nil {
				if b := connect(t, o); len(b.Warnings) > 0 {
					t.Errorf("warnings on the loopback interface: %v", b.Warnings)
				}
				return
			}
			_, err := Connect(context.Background(), o)
			holdsError(t, err, tt.says...)
		})
	}
}

// TestPlainConnectionWarns where it leaves this machine.
func TestPlainConnectionWarns(t *testing.T) {
	o := private(t)
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	var far string
	for _, a := range addrs {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() {
			far = ip.IP.String()
		}
	}
	if far == "" {
		t.Skip("this machine has no address but the loopback's")
	}
	o.Addr = second(t, o, far)
	b := connect(t, o)
	if len(b.Warnings) != 1 || !strings.Contains(b.Warnings[0], o.Addr) || !strings.Contains(b.Warnings[0], "--tlscacert") {
		t.Errorf("warnings are %q", b.Warnings)
	}
}

func TestExposed(t *testing.T) {
	for addr, want := range map[string]bool{
		"tcp://127.0.0.1:1": false, "tcp://[::1]:1": false, "tcp://localhost:1": false,
		"tcp://10.0.0.1:1": true, "tcp://build.example:1": true, "tcp://[2001:db8::1]:1": true,
	} {
		u, err := parseAddr(addr)
		if err != nil || exposed(u) != want {
			t.Errorf("exposed(%s) is %t, %v", addr, !want, err)
		}
	}
}

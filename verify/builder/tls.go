package builder

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
)

// TLS is how a buildkitd at a tcp:// address is trusted and told who we are, by the
// names that buildctl gives its flags. Without any of it the connection is plain.
type TLS struct {
	// ServerName is the name in the daemon's certificate. Default: the address's host.
	ServerName string
	// CACert is the file of the CA that signed the daemon's certificate. Default: this
	// machine's own CAs.
	CACert string
	// Cert and Key are the files of the client's certificate. Optional, both or none.
	Cert, Key string
	// Dir holds all three: ca.pem, cert.pem and key.pem, or ca.crt, tls.crt and tls.key.
	// Instead of the others but ServerName.
	Dir string
}

func (t TLS) given() bool { return t != TLS{} }

// tlsFiles are the names that a file of TLS.Dir may have.
var tlsFiles = []struct {
	flag  string
	names []string
	field func(*TLS) *string
}{
	{"--tlscacert", []string{"ca.pem", "ca.crt"}, func(t *TLS) *string { return &t.CACert }},
	{"--tlscert", []string{"cert.pem", "tls.crt"}, func(t *TLS) *string { return &t.Cert }},
	{"--tlskey", []string{"key.pem", "tls.key"}, func(t *TLS) *string { return &t.Key }},
}

// resolved returns t with the files of its directory, all of which can be read.
func (t TLS) resolved() (TLS, error) {
	if t.Dir != "" && (t.CACert != "" || t.Cert != "" || t.Key != "") {
		return t, &Error{Usage: true, Msg: "--tlsdir holds all three files: it excludes --tlscacert, --tlscert and --tlskey", Next: "leave out one or the other"}
	}
	if t.Dir == "" && (t.Cert == "") != (t.Key == "") {
		return t, &Error{Usage: true, Msg: "--tlscert and --tlskey go together", Next: "give both, or neither if the buildkitd asks for no client certificate"}
	}
	for _, f := range tlsFiles {
		path := f.field(&t)
		if t.Dir != "" {
			if *path = firstThere(t.Dir, f.names); *path == "" {
				return t, &Error{Msg: fmt.Sprintf("--tlsdir %s has neither %s", t.Dir, strings.Join(f.names, " nor ")), Next: "put it there, or name the files with --tlscacert, --tlscert and --tlskey"}
			}
		}
		if *path == "" {
			continue
		}
		if file, err := os.Open(*path); err != nil {
			return t, &Error{Msg: "reading " + f.flag, Next: "give the path of a PEM file that you may read", Err: err}
		} else {
			file.Close()
		}
	}
	return t, nil
}

func firstThere(dir string, names []string) string {
	for _, n := range names {
		if _, err := os.Stat(filepath.Join(dir, n)); err == nil {
			return filepath.Join(dir, n)
		}
	}
	return ""
}

// client returns what BuildKit's client takes for a daemon at u.
func (t TLS) client(u *url.URL) ([]client.ClientOpt, error) {
	if !t.given() {
		return nil, nil
	}
	t, err := t.resolved()
	if err != nil {
		return nil, err
	}
	name := t.ServerName
	if name == "" {
		name = u.Hostname()
	}
	trust := client.WithServerConfigSystem(name)
	if t.CACert != "" {
		trust = client.WithServerConfig(name, t.CACert)
	}
	opts := []client.ClientOpt{trust}
	if t.Cert != "" {
		opts = append(opts, client.WithCredentials(t.Cert, t.Key))
	}
	return opts, nil
}

// rejected returns why the daemon at u does not take the client's certificate, or its
// want of one. TLS 1.3 tells that only after the client's handshake, and gRPC, which
// writes at once, may see no more than a closed connection.
func (t TLS) rejected(ctx context.Context, u *url.URL) error {
	t, err := t.resolved()
	if err != nil || !t.given() {
		return nil
	}
	// Who the daemon is was judged before; this only hears what it has to say.
	config := &tls.Config{InsecureSkipVerify: true}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	ctx, cancel := context.WithTimeout(ctx, rejectDeadline)
	defer cancel()
	conn, err := (&tls.Dialer{Config: config}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(rejectDeadline))
	_, err = conn.Read(make([]byte, 1))
	var alert *net.OpError
	if errors.As(err, &alert) && alert.Op == "remote error" { // in crypto/tls's words
		return err
	}
	return nil
}

// rejectDeadline is how long a daemon may take to reject a client.
const rejectDeadline = 3 * time.Second

// exposed reports whether what is sent to u without TLS leaves this machine.
func exposed(u *url.URL) bool {
	host := u.Hostname()
	ip := net.ParseIP(host)
	return host != "localhost" && (ip == nil || !ip.IsLoopback())
}

// tlsFlags is the next step for a daemon that wants to know who we are.
const tlsFlags = "pass --tlscacert, --tlscert and --tlskey, or --tlsdir with the three files"

// refusals are causes by which a connection fails, in the words of Go and gRPC, and what
// to do about each.
var refusals = []struct{ sign, hint string }{
	{"signed by unknown authority", "the CA that signed the buildkitd's certificate is another: " + tlsFlags},
	{"certificate is valid for", "pass --tlsservername with a name that the certificate has"},
	{"cannot validate certificate for", "pass --tlsservername with a name that the certificate has"},
	{"certificate required", "the buildkitd wants a client certificate: " + tlsFlags},
	{"bad certificate", "the buildkitd does not trust the client certificate: --tlscert must be signed by the CA that it was started with"},
	{"unknown certificate authority", "the buildkitd does not trust the client certificate: --tlscert must be signed by the CA that it was started with"},
	{"first record does not look like a TLS handshake", "that buildkitd speaks no TLS: leave out the --tls flags"},
	{"HTTP/1", "something else answers there; a Docker Engine is --builder docker, with DOCKER_HOST or a context to say which"},
	{"executable file not found", "install the tool that the message names, and see that it is in PATH"},
	{"server preface", "if that buildkitd wants TLS, " + tlsFlags + ""},
}

func refusalHint(err error) string {
	for _, r := range refusals {
		if strings.Contains(err.Error(), r.sign) {
			return r.hint
		}
	}
	return ""
}

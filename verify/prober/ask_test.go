//go:build linux

package prober

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestListeners(t *testing.T) {
	text := `  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:1F40 00000000:0000 0A 00000000:00000000 00:00000000
   1: 00000000:1388 00000000:0000 0A 00000000:00000000 00:00000000
   2: 0100007F:1F40 0100007F:9999 01 00000000:00000000 00:00000000
   3: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A
   4: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A
   5: nonsense 0 0A 0A
`
	want := []Listener{{"127.0.0.1", 8000}, {"0.0.0.0", 5000}, {"::1", 80}, {"::", 443}}
	got := parseListeners(strings.NewReader(text))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	for i, loopback := range []bool{true, false, true, false} {
		if got[i].Loopback() != loopback {
			t.Errorf("%v: loopback %v", got[i], !loopback)
		}
	}
}

func TestStatus(t *testing.T) {
	got := parseStatus("Name:\tapp\nUid:\t1000\t1000\t0\t1000\nGid:\t5\t5\t5\t5\n")
	want := Process{Found: true, UIDs: []int{1000, 1000, 0, 1000}, GIDs: []int{5, 5, 5, 5}, Name: "app"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHTTP(t *testing.T) {
	busy := 2 // answers of 503 while starting
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("all is well")) })
	mux.HandleFunc("/busy", func(w http.ResponseWriter, r *http.Request) {
		if busy--; busy >= 0 {
			w.WriteHeader(503)
		}
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://example.org/", http.StatusFound)
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for _, err := w.Write(make([]byte, 1<<16)); err == nil; _, err = w.Write(make([]byte, 1<<16)) {
		}
	})
	mux.HandleFunc("/silent", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	server := httptest.NewServer(mux)
	defer server.Close()
	u, err := url.Parse(server.URL)
	must(t, err)
	tests := []struct {
		path, status, body string
		ok                 bool
		cause              string
		got                int
	}{
		{"/ok", "200", "is well", true, "", 200},
		{"/ok", "200", "is bad", false, CauseBody, 200},
		{"/busy", "200", "", true, "", 200},
		{"/moved", "302", "", true, "", 302},
		{"/moved", "200", "", false, CauseStatus, 302},
		{"/none", "200", "", false, CauseStatus, 404},
		{"/endless", "200", "", true, "", 200},
		{"/endless", "200", "x", false, CauseBody, 200},
		{"/silent", "200", "", false, CauseSilent, 0},
	}
	for _, tc := range tests {
		t.Run(tc.path+tc.status+tc.body, func(t *testing.T) {
			a := ask[Answer](t, "http", "-port", u.Port(), "-path", tc.path, "-status", tc.status, "-body", tc.body, "-timeout", "1s")
			if a.OK != tc.ok || a.Cause != tc.cause || a.Status != tc.got || len(a.Excerpt) > maxExcerpt {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func TestTCP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if a := ask[Answer](t, "tcp", "-port", port, "-timeout", "5s"); !a.OK {
		t.Errorf("got %+v", a)
	}
	l.Close()
	if a := ask[Answer](t, "tcp", "-port", port, "-timeout", "100ms"); a.OK || a.Cause != CauseRefused {
		t.Errorf("got %+v", a)
	}
}

func TestExec(t *testing.T) {
	if e := ask[Exec](t, "exec", "-timeout", "5s", "--", "sh", "-c", "echo well"); !e.OK || e.Output != "well\n" {
		t.Errorf("got %+v", e)
	}
	if e := ask[Exec](t, "exec", "-timeout", "300ms", "--", "sh", "-c", "exit 7"); e.OK || e.Code != 7 || e.Attempts < 1 {
		t.Errorf("got %+v", e)
	}
	// Time is up in the middle of the second try: what the first ended with is what it says.
	seen := filepath.Join(t.TempDir(), "seen")
	if e := ask[Exec](t, "exec", "-timeout", "2s", "--", "sh", "-c", "[ ! -e "+seen+" ] || sleep 60; touch "+seen+"; exit 7"); e.Code != 7 || e.Error != "" {
		t.Errorf("got %+v", e)
	}
	if e := ask[Exec](t, "exec", "-timeout", "10ms", "--", "/no/such/program"); e.OK || e.Error == "" {
		t.Errorf("got %+v", e)
	}
	began := time.Now()
	if e := ask[Exec](t, "exec", "-timeout", "200ms", "--", "sleep", "60"); e.OK || e.Error != "timeout" || time.Since(began) > 10*time.Second {
		t.Errorf("got %+v after %s", e, time.Since(began))
	}
	if e := ask[Exec](t, "exec", "-timeout", "5s", "--", "head", "-c", "1000000", "/dev/zero"); !e.OK || len(e.Output) > maxExecOutput {
		t.Errorf("got %d bytes", len(e.Output))
	}
}

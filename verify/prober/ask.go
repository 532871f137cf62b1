package prober

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Causes of an [Answer] that is not OK.
const (
	CauseRefused = "refused" // nothing listens on the port
	CauseSilent  = "silent"  // a connection was taken, and no whole answer came
	CauseStatus  = "status"  // another status than wanted
	CauseBody    = "body"    // the body lacks the wanted text
)

// Answer is what http and tcp found.
type Answer struct {
	OK        bool       `json:"ok"`
	Cause     string     `json:"cause,omitempty"`
	Status    int        `json:"status,omitempty"`
	Excerpt   string     `json:"excerpt,omitempty"` // beginning of the body
	Error     string     `json:"error,omitempty"`
	Millis    int64      `json:"millis"` // of the last attempt
	Listeners []Listener `json:"listeners,omitempty"`
}

const (
	maxBody    = 1 << 20
	maxExcerpt = 400
	// lenience is how long a wrong status below 500 or a wrong body may still turn into
	// the right one. A 5xx is what programs say while they start, and is asked again
	// until the deadline.
	lenience = 3 * time.Second
)

func httpVerb(args []string) (any, error) {
	fs := newFlags("http")
	port := fs.Int("port", 0, "")
	path := fs.String("path", "/", "")
	status := fs.Int("status", 200, "")
	body := fs.String("body", "", "")
	timeout := fs.Duration("timeout", time.Minute, "")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	ask := func(ctx context.Context) Answer { return get(ctx, *port, *path, *status, *body) }
	return until(*timeout, ask), nil
}

func tcpVerb(args []string) (any, error) {
	fs := newFlags("tcp")
	port := fs.Int("port", 0, "")
	timeout := fs.Duration("timeout", time.Minute, "")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	return until(*timeout, func(ctx context.Context) Answer { return dial(ctx, *port) }), nil
}

// until asks again and again until the answer is OK, is final, or time is up.
func until(timeout time.Duration, ask func(context.Context) Answer) Answer {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var a Answer
	var answered time.Time // when the program first answered at all
	for n := 0; ; n++ {
		began := time.Now()
		a = ask(ctx)
		a.Millis = time.Since(began).Milliseconds()
		if a.OK || a.final(&answered) {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(backoff(n)):
			continue
		}
		break
	}
	a.Listeners = listeners()
	return a
}

// final reports whether asking again is pointless.
func (a *Answer) final(answered *time.Time) bool {
	if a.Cause != CauseBody && (a.Cause != CauseStatus || a.Status >= 500) {
		return false
	}
	if answered.IsZero() {
		*answered = time.Now()
	}
	return time.Since(*answered) > lenience
}

var client = &http.Client{
	// A redirect is an answer, not an instruction: following it could leave the program.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 1 << 20},
}

func get(ctx context.Context, port int, path string, status int, body string) Answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+local(port)+path, nil)
	if err != nil {
		return Answer{Cause: CauseSilent, Error: err.Error()}
	}
	req.Host = "localhost:" + strconv.Itoa(port)
	req.Header.Set("User-Agent", "scaffold-verify")
	resp, err := client.Do(req)
	if err != nil {
		return noAnswer(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	a := Answer{Status: resp.StatusCode, Excerpt: clip(string(data), maxExcerpt)}
	switch {
	case resp.StatusCode != status:
		a.Cause = CauseStatus
	case !strings.Contains(string(data), body):
		a.Cause = CauseBody
	case err != nil:
		a.Cause, a.Error = CauseSilent, clip(err.Error(), maxExcerpt)
	default:
		a.OK = true
	}
	return a
}

func dial(ctx context.Context, port int) Answer {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", local(port))
	if err != nil {
		return noAnswer(err)
	}
	conn.Close()
	return Answer{OK: true}
}

func noAnswer(err error) Answer {
	a := Answer{Cause: CauseSilent, Error: clip(err.Error(), maxExcerpt)}
	if errors.Is(err, syscall.ECONNREFUSED) {
		a.Cause = CauseRefused
	}
	return a
}

func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

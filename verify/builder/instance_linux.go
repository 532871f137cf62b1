package builder

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// maxSocketPath leaves room below the 108 bytes of sockaddr_un, see unix(7).
const maxSocketPath = 100

// An instance is one configuration of the private buildkitd and its directory.
type instance struct {
	key string
	dir string // absolute
}

// spec is what Connect writes for the supervisor to read.
type spec struct {
	Buildkitd string        `json:"buildkitd"`
	Runc      string        `json:"runc"`
	StandIns  bool          `json:"stand_ins,omitempty"`
	Mirror    string        `json:"mirror,omitempty"`
	CA        string        `json:"ca,omitempty"`
	IdleLimit time.Duration `json:"idle_limit_ns"`
	Limits    Limits        `json:"limits"` // zeros: defaults
}

// state is what the supervisor writes once buildkitd answers.
type state struct {
	Pid          int       `json:"pid"`
	BuildkitdPid int       `json:"buildkitd_pid"`
	Addr         string    `json:"addr"`
	Version      string    `json:"version"`
	Registry     string    `json:"registry,omitempty"`
	Since        time.Time `json:"since"`
	Limits       Limits    `json:"limits"`
}

func buildersDir(cacheDir string) (string, error) {
	dir, err := filepath.Abs(cacheDir)
	return filepath.Join(dir, "builders"), err
}

func instanceFor(o Options) (instance, error) {
	dir, err := buildersDir(o.CacheDir)
	key := keyFor(o)
	return instance{key: key, dir: filepath.Join(dir, key)}, err
}

var unsafeInKey = regexp.MustCompile(`[^A-Za-z0-9.]+`)

func keyFor(o Options) string {
	if o.CA != nil {
		ca := hash(string(o.CA))
		o.CA = nil
		return keyFor(o) + "-ca-" + ca
	}
	switch {
	case o.StandIns:
		return "stand-ins"
	case o.Mirror != "":
		readable := strings.Trim(unsafeInKey.ReplaceAllString(o.Mirror, "-"), "-.")
		return fmt.Sprintf("mirror-%.40s-%s", readable, hash(o.Mirror))
	}
	return "default"
}

func hash(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s)))[:12] }

func (in instance) path(name string) string { return filepath.Join(in.dir, name) }

// lockStart gives the right to start, stop or delete the instance.
func (in instance) lockStart(ctx context.Context) (*flock.Flock, error) {
	if err := os.MkdirAll(filepath.Dir(in.dir), 0o700); err != nil {
		return nil, fmt.Errorf("locking builder %q: %w", in.key, err)
	}
	l := flock.New(in.dir + ".start.lock")
	if _, err := l.TryLockContext(ctx, lockPoll); err != nil {
		return nil, fmt.Errorf("waiting for another run to start or stop builder %q: %w", in.key, err)
	}
	return l, nil
}

// serveLock is held by the supervisor, whose pid the file then holds.
func (in instance) serveLock() *flock.Flock { return flock.New(in.dir + ".serve.lock") }

// supervisor says whether the instance is being served, and by which process. The
// pid is 0 in the moment before a new supervisor has written it: what stands in the
// file then may be another process by now, so its command line must name us.
func (in instance) supervisor() (pid int, held bool) {
	l := in.serveLock()
	defer l.Close()
	if free, err := l.TryLock(); err != nil || free {
		return 0, false
	}
	data, _ := os.ReadFile(l.Path())
	fmt.Sscanf(string(data), "%d", &pid)
	cmdline, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if !strings.Contains(string(cmdline), in.key) {
		return 0, true
	}
	return pid, true
}

// socketDir returns the directory of the instance's sockets: in the instance
// unless that path is too long for one.
func (in instance) socketDir() string {
	if dir := in.path("run"); len(dir)+len("/buildkitd.sock") <= maxSocketPath {
		return dir
	}
	base := "/run"
	if syscall.Access(base, 2 /* W_OK */) != nil {
		base = "/tmp"
	}
	return filepath.Join(base, "scaffold-"+hash(in.dir))
}

func (in instance) socket(name string) string { return filepath.Join(in.socketDir(), name) }

// makeSocketDir refuses a directory that another user could have laid out.
func (in instance) makeSocketDir() error {
	dir := in.socketDir()
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return fmt.Errorf("making socket directory %q: %w", dir, err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("making socket directory %q: %w", dir, err)
	}
	sys, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(sys.Uid) != os.Geteuid() {
		return fmt.Errorf("making socket directory %q: it is there already and not a directory of ours", dir)
	}
	return os.Chmod(dir, 0o700)
}

// sweep removes what a supervisor leaves when it ends, in order or not.
func (in instance) sweep() error {
	os.Remove(in.path("state.json"))
	os.Remove(in.path("excesses.json"))
	for _, s := range []string{"builder.sock", "buildkitd.sock", "otel.sock"} {
		os.Remove(in.socket(s))
	}
	if dir := in.socketDir(); dir != in.path("run") {
		os.Remove(dir)
	}
	if err := unmountBelow(in.dir); err != nil {
		return err
	}
	return errors.Join(os.RemoveAll(in.path("tmp")), in.cgroup().remove())
}

func (in instance) readState() (state, error) {
	var s state
	return s, readJSON(in.path("state.json"), &s)
}

func readJSON(file string, v any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("reading %q: %w", file, err)
	}
	return nil
}

// writeJSON replaces file as a whole, so that no reader sees half of it.
func writeJSON(file string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", append(data, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

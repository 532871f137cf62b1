package verify

import (
	"io"
	"time"

	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	spb "github.com/moby/buildkit/sourcepolicy/pb"

	"scaffold/profiles"
)

// Request is one profile to verify.
type Request struct {
	Name       string            // How the report calls it: the path of the profile. Required.
	Profile    *profiles.Profile // With its defaults filled. Required.
	ContextDir string            // The build context, absolute. Required.
	Dockerfile string            // Absolute path; the bytes on disk are what is built. Required.
	Drift      string            // Copied to the result.
	Edited     bool              // Copied to the result.
	Bases      []Base            // Copied to the result.
	Secrets    []SecretSource    // Values for build secrets. Optional.
	SSH        []SSHSource       // SSH agents or keys for build steps. Optional.
	// SourcePolicy maps or denies the images that the build takes. What it denies fails the
	// build; a daemon that does not know source policies skips build/sources then. Optional.
	SourcePolicy *spb.Policy
}

// Base is a base image that the build uses.
type Base struct {
	Ref     string `json:"ref"`
	Digest  string `json:"digest,omitempty"`
	StandIn bool   `json:"standin"`
	Image   string `json:"image,omitempty"` // Of a stand-in: what it is one of, where Ref names that otherwise.
}

// SecretSource says where the value of a build secret comes from: a file or a variable of
// the environment. With neither, ID names the variable or the file, as with buildctl.
type SecretSource struct{ ID, File, Env string }

// SSHSource is an SSH agent that build steps may ask to sign: the one at a socket or of key
// files, or with no path that of SSH_AUTH_SOCK.
type SSHSource struct {
	ID    string // As RUN --mount=type=ssh,id= names it; "default" where it names none.
	Paths []string
}

// Worker is a BuildKit that builds and runs.
type Worker struct {
	Client *client.Client // Required.
	Native string         // Platform of its worker, e.g. linux/amd64. Default: what the worker says.
	CanRun []string       // Platforms whose programs the worker can run. Default: what the worker says.
	Prober string         // Path of a static Linux binary of the worker's architecture. Required.
	// Exceeded says which limit of the builder's was reached since a moment, and what to do;
	// "" if none was. Optional.
	Exceeded func(since time.Time) (cause, hint string)
	// SessionDialer opens a session with a BuildKit that has none in its own protocol, as
	// Docker's. Default: the client's connection.
	SessionDialer session.Dialer
	Name          string // What a person calls it, e.g. Docker Engine 20.10.24. Optional.
	NoStore       bool   // It keeps no image by its manifest, as an old Docker's: no digest is known.
	BuilderHint   string // What to read when BuildKit goes away, e.g. "its log is …". Optional.
}

// Options are common to all requests of a [Run].
type Options struct {
	Worker                         // Builds what no route names. Required, unless Routes has every platform.
	Routes       map[string]Worker // Builders of single platforms, e.g. of linux/arm64. Optional.
	ProberArgs   []string          // Arguments before the prober's verb, e.g. {"prober"}.
	Progress     io.Writer         // Where the build's progress goes. Default: nowhere.
	Show         string            // How the progress looks: [ShowAuto], [ShowPlain] or [ShowTTY].
	BuildTimeout time.Duration     // Of one platform. Default: 30 minutes.
	Platforms    []string          // Instead of the profile's image.platforms. Optional.
	BuildArgs    map[string]string
	Parallel     int // Requests at the same time. Default: 1.
}

func (o Options) withDefaults() Options {
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.BuildTimeout <= 0 {
		o.BuildTimeout = 30 * time.Minute
	}
	o.Parallel = max(o.Parallel, 1)
	return o
}

// Status of a [Check].
type Status string

// A skipped check could not be judged, and says why.
const (
	Pass Status = "pass"
	Fail Status = "fail"
	Skip Status = "skip"
)

// Check is one thing that was asserted about an image.
type Check struct {
	ID     string `json:"id"`
	Status Status `json:"status"`
	Detail string `json:"detail"`           // What was seen; of a failure the cause, of a skip the reason.
	Hint   string `json:"hint,omitempty"`   // What to do next.
	Output string `json:"output,omitempty"` // The last lines of what the step or the program printed.
}

// Image is what was built.
type Image struct {
	Digest string `json:"digest"` // Of the platform's manifest, as a push would name it; "" from a Worker with NoStore.
	// Bytes is the size of the image's files, unpacked: what they take on a disk, not what a
	// pull transfers. A file with several names counts once.
	Bytes int64 `json:"bytes"`
}

// Result is what was found for one platform of one profile.
type Result struct {
	Profile  string  `json:"profile"`
	Platform string  `json:"platform"`
	Emulated bool    `json:"emulated"` // The program ran under emulation.
	OK       bool    `json:"ok"`       // No check failed.
	Image    Image   `json:"image"`
	Seconds  float64 `json:"seconds"`
	Bases    []Base  `json:"bases"`
	Drift    string  `json:"drift"`
	Edited   bool    `json:"edited"`
	Checks   []Check `json:"checks"`
}

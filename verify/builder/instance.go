package builder

import (
	"io"
	"time"
)

// lockPoll is how often a lock that another run holds is tried again.
const lockPoll = 50 * time.Millisecond

// ServeOptions are what the hidden verb `builder serve` takes.
type ServeOptions struct {
	// Dir is the instance's directory, as Connect passes it with --dir. Required.
	Dir string
	// Log receives the supervisor's own lines; nil discards them. Optional.
	Log io.Writer
}

// InstanceStatus is what is known of one private buildkitd.
type InstanceStatus struct {
	// Key names the instance's configuration: default, stand-ins, or mirror-….
	Key string `json:"key"`
	// Running is true while its supervisor lives.
	Running bool `json:"running"`
	// Pid is the supervisor's.
	Pid int `json:"pid,omitempty"`
	// BuildkitdPid is that of PID 1 in buildkitd's namespace, the init that it runs below.
	BuildkitdPid int `json:"buildkitd_pid,omitempty"`
	// Addr is what BUILDKIT_HOST or --builder would be set to.
	Addr string `json:"addr,omitempty"`
	// Version is buildkitd's.
	Version string `json:"version,omitempty"`
	// Registry is host:port of the stand-in registry.
	Registry string `json:"registry,omitempty"`
	// Since is when buildkitd was ready.
	Since *time.Time `json:"since,omitempty"`
	// Limits are those in force.
	Limits *Limits `json:"limits,omitempty"`
	// Dir holds the instance's data and its logs.
	Dir string `json:"dir"`
	// DiskBytes is what Dir occupies on disk.
	DiskBytes int64 `json:"disk_bytes"`
}

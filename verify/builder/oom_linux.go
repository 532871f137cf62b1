package builder

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// onOutOfMemory calls do when the kernel kills a process because the cgroup's limit on
// memory is reached, until stop is called.
func (c cgroup) onOutOfMemory(do func()) (stop func(), err error) {
	if c.v2 {
		return c.pollKills(do)
	}
	return c.readEvents(do)
}

// readEvents uses version 1's notifications, see the kernel's
// Documentation/admin-guide/cgroup-v1/memory.rst.
func (c cgroup) readEvents(do func()) (stop func(), err error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	events := os.NewFile(uintptr(fd), "eventfd")
	oom, err := os.Open(c.path("memory", "oom_control"))
	if err != nil {
		events.Close()
		return nil, err
	}
	defer oom.Close()
	control := filepath.Join(filepath.Dir(oom.Name()), "cgroup.event_control")
	if err := os.WriteFile(control, fmt.Appendf(nil, "%d %d", fd, oom.Fd()), 0); err != nil {
		events.Close()
		return nil, err
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for count := make([]byte, 8); ; {
			if _, err := events.Read(count); err != nil {
				return
			}
			do()
		}
	})
	return func() { events.Close(); wg.Wait() }, nil
}

// pollKills uses version 2's memory.events, which counts what happened below it, too, and
// wakes who polls it, see the kernel's Documentation/admin-guide/cgroup-v2.rst.
func (c cgroup) pollKills(do func()) (stop func(), err error) {
	events, err := os.Open(c.path("memory", "events"))
	if err != nil {
		return nil, err
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer events.Close()
		for known := kills(events); ; {
			select {
			case <-done:
				return
			default:
			}
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(events.Fd()), Events: unix.POLLPRI}}, int(watchEvery.Milliseconds()))
			if now := kills(events); now > known {
				known = now
				do()
			}
		}
	})
	return func() { close(done); wg.Wait() }, nil
}

// kills is how many processes were killed, by the text of memory.events.
func kills(events *os.File) (n uint64) {
	text := make([]byte, 4096)
	size, _ := events.ReadAt(text, 0)
	for line := range strings.Lines(string(text[:size])) {
		if _, err := fmt.Sscanf(line, "oom_kill %d", &n); err == nil {
			return n
		}
	}
	return 0
}

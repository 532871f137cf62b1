package builder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// cgroupRoot is where runc, and BuildKit, look for cgroups.
const cgroupRoot = "/sys/fs/cgroup"

// A cgroup is the parent of the cgroups of an instance's containers, see cgroups(7). With
// version 1 it is a folder in each controller's own hierarchy.
type cgroup struct {
	root, name string
	v2         bool
}

func (in instance) cgroup() cgroup {
	_, err := os.Stat(filepath.Join(cgroupRoot, "cgroup.controllers"))
	return cgroup{root: cgroupRoot, name: "scaffold-" + hash(in.dir), v2: err == nil}
}

// path is that of a file of a controller, which with version 2 bears the controller's name.
func (c cgroup) path(controller, file string) string {
	if c.v2 {
		return filepath.Join(c.root, c.name, controller+"."+file)
	}
	return filepath.Join(c.root, controller, c.name, controller+"."+file)
}

// create makes the cgroup with the limits, and returns those that are in force: a kernel
// without a controller, or one that a container around us keeps read-only, sets none.
func (c cgroup) create(want Limits) Limits {
	got := want
	var errs []error
	if err := errors.Join(c.make("memory"), c.limitMemory(want.Memory)); err != nil {
		got.Memory, errs = 0, append(errs, err)
	}
	if err := errors.Join(c.make("pids"), c.set("pids", "max", want.Processes)); err != nil {
		got.Processes, errs = 0, append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		got.Unlimited = first
	}
	return got
}

// make makes the cgroup in the hierarchy of a controller.
func (c cgroup) make(controller string) error {
	if c.v2 {
		// Whether it is on already, or cannot be, shows when a limit is set.
		_ = os.WriteFile(filepath.Join(c.root, "cgroup.subtree_control"), []byte("+"+controller), 0)
	}
	dir := filepath.Dir(c.path(controller, ""))
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making a cgroup: %w", err)
	}
	return nil
}

// limitMemory sets the limit on memory, and on swap so that none is used instead.
func (c cgroup) limitMemory(n int64) error {
	if c.v2 {
		_ = c.set("memory", "swap.max", 0) // is there only with swap accounting
		return c.set("memory", "max", n)
	}
	_ = c.set("memory", "use_hierarchy", 1) // where the kernel still asks
	err := c.set("memory", "limit_in_bytes", n)
	_ = c.set("memory", "memsw.limit_in_bytes", n)
	return err
}

func (c cgroup) set(controller, file string, n int64) error {
	name := c.path(controller, file)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0) // never made: a folder that is no cgroup limits nothing
	if err != nil {
		return fmt.Errorf("limiting %s: %w", controller, err)
	}
	defer f.Close()
	if _, err := f.WriteString(strconv.FormatInt(n, 10)); err != nil {
		return fmt.Errorf("limiting %s: %w", controller, err)
	}
	return nil
}

// remove deletes the cgroup and those that runc made below it, in every hierarchy. What was
// killed a moment ago may still be in one.
func (c cgroup) remove() error {
	found, err := filepath.Glob(filepath.Join(c.root, "*", c.name))
	if err != nil {
		return err
	}
	for _, dir := range append(found, filepath.Join(c.root, c.name)) {
		err := removeTree(dir)
		for end := time.Now().Add(stopDeadline); errors.Is(err, syscall.EBUSY) && time.Now().Before(end); err = removeTree(dir) {
			time.Sleep(lockPoll)
		}
		if err != nil {
			return fmt.Errorf("removing a cgroup: %w", err)
		}
	}
	return nil
}

// removeBut removes the cgroups of containers that are not alive. BuildKit calls a
// container's cgroup PARENT/buildkit/ID.
func (c cgroup) removeBut(alive func(container string) bool) {
	for _, hierarchy := range []string{"", "*"} {
		found, _ := filepath.Glob(filepath.Join(c.root, hierarchy, c.name, "buildkit", "*", "cgroup.procs"))
		for _, f := range found {
			if dir := filepath.Dir(f); !alive(filepath.Base(dir)) {
				_ = syscall.Rmdir(dir) // one with a process in it stays, until the next time
			}
		}
	}
}

// removeTree removes folders only: the files of a cgroup go with it.
func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := syscall.Rmdir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &fs.PathError{Op: "rmdir", Path: dir, Err: err}
	}
	return nil
}

// number reads a cgroup file that holds one; "max" is -1.
func number(name string) (int64, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	text := strings.TrimSpace(string(data))
	if text == "max" {
		return -1, nil
	}
	return strconv.ParseInt(text, 10, 64)
}

// withDefaults fills in what was not asked for, from the machine and the disk that dir is on.
func (l Limits) withDefaults(dir string) (Limits, error) {
	if l.Memory == 0 {
		total, err := totalMemory()
		if err != nil {
			return l, err
		}
		l.Memory = total / 4 * 3
	}
	if l.Processes == 0 {
		l.Processes = int64(max(4096, 256*runtime.NumCPU()))
	}
	if l.DiskReserve == 0 {
		var st unix.Statfs_t
		if err := unix.Statfs(dir, &st); err != nil {
			return l, fmt.Errorf("reading the size of the disk of %q: %w", dir, err)
		}
		l.DiskReserve = min(1e9, int64(st.Blocks)*st.Bsize/20)
	}
	return l, nil
}

// totalMemory is what the machine has, or the container that scaffold runs in.
func totalMemory() (int64, error) {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0, fmt.Errorf("reading the machine's memory: %w", err)
	}
	all := []int64{int64(info.Totalram) * int64(info.Unit)}
	for _, file := range []string{"memory.max", "memory/memory.limit_in_bytes"} {
		if n, err := number(filepath.Join(cgroupRoot, file)); err == nil && n > 0 {
			all = append(all, n)
		}
	}
	return slices.Min(all), nil
}

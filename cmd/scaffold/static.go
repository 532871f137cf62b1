package main

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"scaffold/verify/probers"
)

// machines are the ELF machines of the architectures that Go names so.
var machines = map[string]elf.Machine{
	"386": elf.EM_386, "amd64": elf.EM_X86_64, "arm": elf.EM_ARM, "arm64": elf.EM_AARCH64,
	"ppc64le": elf.EM_PPC64, "riscv64": elf.EM_RISCV, "s390x": elf.EM_S390,
}

// proberFor is the program that examines images from inside where BuildKit's worker is of
// a platform, and its first arguments: this very binary where it can run there, since
// there it is mounted into images that have neither a loader nor a libc; else one that a
// release carries, unpacked into the cache.
func proberFor(platform, cache string) (string, []string, error) {
	_, arch, _ := strings.Cut(platform, "/")
	arch, _, _ = strings.Cut(arch, "/")
	self, err := os.Executable()
	if err != nil {
		return "", nil, fmt.Errorf("finding the scaffold binary: %w", err)
	}
	why := unfit(self, arch)
	if why == nil {
		return self, []string{"prober"}, nil
	}
	path, err := probers.Path(filepath.Join(cache, "bin"), arch)
	var absent *probers.AbsentError
	if errors.As(err, &absent) {
		return "", nil, &hintedError{fmt.Errorf("%w, and %w", why, err), absent.Hint()}
	}
	return path, nil, err
}

// unfit says why the program at path cannot run in every container of an architecture.
func unfit(path, arch string) error {
	f, err := elf.Open(path)
	if err != nil {
		return errors.New("this program is no Linux binary that could examine images from inside")
	}
	defer f.Close()
	if f.Machine != machines[arch] {
		return fmt.Errorf("this program cannot run on BuildKit's linux/%s", arch)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("this program is linked dynamically (CGO_ENABLED=0 go build makes a static one)")
		}
	}
	return nil
}

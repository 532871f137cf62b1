package main

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"scaffold/verify/builder"
	"scaffold/verify/prober"
	"scaffold/verify/probers"
)

// machines are the ELF machines of the architectures that Go names so.
var machines = map[string]elf.Machine{
	"386": elf.EM_386, "amd64": elf.EM_X86_64, "arm": elf.EM_ARM, "arm64": elf.EM_AARCH64,
	"ppc64le": elf.EM_PPC64, "riscv64": elf.EM_RISCV, "s390x": elf.EM_S390,
}

// selfPath is the path of this binary.
func selfPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding the scaffold binary: %w", err)
	}
	return self, nil
}

// proberFor returns a static Linux program with the verb prober, which examines images
// from inside where BuildKit's worker is of a platform: this very binary where it can run
// there, since there it is mounted into images that have neither a loader nor a libc; else
// one that a release carries; else one that Go builds from the sources within.
func (a *app) proberFor(ctx context.Context, cache, platform string) (string, error) {
	self, err := selfPath()
	if err != nil {
		return "", err
	}
	_, arch, _ := strings.Cut(platform, "/")
	arch, _, _ = strings.Cut(arch, "/")
	why := unfit(self, arch)
	if why == nil {
		return self, nil
	}
	path, err := probers.Path(filepath.Join(cache, "bin"), arch)
	var absent *probers.AbsentError
	if !errors.As(err, &absent) {
		return path, err
	}
	module, err := prober.Source()
	if err != nil {
		return "", err
	}
	if path, err = builder.Compile(ctx, cache, "scaffold-prober", module, platform, a.stderr); err != nil {
		return "", &hintedError{fmt.Errorf("%w, %w, and none could be built: %w", why, absent, err), absent.Hint()}
	}
	return path, nil
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

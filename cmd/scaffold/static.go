package main

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
)

// selfPath is the path of this binary.
func selfPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding the scaffold binary: %w", err)
	}
	return self, nil
}

// checkStatic reports an error where the program at path is no static Linux binary: it
// is mounted into images that have neither a loader nor a libc.
func checkStatic(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return &hintedError{errors.New("this scaffold is no Linux binary: it cannot examine Linux images from inside"), "run scaffold verify on Linux"}
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return &hintedError{fmt.Errorf("%s is linked dynamically: it cannot run inside the images that it examines", path),
				"build it with CGO_ENABLED=0 go build ./cmd/scaffold"}
		}
	}
	return nil
}

package detect

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	for _, d := range strings.Fields(os.Getenv("DIRS")) {
		start := time.Now()
		r, err := Detect(d, Options{Name: filepath.Base(d)})
		fmt.Printf("=== %s (%v)\n", filepath.Base(d), time.Since(start).Round(100*time.Microsecond))
		if err != nil {
			fmt.Println("ERR", err)
			if h, ok := err.(interface{ Hint() string }); ok {
				fmt.Println("hint", h.Hint())
			}
			continue
		}
		fmt.Printf("%s", r.Draft.Render())
		for _, w := range r.Warnings {
			fmt.Println("warn", w)
		}
		for _, w := range r.Saw {
			fmt.Println("saw", w)
		}
		if err := r.Undecided(); err != nil {
			fmt.Println("UNDECIDED", err, "| hint", err.(*Error).Hint())
		}
	}
}

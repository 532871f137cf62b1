// Command prober is the part of verify that runs inside containers, as a program of its
// own with the one verb that it has in scaffold itself: releases carry it for each
// architecture that a BuildKit may run on.
package main

import (
	"fmt"
	"os"

	"scaffold/verify/prober"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "prober" {
		fmt.Fprintln(os.Stderr, "usage: prober prober VERB …")
		os.Exit(2)
	}
	os.Exit(prober.Main(os.Args[2:], os.Stdout, os.Stderr))
}

// Command prober is the part of verify that runs inside containers, as a program of its
// own: releases carry it for each architecture that a BuildKit may run on.
package main

import (
	"os"

	"scaffold/verify/prober"
)

func main() { os.Exit(prober.Main(os.Args[1:], os.Stdout, os.Stderr)) }

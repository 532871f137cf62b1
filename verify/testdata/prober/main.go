// Command prober is the prober alone, as the tests mount it; scaffold has it as a hidden verb.
package main

import (
	"os"

	"scaffold/verify/prober"
)

func main() { os.Exit(prober.Main(os.Args[1:], os.Stdout, os.Stderr)) }

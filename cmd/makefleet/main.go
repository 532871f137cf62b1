// Command makefleet writes a synthetic fleet of projects, generated files and hand edits
// included, to measure and to show scaffold with; scripts/fleet runs it.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"

	"scaffold/fleet/fleettest"
)

func main() {
	seed := flag.Uint64("seed", 1, "the fleet follows from `N` alone")
	edited := flag.Float64("edited", fleettest.DefaultEdited, "share of the Dockerfiles that are edited by hand")
	apart := flag.Bool("apart", false, "each project is a repository of its own")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: fleet [-seed N] [-edited SHARE] [-apart] NUMBER DIR")
		flag.PrintDefaults()
	}
	flag.Parse()
	n, err := strconv.Atoi(flag.Arg(0))
	if flag.NArg() != 2 || err != nil || n < 0 || *edited < 0 || *edited > 1 {
		flag.Usage()
		os.Exit(2)
	}
	if *edited == 0 {
		*edited = -1
	}
	f, err := fleettest.Make(flag.Arg(1), n, *seed, fleettest.Options{Apart: *apart, Edited: *edited})
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleet: error:", err)
		os.Exit(1)
	}
	fmt.Printf("%d projects in %s, %d of them with a hand edit\n", len(f.Projects), f.Dir, len(f.Edited))
}

// Command refresh-bases writes bases/upstream.toml anew from what upstream publishes: the
// library files of Docker Official Images and endoflife.date. Its diff is for review; what
// is written by hand (catalog.toml, names.toml) it leaves alone, and says what of it no
// longer agrees.
//
//	go run ./cmd/refresh-bases
//	go run ./cmd/refresh-bases -official-images ~/src/official-images -endoflife saved
//
// The first asks GitHub and endoflife.date. The second reads a clone, and a folder with the
// answers of https://endoflife.date/api/v1/products/NAME/ as NAME.json.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"scaffold/bases"
	"scaffold/bases/upstream"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "refresh-bases: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	from := network
	flags := flag.NewFlagSet("refresh-bases", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&from.clone, "official-images", "", "clone of docker-library/official-images; else GitHub is asked")
	flags.StringVar(&from.saved, "endoflife", "", "folder with saved answers of endoflife.date; else it is asked")
	out := flags.String("o", "bases/upstream.toml", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	data, err := upstream.Read(newReader(ctx, from), &bases.Embedded().Names)
	if err != nil {
		return err
	}
	text := data.TOML()
	disagreements, err := bases.Embedded().With(string(text))
	if err != nil {
		return err
	}
	if err := os.WriteFile(*out, text, 0o644); err != nil {
		return fmt.Errorf("writing the catalog's part: %w", err)
	}
	fmt.Fprintf(stderr, "refresh-bases: wrote %s: the tags of %d images, the ends of %d products\n", *out, len(data.Built), len(data.Ends))
	for _, d := range disagreements {
		fmt.Fprintln(stderr, "refresh-bases: to look at:", d)
	}
	return nil
}

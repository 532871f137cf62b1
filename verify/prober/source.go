package prober

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.go
var source embed.FS

// Source is a Go module, by path, whose main package is the prober alone and takes
// "prober VERB …" as scaffold does. A worker of another architecture than scaffold's own
// needs a prober built for it.
func Source() (map[string][]byte, error) {
	files := map[string][]byte{
		"go.mod": []byte("module scaffold\n\ngo 1.25\n"),
		"main.go": []byte(`package main

import (
	"os"

	"scaffold/verify/prober"
)

func main() { os.Exit(prober.Main(os.Args[2:], os.Stdout, os.Stderr)) }
`),
	}
	names, err := fs.Glob(source, "*.go")
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files["verify/prober/"+name], err = source.ReadFile(name); err != nil {
			return nil, err
		}
	}
	return files, err
}

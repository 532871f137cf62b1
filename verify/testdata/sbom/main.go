// Command sbom is an SBOM generator by BuildKit's protocol
// (docs/attestations/sbom-protocol.md): it lists the names of the files that it is shown.
package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	if err := scan(os.Getenv("BUILDKIT_SCAN_SOURCE"), os.Getenv("BUILDKIT_SCAN_DESTINATION")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func scan(source, destination string) error {
	type file struct {
		Name string `json:"fileName"`
		ID   string `json:"SPDXID"`
	}
	var files []file
	err := fs.WalkDir(os.DirFS(source), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, file{"/" + path, fmt.Sprintf("SPDXRef-%d", len(files))})
		}
		return err
	})
	if err != nil {
		return err
	}
	name := filepath.Base(source)
	doc, err := json.Marshal(map[string]any{
		"_type": "https://in-toto.io/Statement/v0.1", "predicateType": "https://spdx.dev/Document",
		"predicate": map[string]any{
			"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": name,
			"documentNamespace": "https://example.org/" + name, "files": files,
			"creationInfo": map[string]any{"created": "2026-11-21T00:00:00Z", "creators": []string{"Tool: sbom-test"}},
		},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(destination, name+".spdx.json"), doc, 0o644)
}

// Command make puts the page together from its parts.
package main

import (
	"fmt"
	"log"
	"os"
	"strings"
)

func main() {
	parts := []string{"<p>%s, ", "</p>"}
	page := strings.Join(parts, fmt.Sprintf("a page of %d parts, %%s", len(parts)))
	if err := os.WriteFile("page.html", []byte(page), 0o644); err != nil {
		log.Fatal(err)
	}
}

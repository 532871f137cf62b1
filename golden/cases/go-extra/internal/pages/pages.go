// Package pages holds the page, which go generate makes from its parts.
package pages

import _ "embed"

// Page is a format string with one %s.
//
//go:generate go run ./make
//go:embed page.html
var Page string

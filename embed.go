// Package scaffold is the module's root. It holds nothing but the module's own
// dependency list, so that a scaffold binary, wherever it was copied to, can
// build BuildKit's tools at exactly the version that it was itself built with.
package scaffold

import _ "embed"

// GoMod is the module's go.mod. Its tool lines name the BuildKit commands that
// package verify/builder builds.
//
//go:embed go.mod
var GoMod []byte

// GoSum is the go.sum that belongs to GoMod.
//
//go:embed go.sum
var GoSum []byte

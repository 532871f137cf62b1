//go:build !release

package probers

import "embed"

var embedded embed.FS

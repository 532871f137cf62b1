//go:build release

package probers

import "embed"

//go:embed linux-*.gz
var embedded embed.FS

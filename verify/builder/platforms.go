package builder

import (
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// names formats platforms as os/arch[/variant], each once, in their order.
func names(ps []ocispecs.Platform) []string {
	var out []string
	for _, p := range ps {
		if s := platforms.Format(platforms.Normalize(p)); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// CanRun returns nil if the builder can run every one of the wanted platforms,
// else an *Error that names those it cannot. Platforms are os/arch[/variant].
func (b *Builder) CanRun(wanted []string) error {
	var missing []string
	for _, w := range wanted {
		p, err := platforms.Parse(w)
		if err != nil {
			return &Error{Msg: fmt.Sprintf("%q is not a platform", w), Next: "a platform is written like linux/amd64", Err: err}
		}
		if !slices.Contains(b.Platforms, platforms.Format(platforms.Normalize(p))) {
			missing = append(missing, w)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return &Error{
		Msg:  fmt.Sprintf("%s cannot be run here: this BuildKit runs %s", strings.Join(missing, ", "), strings.Join(b.Platforms, ", ")),
		Next: "install qemu-user-static and binfmt-support where BuildKit runs, and see that /proc/sys/fs/binfmt_misc is mounted there",
	}
}

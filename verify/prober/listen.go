package prober

import (
	"bufio"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Listener is a TCP socket that waits for connections.
type Listener struct {
	Addr string `json:"addr"` // an IP address; 0.0.0.0 or :: for every interface
	Port int    `json:"port"`
}

// Loopback reports whether only the container itself can connect.
func (l Listener) Loopback() bool {
	a, err := netip.ParseAddr(l.Addr)
	return err == nil && a.Unmap().IsLoopback()
}

const maxListeners = 20

// listeners are those of the network that the prober shares with the program.
func listeners() []Listener {
	var all []Listener
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		all = append(all, parseListeners(io.LimitReader(f, 1<<20))...)
		f.Close()
	}
	slices.SortFunc(all, func(a, b Listener) int { return a.Port - b.Port })
	all = slices.Compact(all)
	return all[:min(len(all), maxListeners)]
}

// parseListeners reads the format of proc_net_tcp(5): the second column is the local
// address as ADDR:PORT in hexadecimal, the fourth is the state, where 0A is LISTEN.
func parseListeners(r io.Reader) []Listener {
	var all []Listener
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 4 || f[3] != "0A" {
			continue
		}
		host, port, _ := strings.Cut(f[1], ":")
		addr, ok := parseProcAddr(host)
		n, err := strconv.ParseUint(port, 16, 16)
		if ok && err == nil {
			all = append(all, Listener{Addr: addr.String(), Port: int(n)})
		}
	}
	return all
}

// parseProcAddr reads an address that the kernel prints as 32-bit words in host order,
// which is little-endian on every architecture that prober is built for.
func parseProcAddr(s string) (netip.Addr, bool) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b)%4 != 0 {
		return netip.Addr{}, false
	}
	for i := 0; i < len(b); i += 4 {
		slices.Reverse(b[i : i+4])
	}
	return netip.AddrFromSlice(b)
}

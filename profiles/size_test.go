package profiles

import "testing"

func TestParseSize(t *testing.T) {
	tests := map[string]int64{"20MB": 20_000_000, "64MiB": 64 << 20, "1.5GB": 1_500_000_000, "7KiB": 7168, "1KB": 1000}
	for in, want := range tests {
		if got, err := ParseSize(in); err != nil || got != want {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "MB", "-1MB", "1TB", "1e400GB", "x", "99999999999GB", "1MBMB"} {
		if got, err := ParseSize(in); err == nil {
			t.Errorf("ParseSize(%q) = %d, want an error", in, got)
		}
	}
}

package profiles

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// units are those of sizes: decimal and binary.
var units = map[string]float64{
	"": 1, "B": 1,
	"KB": 1e3, "MB": 1e6, "GB": 1e9,
	"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30,
}

// ParseSize reads a number and a unit, for example 20MB (20,000,000) or 64MiB, as bytes.
func ParseSize(s string) (int64, error) {
	number := strings.TrimRight(s, "BKMGbkmgi ")
	unit, known := units[strings.ToUpper(strings.TrimSpace(s[len(number):]))]
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || n < 0 || n*unit > math.MaxInt64/2 {
		return 0, fmt.Errorf("parsing size %q: want a number and one of KB, MB, GB, KiB, MiB, GiB", s)
	}
	return int64(n * unit), nil
}

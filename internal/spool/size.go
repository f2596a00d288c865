package spool

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bytes is a size that is written like 500MB or 5GB, in decimal units.
type Bytes int64

// units are those of Bytes, the largest first.
var units = [...]struct {
	name  string
	bytes int64
}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}}

// UnmarshalText reads 5GB, 1.5GB, 500MB and the like.
func (b *Bytes) UnmarshalText(text []byte) error {
	s := strings.ToUpper(strings.TrimSpace(string(text)))
	for _, unit := range units {
		number, ok := strings.CutSuffix(s, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if size := n * float64(unit.bytes); err == nil && size >= 1 && size < math.MaxInt64/2 {
			*b = Bytes(size)
			return nil
		}
		break
	}
	return errors.New("want a size such as 5GB or 500MB")
}

// MarshalText writes what UnmarshalText reads.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// String writes it for people, such as 5GB or 1.2GB.
func (b Bytes) String() string {
	for _, unit := range units {
		if int64(b) >= unit.bytes {
			n := strconv.FormatFloat(float64(b)/float64(unit.bytes), 'f', 1, 64)
			return strings.TrimSuffix(n, ".0") + unit.name
		}
	}
	return fmt.Sprintf("%dB", int64(b))
}

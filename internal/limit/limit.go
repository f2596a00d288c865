// Package limit holds what the limits of all flows share, beside run.Limit: why a run is held, and
// percentages as a person writes them.
package limit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/run"
)

// Percent is a share, written like 10% or 2.5%.
type Percent float64

// UnmarshalText reads 10% or 2.5%. A number without the sign is refused: it could as
// well mean people.
func (p *Percent) UnmarshalText(b []byte) error {
	number, ok := strings.CutSuffix(strings.TrimSpace(string(b)), "%")
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !ok || err != nil || !(f >= 0 && f <= 100) {
		return fmt.Errorf("want a percentage from 0%% to 100%%, like 10%%")
	}
	*p = Percent(f)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (p Percent) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// String writes the share with at most two decimals.
func (p Percent) String() string {
	text := strconv.FormatFloat(float64(p), 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "%"
}

// Exceeded reports whether part of whole is more than the share.
func (p Percent) Exceeded(part, whole int) bool {
	return float64(part)*100 > float64(p)*float64(whole)
}

// Share returns part of whole as a percentage; of nothing it is 0.
func Share(part, whole int) Percent {
	if whole == 0 {
		return 0
	}
	return Percent(float64(part) * 100 / float64(whole))
}

// Held returns the reasons for which a run is held, or nothing. A limit that is over its bound only
// because another one is has no reason of its own.
func Held(limits []run.Limit) string {
	var reasons []string
	for _, l := range limits {
		if l.Held && l.Reason != "" {
			reasons = append(reasons, l.Reason)
		}
	}
	return strings.Join(reasons, "; ")
}

// Stated returns limits as they are kept: the reasons are in that of the run.
func Stated(limits []run.Limit) []run.Limit {
	out := slices.Clone(limits)
	for i := range out {
		out[i].Reason = ""
	}
	return out
}

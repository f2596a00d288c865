package export

import (
	"fmt"
	"strconv"
	"strings"
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

// exceeded reports whether part of whole is more than the share.
func (p Percent) exceeded(part, whole int) bool {
	return float64(part)*100 > float64(p)*float64(whole)
}

// share returns part of whole as a percentage.
func share(part, whole int) Percent {
	if whole == 0 {
		return 0
	}
	return Percent(float64(part) * 100 / float64(whole))
}

// Limits are the bounds within which a file goes out by itself. A field left out of the
// configuration has its default.
type Limits struct {
	MinRows     *int     `yaml:"min_rows,omitempty" json:"min_rows,omitempty" jsonschema:"minimum=0,default=1,description=fewer rows hold the run"`
	MaxShrink   *Percent `yaml:"max_shrink,omitempty" json:"max_shrink,omitempty" jsonschema:"default=10%,description=share of the people of the last file who may be missing without having left"`
	MaxRejected *Percent `yaml:"max_rejected,omitempty" json:"max_rejected,omitempty" jsonschema:"default=5%,description=share of the rows that may be rejected"`
	MaxLeavers  *Percent `yaml:"max_leavers,omitempty" json:"max_leavers,omitempty" jsonschema:"default=20%,description=share of the people of the last file who may have left since; up to 5 always may"`
}

// The defaults of Limits, those of the example in the design.
const (
	defaultMinRows             = 1
	defaultMaxShrink   Percent = 10
	defaultMaxRejected Percent = 5
)

// A fifth of a company does not leave overnight; a wrong import that ends contracts makes
// it look so.
const defaultMaxLeavers Percent = 20

// leaversFloor keeps a small company from being held by a few leavers.
const leaversFloor = 5

// Limit is one bound, what the file has of it, and whether that holds the run.
type Limit struct {
	Name         string
	Value, Bound string
	Held         bool
	// Reason says in a sentence why the run is held.
	Reason string
}

// Judge measures the file against the limits. last is nil before the first delivery.
func (l Limits) Judge(f *File, last *Comparison) []Limit {
	minRows, maxShrink, maxRejected := or(l.MinRows, defaultMinRows), or(l.MaxShrink, defaultMaxShrink), or(l.MaxRejected, defaultMaxRejected)
	wanted := f.Sent + f.Rejected
	out := []Limit{
		{
			Name: "min_rows", Value: strconv.Itoa(f.Sent), Bound: strconv.Itoa(minRows), Held: f.Sent < minRows,
			Reason: fmt.Sprintf("the file has %d rows and at least %d are expected", f.Sent, minRows),
		},
		{
			Name: "max_rejected", Value: share(f.Rejected, wanted).String(), Bound: maxRejected.String(), Held: maxRejected.exceeded(f.Rejected, wanted),
			Reason: fmt.Sprintf("%d of %d rows are rejected, more than %s", f.Rejected, wanted, maxRejected),
		},
	}
	if last == nil {
		return out
	}
	gone := len(last.Unexplained)
	out = append(out, Limit{
		Name: "max_shrink", Value: share(gone, last.Previous).String(), Bound: maxShrink.String(), Held: maxShrink.exceeded(gone, last.Previous),
		Reason: fmt.Sprintf("%d of the %d people of the last file are missing without having left, more than %s", gone, last.Previous, maxShrink),
	})
	maxLeavers := or(l.MaxLeavers, defaultMaxLeavers)
	out = append(out, Limit{
		Name: "max_leavers", Value: share(last.Left, last.Previous).String(), Bound: maxLeavers.String(),
		Held:   last.Left > leaversFloor && maxLeavers.exceeded(last.Left, last.Previous),
		Reason: fmt.Sprintf("%d of the %d people of the last file have left since, more than %s", last.Left, last.Previous, maxLeavers),
	})
	if last.FormatChanged {
		out = append(out, Limit{
			Name: "header", Value: "changed", Bound: "unchanged", Held: true,
			Reason: "the header row or the CSV dialect is not that of the last file: tell the partner first, then approve",
		})
	}
	return out
}

func or[T any](p *T, fallback T) T {
	if p == nil {
		return fallback
	}
	return *p
}

// Held returns the reasons for which the run is held, or nothing.
func Held(limits []Limit) string {
	var reasons []string
	for _, l := range limits {
		if l.Held {
			reasons = append(reasons, l.Reason)
		}
	}
	return strings.Join(reasons, "; ")
}

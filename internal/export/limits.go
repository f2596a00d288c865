package export

import (
	"fmt"
	"strconv"

	"lucca-exchange/internal/limit"
)

// Limits are the bounds within which a file goes out by itself. A field left out of the
// configuration has its default.
type Limits struct {
	MinRows     *int           `yaml:"min_rows,omitempty" json:"min_rows,omitempty" jsonschema:"minimum=0,default=1,description=fewer rows hold the run"`
	MaxShrink   *limit.Percent `yaml:"max_shrink,omitempty" json:"max_shrink,omitempty" jsonschema:"default=10%,description=share of the people of the last file who may be missing without having left"`
	MaxRejected *limit.Percent `yaml:"max_rejected,omitempty" json:"max_rejected,omitempty" jsonschema:"default=5%,description=share of the rows that may be rejected"`
	MaxLeavers  *limit.Percent `yaml:"max_leavers,omitempty" json:"max_leavers,omitempty" jsonschema:"default=20%,description=share of the people of the last file who may have left since; up to 5 always may"`
}

// The defaults of Limits, those of the example in the design.
const (
	defaultMinRows                   = 1
	defaultMaxShrink   limit.Percent = 10
	defaultMaxRejected limit.Percent = 5
)

// A fifth of a company does not leave overnight; a wrong import that ends contracts makes
// it look so.
const defaultMaxLeavers limit.Percent = 20

// leaversFloor keeps a small company from being held by a few leavers.
const leaversFloor = 5

// Judge measures the file against the limits. last is nil before the first delivery.
func (l Limits) Judge(f *File, last *Comparison) []limit.Limit {
	minRows, maxShrink, maxRejected := or(l.MinRows, defaultMinRows), or(l.MaxShrink, defaultMaxShrink), or(l.MaxRejected, defaultMaxRejected)
	wanted := f.Sent + f.Rejected
	out := []limit.Limit{
		{
			Name: "min_rows", Value: strconv.Itoa(f.Sent), Bound: strconv.Itoa(minRows), Held: f.Sent < minRows,
			Reason: fmt.Sprintf("the file has %d rows and at least %d are expected", f.Sent, minRows),
		},
		{
			Name: "max_rejected", Value: limit.Share(f.Rejected, wanted).String(), Bound: maxRejected.String(), Held: maxRejected.Exceeded(f.Rejected, wanted),
			Reason: fmt.Sprintf("%d of %d rows are rejected, more than %s", f.Rejected, wanted, maxRejected),
		},
	}
	if last == nil {
		return out
	}
	gone := len(last.Unexplained)
	out = append(out, limit.Limit{
		Name: "max_shrink", Value: limit.Share(gone, last.Previous).String(), Bound: maxShrink.String(), Held: maxShrink.Exceeded(gone, last.Previous),
		Reason: fmt.Sprintf("%d of the %d people of the last file are missing without having left, more than %s", gone, last.Previous, maxShrink),
	})
	maxLeavers := or(l.MaxLeavers, defaultMaxLeavers)
	out = append(out, limit.Limit{
		Name: "max_leavers", Value: limit.Share(last.Left, last.Previous).String(), Bound: maxLeavers.String(),
		Held:   last.Left > leaversFloor && maxLeavers.Exceeded(last.Left, last.Previous),
		Reason: fmt.Sprintf("%d of the %d people of the last file have left since, more than %s", last.Left, last.Previous, maxLeavers),
	})
	if last.FormatChanged {
		out = append(out, limit.Limit{
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

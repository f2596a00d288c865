package export

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/nearest"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/run"
)

// Limits are the bounds within which a file goes out by itself. A field left out of the
// configuration has its default.
type Limits struct {
	MinRows     *int           `yaml:"min_rows,omitempty" json:"min_rows,omitempty" jsonschema:"minimum=0,default=1,description=fewer rows hold the run"`
	MaxShrink   *limit.Percent `yaml:"max_shrink,omitempty" json:"max_shrink,omitempty" jsonschema:"default=10%,description=share of the people of the last file who may be missing without having left"`
	MaxRejected *limit.Percent `yaml:"max_rejected,omitempty" json:"max_rejected,omitempty" jsonschema:"default=5%,description=share of the rows that may be rejected"`
	MaxLeavers  *limit.Percent `yaml:"max_leavers,omitempty" json:"max_leavers,omitempty" jsonschema:"default=20%,description=share of the people of the last file who may have left since; up to 5 always may"`
	MaxJoiners  *limit.Percent `yaml:"max_joiners,omitempty" json:"max_joiners,omitempty" jsonschema:"default=20%,description=share of the rows that may be of people who were not in the last file; up to 5 always may"`
	// The bounds on values hold for people who were in the last file, column by column; up to 5
	// people never hold a run.
	ChangesPerColumn *limit.Percent `yaml:"changes_per_column,omitempty" json:"changes_per_column,omitempty" jsonschema:"default=20%,description=share of the values of one column that may change from the last file; up to 5 always may"`
	EmptiedPerColumn *limit.Percent `yaml:"emptied_per_column,omitempty" json:"emptied_per_column,omitempty" jsonschema:"default=5%,description=share of the values of one column that may become empty; up to 5 always may"`
	JumpsPerColumn   *limit.Percent `yaml:"jumps_per_column,omitempty" json:"jumps_per_column,omitempty" jsonschema:"default=5%,description=share of the numbers or dates of one column that may be far from those of the last file; up to 5 always may"`
	GivenPerColumn   *limit.Percent `yaml:"given_per_column,omitempty" json:"given_per_column,omitempty" jsonschema:"default=20%,description=share of the people of the last file who may get a value of one column that they had none of; up to 5 always may"`
	ChangedKeys      *limit.Percent `yaml:"changed_keys,omitempty" json:"changed_keys,omitempty" jsonschema:"default=2%,description=share of the people of the last file whose number or login or address may change; up to 5 always may"`
	DanglingManagers *limit.Percent `yaml:"dangling_managers,omitempty" json:"dangling_managers,omitempty" jsonschema:"default=20%,description=share of the rows that may refer to a manager who is not in the file beyond those of the last file; up to 5 always may"`
	MaxEstablishment *limit.Percent `yaml:"max_establishment,omitempty" json:"max_establishment,omitempty" jsonschema:"default=50%,description=share of the people of one establishment who may be in the last file and not in this one; up to 5 always may"`
	// ValuesPerEstablishment keeps one establishment, which may be few of all people, from losing what the partner has of it.
	ValuesPerEstablishment *limit.Percent `yaml:"values_per_establishment,omitempty" json:"values_per_establishment,omitempty" jsonschema:"default=50%,description=share of the people of one establishment whose values of one column may become empty or jump or change to as many others; up to 5 always may"`
	// Columns are bounds of single columns, by their keys.
	Columns map[string]ColumnLimits `yaml:"columns,omitempty" json:"columns,omitempty" jsonschema:"description=column to bounds of its own"`
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

// Nor does a fifth of it join overnight: Lucca has everybody twice, or another population.
const defaultMaxJoiners limit.Percent = 20

// nearlyAll is the share beyond which one cause explains what else is over its bound.
const nearlyAll limit.Percent = 90

// leaversFloor keeps a small company from being held by a few leavers.
const leaversFloor = 5

// Validate reports what is wrong with the limits, with the key it is about.
func (l Limits) Validate(b *profile.Binding, report func(key, message string)) {
	if l.MinRows != nil && *l.MinRows < 0 {
		report("min_rows", "want 0 or more rows")
	}
	keys := make([]string, len(b.Columns))
	for i, c := range b.Columns {
		keys[i] = c.Key
	}
	for _, key := range slices.Sorted(maps.Keys(l.Columns)) {
		at := slices.Index(keys, key)
		switch own := l.Columns[key]; {
		case at < 0 && nearest.Word(key, keys) != "":
			report("columns."+key, fmt.Sprintf("no such column is sent; did you mean %s?", nearest.Word(key, keys)))
		case at < 0:
			report("columns."+key, "no such column is sent")
		case own.Jumps != nil && b.Columns[at].Type == profile.Text:
			report("columns."+key+".jumps", "is for numbers and dates, and this column is text")
		}
	}
}

// Judge measures the file against the limits, and says of whom it is where values hold it. last
// is nil before the first delivery.
func (l Limits) Judge(f *File, last *Comparison) (limits []run.Limit, found []finding.Finding) {
	minRows, maxRejected := or(l.MinRows, defaultMinRows), or(l.MaxRejected, defaultMaxRejected)
	wanted := f.Sent + f.Rejected
	limits = []run.Limit{
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
		return append(limits, l.dangling(f, nil)), nil
	}
	people, establishment := l.people(f, last), l.establishment(last)
	if establishment.Held && last.oneGone() {
		people[0].Reason = "" // it is said of whom
	}
	limits = append(append(limits, people...), l.dangling(f, last), establishment)
	if last.FormatChanged {
		limits = append(limits, run.Limit{
			Name: "header", Value: "changed", Bound: "unchanged", Held: true,
			Reason: "the header row or the CSV dialect is not that of the last file: tell the partner first, then approve",
		})
	}
	if last.Values != nil {
		values, about, said := l.judgeValues(last.Values)
		places, there := l.perEstablishment(last, said)
		return append(append(limits, values...), places), append(about, there...)
	}
	return limits, nil
}

// people measures who is missing, and who is new.
func (l Limits) people(f *File, last *Comparison) []run.Limit {
	maxJoiners := or(l.MaxJoiners, defaultMaxJoiners)
	maxShrink, maxLeavers, gone := or(l.MaxShrink, defaultMaxShrink), or(l.MaxLeavers, defaultMaxLeavers), len(last.Unexplained)
	return []run.Limit{
		{
			Name: "max_shrink", Value: limit.Share(gone, last.Previous).String(), Bound: maxShrink.String(), Held: maxShrink.Exceeded(gone, last.Previous),
			Reason: fmt.Sprintf("%d of the %d people of the last file are missing without having left, more than %s", gone, last.Previous, maxShrink),
		},
		{
			Name: "max_leavers", Value: limit.Share(last.Left, last.Previous).String(), Bound: maxLeavers.String(),
			Held:   last.Left > leaversFloor && maxLeavers.Exceeded(last.Left, last.Previous),
			Reason: fmt.Sprintf("%d of the %d people of the last file have left since, more than %s", last.Left, last.Previous, maxLeavers),
		},
		{
			Name: "max_joiners", Value: limit.Share(last.Joined, f.Sent).String(), Bound: maxJoiners.String(),
			Held:   last.Joined > leaversFloor && maxJoiners.Exceeded(last.Joined, f.Sent),
			Reason: fmt.Sprintf("%d of the %d rows are of people who are not in the last file, more than %s", last.Joined, f.Sent, maxJoiners),
		},
	}
}

// dangling measures the managers who are not in the file. What the partner has put up with in
// the last file does not hold the next.
func (l Limits) dangling(f *File, last *Comparison) run.Limit {
	bound, more := or(l.DanglingManagers, defaultDangling), f.Dangling
	reason := "%d of %d rows refer to a manager who is not in the file, more than %s"
	if last != nil {
		more = max(0, f.Dangling-last.Dangling)
		reason = "%d rows of %d more than in the last file refer to a manager who is not in it, more than %s"
	}
	return run.Limit{
		Name: "dangling_managers", Value: limit.Share(more, f.Sent).String(), Bound: bound.String(),
		Held:   more > valueFloor && bound.Exceeded(more, f.Sent),
		Reason: fmt.Sprintf(reason, more, f.Sent, bound),
	}
}

// oneGone reports whether nearly all who are missing without having left were at one establishment.
func (c *Comparison) oneGone() bool {
	at := make(map[int]int)
	for _, d := range c.Unexplained {
		if place := c.at[d.ID]; place != 0 {
			at[place]++
		}
	}
	for _, n := range at {
		if nearlyAll.Exceeded(n, len(c.Unexplained)) {
			return true
		}
	}
	return false
}

// establishment measures the one that lost the largest share of its people.
func (l Limits) establishment(last *Comparison) run.Limit {
	bound := or(l.MaxEstablishment, defaultPlaceShare)
	out := run.Limit{Name: "max_establishment", Value: "0%", Bound: bound.String()}
	var worst limit.Percent
	for _, p := range last.Places {
		share := limit.Share(p.Missing, p.Previous)
		held := p.Missing > valueFloor && bound.Exceeded(p.Missing, p.Previous)
		if share > worst || held && !out.Held {
			worst, out.Value = share, share.String()
		}
		if held {
			out.Held = true
			out.Reason = fmt.Sprintf("%d of the %d people of one establishment (Lucca id %d) are in the last file and not in this one, more than %s", p.Missing, p.Previous, p.ID, bound)
		}
	}
	return out
}

func or[T any](p *T, fallback T) T {
	if p == nil {
		return fallback
	}
	return *p
}

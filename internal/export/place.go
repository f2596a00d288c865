package export

import (
	"fmt"
	"maps"
	"slices"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/run"
)

// defaultPlaceValues is the share of one establishment that may lose its values: the phones of a
// shop are few of those of the company, and all that it has.
const defaultPlaceValues limit.Percent = 50

// inPlace is what may happen to the values of one establishment.
type inPlace struct {
	people     func(ColumnChanges) []int
	code, does string
	verb       string
	// various: only where the new values are as many, or name the place itself.
	various bool
}

// inPlaces are looked at in this order. A partner maps the names of the places themselves, and has to
// be told of another one. What is about managers changes and goes with a single one,
// who may be that of a whole establishment; and a raise is of all of one, too.
func inPlaces() []inPlace {
	return []inPlace{
		{func(c ColumnChanges) []int {
			if c.aboutManager {
				return nil
			}
			return c.Emptied
		}, "value_emptied", "loses the value that the partner has", "loses its value", false},
		{func(c ColumnChanges) []int { return c.Jumped }, "value_jumped", "is far from the value that the partner has", "jumps", false},
		{func(c ColumnChanges) []int {
			if !c.perimeter {
				return nil
			}
			return c.Changed
		}, "value_changed", "has another value than the partner has", "changes, by which the partner knows where people work,", false},
		{func(c ColumnChanges) []int {
			if c.aboutManager || c.sized {
				return nil
			}
			return c.Changed
		}, "value_changed", "has another value than the partner has", "changes to as many others", true},
	}
}

// perEstablishment measures the values of one establishment, of columns that are not held
// already.
func (l Limits) perEstablishment(last *Comparison, said map[string]bool) (out run.Limit, found []finding.Finding) {
	bound := or(l.ValuesPerEstablishment, defaultPlaceValues)
	out = run.Limit{Name: "values_per_establishment", Value: "0%", Bound: bound.String()}
	worst := limit.Percent(0)
	for _, c := range last.Values.Columns {
		for _, kind := range inPlaces() {
			place, people, of := last.worstPlace(c, kind)
			if share := limit.Share(len(people), of); share > worst && !out.Held {
				worst, out.Value = share, share.String()+" of "+c.Key
			}
			if said[c.Key] || !bound.Exceeded(len(people), of) {
				continue
			}
			said[c.Key] = true
			found = append(found, valueLimit{code: kind.code, does: kind.does}.findings(c, people)...)
			reason := fmt.Sprintf("%q %s for %d of the %d people of one establishment (Lucca id %d) who have it in the last file, more than %s", c.Header, kind.verb, len(people), of, place, bound)
			if out.Held {
				reason = out.Reason + "; " + reason
			} else {
				out.Value = limit.Share(len(people), of).String() + " of " + c.Key
			}
			out.Held, out.Reason = true, reason
		}
	}
	return out, found
}

// worstPlace is the establishment in which it happened to the largest share of those who had a
// value, and to more than a few; of is how many had one.
func (c *Comparison) worstPlace(column ColumnChanges, kind inPlace) (place int, there []int, of int) {
	people := kind.people(column)
	if len(people) <= valueFloor {
		return 0, nil, 0
	}
	at := make(map[int][]int)
	for _, id := range people {
		if p := c.at[id]; p != 0 {
			at[p] = append(at[p], id)
		}
	}
	maps.DeleteFunc(at, func(_ int, of []int) bool { return len(of) <= valueFloor || kind.various && !column.various(of) })
	if len(at) == 0 {
		return 0, nil, 0
	}
	had := make(map[int]int)
	for id, p := range c.at {
		if at[p] != nil && column.had(id) {
			had[p]++
		}
	}
	for _, p := range slices.Sorted(maps.Keys(at)) {
		if limit.Share(len(at[p]), had[p]) > limit.Share(len(there), of) {
			place, there, of = p, at[p], had[p]
		}
	}
	return place, there, of
}

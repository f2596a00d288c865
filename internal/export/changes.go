package export

import (
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/run"
)

// Changes are what a file would change at the partner, of people who were in the last one, by
// column.
type Changes struct {
	// People are in both files.
	People  int
	Columns []ColumnChanges
}

// ColumnChanges are those of one column that both files have.
type ColumnChanges struct {
	Key, Header string
	Identifies  bool
	// Filled counts the people who had a value in the last file. Of them it changes for
	// Changed, to nothing for Emptied, and by a large step for Jumped. Given had none before.
	Filled                          int
	Changed, Emptied, Jumped, Given []int // by Lucca id

	// aboutManager: it is about somebody whom the people refer to. sized: it holds numbers or days.
	aboutManager, sized bool
	// perimeter: it says where people work, of which a partner knows the names.
	perimeter bool
	// had reports whether the person is in both files, and had a value. now is the sum of the value
	// of somebody who has another one; nil where the sums are not known.
	had func(id int) bool
	now map[int]uint32
}

// various reports whether more than half of some people who have a new value have one that none
// other of them has: one name of a whole team is another matter.
func (c *ColumnChanges) various(people []int) bool {
	values := make(map[uint32]bool)
	for _, id := range people {
		if sum, ok := c.now[id]; ok {
			values[sum] = true
		}
	}
	return 2*len(values) > len(people)
}

// Altered counts the people of whom some value is another.
func (c *Changes) Altered() int {
	people := make(map[int]struct{})
	for _, column := range c.Columns {
		for _, list := range [][]int{column.Changed, column.Emptied, column.Given} {
			for _, id := range list {
				people[id] = struct{}{}
			}
		}
	}
	return len(people)
}

// ChangesFrom compares the cells of a file with those of the last one, whose key they have.
func (c *Cells) ChangesFrom(last *Cells) Changes {
	before := make(map[string]int, len(last.columns))
	for i, column := range last.columns {
		before[column.Key] = i
	}
	rows := make(map[int]int, len(last.ids))
	for row, id := range last.ids {
		rows[id] = row
	}
	var out Changes
	for _, id := range c.ids {
		if _, known := rows[id]; known {
			out.People++
		}
	}
	for i, column := range c.columns {
		if old, known := before[column.Key]; known {
			out.Columns = append(out.Columns, c.column(i, last, old, rows))
		}
	}
	return out
}

func (c *Cells) column(i int, last *Cells, old int, rows map[int]int) ColumnChanges {
	column := c.columns[i]
	out := ColumnChanges{
		Key: column.Key, Header: column.Header, Identifies: column.Identifies, sized: column.Sized, aboutManager: i < len(c.about) && c.about[i], perimeter: i < len(c.perimeter) && c.perimeter[i],
		had: func(id int) bool {
			at, known := rows[id]
			return known && last.hashes[at*len(last.columns)+old] != 0
		},
	}
	for row, id := range c.ids {
		at, known := rows[id]
		if !known {
			continue
		}
		now, was := row*len(c.columns)+i, at*len(last.columns)+old
		if last.hashes[was] == 0 {
			if c.hashes[now] != 0 {
				out.Given = append(out.Given, id)
			}
			continue
		}
		out.Filled++
		switch c.hashes[now] {
		case last.hashes[was]:
		case 0:
			out.Emptied = append(out.Emptied, id)
		default:
			out.Changed = append(out.Changed, id)
			if c.sums != nil && !column.Sized {
				out.put(id, c.sums[now])
			}
			if column.Sized && last.columns[old].Sized && c.jumps(id, i, c.steps[row*c.sized+column.size], last.sizes[at*last.sized+last.columns[old].size]) {
				out.Jumped = append(out.Jumped, id)
			}
		}
	}
	return out
}

// put takes the sum of a new value.
func (c *ColumnChanges) put(id int, sum uint32) {
	if c.now == nil {
		c.now = make(map[int]uint32)
	}
	c.now[id] = sum
}

// jumps reports whether a step is neither the one that has the hash nor beside it.
func (c *Cells) jumps(id, column int, step int32, was uint32) bool {
	person := c.person(id)
	for near := step - 1; near <= step+1; near++ {
		if c.size(id, person, column, near) == was {
			return false
		}
	}
	return true
}

// The defaults of the bounds on values. People marry and move, and some managers are replaced;
// a fifth of a company does not change at once, nor do fifty people of a thousand lose a value.
const (
	defaultChanges    limit.Percent = 20
	defaultEmptied    limit.Percent = 5
	defaultJumps      limit.Percent = 5
	defaultKeys       limit.Percent = 2
	defaultDangling   limit.Percent = 20
	defaultPlaceShare limit.Percent = 50
	defaultGiven      limit.Percent = 20
)

// valueFloor keeps a small company, or column, from being held by a few people.
const valueFloor = 5

// ColumnLimits are the bounds of one column in place of those of all.
type ColumnLimits struct {
	Changes *limit.Percent `yaml:"changes,omitempty" json:"changes,omitempty" jsonschema:"description=instead of changes_per_column"`
	Emptied *limit.Percent `yaml:"emptied,omitempty" json:"emptied,omitempty" jsonschema:"description=instead of emptied_per_column"`
	Jumps   *limit.Percent `yaml:"jumps,omitempty" json:"jumps,omitempty" jsonschema:"description=instead of jumps_per_column"`
	Given   *limit.Percent `yaml:"given,omitempty" json:"given,omitempty" jsonschema:"description=instead of given_per_column"`
}

// valueLimit is one of the bounds on values, over all columns.
type valueLimit struct {
	name string
	// bound is that of a column; people who are over it, and of how many.
	bound  func(ColumnChanges) limit.Percent
	people func(ColumnChanges) []int
	// code and does are those of the findings, and verb of the reason.
	code, does, verb string
	// anew: the people had nothing before, and are a share of all.
	anew bool
}

// of is how many people a share is of.
func (v valueLimit) of(c ColumnChanges, people int) int {
	if v.anew {
		return people
	}
	return c.Filled
}

// overBound is a column that is over its bound, for so many of those whom the bound is about.
type overBound struct {
	header   string
	over, of int
	bound    limit.Percent
}

// reason says what holds columns: in one sentence, where they have one bound.
func (v valueLimit) reason(columns []overBound) string {
	var reasons []string
	for len(columns) > 0 {
		first, others, also := columns[0], []overBound(nil), []string(nil)
		for _, c := range columns[1:] {
			if c.bound != first.bound {
				others = append(others, c)
				continue
			}
			also = append(also, fmt.Sprintf("%s (%d/%d)", c.header, c.over, c.of))
		}
		text := "%q %s for %d of the %d people who have it in the last file, more than %s"
		if v.anew {
			text = "%q %s for %d of the %d people of the last file, who had none, more than %s"
		}
		reason := fmt.Sprintf(text, first.header, v.verb, first.over, first.of, first.bound)
		if len(also) > 0 {
			reason += "; the same holds for " + strings.Join(also, ", ")
		}
		reasons, columns = append(reasons, reason), others
	}
	return strings.Join(reasons, "; ")
}

// values are the bounds on values. One that empties a column is looked at before those on what
// changes in it.
func (l Limits) values() []valueLimit {
	return []valueLimit{
		{
			"emptied_per_column", func(c ColumnChanges) limit.Percent {
				return or(l.Columns[c.Key].Emptied, or(l.EmptiedPerColumn, defaultEmptied))
			},
			func(c ColumnChanges) []int { return c.Emptied }, "value_emptied", "loses the value that the partner has", "loses its value", false,
		},
		{
			"changed_keys", func(ColumnChanges) limit.Percent { return or(l.ChangedKeys, defaultKeys) },
			func(c ColumnChanges) []int {
				if !c.Identifies {
					return nil
				}
				return c.Changed
			},
			"changed_key", "has another value than the partner knows this person by: it may make a second account", "changes, by which the partner knows people,", false,
		},
		{
			"jumps_per_column", func(c ColumnChanges) limit.Percent {
				return or(l.Columns[c.Key].Jumps, or(l.JumpsPerColumn, defaultJumps))
			},
			func(c ColumnChanges) []int { return c.Jumped }, "value_jumped", "is far from the value that the partner has", "jumps", false,
		},
		{
			"changes_per_column", func(c ColumnChanges) limit.Percent {
				return or(l.Columns[c.Key].Changes, or(l.ChangesPerColumn, defaultChanges))
			},
			func(c ColumnChanges) []int { return c.Changed }, "value_changed", "has another value than the partner has", "changes", false,
		},
		{
			"given_per_column", func(c ColumnChanges) limit.Percent {
				return or(l.Columns[c.Key].Given, or(l.GivenPerColumn, defaultGiven))
			},
			func(c ColumnChanges) []int { return c.Given }, "value_given", "has a value, and the partner has none", "gets a value", true,
		},
	}
}

// judgeValues measures what the file would change, and says of whom where that holds it. A
// changed key is said of everybody. said are the columns that are held.
func (l Limits) judgeValues(c *Changes) (limits []run.Limit, found []finding.Finding, said map[string]bool) {
	said = make(map[string]bool) // a column is held for one reason
	keys := limit.Percent(0)     // the share of the people whose key changes, where that holds the file
	for _, v := range l.values() {
		worst, out := limit.Percent(-1), run.Limit{Name: v.name, Value: "0%"}
		var over []overBound
		for _, column := range c.Columns {
			people, bound := v.people(column), v.bound(column)
			of := v.of(column, c.People)
			held := !said[column.Key] && len(people) > valueFloor && bound.Exceeded(len(people), of)
			if share := limit.Share(len(people), of); share > worst || held && !out.Held {
				worst, out.Bound = share, bound.String()
				if out.Value = share.String(); len(people) > 0 {
					out.Value += " of " + column.Key
				}
			}
			out.Held = out.Held || held
			if held {
				said[column.Key] = true
				if v.code == "changed_key" {
					keys = max(keys, limit.Share(len(people), of))
				}
				// Other numbers take the numbers of managers with them.
				if v.code != "value_changed" || !column.aboutManager || limit.Share(len(people), of) > keys {
					over = append(over, overBound{column.Header, len(people), of, bound})
				}
			}
			if held || v.code == "changed_key" {
				found = append(found, v.findings(column, people)...)
			}
		}
		if worst < 0 {
			continue // no column was there before
		}
		out.Reason = v.reason(over)
		limits = append(limits, out)
	}
	// What changes with the keys comes after them.
	slices.SortStableFunc(limits, func(a, b run.Limit) int { return keysFirst(a) - keysFirst(b) })
	return limits, found, said
}

// keysFirst is the place of a limit among those on values.
func keysFirst(l run.Limit) int {
	if l.Name == "changed_keys" {
		return 0
	}
	return 1
}

func (v valueLimit) findings(c ColumnChanges, people []int) []finding.Finding {
	found := make([]finding.Finding, 0, len(people))
	for _, id := range people {
		found = append(found, finding.Finding{
			Severity: finding.Warning, Code: v.code, Column: c.Key, Message: fmt.Sprintf("Lucca id %d: %q %s", id, c.Header, v.does),
		})
	}
	return found
}

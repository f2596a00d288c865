package plan

import (
	"fmt"
	"slices"
	"strconv"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
)

// doubt is a reason to hold the whole file that a row gives, however few give it.
type doubt uint8

// The doubts, in the order of their limits.
const (
	// pastEnd: a contract ends long ago. slippedEnd: somebody is ended by now, on the day in Lucca
	// in another year. lateStart: a start moves into the future.
	pastEnd doubt = iota
	slippedEnd
	lateStart
	// ambiguousName: the name, which identifies the row, means nobody for certain.
	ambiguousName
	// turnedDate: a date is that of Lucca with day and month exchanged, or counted from another year.
	turnedDate
	// garbledText: a letter with an accent became another sign.
	garbledText
	// cutText: a text ends inside a word of that in Lucca. filledValue: it may have been filled down
	// from the row before.
	cutText
	filledValue
	// nextDay: a date is a day from that of Lucca. oldStart: somebody new began about this day of an
	// earlier year.
	nextDay
	oldStart
	// nearDomain: the domain of an address is nearly that of the company. movedDecimal: a number has
	// its decimal sign elsewhere than in Lucca.
	nearDomain
	movedDecimal
	// emptiedValue: it would be cleared by a column that is blank in all rows.
	emptiedValue
	// lostAccent: names lose theirs, in a file without any.
	lostAccent

	doubtKinds = iota
)

// doubtLimits are the limits of what is doubted: how many rows, or values, are within each, and what
// is said of more. There is mostly no floor: three rows are enough to harm three people.
var doubtLimits = [doubtKinds]struct {
	name, reason string
	most         int
}{
	pastEnd:       {"past_ends", "the contracts of %d people would end more than three months ago", 0},
	slippedEnd:    {"doubtful_ends", "the contracts of %d people would end by now on days that may be a slip: one day in all rows, days in a row, or the day in Lucca in another year", 0},
	lateStart:     {"late_starts", "the contracts of %d present people would begin in the future, and their accounts be closed until then", 0},
	ambiguousName: {"ambiguous_names", "the names of %d rows, which identify them, mean nobody in Lucca for certain", 0},
	turnedDate:    {"date_order", "the dates of %d rows may be written in another order of day and month, or counted from another year", 0},
	garbledText:   {"letters", "in %d rows a letter with an accent would become another sign: the file may be in another encoding", 0},
	cutText:       {"cut_texts", "texts of %d rows end inside a word of those in Lucca: the file may have cut them", 0},
	filledValue:   {"filled_down", "values of %d rows are those of the row before, or one more: a spreadsheet may have filled the column down", 0},
	nextDay:       {"next_days", "the dates of %d people would move by a day: a program may have moved those of the file", 1},
	oldStart:      {"old_starts", "the contracts of %d new people would begin more than a year ago, about this day: the year may be wrong", 0},
	nearDomain:    {"mail_domains", "the addresses of %d people have a domain that is a letter off the one that most have", 0},
	movedDecimal:  {"decimals", "the numbers of %d rows are those of Lucca with the decimal sign elsewhere: it may be lost", 0},
	emptiedValue:  {"emptied", "%d values would be cleared by columns that are blank in all rows: they may have been left out", 0},
	lostAccent:    {"accents", "the names of %d people would lose their accents, of which the file has none", 1}, // who corrects one by hand may mean it
}

// Doubts are what makes a file doubtful as a whole, in numbers of people.
type Doubts struct {
	// Doubles would be created, and may be somebody whom Lucca or the file has already.
	Doubles int
	// Shifted are rows whose identifier means somebody, while what else they say is
	// somebody else's: a column was sorted, or values were exchanged.
	Shifted int
	// Rows are those, or the values, that give each doubt.
	Rows [doubtKinds]int
	// Cut: the file may end inside its last cell.
	Cut bool
	// Absent would be ended for their absence; AtOneEnd: they are all missing at one end of
	// the file, in its order; Gone is a group of which most are missing, in words.
	Absent   int
	AtOneEnd bool
	Gone     string
	// Repeated: a row is there twice.
	Repeated bool
}

// doubtsOf counts what makes the file doubtful, with the ends of those who are absent from it.
func doubtsOf(in *input, r *report, changes []change, absent []Item) Doubts {
	var out Doubts
	for i := range changes {
		out.count(&changes[i])
	}
	if !plainNames(in) {
		out.Rows[lostAccent] = 0
	}
	out.Rows[slippedEnd] = max(out.Rows[slippedEnd], filledDown(in, changes))
	out.Rows[emptiedValue] = doubtEmptied(in, r, changes)
	if out.Absent = len(absent); out.Absent > 0 {
		gone := make([]*roster.Employee, len(absent))
		for i := range absent {
			gone[i] = in.people.ByID(absent[i].EmployeeID)
		}
		out.AtOneEnd, out.Gone = atOneEnd(changes, gone), missingGroup(in, gone)
		out.Repeated = slices.ContainsFunc(in.sheet.table.Findings, func(f finding.Finding) bool { return f.Code == "repeated_row" })
	}
	return out
}

// fewest is how many rows are in an order, and how many make a sorted column of a property
// whose values several people may have.
const fewest = 3

// count adds what a row gives reason to doubt.
func (d *Doubts) count(c *change) {
	if c.creates() && c.likeness > person.Other {
		d.Doubles++
	}
	if c.shifted {
		d.Shifted++
	}
	d.Cut = d.Cut || c.cut
	for why, given := range c.doubts {
		if given && !c.rejected {
			d.Rows[why]++
		}
	}
	if c.draft.ambiguous {
		d.Rows[ambiguousName]++
	}
}

// limits are those of what is doubted of the whole file, each held.
func (d *Doubts) limits() (out []run.Limit) {
	for why, n := range d.Rows {
		if l := &doubtLimits[why]; n > l.most {
			out = append(out, run.Limit{Name: l.name, Value: strconv.Itoa(n), Bound: strconv.Itoa(l.most), Held: true, Reason: fmt.Sprintf(l.reason, n)})
		}
	}
	if d.Cut {
		out = append(out, run.Limit{Name: "last_cell", Value: "no line end", Bound: "one", Held: true, Reason: "the last cell is wrong or the beginning of what Lucca has, and no line end comes after it: the file may have been cut inside it"})
	}
	return out
}

// edges are the ways in which a file may be ordered.
func edges() []func(e *roster.Employee) string {
	return []func(e *roster.Employee) string{
		func(e *roster.Employee) string { return fmt.Sprintf("%012d", e.ID) },
		func(e *roster.Employee) string { return loginKey(e.Login) },
		func(e *roster.Employee) string { return mailKey(e.Mail) },
		func(e *roster.Employee) string { return fmt.Sprintf("%20s", bareNumber(e.EmployeeNumber)) },
		func(e *roster.Employee) string { return person.Fold(e.LastName) + "\x00" + person.Fold(e.FirstName) },
		func(e *roster.Employee) string { return person.Fold(e.FirstName) + "\x00" + person.Fold(e.LastName) },
		func(e *roster.Employee) string { return e.ContractStart.String() },
		func(e *roster.Employee) string { return e.LastName + "\x00" + e.FirstName }, // as databases sort
	}
}

// atOneEnd reports whether a file is in some order in which all of the absent come before
// its first row, or after its last.
func atOneEnd(changes []change, absent []*roster.Employee) bool {
	var rows []*roster.Employee
	for i := range changes {
		if e := changes[i].employee(); e != nil {
			rows = append(rows, e)
		}
	}
	if len(rows) < fewest {
		return true // so few rows are in any order
	}
	for _, edge := range edges() {
		first, last, ok := ordered(rows, edge)
		if !ok {
			continue
		}
		before, after := true, true
		for _, e := range absent {
			key := edge(e)
			before, after = before && key < min(first, last), after && key > max(first, last)
		}
		if before || after {
			return true
		}
	}
	return false
}

// ordered returns the keys of the first and the last row of a file that goes up, or down, all
// along.
func ordered(rows []*roster.Employee, key func(*roster.Employee) string) (first, last string, ok bool) {
	up, down := true, true
	first = key(rows[0])
	last = first
	for _, e := range rows[1:] {
		next := key(e)
		up, down = up && next >= last, down && next <= last
		if !up && !down {
			return "", "", false
		}
		last = next
	}
	return first, last, first != last
}

// missingGroup names a group of which most are absent, where there is one: an establishment or a
// department that was left out.
func missingGroup(in *input, absent []*roster.Employee) string {
	var all []*roster.Employee
	for _, e := range in.people.Employees() {
		if e.StatusOn(in.day) == roster.Active {
			all = append(all, e)
		}
	}
	for _, by := range groupings() {
		if n, of, found := by.gutted(absent, all, func(n, of int) bool { return n == of && n > 1 || n >= fewest && 2*n > of }); found {
			return fmt.Sprintf("%d of the %d people of one %s", n, of, by.name)
		}
	}
	return ""
}

// grouping is what people are kept together by.
type grouping struct {
	name string
	of   func(*roster.Employee) int
}

func groupings() []grouping {
	return []grouping{
		{"establishment", func(e *roster.Employee) int { return e.EstablishmentID }},
		{"department", func(e *roster.Employee) int { return e.DepartmentID }},
	}
}

// gutted finds the first group of which so many are missing, of so many, that it counts.
func (g grouping) gutted(missing, all []*roster.Employee, counts func(n, of int) bool) (n, of int, found bool) {
	lost, whole := make(map[int]int), make(map[int]int)
	for _, e := range missing {
		lost[g.of(e)]++
	}
	for _, e := range all {
		whole[g.of(e)]++
	}
	for _, e := range missing {
		id := g.of(e)
		if n, of := lost[id], whole[id]; id != 0 && counts(n, of) {
			return n, of, true
		}
	}
	return 0, 0, false
}

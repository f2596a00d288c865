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

// Doubts are what makes a file doubtful as a whole, in numbers of people. There is no floor
// under them: three rows are enough to harm three people.
type Doubts struct {
	// Doubles would be created, and may be somebody whom Lucca or the file has already.
	Doubles int
	// Shifted are rows whose identifier means somebody, while what else they say is
	// somebody else's: a column was sorted, or values were exchanged.
	Shifted int
	// PastEnds are rows that end a contract more than three months ago.
	PastEnds int
	// DoubtfulEnds are rows that end somebody by now on a day that may be a slip: see filledDown.
	DoubtfulEnds int
	// Later are rows that move the start of somebody present into the future.
	Later int
	// Turned are rows with a date that is Lucca's with day and month exchanged.
	Turned int
	// Garbled are rows in which a letter with an accent became another sign; Unaccented are those
	// whose names lose their accents, in a file without any.
	Garbled, Unaccented int
	// Shortened are rows with a text that ends inside a word of that in Lucca, Filled those whose
	// values a spreadsheet may have filled down.
	Shortened, Filled int
	// Next are rows with a date that is a day from that of Lucca, Old those that create people who
	// began about this day of an earlier year.
	Next, Old int
	// Mistyped are rows with an address at nearly the domain of the company, Scaled those with a
	// number whose decimal sign is elsewhere than in Lucca; Emptied are values that columns without
	// any would clear.
	Mistyped, Scaled, Emptied int
	// Cut: the file may end inside its last cell.
	Cut bool
	// Ambiguous are rows whose name, which identifies them, means nobody for certain.
	Ambiguous int
	// Absent would be ended for their absence; AtOneEnd: they are all missing at one end of
	// the file, in its order; Gone is a group of which most are missing, in words.
	Absent   int
	AtOneEnd bool
	Gone     string
	// Repeated: a row is there twice.
	Repeated bool
}

// doubtsOf counts what makes the file doubtful, with the ends of those who are absent from it.
func doubtsOf(in *input, changes []change, absent []Item) Doubts {
	var out Doubts
	for i := range changes {
		c := &changes[i]
		if c.creates() && c.likeness > person.Other {
			out.Doubles++
		}
		if c.shifted {
			out.Shifted++
		}
		if !c.rejected {
			out.count(c.marks)
		}
		out.Cut = out.Cut || c.cut
		if c.draft.ambiguous {
			out.Ambiguous++
		}
	}
	if out.Unaccented > 0 && !plainNames(in) {
		out.Unaccented = 0
	}
	out.DoubtfulEnds = max(out.DoubtfulEnds, filledDown(in, changes))
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

// count adds what a row that is not rejected gives reason to doubt.
func (d *Doubts) count(m marks) {
	for n, marked := range map[*int]bool{&d.PastEnds: m.past, &d.DoubtfulEnds: m.slipped, &d.Later: m.later, &d.Turned: m.turned, &d.Garbled: m.garbled, &d.Unaccented: m.unaccented, &d.Shortened: m.shortened, &d.Filled: m.filled, &d.Next: m.nextDay, &d.Old: m.oldStart, &d.Mistyped: m.mistyped, &d.Scaled: m.scaled} {
		if marked {
			*n++
		}
	}
	d.Cut = d.Cut || m.cut
}

// lossy is how many names lose their accents before the file is taken for one that has lost
// them: who corrects one by hand may mean it.
const lossy = 2

// limits are those of what is doubted of the whole file, each held.
func (d *Doubts) limits() (out []run.Limit) {
	for _, one := range []struct {
		name, reason string
		n, most      int
	}{
		{"past_ends", "the contracts of %d people would end more than three months ago", d.PastEnds, 0},
		{"doubtful_ends", "the contracts of %d people would end by now on days that may be a slip: one day in all rows, days in a row, or the day in Lucca in another year", d.DoubtfulEnds, 0},
		{"late_starts", "the contracts of %d present people would begin in the future, and their accounts be closed until then", d.Later, 0},
		{"ambiguous_names", "the names of %d rows, which identify them, mean nobody in Lucca for certain", d.Ambiguous, 0},
		{"date_order", "the dates of %d rows may be written in another order of day and month, or counted from another year", d.Turned, 0},
		{"letters", "in %d rows a letter with an accent would become another sign: the file may be in another encoding", d.Garbled, 0},
		{"cut_texts", "texts of %d rows end inside a word of those in Lucca: the file may have cut them", d.Shortened, 0},
		{"filled_down", "values of %d rows are those of the row before, or one more: a spreadsheet may have filled the column down", d.Filled, 0},
		{"next_days", "the dates of %d people would move by a day: a program may have moved those of the file", d.Next, 1},
		{"old_starts", "the contracts of %d new people would begin more than a year ago, about this day: the year may be wrong", d.Old, 0},
		{"mail_domains", "the addresses of %d people have a domain that is a letter off the one that most have", d.Mistyped, 0},
		{"decimals", "the numbers of %d rows are those of Lucca with the decimal sign elsewhere: it may be lost", d.Scaled, 0},
		{"emptied", "%d values would be cleared by columns that are blank in all rows: they may have been left out", d.Emptied, 0},
		{"accents", "the names of %d people would lose their accents, of which the file has none", d.Unaccented, lossy - 1},
	} {
		if one.n > one.most {
			out = append(out, run.Limit{Name: one.name, Value: strconv.Itoa(one.n), Bound: strconv.Itoa(one.most), Held: true, Reason: fmt.Sprintf(one.reason, one.n)})
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

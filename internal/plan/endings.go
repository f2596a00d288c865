package plan

import (
	"slices"

	"lucca-exchange/internal/roster"
)

// otherJob reports whether a row that ends somebody by now gives them another job or another place
// too, which nobody does who leaves: its cells may be those of another row.
func otherJob(row *edit) bool {
	if dateSet(row, ContractEnd).After(row.in.day) {
		return false
	}
	return slices.ContainsFunc([]string{"jobTitle", Department, Establishment, Category}, func(code string) bool { return row.set[code].replaces() })
}

// doubtYear doubts an end by now that is the one in Lucca but for its year.
func doubtYear(row *edit, end, before roster.Date) {
	if end.After(row.in.day) || !end.Before(before) || end.Day != before.Day || end.Month != before.Month {
		return
	}
	row.doubt(slippedEnd, "end_in_doubt", ContractEnd, "is the end in Lucca in an earlier year: see that the year is right")
}

// filledDown counts the people whom a file ends by now, where all of its rows do so on one day
// that is no last one of a month, or each a day after the row before: a spreadsheet fills a
// column down like that.
func filledDown(in *input, changes []change) int {
	var ends []roster.Date
	for i := range changes {
		c := &changes[i]
		end, _ := roster.ParseDate(c.given(ContractEnd)) // our own writing
		if c.rejected || c.action != End || end.After(in.day) {
			return 0
		}
		ends = append(ends, end)
	}
	if len(ends) < 2 {
		return 0
	}
	last := ends[0]
	same, rising := last.AddDays(1).Day != 1, len(ends) >= fewest
	for _, end := range ends[1:] {
		same, rising = same && end == last, rising && end == last.AddDays(1)
		last = end
	}
	if same || rising {
		return len(ends)
	}
	return 0
}

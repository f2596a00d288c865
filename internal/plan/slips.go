package plan

import (
	"fmt"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// Days between the two systems of dates that spreadsheets have, of 1900 and of 1904.
const between1900And1904 = 1462

// doubtDay doubts a date of an employee that is Lucca's with day and month exchanged, or but for days
// that a program has added: those of another system of dates, or one, as a time zone does.
func doubtDay(row *edit, c *column, change Change) {
	from, _ := roster.ParseDate(change.From) // our own writing, both
	to, _ := roster.ParseDate(change.To)
	switch to {
	case otherWay(from):
		row.doubt(turnedDate, "date_turned", c.name, "is the date in Lucca with day and month exchanged: see in which order the file writes its dates")
	case from.AddDays(between1900And1904), from.AddDays(-between1900And1904):
		row.doubt(turnedDate, "date_moved", c.name, "is 1462 days from the one in Lucca: a spreadsheet has counted from 1904 instead of 1900")
	case from.AddDays(1), from.AddDays(-1):
		row.doubt(nextDay, "next_day", c.name, "is the day before or after the one in Lucca: see whether a program has moved the dates of the file")
	}
}

// otherWay is a date with day and month exchanged; none where that is no other day.
func otherWay(day roster.Date) roster.Date {
	if day.Day > 12 || day.Day == day.Month {
		return roster.Date{}
	}
	return roster.Date{Year: day.Year, Month: day.Day, Day: day.Month}
}

// doubtOrder doubts a date that can be read both ways, in a file of which all can, where the other
// one is what fits today: contracts begin and end about now. Whoever leaves today is no doubt on the
// first twelve days of a month.
func doubtOrder(row *edit) {
	if row.rejected || !row.in.sheet.table.OrderOpen {
		return
	}
	const before, after, past, future = 15, 45, 31, 92
	today := row.in.day
	about := func(day roster.Date) bool {
		return !day.AddDays(before).Before(today) && !day.After(today.AddDays(after))
	}
	column := ""
	switch e := row.draft.employee; {
	case e == nil:
		start := dateSet(row, ContractStart)
		if about(otherWay(start)) && (start.AddDays(past).Before(today) || start.After(today.AddDays(future))) {
			column = ContractStart
		}
	case row.action == End && !confirmsOrder(row):
		end := dateSet(row, ContractEnd)
		if !about(end) && about(otherWay(end)) {
			column = ContractEnd
		}
	}
	if column != "" {
		row.doubt(turnedDate, "date_open", column, "can be read both ways, as all dates of the file, and with the month first it would fit today: see in which order they are")
	}
}

// confirmsOrder reports whether a row has a date of Lucca that would be another one the other way.
func confirmsOrder(row *edit) bool {
	for i := range row.in.sheet.columns {
		c := &row.in.sheet.columns[i]
		if c.Kind != roster.Day {
			continue
		}
		day := row.in.sheet.day(row.draft.row, c.name)
		if day == c.Date(row.draft.employee) && !otherWay(day).IsZero() {
			return true
		}
	}
	return false
}

// doubtStart doubts that somebody new began more than a year ago, about this day of the year: the
// year may be wrong. Of somebody who may be another one already, that is reason enough to look.
func doubtStart(row *edit) {
	const before, after = 15, 45
	start := dateSet(row, ContractStart)
	if row.rejected || row.draft.likeness > person.Other || row.in.policy.NewOnly || row.in.policy.Mode == Full {
		return
	}
	if !start.AddDays(366 - before).Before(row.in.day) {
		return
	}
	for _, year := range []int16{row.in.day.Year - 1, row.in.day.Year, row.in.day.Year + 1} {
		again := roster.Date{Year: year, Month: start.Month, Day: min(start.Day, 28)}
		if !again.AddDays(before).Before(row.in.day) && !again.After(row.in.day.AddDays(after)) {
			row.doubt(oldStart, "start_in_doubt", ContractStart, "is more than a year ago, on a day of the year near today's: see that the year is right")
			return
		}
	}
}

// doubtDomain doubts an address at a domain that is a letter off that of the company.
func doubtDomain(row *edit) {
	if mail := row.set[Mail]; !row.rejected && mail.To != "" && row.in.domains.nearly(mail.To) {
		row.doubt(nearDomain, "mail_domain", Mail, "has a domain that is a letter off the one that most addresses in Lucca have: see that it is right")
	}
}

// doubtScale doubts a number that is the one in Lucca but for its decimal sign.
func doubtScale(row *edit, c *column, change Change) {
	if !row.in.habits.of[c.name].parts || !decimalNumber.MatchString(change.From) || !decimalNumber.MatchString(change.To) {
		return
	}
	bare := func(text string) string {
		return strings.Trim(strings.NewReplacer(".", "", ",", "", "-", "").Replace(text), "0")
	}
	if plainDecimal(change.From) != plainDecimal(change.To) && bare(change.From) == bare(change.To) {
		row.doubt(movedDecimal, "decimal_moved", c.name, "is the number in Lucca with its decimal sign elsewhere, or without its sign: see that it is whole")
	}
}

// doubtEmptied doubts columns that are blank in all rows and would clear what several people have:
// whatever wrote the file may have left them out.
func doubtEmptied(in *input, r *report, changes []change) (emptied int) {
	rows := in.sheet.table.Rows
	for i := range in.sheet.columns {
		c := &in.sheet.columns[i]
		if c.name == ContractEnd {
			continue // most people have none
		}
		clears := 0
		for at := range changes {
			if rows[changes[at].draft.index].Cells[c.cell] != "" {
				clears = 0
				break
			}
			if change, sets := changes[at].set.Find(c.Code); sets && change.To == "" {
				clears++
			}
		}
		if clears > 1 {
			emptied += clears
			r.note("column_emptied", "column %s is blank in all rows, and would clear what %d people have: leave it out if it has nothing to say", c.name, clears)
		}
	}
	return emptied
}

// identities are the properties that hardly ever change, and never of several people at a time.
var identities = []string{FirstName, LastName, birthDate, EmployeeNumber, "gender"}

// doubtIdentities doubts a file of which most rows, and several, give people another name, date of
// birth, number or gender: they may be those of others.
func doubtIdentities(in *input, r *report, changes []change) {
	for _, code := range identities {
		if !in.sheet.has(code) {
			continue
		}
		var at []int
		known := 0
		for i := range changes {
			c := &changes[i]
			if c.employee() == nil || c.rejected {
				continue
			}
			known++
			if change := c.set.Get(code); change.replaces() && (code == "gender" || !related(change.From, change.To)) {
				at = append(at, i)
			}
		}
		if len(at) < fewest || 2*len(at) <= known {
			continue
		}
		for _, i := range at {
			if c := &changes[i]; !c.shifted {
				c.shifted = true
				r.say(c.draft.row, warning("identity_changes", code, fmt.Sprintf("becomes another one for %d people: see whether the column belongs to these rows", len(at))))
			}
		}
	}
}

// related reports whether two texts are one but for spelling, or one a part of the other, as names
// before and after a marriage.
func related(a, b string) bool {
	a, b = person.Fold(a), person.Fold(b)
	return strings.Contains(a, b) || strings.Contains(b, a)
}

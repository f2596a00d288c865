package show

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
)

// Person shows what runs did with a person, one event a line.
func Person(w Page, events []inspect.Event) {
	rows := make([]row, len(events))
	for i, e := range events {
		employee := ""
		if e.Employee > 0 {
			employee = strconv.Itoa(e.Employee)
		}
		said := w.said(e.Why)
		if e.Runs > 1 {
			said += w.said(fmt.Sprintf("; in %d runs since %s", e.Runs, w.day(e.Since)))
		}
		for _, field := range slices.Sorted(maps.Keys(e.Set)) {
			said += semicolon(w) + becomes(w, field, e.Set[field].From, e.Set[field].To)
		}
		for _, approver := range e.ApprovedBy {
			said += w.said(fmt.Sprintf("; approved by %s", approver))
		}
		for _, f := range e.Notes {
			said += semicolon(w) + w.message(f)
		}
		rows[i] = row{[]string{w.minute(e.At), e.Flow, e.Run, employee}, said}
	}
	w.table(table{header: []string{"when", "flow", "run", "Lucca id"}, noted: "what", flexible: []int{1}, rows: rows, people: true, times: true})
}

// becomes says what a field was and is.
func becomes(w Page, field, from, to string) string {
	if !foreign(w) {
		return fmt.Sprintf("%s from %q to %q", field, from, to)
	}
	return titled(w, field) + colon(w) + cmp.Or(printable(valued(w, from)), w.said("(none)")) + " → " + cmp.Or(printable(valued(w, to)), w.said("(none)"))
}

// titled is what a field of Lucca is called, with its code; another field is called by its own name.
func titled(w Page, field string) string {
	if !foreign(w) {
		return field
	}
	if title := message.Field(w.Words, field); title != "" {
		return title + " (" + field + ")"
	}
	return field
}

// Difference shows who joined, who left, and what is otherwise of those who are in both files.
func Difference(w Page, d inspect.Difference) {
	if d.Run == "" {
		w.line("file", "of %s as it would be sent now, compared with run %s", d.Flow, d.Previous)
	} else {
		w.line("file", "of run %s of %s, compared with run %s", d.Run, d.Flow, d.Previous)
	}
	w.line("people", "+%d joined, -%d left, ~%d changed, %d the same", d.JoinedCount, d.LeftCount, d.ChangedCount, d.Same)
	switch {
	case d.Columns:
		w.line("values", "not compared: the files do not have the same columns")
	case d.Purged && len(d.ByColumn) > 0:
		w.line("values", "not known: one of the files is no longer kept; which columns are others is")
	case d.Purged:
		w.line("values", "not compared: one of the files is no longer kept")
	}
	for _, c := range d.ByColumn {
		w.line("column", "%s", byColumn(c))
	}
	var rows [][]string
	for _, p := range d.Joined {
		rows = append(rows, []string{"+", who(p), w.said("joined")})
	}
	for _, p := range d.Left {
		rows = append(rows, []string{"-", who(p), w.said(whyLeft(p.Decision))})
	}
	for _, c := range d.Changed {
		cells := make([]string, len(c.Cells))
		for i, cell := range c.Cells {
			if cells[i] = cell.Column; !d.Purged {
				cells[i] = becomes(w, cell.Column, cell.From, cell.To)
			}
		}
		rows = append(rows, []string{"~", who(c.Who), strings.Join(cells, ", ")})
	}
	if len(rows) > 0 {
		w.grid([]string{"", "who", "what"}, rows)
	}
	for _, more := range []struct {
		n    int
		what string
	}{{d.JoinedCount - len(d.Joined), "joined"}, {d.LeftCount - len(d.Left), "left"}, {d.ChangedCount - len(d.Changed), "changed"}} {
		if more.n > 0 && (more.what != "changed" || len(d.Changed) > 0) {
			Say(w, "%d more %s and are not listed", more.n, more.what)
		}
	}
}

// byColumn says for how many people a column is otherwise.
func byColumn(c export.ColumnDifference) string {
	switch {
	case c.Emptied > 0 && c.Given > 0:
		return fmt.Sprintf("%s changes for %d: for %d to nothing, for %d from nothing", c.Header, c.Changed, c.Emptied, c.Given)
	case c.Emptied > 0:
		return fmt.Sprintf("%s changes for %d: for %d to nothing", c.Header, c.Changed, c.Emptied)
	case c.Given > 0:
		return fmt.Sprintf("%s changes for %d: for %d from nothing", c.Header, c.Changed, c.Given)
	}
	return fmt.Sprintf("%s changes for %d", c.Header, c.Changed)
}

// whyLeft says why somebody is not in a file any more.
func whyLeft(d export.Decision) string {
	switch d {
	case export.Rejected:
		return "a required value is missing or unusable"
	case export.Upcoming:
		return "the contract starts later"
	case export.Left:
		return "the contract has ended"
	case export.Elsewhere:
		return "works in another establishment"
	default:
		return "Lucca does not list them any more"
	}
}

// who names a person of a file.
func who(p export.Who) string {
	name := p.Login
	if name == "" {
		name = p.Mail
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", p.ID, name))
}

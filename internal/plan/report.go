package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
)

// problem is why a text means nothing. The predicate goes on after the code of the column, as
// "is blank".
type problem struct{ code, predicate string }

// objection is what a stage has to say about one row, for what is in a column, which may be
// one that the file lacks. One of severity error rejects the row.
type objection struct {
	severity finding.Severity
	column   string
	problem
}

func refusal(code, column, predicate string) objection {
	return objection{finding.Error, column, problem{code, predicate}}
}

func warning(code, column, predicate string) objection {
	return objection{finding.Warning, column, problem{code, predicate}}
}

// verdict is an objection to the row at a place among all of them, how much speaks for the one
// whom it creates being somebody else, and whether what it says may be somebody else's.
type verdict struct {
	at int
	objection
	likeness person.Likeness
	shifted  bool
}

// report gathers what the stages say as findings, in bounded memory.
type report struct {
	sheet *sheet
	log   finding.Log
}

// say adds objections to a row.
func (r *report) say(row *Row, all ...objection) {
	for _, o := range all {
		f := finding.Finding{
			Severity: o.severity, Code: o.code, Row: row.Number, Column: o.column, Message: r.sheet.named(o.column) + " " + o.predicate,
		}
		if index, ok := r.sheet.place(o.column); ok {
			f = f.At(row.Number, index)
		}
		r.log.Add(f)
	}
}

// note adds a warning about the file as a whole, or about somebody who is not in it.
func (r *report) note(code, format string, args ...any) {
	r.log.Add(finding.Finding{Severity: finding.Warning, Code: code, Message: fmt.Sprintf(format, args...)})
}

// sorted returns the findings with what is about the file first, then the rows in their order.
func (r *report) sorted() []finding.Finding {
	columns := r.sheet.table.Columns
	place := func(f finding.Finding) int {
		if i, ok := r.sheet.at[f.Column]; ok {
			return columns[i].Index
		}
		return len(columns)
	}
	slices.SortStableFunc(r.log.Listed, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(place(a), place(b)), strings.Compare(a.Code, b.Code))
	})
	return r.log.Listed
}

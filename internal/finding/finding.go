// Package finding is the one way in which a flow says something about a row or a cell.
//
// A bad row is data, not an error: the run goes on and reports it. A Finding
// never carries the value of a cell, a name or an address; it says where to look
// (row, column, spreadsheet cell) and what to do about it. It may name an employee by
// the Lucca id, which says nothing outside Lucca.
package finding

import (
	"fmt"
	"strconv"
)

// Severity ranks what a finding does to its row. Lucca's own import has the same
// two levels, red (the row is ignored) and blue (the row passes), and so have we.
type Severity string

const (
	// Error rejects the row.
	Error Severity = "error"
	// Warning lets the row pass.
	Warning Severity = "warning"
)

// Finding is one thing to say about one row or cell of a file.
type Finding struct {
	Severity Severity `json:"severity"`
	// Code is stable, lower case with underscores, and safe to script against.
	Code string `json:"code"`
	// Row is the line of the row in the file, the header being row 1; 0 when the
	// finding is about a row that is not in the file, or about the file as a whole.
	Row int `json:"row,omitempty"`
	// Column is the key of the column, as in the profile or the user file.
	Column string `json:"column,omitempty"`
	// Cell is the spreadsheet reference, like D6; empty when Row is 0.
	Cell string `json:"cell,omitempty"`
	// Message is one sentence for a person: what is wrong, and what to do.
	Message string `json:"message"`
}

// At returns a copy of f that points at the cell in the given 1-based row and
// 0-based column.
func (f Finding) At(row, column int) Finding {
	f.Row = row
	f.Cell = Cell(row, column)
	return f
}

// String writes the finding on one line, for a terminal or a test.
func (f Finding) String() string {
	place := f.Cell
	switch {
	case place == "" && f.Row > 0:
		place = "row " + strconv.Itoa(f.Row)
	case place == "" && f.Column != "":
		place = f.Column
	case place == "":
		place = "-"
	}
	return fmt.Sprintf("%s %s %s: %s", f.Severity, place, f.Code, f.Message)
}

// Cell names a cell as a spreadsheet does: the 0-based column in letters, then the
// 1-based row. Cell(6, 3) is "D6".
func Cell(row, column int) string {
	return Letters(column) + strconv.Itoa(row)
}

// Letters names a 0-based column as a spreadsheet does: 0 is A, 25 is Z, 26 is AA.
func Letters(column int) string {
	var b []byte
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		b = append([]byte{byte('A' + (n-1)%26)}, b...)
	}
	return string(b)
}

// Count returns how many findings have the given severity.
func Count(findings []Finding, s Severity) int {
	n := 0
	for _, f := range findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// ByRow sorts findings by the row that they are about; what is about none is left out.
func ByRow(findings []Finding) map[int][]Finding {
	at := make(map[int][]Finding)
	for _, f := range findings {
		if f.Row > 0 {
			at[f.Row] = append(at[f.Row], f)
		}
	}
	return at
}

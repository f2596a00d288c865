package plan

import (
	"slices"

	"lucca-exchange/internal/finding"
)

// Table is a file of users as it was read: its header bound to Lucca's codes, its rows
// not yet understood. What made it (userfile, hire) has refused a header that cannot be
// bound, so that every column here is one that the plan knows.
type Table struct {
	// Columns are those of the file, in its order. Each code occurs once.
	Columns []Column
	Rows    []Row
	// Findings are what the reader has to say, about rows that are in Rows or of the file
	// as a whole. A row that a finding of severity error points at is rejected,
	// and all rows by one about the file as a whole.
	Findings []finding.Finding
	// Rest is what there was no room for among the findings. Rejected are further rows that
	// are rejected: those that it is about, or all.
	Rest     []finding.Rest
	Rejected finding.Rows
	// Partial: these are rows of a larger file, such as mended ones that it was rejected
	// without, so that it means nothing who is not among them, nor how few they are.
	Partial bool
	// Unclosed: no line end comes after the last row.
	Unclosed bool
	// OrderOpen: all dates of the file can be read with the day or the month first, and nobody has
	// said which.
	OrderOpen bool
}

// Column is a column of a Table.
type Column struct {
	// Code is Lucca's canonical code: see Codes. Secondary roles are habilitedRoles_0 and
	// up, custom fields e_ and more.
	Code string `json:"code"`
	// Index is the 0-based place in the file, for cell references; NoPlace for a value that
	// the configuration gives to all rows.
	Index int `json:"index"`
	// Header is the text that the file has for it, where that is known.
	Header string `json:"-"`
}

// NoPlace is the index of a column that the file does not have.
const NoPlace = -1

// Row is one row of a Table.
type Row struct {
	// Number is the row in a spreadsheet, the header being 1. A cell with line ends in it
	// makes lines and rows differ.
	Number int
	// Cells are as in the file, without surrounding blanks; one for each of Table.Columns.
	Cells []string
	// Void are the cells that the reader refused, with a finding of its own: they mean
	// nothing. It is nil for most rows.
	Void []int
}

// void reports whether the reader refused a cell.
func (r *Row) void(cell int) bool { return slices.Contains(r.Void, cell) }

package userfile

import (
	"fmt"
	"io"
	"slices"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/tabular"
)

// Normal says how a table is written for Lucca's own import.
type Normal struct {
	Identifier plan.Identifier
	// Encoding is one of those of tabular.Dialect; utf-8-bom if empty, since Lucca only says
	// for another of its imports which it takes, and that is the one.
	Encoding string
	// Rejected are the numbers of the rows that are left out.
	Rejected map[int]bool
	// Present is that of the plan: what to write where a row is blank in the column of a
	// code. A column is left out when it has a blank of which that is not known; nil knows
	// of none.
	Present func(row int, code string) (text string, ok bool)
	// Report is told of each column that is left out; nil for none.
	Report func(finding.Finding)
}

// Normalise writes a table in the form that is safest for Lucca's own import: separator
// ";", CRLF, Lucca's codes for a header, the columns of the identifier first, cells as they
// are. Lucca may take a blank cell for an order to erase: columns without any value are left
// out, and blanks in the others are filled with what is there. It returns the number of
// rows; a file without rows is nothing to send.
func Normalise(w io.Writer, table plan.Table, n Normal) (int, error) {
	encoding := n.Encoding
	if encoding == "" {
		encoding = tabular.UTF8BOM
	}
	out, err := tabular.NewWriter(w, tabular.Default().With(tabular.Overrides{Encoding: encoding}))
	if err != nil {
		return 0, err
	}
	order := n.order(table)
	header := make([]string, len(order))
	for i, column := range order {
		header[i] = table.Columns[column].Code
	}
	if err := out.Write(header); err != nil {
		return 0, fmt.Errorf("write normalised file: %w", err)
	}
	rows := 0
	for _, row := range table.Rows {
		if n.Rejected[row.Number] {
			continue
		}
		cells := make([]string, len(order))
		for i, column := range order {
			cells[i] = n.text(&table, &row, column)
		}
		if err := out.Write(cells); err != nil {
			return rows, fmt.Errorf("write row %d of normalised file: %w", row.Number, err)
		}
		rows++
	}
	return rows, out.Flush()
}

// order returns the places of the columns that are written, in the order of writing.
func (n Normal) order(table plan.Table) []int {
	var first, rest []int
	for _, code := range n.Identifier.Columns() {
		if i := slices.IndexFunc(table.Columns, func(c plan.Column) bool { return c.Code == code }); i >= 0 {
			first = append(first, i)
		}
	}
	for i := range table.Columns {
		if !slices.Contains(first, i) && n.anyValue(table, i) && n.complete(table, i) {
			rest = append(rest, i)
		}
	}
	return append(first, rest...)
}

func (n Normal) anyValue(table plan.Table, column int) bool {
	return slices.ContainsFunc(table.Rows, func(r plan.Row) bool { return r.Cells[column] != "" && !n.Rejected[r.Number] })
}

// complete reports whether it is known what every blank of a column stands for.
func (n Normal) complete(table plan.Table, column int) bool {
	code := table.Columns[column].Code
	for _, row := range table.Rows {
		if row.Cells[column] != "" || n.Rejected[row.Number] {
			continue
		}
		if _, ok := n.present(row.Number, code); ok {
			continue
		}
		if n.Report != nil {
			f := finding.Finding{
				Severity: finding.Warning, Code: "column_left_out", Column: code,
				Message: code + " is not handed on for anybody: it is blank here, what Lucca has cannot be written in its place, and Lucca may erase that",
			}
			n.Report(f.At(row.Number, table.Columns[column].Index))
		}
		return false
	}
	return true
}

func (n Normal) present(row int, code string) (string, bool) {
	if n.Present == nil {
		return "", false
	}
	return n.Present(row, code)
}

// text is what is written of a cell.
func (n Normal) text(table *plan.Table, row *plan.Row, column int) string {
	if row.Cells[column] != "" {
		return row.Cells[column]
	}
	// A column with a blank that is not known is written only if it is the identifier's.
	text, _ := n.present(row.Number, table.Columns[column].Code)
	return text
}

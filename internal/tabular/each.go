package tabular

import (
	"errors"
	"fmt"
	"io"

	"lucca-exchange/internal/finding"
)

// Content is a file, less its rows.
type Content struct {
	// Columns are those of the file, in its order.
	Columns []Column
	// HeaderRow is 1 unless blank rows come before the header.
	HeaderRow int
	// Findings are about the file, its header and its rows; when the file is refused, they
	// have every reason.
	Findings []finding.Finding
	Info     Info
}

// Each reads a file, binds its header, and calls do for every row that is not blank, with
// one clean cell for each of the columns; cells that the row lacks are empty. What do
// adds to the findings of the row is kept. The error wraps ErrRefused when the file is
// refused as a whole, in which case the rows seen so far are void too.
func Each(r io.Reader, f Format, c Contract, do func(columns []Column, row *Row, cells []string)) (Content, error) {
	sheet, err := Open(r, f)
	if err != nil {
		return Content{Findings: reasons(err)}, err
	}
	content := Content{HeaderRow: sheet.headerRow}
	if content.Columns, content.Findings = c.Bind(sheet.header, sheet.headerRow); finding.Count(content.Findings, finding.Error) > 0 {
		content.Info = sheet.Info()
		return content, &Refusal{Findings: errorsOf(content.Findings)}
	}
	err = content.rows(sheet, do)
	content.Info = sheet.Info()
	content.Findings = append(content.Findings, reasons(err)...)
	if err == nil {
		content.Findings = append(content.Findings, sheet.Findings()...)
	}
	return content, err
}

func (c *Content) rows(sheet *Sheet, do func(columns []Column, row *Row, cells []string)) error {
	bad := 0
	for {
		row, err := sheet.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		cells := make([]string, len(c.Columns))
		for i, column := range c.Columns {
			if column.Index < len(row.Cells) {
				cells[i] = Clean(row.Cells[column.Index])
			}
		}
		do(c.Columns, &row, cells)
		c.Findings = append(c.Findings, row.Findings...)
		if finding.Count(row.Findings, finding.Error) > 0 {
			bad++
		}
		if bad > maxBadRows {
			return Refuse(row.Number, "too_many_bad_rows", fmt.Sprintf("more than %d rows cannot be read: this is not the file that it should be", maxBadRows))
		}
	}
}

func reasons(err error) []finding.Finding {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return refusal.Findings
	}
	return nil
}

func errorsOf(all []finding.Finding) []finding.Finding {
	var found []finding.Finding
	for _, f := range all {
		if f.Severity == finding.Error {
			found = append(found, f)
		}
	}
	return found
}

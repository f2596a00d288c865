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
	// HeaderRow is 1 unless rows come before the header, Header its texts.
	HeaderRow int
	Header    []string
	// Findings are about the file, its header and its rows; when the file is refused, they
	// have every reason. Rest is what there was no room for among them, Rejected the rows
	// that one of severity error is about.
	Findings []finding.Finding
	Rest     []finding.Rest
	Rejected finding.Rows
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
	defer sheet.Close() //nolint:errcheck // temporary files of a workbook, which the system drops too
	content := Content{HeaderRow: sheet.headerRow, Header: sheet.header}
	if content.Columns, content.Findings = c.Bind(sheet.header, sheet.headerRow); finding.Count(content.Findings, finding.Error) > 0 {
		content.Info = sheet.Info()
		return content, &Refusal{Findings: errorsOf(content.Findings)}
	}
	log := finding.Log{Listed: content.Findings}
	mended, err := content.rows(sheet, c, &log, do)
	if err == nil {
		err = sheet.Doubt()
	}
	content.Info = sheet.Info()
	log.Add(reasons(err)...)
	if err == nil {
		log.Add(content.aboutMended(mended)...)
		last := sheet.Findings()
		content.name(last)
		log.Add(last...)
	}
	content.Findings, content.Rest, content.Rejected = log.Listed, log.Rest(), log.Rejected.Sorted()
	return content, err
}

func (c *Content) rows(sheet *Sheet, contract Contract, log *finding.Log, do func(columns []Column, row *Row, cells []string)) ([]mended, error) {
	bad, words := 0, contract.words(sheet.header)
	mended := make([]mended, len(c.Columns))
	for {
		row, err := sheet.Read()
		if errors.Is(err, io.EOF) {
			return mended, nil
		}
		if err != nil {
			return mended, err
		}
		if sheet.isHeader(row.Cells) || words.joined(sheet, &row) {
			return mended, Refuse(row.Number, "joined_files", "the row is another header: several files were joined, and which cell belongs to which column is in doubt")
		}
		do(c.Columns, &row, c.cells(&row, mended))
		c.name(row.Findings)
		log.Add(row.Findings...)
		if finding.Count(row.Findings, finding.Error) > 0 {
			bad++
		}
		if bad > maxBadRows {
			return mended, Refuse(row.Number, "too_many_bad_rows", fmt.Sprintf("more than %d rows cannot be read: this is not the file that it should be", maxBadRows))
		}
	}
}

// cells are those of the columns, clean and as a person reads them. They take the place of
// those of the row, before which none of them stands: a second list for each row would be
// most of the memory that reading takes.
func (c *Content) cells(row *Row, all []mended) []string {
	cells := row.Cells
	if len(cells) < len(c.Columns) {
		cells = make([]string, len(c.Columns))
	}
	for i := range c.Columns {
		column := &c.Columns[i]
		if column.Index >= len(row.Cells) {
			cells[i] = ""
			continue
		}
		cells[i] = Clean(row.Cells[column.Index])
		if column.Exact {
			cells[i] = unguard(cells[i])
			continue
		}
		if text := Mend(cells[i]); text != cells[i] {
			all[i].note(row.Number, text != unguard(cells[i]))
			cells[i] = text
		}
	}
	return cells[:len(c.Columns):len(c.Columns)]
}

// mended counts the cells of a column in which blanks of a special kind, or signs that
// cannot be seen, were replaced.
type mended struct{ count, row int }

func (m *mended) note(row int, blanks bool) {
	if !blanks {
		return
	}
	if m.count++; m.count == 1 {
		m.row = row
	}
}

func (c *Content) aboutMended(all []mended) []finding.Finding {
	var found []finding.Finding
	for i, m := range all {
		if m.count == 0 {
			continue
		}
		f := finding.Finding{
			Severity: finding.Warning, Code: "blanks_mended", Column: c.Columns[i].Key,
			Message: fmt.Sprintf("%d cells of the column hold tabs, blanks of a special kind or signs that cannot be seen, this one first: they were read as a person sees them", m.count),
		}
		found = append(found, f.At(m.row, c.Columns[i].Index))
	}
	return found
}

// name gives findings about what a cell holds the key of their column.
func (c *Content) name(found []finding.Finding) {
	for i := range found {
		if found[i].Code != Damaged || found[i].Cell == "" {
			continue
		}
		for _, column := range c.Columns {
			if finding.Cell(found[i].Row, column.Index) == found[i].Cell {
				found[i].Column = column.Key
			}
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

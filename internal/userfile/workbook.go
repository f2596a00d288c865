package userfile

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/tabular"
)

// Bounds of a workbook, which is for a person to look at: the rows that it shows, and the
// notes, which cost the most. The files of text have everything.
const (
	maxBookRows  = 5_000
	maxBookNotes = 2_000
	maxBookLines = 50_000
)

// Book is what a workbook shows.
type Book struct {
	Findings []finding.Finding
	Reasons  Reasons
	// Rejected leaves out the rows that only have warnings.
	Rejected bool
	// File is the one that the findings are about; nil when none of its rows may be used.
	File io.Reader
}

// WriteWorkbook writes the rows with findings as an Excel workbook: their cells as texts, so
// that no zero is lost, those with an error red and those with a warning orange, the
// sentence as the note of the cell, and the reasons in a last column, as WriteRejected has
// it. Such a workbook can be mended and dropped for the next run. A second sheet has all
// findings.
func WriteWorkbook(w io.Writer, o Options, b Book) (err error) {
	out := &bookWriter{book: excelize.NewFile(), options: o, rejected: b.Rejected, reasons: b.Reasons, sheet: b.Reasons.words.Text(rowsSheet), at: finding.ByRow(b.Findings)}
	defer func() { err = errors.Join(err, out.book.Close()) }()
	if err := out.write(w, b); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// bookWriter is the state of one WriteWorkbook.
type bookWriter struct {
	book     *excelize.File
	options  Options
	rejected bool
	reasons  Reasons
	sheet    string // of the rows
	at       map[int][]finding.Finding
	// The styles of a cell as it came, one with an error, one with a warning and the header.
	plain, red, orange, bold int
	row, notes               int
}

func (w *bookWriter) write(out io.Writer, b Book) error {
	if err := w.makeStyles(); err != nil {
		return err
	}
	if b.File != nil {
		if err := w.writeRows(b.File); err != nil {
			return err
		}
	}
	if err := w.writeFindings(b.Findings); err != nil {
		return err
	}
	if w.row == 0 {
		if err := w.book.DeleteSheet("Sheet1"); err != nil {
			return err
		}
	}
	return w.book.Write(out)
}

func (w *bookWriter) makeStyles() (err error) {
	style := func(color string, bold bool) int {
		s := &excelize.Style{NumFmt: 49} // a text
		if color != "" {
			s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}}
		}
		if bold {
			s.Font = &excelize.Font{Bold: true}
		}
		id, fault := w.book.NewStyle(s)
		err = errors.Join(err, fault)
		return id
	}
	w.plain, w.red, w.orange, w.bold = style("", false), style("FFC7CE", false), style("FFD699", false), style("", true)
	return err
}

// writeRows copies the rows with findings.
func (w *bookWriter) writeRows(file io.Reader) error {
	sheet, err := tabular.Open(file, w.options.format())
	if err != nil {
		return err
	}
	defer sheet.Close() //nolint:errcheck // temporary files of a workbook, which the system drops too
	if err := w.book.SetSheetName("Sheet1", w.sheet); err != nil {
		return err
	}
	s := newShape(sheet.Header())
	if err := w.put(s.with(sheet.Header(), w.reasons.words.Text(reasonsHeader)), func(int) int { return w.bold }); err != nil {
		return err
	}
	for w.row <= maxBookRows {
		row, err := sheet.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := w.writeRow(s, row); err != nil {
			return err
		}
	}
	return w.book.SetPanes(w.sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

// writeRow copies one row, if it has findings.
func (w *bookWriter) writeRow(s shape, row tabular.Row) error {
	found := w.at[row.Number]
	reason, rejected := w.reasons.Of(row.Number)
	if !rejected && (w.rejected || len(found) == 0) {
		return nil
	}
	if rejected && (misshapen(row.Findings) || s.unmended(row.Cells)) {
		reason += " " + w.reasons.words.Said(unmended)
	}
	w.options.writeDates(&row)
	marks := s.marks(w.reasons.words, found)
	if err := w.put(s.with(row.Cells, reason), func(column int) int { return w.styleOf(marks[column]) }); err != nil {
		return err
	}
	for _, column := range slices.Sorted(maps.Keys(marks)) {
		m := marks[column]
		if w.notes >= maxBookNotes {
			return nil
		}
		w.notes++
		cell := finding.Cell(w.row, column)
		if err := w.book.AddComment(w.sheet, excelize.Comment{Author: "lucca-exchange", Cell: cell, Text: m.text, Width: 320, Height: 120}); err != nil {
			return err
		}
	}
	return nil
}

// put appends a row of texts.
func (w *bookWriter) put(cells []string, style func(column int) int) error {
	w.row++
	for i, text := range cells {
		cell := finding.Cell(w.row, i)
		if err := w.book.SetCellStr(w.sheet, cell, text); err != nil {
			return err
		}
		if err := w.book.SetCellStyle(w.sheet, cell, cell, style(i)); err != nil {
			return err
		}
	}
	return nil
}

// mark is what there is to say about one cell.
type mark struct {
	severity finding.Severity
	text     string
}

func (w *bookWriter) styleOf(m mark) int {
	switch m.severity {
	case finding.Error:
		return w.red
	case finding.Warning:
		return w.orange
	default:
		return w.plain
	}
}

// marks are those of the cells of a row, by their columns in the workbook. What is about no
// cell goes to the first.
func (s shape) marks(words message.Printer, found []finding.Finding) map[int]mark {
	marks := make(map[int]mark)
	for _, f := range found {
		column := 0
		if c, _, err := excelize.CellNameToCoordinates(f.Cell); err == nil {
			column = c - 1
		}
		if s.earlier >= 0 && column > s.earlier {
			column--
		}
		m := marks[column]
		if m.severity != finding.Error {
			m.severity = f.Severity
		}
		m.text = strings.TrimPrefix(m.text+"\n"+words.Finding(f.Code, f.Message), "\n")
		marks[column] = m
	}
	return marks
}

// writeFindings writes the sheet of all findings.
func (w *bookWriter) writeFindings(findings []finding.Finding) error {
	sheet := w.reasons.words.Text(findingsSheet)
	if _, err := w.book.NewSheet(sheet); err != nil {
		return err
	}
	out, err := w.book.NewStreamWriter(sheet)
	if err != nil {
		return err
	}
	if err := out.SetColWidth(6, 6, 100); err != nil {
		return err
	}
	findings = findings[:min(len(findings), maxBookLines)]
	header, rows, err := tabular.Cells(reported(w.reasons.words, findings))
	if err != nil {
		return err
	}
	for i, tag := range header {
		header[i] = titles(w.reasons.words)(tag)
	}
	if err := out.SetRow("A1", texts(header, w.bold)); err != nil {
		return err
	}
	for i, row := range rows {
		if err := out.SetRow(finding.Cell(i+2, 0), texts(row, w.styleOf(mark{severity: findings[i].Severity}))); err != nil {
			return err
		}
	}
	return out.Flush()
}

// texts are cells of one style.
func texts(cells []string, style int) []any {
	out := make([]any, len(cells))
	for i, text := range cells {
		out[i] = excelize.Cell{Value: text, StyleID: style}
	}
	return out
}

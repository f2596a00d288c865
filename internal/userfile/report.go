package userfile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/tabular"
)

// WriteReport writes the findings of a run for a spreadsheet: UTF-8 with a byte-order mark,
// separated by semicolons, such as
//
//	severity;code;row;cell;column;message
//	error;unknown_manager;6;D6;manager;nobody has this login
//
// All but the codes and the columns' keys is in the reader's language: a program reads the JSON of
// the run. What is not listed is counted at the end.
func WriteReport(w io.Writer, words message.Printer, findings []finding.Finding, rest []finding.Rest) error {
	rows := reported(words, findings)
	for _, r := range rest {
		f := r.Finding()
		if f.Severity == finding.Error && len(r.Rows) > 0 {
			f.Message += " here; the rejected rows are all in the file of rejected rows"
		}
		row := line(words, f)
		row.Message = words.Said(f.Message)
		rows = append(rows, row)
	}
	for i := range rows { // a column is called as the file calls it
		safe := inert([]string{rows[i].Column, rows[i].Message})
		rows[i].Column, rows[i].Message = safe[0], safe[1]
	}
	return tabular.WriteRecords(w, spreadsheet(";"), titles(words), rows)
}

// reportLine is a row of a report.
type reportLine struct {
	Severity string `csv:"severity"`
	Code     string `csv:"code"`
	Row      string `csv:"row"`
	Cell     string `csv:"cell"`
	Column   string `csv:"column"`
	Message  string `csv:"message"`
}

// reported are findings as rows of a report.
func reported(words message.Printer, findings []finding.Finding) []reportLine {
	rows := make([]reportLine, len(findings))
	for i, f := range findings {
		rows[i] = line(words, f)
	}
	return rows
}

func line(words message.Printer, f finding.Finding) reportLine {
	return reportLine{words.Text("severity." + string(f.Severity)), f.Code, rowText(f.Row), f.Cell, f.Column, words.Finding(f.Code, f.Message)}
}

// titles names the columns of a report.
func titles(words message.Printer) func(tag string) string {
	return func(tag string) string { return words.Text("report." + tag) }
}

// rowText is empty for what is about no row.
func rowText(row int) string {
	if row == 0 {
		return ""
	}
	return strconv.Itoa(row)
}

// spreadsheet is the dialect that a spreadsheet opens right and Read reads back, whatever
// encoding is configured, since the byte-order mark decides.
func spreadsheet(separator string) tabular.Dialect {
	return tabular.Default().With(tabular.Overrides{Encoding: tabular.UTF8BOM, Separator: separator})
}

// WriteRejected copies, from a file that Read did not refuse, the header and the rows with
// reasons, with their cells as they are, but for an apostrophe before formulas, and the reasons in a last column, which replaces
// that of an earlier time. The rows can be mended and the result be dropped for the next
// run, which leaves that column out. A row that had too few or too many cells, or a quote
// out of place, has it say so: unless it is cleared the row is rejected again.
func WriteRejected(w io.Writer, file io.Reader, o Options, reasons Reasons) error {
	sheet, err := tabular.Open(file, o.format())
	if err != nil {
		return err
	}
	defer sheet.Close() //nolint:errcheck // temporary files of a workbook, which the system drops too
	out, err := tabular.NewWriter(w, spreadsheet(o.Separator))
	if err != nil {
		return err
	}
	s := newShape(sheet.Header())
	if err := out.Write(s.with(sheet.Header(), reasons.words.Text(reasonsHeader))); err != nil {
		return fmt.Errorf("write rejected rows: %w", err)
	}
	for {
		row, err := sheet.Read()
		if errors.Is(err, io.EOF) {
			return out.Flush()
		}
		if err != nil {
			return err
		}
		reason, rejected := reasons.Of(row.Number)
		if !rejected {
			continue
		}
		if misshapen(row.Findings) || s.unmended(row.Cells) {
			reason += " " + reasons.words.Said(unmended)
		}
		o.writeDates(&row)
		if err := out.Write(s.with(inert(row.Cells), inert([]string{reason})[0])); err != nil {
			return fmt.Errorf("write rejected rows: %w", err)
		}
	}
}

// writeDates writes the dates of a workbook as the flow's files have them, so that they are
// read back.
func (o Options) writeDates(row *tabular.Row) {
	forms, _ := tabular.NewDateForms(o.Dates, o.YearsFrom)
	for i := range row.Cells {
		if day, rest, _ := strings.Cut(row.Cells[i], " "); row.Date(i) && rest == "" {
			row.Cells[i] = forms.Write(day)
		}
	}
}

// inert returns cells of which a spreadsheet runs none: an apostrophe before a formula says
// that it is a text, and is taken off again when the file comes back.
func inert(cells []string) []string {
	out := cells
	for i, cell := range cells {
		if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) || strings.HasPrefix(cell, `="`) && strings.Count(cell, `"`) == 2 || cell == "-" {
			continue
		}
		if &out[0] == &cells[0] {
			out = slices.Clone(cells)
		}
		out[i] = "'" + cell
	}
	return out
}

// misshapen reports whether the cells of a row may stand in the wrong columns.
func misshapen(found []finding.Finding) bool {
	return slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Severity == finding.Error && f.Code != tabular.Damaged })
}

// shape is that of the rows of a file: how many columns have a name, and which one of them
// has the reasons of an earlier time, or -1.
type shape struct{ named, earlier int }

func newShape(header []string) shape {
	s := shape{named: len(header)}
	for s.named > 0 && header[s.named-1] == "" {
		s.named--
	}
	s.earlier = slices.IndexFunc(header, isReasons)
	return s
}

// with returns the cells of the named columns, the reasons, and after them what the row has
// more.
func (s shape) with(cells []string, reasons string) []string {
	out := make([]string, s.named, max(s.named, len(cells))+1)
	n := copy(out, cells)
	if s.earlier >= 0 {
		out = slices.Delete(out, s.earlier, s.earlier+1)
	}
	out = append(out, reasons)
	if slices.ContainsFunc(cells[n:], func(cell string) bool { return tabular.Clean(cell) != "" }) {
		out = append(out, cells[n:]...)
	}
	return out
}

// unmended reports whether a row was written for its shape before, and is as it was.
func (s shape) unmended(cells []string) bool {
	return s.earlier >= 0 && s.earlier < len(cells) && isUnmended(tabular.Clean(cells[s.earlier]))
}

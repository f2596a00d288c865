package userfile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/tabular"
)

// reported is a row of a report.
type reported struct {
	Severity string `csv:"severity"`
	Code     string `csv:"code"`
	Row      string `csv:"row"`
	Cell     string `csv:"cell"`
	Column   string `csv:"column"`
	Message  string `csv:"message"`
}

// WriteReport writes the findings of a run for a spreadsheet: UTF-8 with a byte-order mark,
// separated by semicolons, such as
//
//	severity;code;row;cell;column;message
//	error;unknown_manager;6;D6;manager;nobody has this login
func WriteReport(w io.Writer, findings []finding.Finding) error {
	rows := make([]reported, len(findings))
	for i, f := range findings {
		rows[i] = reported{Severity: string(f.Severity), Code: f.Code, Cell: f.Cell, Column: f.Column, Message: f.Message}
		if f.Row > 0 {
			rows[i].Row = strconv.Itoa(f.Row)
		}
	}
	return tabular.WriteRecords(w, spreadsheet(";"), rows)
}

// spreadsheet is the dialect that a spreadsheet opens right and Read reads back, whatever
// encoding is configured, since the byte-order mark decides.
func spreadsheet(separator string) tabular.Dialect {
	return tabular.Default().With(tabular.Overrides{Encoding: tabular.UTF8BOM, Separator: separator})
}

// WriteRejected copies, from a file that Read did not refuse, the header and the rows with
// reasons, with their cells as they are and the reasons in a last column. The rows can be
// mended and the result be dropped for the next run, which leaves that column out; the
// column of an earlier time is replaced. A row of the wrong shape keeps it: unless it is
// mended, it is rejected again.
func WriteRejected(w io.Writer, file io.Reader, o Options, reasons map[int]string) error {
	sheet, err := tabular.Open(file, o.format())
	if err != nil {
		return err
	}
	out, err := tabular.NewWriter(w, spreadsheet(o.Separator))
	if err != nil {
		return err
	}
	r := rejecting{width: len(sheet.Header()), earlier: slices.IndexFunc(sheet.Header(), isReasons)}
	if err := out.Write(append(r.without(sheet.Header()), reasonsColumn)); err != nil {
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
		reason, rejected := reasons[row.Number]
		if !rejected {
			continue
		}
		if err := out.Write(append(r.without(row.Cells), reason)); err != nil {
			return fmt.Errorf("write rejected rows: %w", err)
		}
	}
}

func isReasons(text string) bool { return strings.EqualFold(text, reasonsColumn) }

// rejecting knows the width of a file, and its column of earlier reasons or -1.
type rejecting struct{ width, earlier int }

// without returns a copy of the cells less the earlier reasons. A row of another width has
// them at its end, where they were put.
func (r rejecting) without(cells []string) []string {
	at := r.earlier
	if len(cells) != r.width {
		at = len(cells) - 1
	}
	if r.earlier < 0 || at < 0 {
		return slices.Clone(cells)
	}
	return slices.Concat(cells[:at], cells[at+1:])
}

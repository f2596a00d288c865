package userfile

import (
	"errors"
	"fmt"
	"io"

	"lucca-exchange/internal/tabular"
)

// Place is a cell of a file: its row as findings number it, and its column from 0.
type Place struct{ Row, Column int }

// ErrNoCell says that a cell is not in the file.
var ErrNoCell = errors.New("the file has no such cell in its table: take its name from a finding")

// EachRow shows the rows of a file that Read did not refuse, with their cells as they came, until
// show returns false. The header is the same each time.
func EachRow(file io.Reader, o Options, show func(header []string, row tabular.Row) bool) error {
	sheet, err := tabular.Open(file, o.format())
	if err != nil {
		return err
	}
	defer sheet.Close() //nolint:errcheck // temporary files of a workbook, which the system drops too
	header := sheet.Header()
	for {
		row, err := sheet.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if o.writeDates(&row); !show(header, row) {
			return nil
		}
	}
}

// Mend copies all rows of a file that Read did not refuse, with other values in some cells. What
// it writes is a file of ours, which Read takes whatever stands above or below the rows of others:
// a column for reasons comes last, and has it say so of a row without the right number of cells,
// unless one of its cells was mended. It returns ErrNoCell where the file does not have one of those
// that are to be mended.
func Mend(w io.Writer, file io.Reader, o Options, mended map[Place]string) error {
	out, err := tabular.NewWriter(w, spreadsheet(o.Separator))
	if err != nil {
		return err
	}
	rows := make(map[int]bool, len(mended))
	for place := range mended {
		rows[place.Row] = true
	}
	var s shape
	begun := false
	fault, found := error(nil), 0
	err = EachRow(file, o, func(header []string, row tabular.Row) bool {
		if !begun {
			begun, s = true, newShape(header)
			fault = out.Write(s.with(header, reasonsColumn))
		}
		if fault != nil {
			return false
		}
		reason := ""
		if !rows[row.Number] && (misshapen(row.Findings) || s.unmended(row.Cells)) {
			reason = unmended
		}
		for column := range s.named {
			if _, ok := mended[Place{row.Number, column}]; ok {
				found++
			}
		}
		fault = out.Write(s.with(replaced(row, s.named, mended), reason))
		return fault == nil
	})
	if err == nil && fault == nil && found < len(mended) {
		fault = ErrNoCell
	}
	if err = errors.Join(err, fault); err != nil {
		return fmt.Errorf("write mended file: %w", err)
	}
	return out.Flush()
}

// replaced are the cells of a row with the mended ones, of which a row that was too short has more.
func replaced(row tabular.Row, named int, mended map[Place]string) []string {
	cells := row.Cells
	for column := range named {
		value, ok := mended[Place{row.Number, column}]
		if !ok {
			continue
		}
		for len(cells) <= column {
			cells = append(cells, "")
		}
		cells[column] = value
	}
	return inert(cells)
}

package tabular

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gocarina/gocsv"
)

// WriteRecords writes a file of ours, one row per element of rows, the columns ordered by the csv
// tags of T, and named as titled says of them, by themselves for nil. A header row is always written.
func WriteRecords[T any](w io.Writer, d Dialect, titled func(tag string) string, rows []T) error {
	tw, err := NewWriter(w, d)
	if err != nil {
		return err
	}
	out := &recordWriter{w: tw, titled: titled}
	if err := gocsv.MarshalCSV(rows, out); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return out.Error()
}

// Cells returns the csv tags and the cells of rows, as WriteRecords would write them.
func Cells[T any](rows []T) (header []string, cells [][]string, err error) {
	var out collector
	if err := gocsv.MarshalCSV(rows, &out); err != nil {
		return nil, nil, fmt.Errorf("take records apart: %w", err)
	}
	return out.rows[0], out.rows[1:], nil
}

// collector lets gocsv write into memory.
type collector struct{ rows [][]string }

// Write keeps a copy: gocsv writes each row into the same list.
func (c *collector) Write(row []string) error {
	c.rows = append(c.rows, slices.Clone(row))
	return nil
}

// Flush has nothing to do.
func (c *collector) Flush() {}

// Error is never one.
func (c *collector) Error() error { return nil }

// recordWriter lets gocsv write through a Writer, whose Flush can fail.
type recordWriter struct {
	w *Writer
	// titled names the columns of the first row; nil where it is to be written as it is, or was.
	titled func(tag string) string
	err    error
}

// Write passes a row on.
func (r *recordWriter) Write(row []string) error {
	if r.titled == nil {
		return r.w.Write(row)
	}
	titles := make([]string, len(row))
	for i, tag := range row {
		titles[i] = r.titled(tag)
	}
	r.titled = nil
	return r.w.Write(titles)
}

// Flush keeps the error for Error, as encoding/csv does.
func (r *recordWriter) Flush() { r.err = r.w.Flush() }

// Error returns the error of the last Flush.
func (r *recordWriter) Error() error { return r.err }

// Record is a row of a file as a struct.
type Record[T any] struct {
	// Row is the number in a spreadsheet.
	Row   int
	Value T
	// Dates tells which cells a workbook has as dates: see Row.
	Dates []bool
}

// Date reports whether a cell is a date of a workbook.
func (r Record[T]) Date(column int) bool { return column < len(r.Dates) && r.Dates[column] }

// ReadRecords reads a file whose columns are those of a struct: the csv tags of T are keys
// of the contract, its fields strings, which get clean cells. gocsv accepts a header that
// lacks a column, names one twice or is in another case, and then leaves fields empty;
// here the header is bound to the contract first. A row at which a finding of severity
// error points is there, and cannot be trusted. The error wraps ErrRefused when the file
// is refused as a whole, and Content.Findings has all reasons then.
func ReadRecords[T any](r io.Reader, f Format, c Contract) ([]Record[T], Content, error) {
	type place struct {
		row   int
		dates []bool
	}
	var rows [][]string
	var places []place
	content, err := Each(r, f, c, func(_ []Column, row *Row, cells []string) {
		rows, places = append(rows, cells), append(places, place{row.Number, row.Dates})
	})
	if err != nil {
		return nil, content, err
	}
	records := make([]Record[T], 0, len(rows))
	for len(rows) > 0 {
		n := min(len(rows), atATime)
		var values []T
		if err := gocsv.UnmarshalCSV(keyedRows{content.Columns, rows[:n]}, &values); err != nil {
			// The cause may hold the text of a cell.
			return nil, content, errors.New("decode records: a field of the record takes no text")
		}
		if len(values) != n {
			return nil, content, fmt.Errorf("decode records: %d of %d rows came back", len(values), n)
		}
		for i, value := range values {
			records = append(records, Record[T]{Row: places[i].row, Dates: places[i].dates, Value: value})
		}
		clear(rows[:n])
		rows, places = rows[n:], places[n:]
	}
	return records, content, nil
}

// atATime is how many rows gocsv decodes at a time: it returns them all at once, beside the records made
// of them.
const atATime = 4096

// keyedRows lets gocsv read rows that were checked, with their keys for a header.
type keyedRows struct {
	columns []Column
	cells   [][]string
}

// ReadAll returns the header and all rows.
func (k keyedRows) ReadAll() ([][]string, error) {
	header := make([]string, len(k.columns))
	for i, column := range k.columns {
		header[i] = column.Key
	}
	return append([][]string{header}, k.cells...), nil
}

// Read is of no use to gocsv where there is ReadAll.
func (k keyedRows) Read() ([]string, error) { return nil, errors.ErrUnsupported }

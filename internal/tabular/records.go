package tabular

import (
	"fmt"
	"io"

	"github.com/gocarina/gocsv"
)

// WriteRecords writes a file of ours, one row per element of rows, the columns named
// and ordered by the csv tags of T. A header row is always written.
func WriteRecords[T any](w io.Writer, d Dialect, rows []T) error {
	tw, err := NewWriter(w, d)
	if err != nil {
		return err
	}
	out := &recordWriter{w: tw}
	if err := gocsv.MarshalCSV(rows, out); err != nil {
		return fmt.Errorf("write records: %w", err)
	}
	return out.Error()
}

// recordWriter lets gocsv write through a Writer, whose Flush can fail.
type recordWriter struct {
	w   *Writer
	err error
}

// Write passes a row on.
func (r *recordWriter) Write(row []string) error { return r.w.Write(row) }

// Flush keeps the error for Error, as encoding/csv does.
func (r *recordWriter) Flush() { r.err = r.w.Flush() }

// Error returns the error of the last Flush.
func (r *recordWriter) Error() error { return r.err }

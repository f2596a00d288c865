package tabular

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// OutColumn is a column of a file that is made of CSV.
type OutColumn struct {
	Header string
	// Number: the cells are numbers with a dot, or empty.
	Number bool
	// Width is how many characters it has in a file of fixed width.
	Width int
}

// rowWriter writes the rows of one format.
type rowWriter interface {
	row(cells []string) error
	end() error
}

// Convert writes a CSV file of a dialect in the dialect's format. The cells must fit: no text
// is longer than its width.
func Convert(to io.Writer, from io.Reader, d Dialect, fields []OutColumn) error {
	out, err := newRowWriter(to, d, fields)
	if err != nil {
		return err
	}
	in := NewReader(from, d)
	in.ReuseRecord = true
	for first := true; ; first = false {
		cells, err := in.Read()
		switch {
		case errors.Is(err, io.EOF):
			return out.end()
		case err != nil:
			return fmt.Errorf("read back file: %w", err)
		case first && d.Header && d.Format == JSON:
			continue
		}
		if err := out.row(cells); err != nil {
			return fmt.Errorf("write as %s: %w", d.Format, err)
		}
	}
}

func newRowWriter(to io.Writer, d Dialect, fields []OutColumn) (rowWriter, error) {
	switch d.Format {
	case JSON:
		return &jsonWriter{out: bufio.NewWriter(to), fields: fields}, nil
	case Fixed:
		return newFixedWriter(to, d, fields), nil
	case XLSX:
		return newBookWriter(to, d, fields)
	}
	return nil, fmt.Errorf("no format %q", d.Format)
}

// jsonWriter writes an array of objects, one a line, with members in the order of the columns.
type jsonWriter struct {
	out    *bufio.Writer
	fields []OutColumn
	rows   int
}

func (w *jsonWriter) row(cells []string) error {
	before := ",\n{"
	if w.rows++; w.rows == 1 {
		before = "[\n{"
	}
	w.out.WriteString(before) //nolint:errcheck // an error of a bufio.Writer comes again at the end
	for i, cell := range cells {
		if i > 0 {
			w.out.WriteString(", ") //nolint:errcheck // as above
		}
		name, err := quoted(w.fields[i].Header)
		if err != nil {
			return err
		}
		value := []byte(cell)
		switch {
		case w.fields[i].Number && cell == "":
			value = []byte("null")
		case !w.fields[i].Number || !json.Valid(value): // 007 is no number in JSON
			if value, err = quoted(cell); err != nil {
				return err
			}
		}
		fmt.Fprintf(w.out, "%s: %s", name, value)
	}
	return w.out.WriteByte('}')
}

// quoted is a JSON string in which & and < are as they are.
func quoted(text string) ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(text)
	return []byte(strings.TrimSuffix(b.String(), "\n")), err
}

func (w *jsonWriter) end() error {
	last := "\n]\n"
	if w.rows == 0 {
		last = "[]\n"
	}
	if _, err := w.out.WriteString(last); err != nil {
		return err
	}
	return w.out.Flush()
}

// fixedWriter pads texts on the right and numbers on the left.
type fixedWriter struct {
	out    *bufio.Writer
	d      Dialect
	fields []OutColumn
	rows   int
}

func newFixedWriter(to io.Writer, d Dialect, fields []OutColumn) *fixedWriter {
	if charset := d.charset(); charset != nil {
		to = charset.NewEncoder().Writer(to)
	}
	w := &fixedWriter{out: bufio.NewWriter(to), d: d, fields: fields}
	if d.Encoding == UTF8BOM {
		w.out.WriteString(bom) //nolint:errcheck // an error of a bufio.Writer comes again at the end
	}
	return w
}

func (w *fixedWriter) row(cells []string) error {
	w.rows++
	header := w.rows == 1 && w.d.Header
	for i, cell := range cells {
		blanks := w.fields[i].Width - utf8.RuneCountInString(cell)
		if blanks < 0 || strings.ContainsAny(cell, "\r\n") {
			return fmt.Errorf("row %d: column %d is wider than %d characters, or has a line end", w.rows, i+1, w.fields[i].Width)
		}
		if pad := strings.Repeat(" ", blanks); w.fields[i].Number && !header {
			cell = pad + cell
		} else {
			cell += pad
		}
		w.out.WriteString(cell) //nolint:errcheck // as above
	}
	if w.d.LineEnd == CRLF {
		w.out.WriteByte('\r') //nolint:errcheck // as above
	}
	return w.out.WriteByte('\n')
}

func (w *fixedWriter) end() error { return w.out.Flush() }

// bookWriter writes the one sheet of a workbook: texts as texts, with their zeros, and numbers
// as numbers.
type bookWriter struct {
	to     io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter
	header bool
	fields []OutColumn
	rows   int
	values []any
}

func newBookWriter(to io.Writer, d Dialect, fields []OutColumn) (*bookWriter, error) {
	w := &bookWriter{to: to, file: excelize.NewFile(), header: d.Header, fields: fields, values: make([]any, len(fields))}
	stream, err := w.file.NewStreamWriter("Sheet1")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin sheet: %w", err), w.file.Close())
	}
	w.stream = stream
	return w, nil
}

func (w *bookWriter) row(cells []string) error {
	w.rows++
	for i, cell := range cells {
		w.values[i] = cell
		if w.fields[i].Number && cell != "" && (w.rows > 1 || !w.header) {
			w.values[i] = json.Number(cell)
			if f, err := json.Number(cell).Float64(); err == nil {
				w.values[i] = f
			}
		}
	}
	at, err := excelize.CoordinatesToCellName(1, w.rows)
	if err != nil {
		return err
	}
	return w.stream.SetRow(at, w.values)
}

func (w *bookWriter) end() (err error) {
	defer func() { err = errors.Join(err, w.file.Close()) }()
	if err := w.stream.Flush(); err != nil {
		return err
	}
	return w.file.Write(w.to)
}

package tabular

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// bom is the byte-order mark of UTF-8.
const bom = "\uFEFF"

// Writer writes rows in a dialect. Values are written as they are: cells that the
// encoding cannot hold or that the formula policy refuses are for the caller to sort
// out first, with Encodable and Formula.
type Writer struct {
	dialect Dialect
	charset *charmap.Charmap
	layout  string
	out     *bufio.Writer
	line    bytes.Buffer
	csv     *csv.Writer
	started bool
}

// NewWriter returns a writer of a valid dialect; an error means that Validate was not
// asked. The caller calls Flush at the end.
func NewWriter(w io.Writer, d Dialect) (*Writer, error) {
	var faults []string
	d.Validate(func(key, message string) { faults = append(faults, key+": "+message) })
	if len(faults) > 0 {
		return nil, fmt.Errorf("use dialect: %s", strings.Join(faults, "; "))
	}
	layout, err := dateLayout(d.Date)
	if err != nil {
		return nil, fmt.Errorf("use dialect: %w", err)
	}
	tw := &Writer{dialect: d, charset: d.charset(), layout: layout, out: bufio.NewWriterSize(w, 64<<10)}
	tw.csv = csv.NewWriter(&tw.line)
	tw.csv.Comma, _ = utf8.DecodeRuneInString(d.Separator)
	return tw, nil
}

// Write writes one row, header or data.
func (w *Writer) Write(row []string) error {
	if !w.started {
		w.started = true
		if w.dialect.Encoding == UTF8BOM {
			if _, err := w.out.WriteString(bom); err != nil {
				return err
			}
		}
	}
	w.line.Reset()
	if w.dialect.Quote == QuoteAll {
		w.quoteAll(row)
	} else {
		if err := w.csv.Write(row); err != nil {
			return err
		}
		w.csv.Flush()
		w.line.Truncate(w.line.Len() - 1)
	}
	// The line end is ours, not the CSV writer's: its UseCRLF would also rewrite line
	// ends inside a cell.
	if w.dialect.LineEnd == CRLF {
		w.line.WriteByte('\r')
	}
	w.line.WriteByte('\n')
	return w.encode()
}

// quoteAll writes the row with every cell quoted, which encoding/csv does not offer.
func (w *Writer) quoteAll(row []string) {
	for i, cell := range row {
		if i > 0 {
			w.line.WriteString(w.dialect.Separator)
		}
		w.line.WriteByte('"')
		w.line.WriteString(strings.ReplaceAll(cell, `"`, `""`))
		w.line.WriteByte('"')
	}
}

func (w *Writer) encode() error {
	if w.charset == nil {
		_, err := w.out.Write(w.line.Bytes())
		return err
	}
	for _, r := range w.line.String() {
		b, ok := w.charset.EncodeRune(r)
		if !ok {
			return fmt.Errorf("encode as %s: the row holds a character that it lacks", w.dialect.Encoding)
		}
		if err := w.out.WriteByte(b); err != nil {
			return err
		}
	}
	return nil
}

// Flush hands everything to the underlying writer.
func (w *Writer) Flush() error { return w.out.Flush() }

// Encodable reports whether the encoding has every character of the value.
func (w *Writer) Encodable(value string) bool { return encodable(w.charset, value) }

// Date writes a day in the dialect's pattern.
func (w *Writer) Date(year int, month time.Month, day int) string {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(w.layout)
}

// Decimal writes a number, given with a dot, with the dialect's decimal mark. ok is
// false when the text is not a plain decimal number.
func (w *Writer) Decimal(number string) (text string, ok bool) {
	if !isDecimal(number) {
		return "", false
	}
	whole, fraction, dot := strings.Cut(number, ".")
	if !dot || w.dialect.Decimal == "." {
		return number, true
	}
	return whole + w.dialect.Decimal + fraction, true
}

func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, fraction, dot := strings.Cut(s, ".")
	return whole != "" && onlyDigits(whole) && (!dot || fraction != "" && onlyDigits(fraction))
}

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Formula applies the formula policy to a text cell. ok is false when the policy
// refuses the cell.
func (w *Writer) Formula(value string) (text string, ok bool) {
	if w.dialect.Formulas == FormulasKeep || value == "" || !strings.ContainsRune("=+-@\t\r", rune(value[0])) {
		return value, true
	}
	if w.dialect.Formulas == FormulasReject {
		return "", false
	}
	return "'" + value, true
}

package tabular

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
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
	line    []byte
	// special are the bytes for which a cell is quoted.
	special [256]bool
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
	for _, c := range []byte("\"\r\n" + d.Separator) {
		tw.special[c] = c < utf8.RuneSelf
	}
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
	w.line = w.line[:0]
	for i, cell := range row {
		if i > 0 {
			w.line = append(w.line, w.dialect.Separator...)
		}
		w.cell(cell)
	}
	if w.dialect.LineEnd == CRLF {
		w.line = append(w.line, '\r')
	}
	w.line = append(w.line, '\n')
	return w.encode()
}

// cell adds a cell to the row, as encoding/csv does, which cannot quote every cell, and ends no
// row with CRLF without rewriting the line ends inside a cell.
func (w *Writer) cell(cell string) {
	if w.dialect.Quote != QuoteAll && !w.quoted(cell) {
		w.line = append(w.line, cell...)
		return
	}
	w.line = append(w.line, '"')
	w.line = append(w.line, strings.ReplaceAll(cell, `"`, `""`)...)
	w.line = append(w.line, '"')
}

// quoted reports whether a cell would be read as another one without quotes.
func (w *Writer) quoted(cell string) bool {
	if cell == "" {
		return false
	}
	for i := range len(cell) {
		if w.special[cell[i]] {
			return true
		}
	}
	first, _ := utf8.DecodeRuneInString(cell)
	return unicode.IsSpace(first) || cell == `\.` || len(w.dialect.Separator) > 1 && strings.Contains(cell, w.dialect.Separator)
}

func (w *Writer) encode() error {
	if w.charset == nil {
		_, err := w.out.Write(w.line)
		return err
	}
	for _, r := range string(w.line) {
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
	return OnlyDigits(whole) && (!dot || OnlyDigits(fraction))
}

// OnlyDigits reports whether a text is digits, one at least.
func OnlyDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

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

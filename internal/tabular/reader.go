package tabular

import (
	"bufio"
	"encoding/csv"
	"io"
	"unicode/utf8"
)

// NewReader reads back what a Writer wrote in a valid dialect, decoded to UTF-8. Line
// ends inside a cell are read as \n, whatever they were.
func NewReader(r io.Reader, d Dialect) *csv.Reader {
	cr := csv.NewReader(d.Text(r))
	cr.Comma, _ = utf8.DecodeRuneInString(d.Separator)
	return cr
}

// Text reads a file of the dialect as UTF-8 without BOM.
func (d Dialect) Text(r io.Reader) io.Reader {
	if charset := d.charset(); charset != nil {
		r = charset.NewDecoder().Reader(r)
	}
	if d.Encoding == UTF8BOM {
		r = withoutBOM(r)
	}
	return r
}

func withoutBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if first, err := b.Peek(len(bom)); err == nil && string(first) == bom {
		if _, err := b.Discard(len(bom)); err != nil {
			return r
		}
	}
	return b
}

package tabular

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/finding"
)

// Bounds of what is kept of a hostile file that stays below the caps.
const (
	maxCells   = 16_000_000
	maxBadRows = 10_000
)

// Sheet is an inbound file as a spreadsheet shows it: rows are numbered from 1, the header
// being the first that is not blank, and blank rows count.
type Sheet struct {
	scan  *scanner
	text  *decoder
	bytes *counter

	header    []string
	headerRow int

	rows, cells int
	// pending are the blank rows since the last other one, blanks those before it.
	pending, blanks, firstBlank int
}

// Row is one row of a Sheet.
type Row struct {
	Number int
	// Cells are as in the file, decoded: see Clean. There may be more or fewer than in the
	// header, which a finding then says.
	Cells []string
	// Findings are about the shape of the row; one of severity error says that the cells
	// cannot be trusted.
	Findings []finding.Finding
}

// Info is what is known of a file once it has been read to its end.
type Info struct {
	// Encoding is the one that was found or set, such as "utf-8".
	Encoding string
	Bytes    int64
	// Rows counts the rows with data, also those that cannot be read.
	Rows int
}

// Open reads up to the header of a file in a valid format. The error wraps ErrRefused
// when the file is not what the format says.
func Open(r io.Reader, f Format) (*Sheet, error) {
	f = f.withDefaults()
	s := &Sheet{bytes: &counter{r: r, most: f.Caps.Bytes}}
	s.text = newDecoder(s.bytes, f.Encoding)
	s.scan = newScanner(s.text, f.Separator[0], f.Caps)
	for {
		if _, err := s.scan.scan(); err != nil {
			return nil, openError(err)
		}
		if !s.scan.blank() {
			break
		}
	}
	s.headerRow = s.scan.number
	s.header = s.scan.cells()
	for i, cell := range s.header {
		s.header[i] = Clean(cell)
	}
	if other := s.otherSeparator(f.Separator); other != "" {
		return nil, Refuse(s.headerRow, "wrong_separator", fmt.Sprintf("the file is separated by %s, %q is expected", other, f.Separator))
	}
	if s.scan.stray >= 0 {
		return nil, Refuse(s.headerRow, "stray_quote", fmt.Sprintf("cell %s of the header has a quote where none may be", finding.Cell(s.headerRow, s.scan.stray)))
	}
	return s, nil
}

func openError(err error) error {
	if errors.Is(err, io.EOF) {
		return Refuse(0, "empty_file", "the file is empty: it has no header row")
	}
	return readError(err)
}

func readError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, ErrRefused) {
		return err
	}
	return fmt.Errorf("read file: %w", err)
}

// otherSeparator names the one that the header is written with, when it is one cell only
// because it has another than expected.
func (s *Sheet) otherSeparator(expected string) string {
	if len(s.header) != 1 {
		return ""
	}
	name, most := "", 0
	for _, c := range []struct{ sign, name string }{{";", "semicolons"}, {",", "commas"}, {"\t", "tabs"}, {"|", "vertical bars"}} {
		if n := strings.Count(s.header[0], c.sign); c.sign != expected && n > most {
			name, most = c.name, n
		}
	}
	return name
}

// Header returns the texts of the header row, cleaned.
func (s *Sheet) Header() []string { return s.header }

// HeaderRow is the number of the header row: 1 unless blank rows come before it.
func (s *Sheet) HeaderRow() int { return s.headerRow }

// Read returns the next row that is not blank, and io.EOF after the last. Any other error
// means that no row of the file may be used; it wraps ErrRefused unless reading itself
// went wrong.
func (s *Sheet) Read() (Row, error) {
	for {
		closed, err := s.scan.scan()
		if err != nil {
			return Row{}, readError(err)
		}
		// Separators without a line end may be the beginning of a row that was cut.
		if width := len(s.scan.ends); s.scan.blank() && (closed || width == 1 || width >= len(s.header)) {
			s.skip()
			continue
		}
		s.blanks, s.pending = s.blanks+s.pending, 0
		row := Row{Number: s.scan.number, Cells: s.scan.cells()}
		row.Findings = s.check(row, closed)
		return row, s.count(row)
	}
}

func (s *Sheet) skip() {
	if s.pending++; s.blanks == 0 && s.pending == 1 {
		s.firstBlank = s.scan.number
	}
}

func (s *Sheet) count(row Row) error {
	s.rows++
	if s.cells += len(row.Cells); s.cells > maxCells {
		return Refuse(row.Number, "too_many_cells", fmt.Sprintf("the file has more than %d cells", maxCells))
	}
	return nil
}

// check looks at the shape of a row.
func (s *Sheet) check(row Row, closed bool) []finding.Finding {
	var found []finding.Finding
	add := func(severity finding.Severity, code string, column int, message string) {
		f := finding.Finding{Severity: severity, Code: code, Row: row.Number, Message: message}
		if column >= 0 {
			f = f.At(row.Number, column)
		}
		found = append(found, f)
	}
	have, want := len(row.Cells), len(s.header)
	switch {
	case have < want && !closed:
		add(finding.Error, "row_cut", have-1, fmt.Sprintf("the last row ends here, after %d cells of %d: the file was cut", have, want))
	case have != want:
		add(finding.Error, "cell_count", min(have, want)-1, fmt.Sprintf("the row has %d cells, the header %d: a cell with a separator in it needs quotes", have, want))
	}
	if have == want && s.isHeader(row.Cells) {
		add(finding.Error, "repeated_header", 0, "the row is the header once more: the file was put together from several")
	}
	if s.scan.stray >= 0 {
		add(finding.Error, "stray_quote", s.scan.stray, "there is a quote where none may be: a cell with a quote in it is written between quotes, its own quotes twice")
	}
	for i, cell := range row.Cells[:min(have, want)] {
		if s.header[i] == "" && Clean(cell) != "" {
			add(finding.Error, "cell_without_header", i, "the cell is not blank, but its column has no name in the header")
		}
	}
	if !closed && have >= want {
		add(finding.Warning, "no_final_line_end", have-1, "the file does not end with a line end: if it was cut, this last cell is not whole")
	}
	return found
}

func (s *Sheet) isHeader(cells []string) bool {
	for i, cell := range cells {
		if len(cell) < len(s.header[i]) || fold(cell) != fold(s.header[i]) {
			return false
		}
	}
	return true
}

// Info returns what is known of the file.
func (s *Sheet) Info() Info {
	return Info{Encoding: s.text.encoding(), Bytes: s.bytes.n, Rows: s.rows}
}

// Findings returns the warnings about the file as a whole, once it has been read to its
// end.
func (s *Sheet) Findings() []finding.Finding {
	var found []finding.Finding
	if s.text.detect != nil && s.text.encoding() == Windows1252 {
		found = append(found, finding.Finding{
			Severity: finding.Warning, Code: "encoding_guessed",
			Message: "the file is not UTF-8 and was read as windows-1252: write it in UTF-8, or set encoding: windows-1252",
		})
	}
	if s.blanks > 0 {
		found = append(found, finding.Finding{
			Severity: finding.Warning, Code: "blank_rows", Row: s.firstBlank,
			Message: fmt.Sprintf("blank rows were left out, %d in all, this one first", s.blanks),
		})
	}
	return found
}

// Clean returns a cell without the blanks around it, no-break and zero-width ones among
// them, in Unicode's normal form C.
func Clean(cell string) string {
	return norm.NFC.String(strings.TrimFunc(cell, isBlank))
}

func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' || r == '\u200B' }

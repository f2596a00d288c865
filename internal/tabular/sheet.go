package tabular

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"lucca-exchange/internal/finding"
)

// Bounds of what is kept of a hostile file that stays below the caps.
const (
	maxCells   = 6_000_000 // each takes 16 bytes beside its text
	maxBadRows = 10_000
)

// Sheet is an inbound file as a spreadsheet shows it: rows are numbered from 1, blank ones
// too, the header being the first that is not blank unless the format says otherwise.
type Sheet struct {
	format Format
	from   source
	bytes  *counter

	header    []string
	headerRow int
	// named is how many columns there are up to the last that has a name.
	named int
	// own says that the file is one of ours, with rows to be mended.
	own bool

	rows, cells int
	// pending are the blank rows since the last other one, blanks those before it.
	pending, blanks, firstBlank int
	// footer is the first row below the data, or 0; unclosed says that no line end closed
	// the last row.
	footer   int
	unclosed bool
	evidence evidence
	// quotedLines counts the rows that stood between quotes as a whole, the first of them
	// beside it; hidden are the first of those that a workbook does not show.
	quotedLines, firstQuoted int
	hidden                   []int
	hiddenRows               int
}

// source is where rows come from: text or a workbook.
type source interface {
	// line returns the next row, and io.EOF after the last.
	line() (line, error)
	// encoding is final once everything has been read; guessed says that it was not set.
	encoding() (name string, guessed bool)
	// findings are about the file as a whole, and about cells with data, once it has been read.
	findings(isData func(row, column int) bool) []finding.Finding
	// close gives back what the source holds.
	close() error
}

// line is a row as it comes from its source.
type line struct {
	number int
	// cells are nil in a row that is blank and closed.
	cells []string
	// dates are the cells that a workbook has as dates, written as the format says; nil for
	// none.
	dates []bool
	// width is the number of cells, of a blank row too.
	width int
	// blank: no cell has text. closed: a line end ended the row. multiline: a cell holds a
	// line end. quoted: the only cell stood between quotes. hidden: the workbook does not
	// show the row.
	// ragged: cells that are missing at the end are blank.
	blank, closed, multiline, quoted, hidden, ragged bool
	// stray is the first cell with a quote where none may be, or -1.
	stray int
}

// Row is one row of a Sheet.
type Row struct {
	Number int
	// Cells are as in the file, decoded: see Clean. There may be more or fewer than in the
	// header, which a finding then says.
	Cells []string
	// Dates tells which cells a workbook has as dates: they read DD/MM/YYYY, with a time
	// after it where there is one. It is nil when there are none, as in every CSV.
	Dates []bool
	// Findings are about the shape of the row; one of severity error says that the cells
	// cannot be trusted.
	Findings []finding.Finding
}

// Date reports whether a cell is a date of a workbook.
func (r *Row) Date(column int) bool { return column < len(r.Dates) && r.Dates[column] }

// Info is what is known of a file once it has been read to its end.
type Info struct {
	// Encoding is the one that was found or set, such as "utf-8", or XLSX.
	Encoding string
	Bytes    int64
	// Rows counts the rows with data, also those that cannot be read.
	Rows int
	// Unclosed: the last row has no line end. A file whose sender always writes one was cut.
	Unclosed bool
}

// Open reads up to the header of a file in a valid format. The error wraps ErrRefused
// when the file is not what the format says. The caller closes the sheet.
func Open(r io.Reader, f Format) (*Sheet, error) {
	f = f.withDefaults()
	s := &Sheet{format: f, bytes: &counter{r: r, most: f.Caps.Bytes}}
	if err := s.open(); err != nil {
		return nil, err
	}
	if err := s.findHeader(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// open finds out what kind of file it is.
func (s *Sheet) open() error {
	b := bufio.NewReaderSize(s.bytes, 64<<10)
	// An error of Peek comes again with the first Read.
	head, _ := b.Peek(sniffed)
	if k, ok := foreign(head); ok {
		return k.refuse()
	}
	if strings.HasPrefix(string(head), zipMagic) || strings.HasPrefix(string(head), emptyZip) {
		book, err := openWorkbook(b, s.format)
		s.from = book
		return err
	}
	text := newDecoder(b, s.format.Encoding)
	s.from = &textSource{scanner: newScanner(text, s.format.Separator[0], s.format.Caps), text: text}
	return nil
}

// Close gives back what the sheet holds.
func (s *Sheet) Close() error { return s.from.close() }

// textSource is a file of text.
type textSource struct {
	*scanner
	text *decoder
}

func (t *textSource) encoding() (string, bool) {
	return t.text.encoding(), t.text.detect != nil && t.text.encoding() == Windows1252
}

func (t *textSource) findings(func(row, column int) bool) []finding.Finding {
	if _, guessed := t.encoding(); !guessed {
		return nil
	}
	return []finding.Finding{{
		Severity: finding.Warning, Code: "encoding_guessed",
		Message: "the file is not UTF-8 and was read as windows-1252: write it in UTF-8, or set encoding: windows-1252",
	}}
}

func (t *textSource) close() error { return nil }

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

// Header returns the texts of the header row, cleaned.
func (s *Sheet) Header() []string { return s.header }

// HeaderRow is the number of the header row.
func (s *Sheet) HeaderRow() int { return s.headerRow }

// Read returns the next row that is not blank, and io.EOF after the last. Any other error
// means that no row of the file may be used; it wraps ErrRefused unless reading itself
// went wrong.
func (s *Sheet) Read() (Row, error) {
	for {
		l, err := s.from.line()
		if err != nil {
			return Row{}, s.ended(readError(err))
		}
		// Separators without a line end may be the beginning of a row that was cut.
		if l.blank && (l.closed || l.width == 1 || l.width >= s.named) {
			s.skip(l.number)
			continue
		}
		s.unquote(&l)
		if isFooter(s, l) {
			continue
		}
		for l.ragged && len(l.cells) < s.named {
			l.cells = append(l.cells, "")
		}
		s.blanks, s.pending = s.blanks+s.pending, 0
		s.unclosed = !l.closed
		s.note(l)
		row := Row{Number: l.number, Cells: l.cells, Dates: l.dates}
		if row.Findings, err = s.check(l); err != nil {
			return Row{}, err
		}
		return row, s.count(row)
	}
}

// ended is the error of a file that ended, which is no good end for one whose footer is
// missing.
func (s *Sheet) ended(err error) error {
	if errors.Is(err, io.EOF) && s.format.Footer != nil && s.footer == 0 && !s.own {
		return Refuse(0, "missing_footer", "the file ends without the row that footer: describes: it was cut, or footer: is wrong")
	}
	return err
}

// isFooter reports whether a row belongs to what comes below the data.
func isFooter(s *Sheet, l line) bool {
	if s.format.Footer == nil || s.own || !s.format.Footer.MatchString(textOf(l, s.format.Separator)) {
		return false
	}
	if s.footer == 0 {
		s.footer = l.number
	}
	return true
}

func textOf(l line, separator string) string {
	return Clean(strings.Trim(strings.Join(l.cells, separator), separator))
}

func (s *Sheet) skip(number int) {
	if s.pending++; s.blanks == 0 && s.pending == 1 {
		s.firstBlank = number
	}
}

// hiddenShown is how many hidden rows a message names.
const hiddenShown = 5

func (s *Sheet) note(l line) {
	if !l.hidden {
		return
	}
	if s.hiddenRows++; len(s.hidden) < hiddenShown {
		s.hidden = append(s.hidden, l.number)
	}
}

func (s *Sheet) count(row Row) error {
	s.rows++
	if s.cells += len(row.Cells); s.cells > maxCells {
		return Refuse(row.Number, "too_many_cells", fmt.Sprintf("the file has more than %d cells", maxCells))
	}
	return nil
}

// Info returns what is known of the file.
func (s *Sheet) Info() Info {
	encoding, _ := s.from.encoding()
	return Info{Encoding: encoding, Bytes: s.bytes.n, Rows: s.rows, Unclosed: s.unclosed}
}

// Findings returns what there is to say about the file as a whole, and about cells that
// only the rest of it puts in doubt, once it has been read to its end.
func (s *Sheet) Findings() []finding.Finding {
	found := s.from.findings(s.isData)
	warn := func(code string, row int, message string) {
		found = append(found, finding.Finding{Severity: finding.Warning, Code: code, Row: row, Message: message})
	}
	places, what := s.evidence.doubtful()
	for _, at := range places {
		f := finding.Finding{Severity: finding.Error, Code: Damaged, Message: "the cell " + what + ", as others of this file"}
		found = append(found, f.At(at.row, at.column))
	}
	if s.blanks > 0 {
		warn("blank_rows", s.firstBlank, fmt.Sprintf("blank rows were left out, %d in all, this one first", s.blanks))
	}
	if s.quotedLines > 0 {
		warn("line_in_quotes", s.firstQuoted, fmt.Sprintf("%d rows stand between quotes as a whole, this one first, and were read without these: the file was saved by a spreadsheet with another list separator", s.quotedLines))
	}
	if s.hiddenRows > 0 {
		warn("hidden_rows", 0, fmt.Sprintf("%d rows that the workbook hides were read like the others, such as %s: unhide or delete them", s.hiddenRows, strings.Trim(fmt.Sprint(s.hidden), "[]")))
	}
	return found
}

// isData reports whether a cell is below the header, above the footer and in a column with a name.
func (s *Sheet) isData(row, column int) bool {
	return row > s.headerRow && (s.footer == 0 || row < s.footer) && column < s.named
}

// margin is by how much another encoding must make more sense of the file's letters for them
// to be doubted: not at all where the encoding was guessed, and never where it is set.
func (s *Sheet) margin() int {
	switch _, guessed := s.from.encoding(); {
	case guessed:
		return 0
	case s.format.Encoding != "" && s.format.Encoding != Auto:
		return 1 << 30
	default:
		return 4 // of UTF-8 or a workbook: the text was damaged before it was written
	}
}

// Doubt returns the error of a file that has been read to its end, and whose text is so
// damaged that no row may be used; nil otherwise.
func (s *Sheet) Doubt() error {
	if !s.evidence.widespread(s.margin()) {
		return nil
	}
	code := "wrong_encoding"
	if e := &s.evidence; !s.origin().single() && e.what != misread {
		code = Damaged
	}
	return &Refusal{Findings: []finding.Finding{{Severity: finding.Error, Code: code, Message: s.evidence.sentence(s.from.encoding())}}}
}

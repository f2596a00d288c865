package tabular

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
)

// scanner cuts text into rows and cells by RFC 4180, without leniency.
//
// encoding/csv does not serve here: it buffers a quote that is never closed to the end
// of the file, skips empty lines without counting them, so that cells cannot be named as
// a spreadsheet does, and takes a file with the line ends of old Macs for one row. Tests
// hold the two against each other on what both read.
type scanner struct {
	in    *bufio.Reader
	comma byte
	caps  Caps

	// number is the row in a spreadsheet, from 1.
	number int
	buf    []byte
	ends   []int

	// Of the row being scanned: whether anything was read of it, whether a cell holds a
	// line end, and the first cell with a quote where none may be, or -1.
	begun     bool
	multiline bool
	stray     int
	// inQuotes says that the cell that was scanned last stood between quotes.
	inQuotes bool
}

// ending says what ended a cell.
type ending int

const (
	cellEnd ending = iota
	rowEnd
	fileEnd
)

func newScanner(r io.Reader, comma byte, caps Caps) *scanner {
	return &scanner{in: bufio.NewReaderSize(r, 64<<10), comma: comma, caps: caps}
}

// scan reads the next row into buf and ends. It reports whether a line end closed the
// row, and io.EOF when there is no further row.
func (s *scanner) scan() (closed bool, err error) {
	s.number++
	s.buf, s.ends = s.buf[:0], s.ends[:0]
	s.begun, s.multiline, s.stray = false, false, -1
	for {
		end, err := s.cell()
		if err != nil {
			return false, err
		}
		if end == fileEnd && !s.begun {
			return false, io.EOF
		}
		s.ends = append(s.ends, len(s.buf))
		switch {
		case s.number > s.caps.Rows+1: // the header is not counted
			return false, s.refuse("too_many_rows", fmt.Sprintf("the file has more than %d rows: raise caps.rows if that is right", s.caps.Rows))
		case len(s.ends) > s.caps.Columns:
			return false, s.refuse("too_many_columns", fmt.Sprintf("the row has more than %d cells: raise caps.columns if that is right", s.caps.Columns))
		case end != cellEnd && s.stray >= 0 && s.multiline:
			return false, s.refuse("stray_quote", "a quote is missing or too many in this row, which holds line ends: where the next row begins cannot be told")
		case end != cellEnd:
			return end == rowEnd, nil
		}
	}
}

// endOfText is what programs of DOS and of mainframes put after the last row.
const endOfText = "\x1a"

// blank reports whether the row has no text at all.
func (s *scanner) blank() bool {
	text := bytes.TrimSpace(s.buf)
	return len(text) == 0 || string(text) == endOfText
}

// line returns the next row.
func (s *scanner) line() (line, error) {
	closed, err := s.scan()
	if err != nil {
		return line{}, err
	}
	l := line{
		number: s.number, width: len(s.ends), blank: s.blank(), closed: closed, multiline: s.multiline,
		stray: s.stray, quoted: len(s.ends) == 1 && s.inQuotes,
	}
	if !l.blank || !closed {
		l.cells = s.cells()
	}
	return l, nil
}

// cells returns the cells of the row, which share one string.
func (s *scanner) cells() []string {
	text, cells, from := string(s.buf), make([]string, len(s.ends)), 0
	for i, end := range s.ends {
		cells[i] = text[from:end]
		from = end
	}
	return cells
}

func (s *scanner) cell() (ending, error) {
	start := len(s.buf)
	if s.plainCell() {
		return cellEnd, nil
	}
	c, err := s.next()
	s.inQuotes = false
	switch {
	case err != nil:
	case c == '"':
		s.inQuotes = true
		return s.quoted(start)
	case (s.isSpace(c) || c == noBreak[0] && s.follows(noBreak[1])) && s.quoteFollows(c):
		s.inQuotes = true
		return s.quoted(start)
	case c == '=' && s.keepGuarded(c):
		c, err = s.next()
	}
	return s.bare(start, c, err)
}

// plainCell keeps, at one go, a cell whose separator is buffered and that has no character with
// a meaning of its own: most are so.
func (s *scanner) plainCell() bool {
	// What is buffered can be peeked at, and discarded, without an error.
	next, _ := s.in.Peek(min(s.in.Buffered(), s.caps.Cell, maxRowBytes-len(s.buf)))
	if len(next) == 0 || next[0] <= ' ' || next[0] == '=' || next[0] == noBreak[0] {
		return false
	}
	n := 0
	for n < len(next) && next[n] > '\r' && next[n] != '"' && next[n] != s.comma {
		n++
	}
	if n == len(next) || next[n] != s.comma {
		return false
	}
	s.begun, s.inQuotes = true, false
	s.buf = append(s.buf, next[:n]...)
	s.in.Discard(n + 1) //nolint:errcheck // see above
	return true
}

// isSpace reports whether a byte is a blank that may stand between a separator and a quote.
func (s *scanner) isSpace(c byte) bool { return c == ' ' || c == '\t' && s.comma != '\t' }

// lookahead is how far the scanner looks for the quote after blanks, and for the end of a
// guarded text.
const lookahead = 256

// quoteFollows skips the blanks before a quote, which some programs write after each
// separator and of which c was the first byte, and the quote.
func (s *scanner) quoteFollows(c byte) bool {
	next := s.peek()
	n := 0
	if c == noBreak[0] {
		n = len(noBreak) - 1
	}
	for n < len(next) {
		if s.isSpace(next[n]) {
			n++
		} else if bytes.HasPrefix(next[n:], []byte(noBreak)) {
			n += len(noBreak)
		} else {
			break
		}
	}
	if n == len(next) || next[n] != '"' {
		return false
	}
	s.in.Discard(n + 1) //nolint:errcheck // the bytes were just peeked at
	return true
}

// keepGuarded keeps ="00042", by which spreadsheets are told that a number is a text: its
// quotes are not out of place.
func (s *scanner) keepGuarded(c byte) bool {
	next := s.peek()
	if len(next) < 2 || next[0] != '"' {
		return false
	}
	end := bytes.IndexByte(next[1:], '"') + 1
	if end == 0 || bytes.ContainsAny(next[1:end], "\r\n\x00") || bytes.IndexByte(next[1:end], s.comma) >= 0 {
		return false
	}
	if end+1 < len(next) && next[end+1] != s.comma && next[end+1] != '\r' && next[end+1] != '\n' {
		return false
	}
	s.buf = append(append(s.buf, c), next[:end+1]...)
	s.in.Discard(end + 1) //nolint:errcheck // see above
	return true
}

// peek returns what comes next, without a fault of the bytes: that comes again when they
// are read.
func (s *scanner) peek() []byte {
	next, _ := s.in.Peek(lookahead)
	return next
}

// bare reads to the end of a cell, c being what was read of it last.
func (s *scanner) bare(start int, c byte, err error) (ending, error) {
	for ; ; c, err = s.next() {
		if err != nil {
			return fileEnd, unlessEOF(err)
		}
		switch c {
		case s.comma:
			return cellEnd, nil
		case '\n':
			return rowEnd, nil
		case '\r':
			return rowEnd, s.skipNewline()
		case '"':
			s.markStray()
		}
		if err := s.keep(start, c); err != nil {
			return 0, err
		}
	}
}

// quoted reads a cell after its opening quote.
func (s *scanner) quoted(start int) (ending, error) {
	for {
		c, err := s.next()
		if errors.Is(err, io.EOF) {
			return 0, s.refuse("open_quote", fmt.Sprintf("the quote that opens cell %s is never closed, so the rows after it cannot be told apart", s.here()))
		}
		if err != nil {
			return 0, err
		}
		switch c {
		case '"':
			if c, err = s.next(); err != nil || c != '"' {
				return s.closed(start, c, err)
			}
		case '\r':
			if err := s.skipNewline(); err != nil {
				return 0, err
			}
			c = '\n'
		}
		s.multiline = s.multiline || c == '\n'
		if err := s.keep(start, c); err != nil {
			if refusal, ok := errors.AsType[*Refusal](err); ok && s.multiline {
				refusal.Findings[0].Message += "; the quote that opens it may be missing its end"
			}
			return 0, err
		}
	}
}

// closed goes on after a closing quote: c, or the error, should end the cell.
// Blanks may come in between, no-break ones too.
func (s *scanner) closed(start int, c byte, err error) (ending, error) {
	var blanks []byte
	for err == nil && len(blanks) < lookahead {
		if c == noBreak[0] && s.follows(noBreak[1]) {
			blanks = append(blanks, c)
			if c, err = s.next(); err != nil {
				break // not after what follows was seen
			}
		} else if !s.isSpace(c) {
			break
		}
		blanks = append(blanks, c)
		c, err = s.next()
	}
	if err == nil && c != s.comma && c != '\n' && c != '\r' {
		s.markStray()
		s.buf = append(slices.Insert(s.buf, start, '"'), '"')
		s.buf = append(s.buf, blanks...)
	}
	return s.bare(start, c, err)
}

// noBreak is a no-break blank in UTF-8.
const noBreak = "\u00a0"

// follows reports whether a byte comes next.
func (s *scanner) follows(c byte) bool {
	next, err := s.in.Peek(1)
	return err == nil && next[0] == c
}

func (s *scanner) markStray() {
	if s.stray < 0 {
		s.stray = len(s.ends)
	}
}

func (s *scanner) keep(start int, c byte) error {
	if len(s.buf)-start >= s.caps.Cell {
		return s.refuse("cell_too_long", fmt.Sprintf("cell %s is longer than %s", s.here(), bytesText(int64(s.caps.Cell))))
	}
	if len(s.buf) >= maxRowBytes {
		return s.refuse("row_too_long", "the row is longer than "+bytesText(maxRowBytes))
	}
	s.buf = append(s.buf, c)
	s.keepPlain(min(s.caps.Cell-(len(s.buf)-start), maxRowBytes-len(s.buf)))
	return nil
}

// keepPlain keeps at one go what is buffered of characters without a meaning of their own,
// which makes reading more than twice as fast.
func (s *scanner) keepPlain(most int) {
	// What is buffered can be peeked at, and discarded, without an error.
	next, _ := s.in.Peek(min(s.in.Buffered(), most))
	n := 0
	for n < len(next) && next[n] > '\r' && next[n] != '"' && next[n] != s.comma {
		n++
	}
	s.buf = append(s.buf, next[:n]...)
	s.in.Discard(n) //nolint:errcheck // see above
}

// here names the cell being scanned.
func (s *scanner) here() string { return finding.Cell(s.number, len(s.ends)) }

func (s *scanner) refuse(code, message string) error { return Refuse(s.number, code, message) }

// next returns the next byte. A fault of the bytes becomes the refusal of the file.
func (s *scanner) next() (byte, error) {
	c, err := s.in.ReadByte()
	if err != nil {
		if fault, ok := errors.AsType[*textFault](err); ok {
			return 0, s.refuse(fault.code, fault.message)
		}
		return 0, endOnly(err)
	}
	if c == 0 {
		return 0, s.refuse("nul_byte", "there is a NUL byte: the file is UTF-16 without a byte-order mark (then set encoding: utf-16), or no text at all")
	}
	s.begun = true
	return c, nil
}

// endOnly makes sure that nothing but the end of the file is io.EOF: a connection that was
// lost may say EOF too, and must not pass for a shorter file.
func endOnly(err error) error {
	if errors.Is(err, io.EOF) && err != io.EOF { //nolint:errorlint // the difference is the point
		return fault.Of(io.ErrUnexpectedEOF, "%s", err.Error())
	}
	return err
}

func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// skipNewline leaves out the line feed after a carriage return.
func (s *scanner) skipNewline() error {
	switch c, err := s.in.ReadByte(); {
	case err == nil && c != '\n':
		return s.in.UnreadByte()
	default:
		// The end of the file, and any fault, come again with the next byte.
		return nil
	}
}

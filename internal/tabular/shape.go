package tabular

import (
	"fmt"
	"strings"

	"lucca-exchange/internal/finding"
)

// check looks at the shape of a row and at what happened to its text. The error refuses the
// file: where one row ends and the next begins, or whether there were more, is in doubt.
func (s *Sheet) check(l line) ([]finding.Finding, error) {
	have := len(l.cells)
	switch {
	case s.footer > 0:
		return nil, Refuse(l.number, "row_after_footer", fmt.Sprintf("row %d is what footer: describes, and data come after it: several files were joined, or footer: is wrong", s.footer))
	case have < s.named && !l.closed:
		return nil, Refuse(l.number, "row_cut", fmt.Sprintf("the last row ends at cell %s, after %d cells of %d: the file was cut, and nothing of it is used", finding.Cell(l.number, have-1), have, s.named))
	case l.multiline && (have != s.named && !onlyBlanks(s, l) || s.swallows(l)):
		return nil, Refuse(l.number, "swallowed_rows", fmt.Sprintf("the cell %s holds line ends and whole rows: a quote opens it and its end is missing", finding.Cell(l.number, firstMultiline(l.cells))))
	}
	c := checker{sheet: s, line: l}
	c.width()
	if l.stray >= 0 {
		c.add(finding.Error, "stray_quote", l.stray, "there is a quote where none may be: a cell with a quote in it is written between quotes, its own quotes twice")
	}
	for i, cell := range l.cells {
		has := suspicious(cell)
		if has == 0 {
			continue
		}
		if what := s.evidence.see(place{l.number, i}, cell, has, s.origin()); what != "" {
			c.add(finding.Error, Damaged, i, "the cell "+what)
		}
	}
	if !l.closed {
		c.add(finding.Warning, "no_final_line_end", have-1, "the file does not end with a line end: if it was cut, this last cell is not whole")
	}
	return c.found, nil
}

// origin tells how sure it is in which encoding the text was read so far.
func (s *Sheet) origin() origin {
	switch encoding, guessed := s.from.encoding(); {
	case guessed:
		return asGuessed
	case encoding == UTF8 || encoding == UTF16 || encoding == XLSX:
		return asWritten
	default:
		return asSet
	}
}

// checker collects what there is to say about a row.
type checker struct {
	sheet *Sheet
	line  line
	found []finding.Finding
}

func (c *checker) add(severity finding.Severity, code string, column int, message string) {
	f := finding.Finding{Severity: severity, Code: code, Message: message}
	c.found = append(c.found, f.At(c.line.number, column))
}

// width looks for missing cells and for cells that no column has a name for. Blank cells at
// the end of a row are nothing.
func (c *checker) width() {
	s, l := c.sheet, c.line
	have := len(l.cells)
	switch {
	case have < s.named:
		c.add(finding.Error, "cell_count", have-1, fmt.Sprintf("the row has %d cells, the header %d: cells are missing, which have to be there when they are blank too", have, s.named))
		return
	case have > len(s.header) && !onlyBlanks(s, l):
		c.add(finding.Error, "cell_count", s.named-1, fmt.Sprintf("the row has %d cells, the header %d: a cell with a separator in it needs quotes", have, s.named))
		return
	}
	if s.isHeader(l.cells) {
		c.add(finding.Error, "repeated_header", 0, "the row is the header once more: the file was put together from several")
	}
	for i, cell := range l.cells[:min(have, len(s.header))] {
		if s.header[i] == "" && Clean(cell) != "" {
			c.add(finding.Error, "cell_without_header", i, "the cell is not blank, but its column has no name in the header")
		}
	}
}

// onlyBlanks reports whether a row has at least the cells of the header, and only blank
// ones beyond.
func onlyBlanks(s *Sheet, l line) bool {
	if len(l.cells) < s.named {
		return false
	}
	for _, cell := range l.cells[min(len(s.header), len(l.cells)):] {
		if Clean(cell) != "" {
			return false
		}
	}
	return true
}

// swallows reports whether a cell with line ends holds whole rows: its first line goes on
// to the end of this row, those in between are rows, and its last line begins the row whose
// rest comes after the cell.
func (s *Sheet) swallows(l line) bool {
	if s.named < 2 {
		return false
	}
	for i, cell := range l.cells[:min(len(l.cells), s.named)] {
		lines := strings.Split(cell, "\n")
		if len(lines) < 2 {
			continue
		}
		rows := true
		for n, text := range lines {
			want := s.named - 1
			switch n {
			case 0:
				want -= i
			case len(lines) - 1:
				want = i
			}
			rows = rows && strings.Count(text, s.format.Separator) == want
		}
		if rows {
			return true
		}
	}
	return false
}

func firstMultiline(cells []string) int {
	for i, cell := range cells {
		if strings.Contains(cell, "\n") {
			return i
		}
	}
	return 0
}

// isHeader reports whether the cells of a row are those of the header.
func (s *Sheet) isHeader(cells []string) bool {
	if len(cells) < s.named {
		return false
	}
	for i, cell := range cells[:s.named] {
		if len(cell) < len(s.header[i]) || otherStart(cell, s.header[i]) || fold(cell) != fold(s.header[i]) {
			return false
		}
	}
	return true
}

// otherStart reports whether two texts begin with different letters: it spares most rows the
// comparison.
func otherStart(a, b string) bool {
	return a != "" && b != "" && isLetter(a[0]) && isLetter(b[0]) && a[0]|0x20 != b[0]|0x20
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

package tabular

import (
	"bufio"
	"fmt"
	"strings"

	"lucca-exchange/internal/finding"
)

// findHeader reads up to the header row.
func (s *Sheet) findHeader() error {
	for {
		l, err := s.from.line()
		if err != nil {
			return s.noHeader(openError(err))
		}
		if l.blank || isSeparatorHint(l) {
			continue
		}
		first := s.headerRow == 0
		s.headerRow = l.number
		s.unquote(&l)
		if s.own = first && s.format.Own.hasColumn(l.cells); s.own || s.isHeaderRow(l) {
			return s.takeHeader(l)
		}
	}
}

// noHeader says what was looked for in a file that has rows, but no header.
func (s *Sheet) noHeader(err error) error {
	switch {
	case s.headerRow == 0:
		return err
	case s.format.HeaderRow > 0:
		return Refuse(s.format.HeaderRow, "no_header", fmt.Sprintf("header.row: %d is set, and there is no such row or it is blank", s.format.HeaderRow))
	default:
		return Refuse(s.headerRow, "no_header", "all rows match header.skip: there is no header row")
	}
}

func (s *Sheet) isHeaderRow(l line) bool {
	if s.format.HeaderRow > 0 {
		return l.number == s.format.HeaderRow
	}
	return s.format.Skip == nil || !s.format.Skip.MatchString(textOf(l, s.format.Separator))
}

// isSeparatorHint recognises the line sep=; by which a file tells Excel its separator.
func isSeparatorHint(l line) bool {
	if l.number != 1 || !strings.HasPrefix(strings.ToLower(Clean(l.cells[0])), "sep=") {
		return false
	}
	return len(Clean(l.cells[0])) <= len("sep=;") && strings.Trim(strings.Join(l.cells[1:], ""), " \t") == ""
}

func (s *Sheet) takeHeader(l line) error {
	s.header = l.cells
	for i, cell := range s.header {
		if s.header[i] = Clean(cell); s.header[i] != "" {
			s.named = i + 1
		}
	}
	if other := s.otherSeparator(s.format.Separator); other != "" {
		return Refuse(s.headerRow, "wrong_separator", fmt.Sprintf("the file is separated by %s, %q is expected: set separator: if that is right", other, s.format.Separator))
	}
	for i, cell := range s.header {
		s.header[i] = strings.Join(strings.Fields(Mend(cell)), " ") // a workbook breaks long texts
	}
	if l.stray >= 0 {
		return Refuse(s.headerRow, "stray_quote", fmt.Sprintf("cell %s of the header has a quote where none may be", finding.Cell(s.headerRow, l.stray)))
	}
	return nil
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

// unquote takes a row apart that stands between quotes as a whole: a spreadsheet with
// another list separator made one cell of each line. The cells must be as many as the
// header has, or else the row stays as it is.
func (s *Sheet) unquote(l *line) {
	if !l.quoted || s.named == 1 || !strings.Contains(l.cells[0], s.format.Separator) {
		return
	}
	inner := newScanner(bufio.NewReader(strings.NewReader(l.cells[0])), s.format.Separator[0], s.format.Caps)
	row, err := inner.line()
	if err != nil || row.closed || row.stray >= 0 || s.named > 0 && row.width < s.named {
		return
	}
	if s.quotedLines++; s.quotedLines == 1 {
		s.firstQuoted = l.number
	}
	row.number, row.closed, row.multiline = l.number, l.closed, l.multiline
	*l = row
}

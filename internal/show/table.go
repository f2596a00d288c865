package show

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

const (
	// gutter is between two columns of a table.
	gutter = 2
	// squeezed is how narrow a column gets before a table becomes a list, in characters.
	squeezed = 8
	// breakable are the characters after which a long word of a cell is broken.
	breakable = "._,@/"
	// remark is how far the lines below a row stand in.
	remark = 4
)

// row is one of a table.
type row struct {
	cells []string
	// note is what cannot be told in a column: below the row on a terminal, else its last cell.
	note string
}

// table is what stands in rows.
type table struct {
	header []string
	// noted is the header of the notes, where a program reads them.
	noted string
	// flexible columns may be broken into lines.
	flexible []int
	rows     []row
	// words are the columns that hold words of the program's own, which are told in the reader's
	// language; people says that the notes are what people wrote.
	words  []int
	people bool
	// times says that some cells are of Page.minute.
	times bool
}

// grid writes a table whose columns may all be broken.
func (p Page) grid(header []string, rows [][]string) {
	t := table{header: header}
	for i := range header {
		t.flexible = append(t.flexible, i)
	}
	for _, cells := range rows {
		t.rows = append(t.rows, row{cells: cells})
	}
	p.table(t)
}

// table writes a table: aligned; on a terminal within its width, the notes below their rows,
// or as a list where the columns do not fit.
func (p Page) table(t table) {
	t = p.told(t)
	if p.Width == 0 {
		t = t.flat()
	}
	widths := t.widths()
	fits := p.Width == 0 || squeeze(widths, t.longest(), t.flexible, p.Width)
	switch {
	case fits:
		p.writeRows(t, widths)
	default:
		p.writeList(t)
	}
	if t.times && p.Width > 0 {
		fmt.Fprintln(p, lipgloss.NewStyle().Faint(true).Render(p.said("times in "+p.Zone.String())))
	}
}

// told is the table in the reader's language: its header, its notes, and the columns that hold
// words of the program's own.
func (p Page) told(t table) table {
	if p.Words.Language == "" {
		return t
	}
	told := t
	told.header, told.noted, told.rows = p.saidAll(t.header), p.said(t.noted), nil
	for _, r := range t.rows {
		r.cells = slices.Clone(r.cells)
		for _, i := range t.words {
			r.cells[i] = p.said(r.cells[i])
		}
		if !t.people {
			r.note = p.said(r.note)
		}
		told.rows = append(told.rows, r)
	}
	return told
}

// flat is the table with its notes as the last column.
func (t table) flat() table {
	if t.noted == "" {
		return t
	}
	flat := table{header: append(slices.Clone(t.header), t.noted)}
	for _, r := range t.rows {
		flat.rows = append(flat.rows, row{cells: append(slices.Clone(r.cells), r.note)})
	}
	return flat
}

// widths are those of the columns, in characters as wide as a terminal draws them.
func (t table) widths() []int {
	widths := make([]int, len(t.header))
	for i, name := range t.header {
		widths[i] = ansi.StringWidth(name)
		for _, r := range t.rows {
			widths[i] = max(widths[i], ansi.StringWidth(r.cells[i]))
		}
	}
	return widths
}

// longest are the widths of the longest words of the columns, which are cut at blanks, hyphens and what
// is breakable.
func (t table) longest() []int {
	widths := make([]int, len(t.header))
	for i := range t.header {
		for _, r := range t.rows {
			for _, word := range words(r.cells[i]) {
				widths[i] = max(widths[i], ansi.StringWidth(word))
			}
		}
	}
	return widths
}

func words(cell string) []string {
	var list []string
	for part := range strings.FieldsSeq(ansi.Strip(cell)) {
		for word := range strings.SplitAfterSeq(part, "-") {
			list = append(list, word)
			for n := strings.IndexAny(word, breakable) + 1; n > 0 && n < len(word); n = strings.IndexAny(word, breakable) + 1 {
				list[len(list)-1], word = word[:n], word[n:]
				list = append(list, word)
			}
		}
	}
	return list
}

// squeeze takes from the widest flexible columns what a line has too much, at first only as far as their
// longest words fit, and reports whether that is enough.
func squeeze(widths, longest, flexible []int, most int) bool {
	total := gutter * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for _, whole := range []bool{true, false} {
		for total > most {
			widest := -1
			for _, i := range flexible {
				least := squeezed
				if whole {
					least = max(least, longest[i])
				}
				if widths[i] > least && (widest < 0 || widths[i] > widths[widest]) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			widths[widest]--
			total--
		}
	}
	return total <= most
}

// writeRows writes the header and each row, in as many lines as its highest cell has.
func (p Page) writeRows(t table, widths []int) {
	p.writeRow(t.header, widths, lipgloss.NewStyle().Bold(true))
	for _, r := range t.rows {
		p.writeRow(r.cells, widths, lipgloss.NewStyle())
		if r.note != "" {
			p.hang(strings.Repeat(" ", remark), r.note)
		}
	}
}

func (p Page) writeRow(cells []string, widths []int, style lipgloss.Style) {
	columns := make([][]string, len(cells))
	height := 1
	for i, cell := range cells {
		columns[i] = strings.Split(lipgloss.Wrap(cell, widths[i], breakable), "\n")
		height = max(height, len(columns[i]))
	}
	for n := range height {
		var b strings.Builder
		blank := 0
		for i, lines := range columns {
			text := ""
			if n < len(lines) {
				text = lines[n]
			}
			if text != "" {
				b.WriteString(strings.Repeat(" ", blank) + style.Render(text))
				blank = 0
			}
			blank += widths[i] - ansi.StringWidth(text) + gutter
		}
		fmt.Fprintln(p, b.String())
	}
}

// writeList writes each row as a paragraph of labelled lines.
func (p Page) writeList(t table) {
	label := 0
	for _, name := range t.header {
		label = max(label, ansi.StringWidth(name))
	}
	for n, r := range t.rows {
		if n > 0 {
			fmt.Fprintln(p)
		}
		for i, cell := range r.cells {
			if cell != "" {
				p.hang(fmt.Sprintf("%-*s  ", label, t.header[i]), cell)
			}
		}
		if r.note != "" {
			p.hang(strings.Repeat(" ", remark), r.note)
		}
	}
}

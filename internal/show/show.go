// Package show writes for a person at a terminal, or for a program as JSON, what commands
// have found out: one function for each kind of result, which takes the writer and the value.
// It decides nothing and reads nothing. Dates and times are in the local zone, tables have a
// border, and only a terminal gets bold type.
package show

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"charm.land/lipgloss/v2"
	"charm.land/lipgloss/v2/table"
	"golang.org/x/term"
)

// shownCell is how many characters of a cell a preview shows.
const shownCell = 26

// lineWidth is that of a terminal nobody has made wider, in characters.
const lineWidth = 80

// IsTerminal reports whether a person may be looking.
func IsTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// JSON writes one JSON document, indented.
func JSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}

// Say writes a line of advice for a person.
func Say(w io.Writer, format string, args ...any) {
	fmt.Fprintf(w, format+"\n", args...)
}

// line writes one labelled line of a run.
func line(w io.Writer, label, format string, args ...any) {
	fmt.Fprintf(w, "  %-9s %s\n", label, fmt.Sprintf(format, args...))
}

// grid writes a table with a border, its header in bold type on a terminal.
func grid(w io.Writer, header []string, rows [][]string) {
	bold := IsTerminal(w)
	t := table.New().Headers(header...).Rows(rows...).Wrap(false).
		Border(lipgloss.NormalBorder()).StyleFunc(func(row, _ int) lipgloss.Style {
		return lipgloss.NewStyle().Padding(0, 1).Bold(row == table.HeaderRow && bold)
	})
	fmt.Fprintln(w, t)
}

// shorten is a cell in one line of at most shownCell characters.
func shorten(cell string) string {
	cell = strings.Join(strings.Fields(cell), " ")
	if r := []rune(cell); len(r) > shownCell {
		return string(r[:shownCell-1]) + "…"
	}
	return cell
}

// Wrapped breaks a text into lines of at most 80 characters, each behind an indent.
func Wrapped(text, indent string) string {
	var b strings.Builder
	width := lineWidth
	for word := range strings.FieldsSeq(text) {
		n := len([]rune(word))
		switch {
		case b.Len() == 0:
			b.WriteString(indent)
			width = len(indent)
		case width+1+n > lineWidth:
			b.WriteString("\n" + indent)
			width = len(indent)
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}

// size writes a number of bytes for a person.
func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1000_000)
	}
}

// Package show writes for a person at a terminal, or for a program as JSON, what commands
// have found out: one function for each kind of result, which takes the page and the value.
// It decides nothing and reads nothing. A terminal gets lines and tables of its width, colours
// unless NO_COLOR is set, and times to the minute; a pipe gets the same words in lines that are
// not broken, without colours, and times with their offset.
package show

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
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

// Fault says what went wrong.
func Fault(w Page, sentence string) {
	for n, text := range strings.Split(w.said(sentence), "\n") {
		if n == 0 {
			text = "lucca-exchange: " + text
		}
		beginning := text[:len(text)-len(strings.TrimLeft(text, " "))]
		w.hang(beginning, strings.TrimPrefix(text, beginning))
	}
}

// Say writes a line of advice for a person.
func Say(w Page, format string, args ...any) {
	fmt.Fprintln(w, w.said(fmt.Sprintf(format, args...)))
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
func Wrapped(text, indent string) string { return indent + hanging(text, len(indent), lineWidth) }

// hanging breaks a text between words into lines that end before a width, all but the first
// behind so many blanks. A word that is longer stays whole, so that it can be copied.
func hanging(text string, indent, width int) string {
	var b strings.Builder
	used := indent
	// A no-break blank is part of a word.
	for i, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }) {
		n := ansi.StringWidth(word)
		switch {
		case i == 0:
		case used+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += n
	}
	return b.String()
}

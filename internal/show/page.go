package show

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// narrowest is the width, in columns, below which a terminal is left to break lines by itself.
const narrowest = 40

// Page is where a command shows what it found.
type Page struct {
	io.Writer
	// Zone is that of the times.
	Zone *time.Location
	// Width is that of the terminal, in columns; 0 where nobody looks: no line is broken then.
	Width int
	// Names are those of the people that findings are about; empty where only ids are shown.
	Names inspect.Named
	// Words are the texts of the reader's language; English without.
	Words message.Printer
}

// In is the page in a language.
func (p Page) In(l message.Language) Page {
	p.Words = message.In(l, p.Zone)
	return p
}

// said tells what the program said in the reader's language.
func (p Page) said(english string) string {
	if p.Words.Language == "" {
		return english
	}
	return p.Words.Said(english)
}

// saidAll tells each of several texts.
func (p Page) saidAll(english []string) []string {
	told := make([]string, len(english))
	for i, text := range english {
		told[i] = p.said(text)
	}
	return told
}

// On is a page of a command's output. The times are in the zone, or in that of this machine
// without one.
func On(w io.Writer, zone *time.Location) Page {
	if zone == nil {
		zone = time.Local
	}
	p := Page{Writer: colorprofile.NewWriter(w, os.Environ()), Zone: zone}
	if f, ok := w.(*os.File); ok && IsTerminal(f) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width >= narrowest {
			p.Width = width
		}
	}
	return p
}

// foreign reports whether the reader's language is another than English, whose words and
// numbers are those of the program.
func foreign(p Page) bool { return p.Words.Language != "" && p.Words.Language != message.English }

// labelled is what stands before a value, where one English word may be another in other languages
// than in a sentence.
func labelled(p Page, english string) string {
	if foreign(p) && english == "changes" {
		return p.Words.Text("run.changed")
	}
	return p.said(english)
}

// line writes one labelled line of a run; what does not fit goes below its beginning.
func (p Page) line(label, format string, args ...any) {
	p.hang(fmt.Sprintf("  %-9s ", labelled(p, label)), p.said(fmt.Sprintf(format, args...)))
}

// hang writes a text behind its beginning, in lines of the width.
func (p Page) hang(beginning, text string) {
	if p.Width > 0 {
		text = hanging(text, len([]rune(beginning)), p.Width)
	}
	fmt.Fprintln(p, strings.TrimRight(beginning+text, " "))
}

// minute is an instant in a table: short on a terminal, whose tables name their zone, and
// with its offset for a program.
func (p Page) minute(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case p.Width > 0 && foreign(p):
		return p.Words.Time(t)
	case p.Width > 0:
		return t.In(p.Zone).Format("2006-01-02 15:04")
	default:
		return t.In(p.Zone).Format(time.RFC3339)
	}
}

// second is an instant in a sentence, with its zone.
func (p Page) second(t time.Time) string {
	if foreign(p) {
		return p.Words.Second(t) + t.In(p.Zone).Format(" MST")
	}
	return t.In(p.Zone).Format("2006-01-02 15:04:05 MST")
}

// weekday is an instant with its day of the week.
func weekday(p Page, t time.Time) string {
	if foreign(p) {
		return p.Words.Weekday(t)
	}
	return t.Format("Mon 2 Jan 2006 15:04 MST")
}

// day is a date.
func (p Page) day(t time.Time) string {
	if foreign(p) {
		return p.Words.Date(t)
	}
	return t.In(p.Zone).Format(time.DateOnly)
}

// colon is what stands between what is spoken of and what is said of it.
func colon(p Page) string {
	if foreign(p) {
		return p.Words.Colon()
	}
	return ": "
}

// semicolon is what stands between two things that are said of one.
func semicolon(p Page) string {
	if foreign(p) {
		return p.Words.Semicolon()
	}
	return "; "
}

// valued is that of a field in Lucca or in a plan: a day as the reader's language writes it.
func valued(p Page, v string) string {
	if foreign(p) {
		return message.Day(p.Words, v)
	}
	return v
}

// size writes a number of bytes.
func size(p Page, n int64) string {
	switch {
	case foreign(p):
		return message.Size(p.Words, n)
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1000_000)
	}
}

// took is how long a run took, behind a comma; nothing while it works.
func took(p Page, record state.Record) string {
	if record.FinishedAt.IsZero() {
		return ""
	}
	lasted := record.Took()
	if foreign(p) {
		return ", took " + p.Words.Duration(lasted)
	}
	return ", took " + lasted.Round(time.Millisecond).String()
}

// ended is how a run ended in a word, in its colour; empty means that it has not.
func (p Page) ended(o run.Outcome) string {
	style := lipgloss.NewStyle()
	switch o {
	case "":
		return style.Foreground(lipgloss.Blue).Render(p.said("running"))
	case run.Done:
		style = style.Foreground(lipgloss.Green)
	case run.Rejections, run.Held:
		style = style.Foreground(lipgloss.Yellow)
	case run.Failed:
		style = style.Foreground(lipgloss.Red)
	}
	return style.Render(p.said(string(o)))
}

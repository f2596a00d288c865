package plan

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// doubtTexts doubts the texts of an employee that are those of Lucca but for letters beyond ASCII: the
// file may have been written in another encoding than it is read in, in other rows too. It does so with
// dates and numbers that are nearly those of Lucca.
func doubtTexts(row *edit) {
	if row.rejected {
		return
	}
	for i := range row.in.sheet.columns {
		c := &row.in.sheet.columns[i]
		change := row.set[c.Code]
		if !change.replaces() {
			continue
		}
		name := c.Kind == roster.GivenName || c.Kind == roster.FamilyName
		switch {
		case c.Kind == roster.Day:
			doubtDay(row, c, change)
		case !name && c.Kind != roster.Text && c.Kind != roster.Custom:
		case otherLetters(change.From, change.To), marksBehind(change.From, change.To), lettersGone(change.From, change.To):
			row.doubt(garbledText, "letters_changed", c.name, "is the text in Lucca but for a letter with an accent, which is another sign now: see whether the encoding of the file is right")
		case name && unaccented(change.From, change.To):
			row.doubt(lostAccent, "accents_lost", c.name, "is the name in Lucca without its accents: see whether the file has lost them")
		case c.Kind == roster.Custom:
			doubtScale(row, c, change)
		}
	}
}

// otherLetters reports whether a text is another one but for letters beyond ASCII, in place of
// which it has other signs than their plain letters.
func otherLetters(from, to string) bool {
	differs := false
	for from != "" && to != "" {
		a, n := utf8.DecodeRuneInString(from)
		b, m := utf8.DecodeRuneInString(to)
		from, to = from[n:], to[m:]
		switch {
		case a == b || unicode.ToLower(a) == unicode.ToLower(b):
		case a < utf8.RuneSelf || !unicode.IsLetter(a) || b < utf8.RuneSelf && unicode.IsLetter(b):
			return false
		case person.Fold(string(a)) == person.Fold(string(b)):
			return false
		default:
			differs = true
		}
	}
	return differs && from == to
}

// lettersGone reports whether a text is another one without letters beyond ASCII, as in Chlo.
func lettersGone(from, to string) bool {
	left := keep(from, func(r rune) bool { return r < utf8.RuneSelf || !unicode.IsLetter(r) })
	return left != from && ascii(to) && strings.EqualFold(left, to)
}

// marksBehind reports whether a text is another one whose accents stand behind their letters, as
// in Lefe'vre.
func marksBehind(from, to string) bool {
	const marks = "'`^\"~"
	without := func(text string) string {
		return keep(text, func(r rune) bool { return !strings.ContainsRune(marks, r) })
	}
	count := func(text string) int { return len(text) - len(without(text)) }
	bare := func(text string) string { return strings.ReplaceAll(person.Fold(without(text)), " ", "") }
	return !ascii(from) && ascii(to) && count(to) > count(from) && bare(from) == bare(to)
}

// unaccented reports whether a name is another one without its accents, in any letter case.
func unaccented(from, to string) bool {
	return !ascii(from) && ascii(to) && person.Fold(from) == person.Fold(to)
}

func ascii(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// plainNames reports whether no name of a file has a letter beyond ASCII.
func plainNames(in *input) bool {
	rows := in.sheet.table.Rows
	for i := range rows {
		if !ascii(in.sheet.cell(&rows[i], FirstName)) || !ascii(in.sheet.cell(&rows[i], LastName)) {
			return false
		}
	}
	return true
}

// doubtCut doubts the last row of a file that no line end closes, where its last cell is the
// beginning of what Lucca has, or means nothing: the file may have been cut inside it.
func doubtCut(row *edit) {
	t := row.in.sheet.table
	if !t.Unclosed || row.draft.index != len(t.Rows)-1 {
		return
	}
	last := 0
	for i := range t.Columns {
		if t.Columns[i].Index > t.Columns[last].Index {
			last = i
		}
	}
	code := t.Columns[last].Code
	if row.rejected {
		// What it says is wrong has been said; a value that was cut is one reason for it.
		refused := func(o objection) bool { return o.severity == finding.Error && o.column == code }
		row.cut = row.draft.row.void(last) || slices.ContainsFunc(row.said, refused) && row.cell(code) != ""
		return
	}
	change := row.set[code]
	if change.To != "" && cutFrom(change.To, change.From) {
		row.cut = true
		row.warn("last_cell_cut", t.Columns[last].Code, "is the beginning of what Lucca has, and no line end comes after it: the file may have been cut here")
	}
}

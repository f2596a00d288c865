package message

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Field names a field of an employee as Lucca's own screens do, by the code of its column; empty for
// a custom field, and for any other that only its code names.
func Field(p Printer, code string) string {
	key := "field." + code
	if strings.HasPrefix(code, "habilitedRoles_") {
		key = "field.habilitedRoles"
	}
	if _, ok := p.texts()[key]; !ok {
		return ""
	}
	return p.Text(key)
}

// day is a date as files, plans and sentences have it, with the time that may follow.
var day = regexp.MustCompile(`\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?`)

// Day writes a value that is no more than a date, 2026-11-29, as the reader writes dates; any other
// value stays as it is.
func Day(p Printer, value string) string {
	if len(value) != len(time.DateOnly) {
		return value
	}
	at, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return value
	}
	return at.Format(p.layout())
}

// Days writes the dates within a sentence as the reader writes them. What is part of a name, an
// address or a quotation stays as it is.
func Days(p Printer, sentence string) string {
	var b strings.Builder
	last := 0
	for _, at := range day.FindAllStringIndex(sentence, -1) {
		b.WriteString(sentence[last:at[0]])
		last = at[1]
		date, clock := sentence[at[0]:at[0]+len(time.DateOnly)], strings.Replace(sentence[at[0]+len(time.DateOnly):at[1]], "T", " ", 1)
		if apart(sentence[:at[0]], sentence[at[1]:]) {
			b.WriteString(Day(p, date) + clock)
		} else {
			b.WriteString(sentence[at[0]:at[1]])
		}
	}
	b.WriteString(sentence[last:])
	return b.String()
}

// apart reports whether what stands between two texts is a word of its own.
func apart(before, after string) bool {
	end, _ := utf8.DecodeLastRuneInString(before)
	begin, _ := utf8.DecodeRuneInString(strings.TrimLeft(after, ".,;:)!?"))
	return (before == "" || end == '(' || unicode.IsSpace(end)) && (begin == utf8.RuneError || unicode.IsSpace(begin))
}

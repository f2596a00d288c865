package generic

import (
	"regexp"
	"strings"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/tabular"
)

// ownDates are the ways in which the dates of a file are written that says nothing else.
func ownDates() []string { return []string{"DD/MM/YYYY", "YYYY-MM-DD", "DD/MM/YY"} }

// forms are those in which the dates of dropped files are written; the message says what is
// wrong with a pattern.
func (c Config) forms() (tabular.DateForms, string) {
	if len(c.Dates) == 0 {
		return tabular.NewDateForms(ownDates(), c.YearsFrom)
	}
	return tabular.NewDateForms(c.Dates, c.YearsFrom)
}

// clocked is a date with the time of the day, which says when somebody was hired.
var clocked = regexp.MustCompile(`^(.*\d)[T ](\d\d?:\d\d(?::\d\d)?)(?:[.,]\d+)?$`)

// plainForms are forms that cannot be taken for another: the year first, with whatever time and
// zone, and seconds since 1970.
var plainForms = regexp.MustCompile(`^(\d{4}-\d\d-\d\d(\D.*)?|\d{10,13})$`)

// readDates rewrites the dates of a record, as the forms of the file have them, so that they
// have the year first. What is in no form is taken out, with a finding that says so. Dated are
// the cells that a workbook knows as dates, by key.
func (rec *record) readDates(forms tabular.DateForms, dated func(key string) bool) []finding.Finding {
	var faults []finding.Finding
	for _, d := range rec.dates() {
		text, ok := readDate(*d.text, forms, dated(d.key))
		if !ok {
			faults = append(faults, fault(codeUnreadable, d.key, "is not written as "+forms.Want()))
		}
		*d.text = text
	}
	return faults
}

// dateText is a date of a record by its key.
type dateText struct {
	key  string
	text *string
}

func (rec *record) dates() []dateText {
	return []dateText{{keyStart, &rec.Start}, {keyHiredAt, &rec.HiredAt}}
}

func readDate(text string, forms tabular.DateForms, dated bool) (string, bool) {
	if text == "" {
		return "", true
	}
	date, clock := splitClock(text)
	day, ok := date, dated
	if !dated {
		day, ok = forms.Read(date)
	}
	t, err := time.Parse("02/01/2006", day)
	switch {
	case ok && err == nil:
		return t.Format(time.DateOnly) + clock, true
	case plainForms.MatchString(text):
		return text, true
	default:
		return "", false
	}
}

// splitClock takes the time of the day off a date, and writes it as ISO 8601 does; midnight says
// nothing.
func splitClock(text string) (date, clock string) {
	if date = tabular.WithoutMidnight(text); date != text {
		return date, ""
	}
	m := clocked.FindStringSubmatch(text)
	if m == nil {
		return text, ""
	}
	clock = m[2]
	if strings.Index(clock, ":") == 1 {
		clock = "0" + clock
	}
	if strings.Count(clock, ":") == 1 {
		clock += ":00"
	}
	return m[1], "T" + clock
}

// seeDates tells which of day and month comes first in the dates of a record, whose places in
// the file are at; a workbook's own dates tell nothing.
func (rec *record) seeDates(order *tabular.DateOrder, forms tabular.DateForms, row int, at func(key string) (column int, dated bool)) {
	for _, d := range rec.dates() {
		if column, dated := at(d.key); !dated {
			date, _ := splitClock(*d.text)
			order.See(row, column, date, forms)
		}
	}
}

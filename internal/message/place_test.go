package message_test

import (
	"testing"
	"time"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/roster"
)

// TestDatesAreWrittenAsTheirReaderDoes, but within names, addresses and quotations.
func TestDatesAreWrittenAsTheirReaderDoes(t *testing.T) {
	t.Parallel()
	for said, want := range map[string][3]string{
		"2026-11-29":                           {"29 Nov 2026", "29/11/2026", "29.11.2026"},
		"2026-02-31":                           {"2026-02-31", "2026-02-31", "2026-02-31"},
		"ended (2026-01-02), then 2026-01-03.": {"ended (2 Jan 2026), then 3 Jan 2026.", "ended (02/01/2026), then 03/01/2026.", "ended (02.01.2026), then 03.01.2026."},
		"applied at 2026-11-29 13:03:56 CET":   {"applied at 29 Nov 2026 13:03:56 CET", "applied at 29/11/2026 13:03:56 CET", "applied at 29.11.2026 13:03:56 CET"},
		`users_2026-11-29.csv, "2026-11-29"`:   {`users_2026-11-29.csv, "2026-11-29"`, `users_2026-11-29.csv, "2026-11-29"`, `users_2026-11-29.csv, "2026-11-29"`},
		"2026-11-29-payroll.csv":               {"2026-11-29-payroll.csv", "2026-11-29-payroll.csv", "2026-11-29-payroll.csv"},
	} {
		for n, l := range message.Languages() {
			if got := message.Days(message.In(l, time.UTC), said); got != want[n] {
				t.Errorf("%s: %q is %q, want %q", l, said, got, want[n])
			}
		}
	}
	p := message.In(message.French, time.UTC)
	for value, want := range map[string]string{"2026-11-29": "29/11/2026", "since 2026-11-29": "since 2026-11-29", "2026-13-01": "2026-13-01", "": ""} {
		if got := message.Day(p, value); got != want {
			t.Errorf("the value %q is %q, want %q", value, got, want)
		}
	}
}

// TestMeasuresAreReadInEveryLanguage also where they are a share of a column.
func TestMeasuresAreReadInEveryLanguage(t *testing.T) {
	t.Parallel()
	for said, want := range map[string][3]string{
		"74.14% of n2_email": {"74.14% of n2_email", "74,14\u00a0% de n2_email", "74,14\u00a0% von n2_email"},
		"5%":                 {"5%", "5\u00a0%", "5\u00a0%"},
		"12":                 {"12", "12", "12"},
	} {
		for n, l := range message.Languages() {
			if got := message.Measure(message.In(l, time.UTC), said); got != want[n] {
				t.Errorf("%s: %q is %q, want %q", l, said, got, want[n])
			}
		}
	}
}

// TestEveryFieldOfLuccaHasAName in each language.
func TestEveryFieldOfLuccaHasAName(t *testing.T) {
	t.Parallel()
	for _, l := range message.Languages() {
		p := message.In(l, time.UTC)
		for _, property := range roster.Properties() {
			if property.Code != "" && property.Code[len(property.Code)-1] != '_' && message.Field(p, property.Code) == "" {
				t.Errorf("%s: the field %s has no name", l, property.Code)
			}
		}
		for code, want := range map[string]bool{"habilitedRoles_2": true, "e_badge": false, "": false} {
			if got := message.Field(p, code); (got != "") != want {
				t.Errorf("%s: the field %q is called %q", l, code, got)
			}
		}
	}
}

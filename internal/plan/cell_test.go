package plan

import (
	"errors"
	"fmt"
	"testing"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

func TestParseDayTellsTheMistakesApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"01/02/2026": nil, "29/02/2024": nil, "31/12/2200": nil, "01/01/1900": nil,
		"29/02/2026": errDateNoDay, "31/04/2026": errDateNoDay, "00/01/2026": errDateNoDay, "01/00/2026": errDateNoDay, "32/01/2026": errDateNoDay, "13/13/2026": errDateNoDay,
		"12/31/2026": errDateMonth, "01/13/2026": errDateMonth,
		"31/12/1899": errDateOutliers, "01/01/2201": errDateOutliers, "01/01/0026": errDateOutliers,
		"01/02/26": errDateYear, "1/2/26": errDateYear,
		"45678": errDateSerial, "45678.5": errDateSerial, "20260201": errDateSerial,
		"2026-02-01": errDateISO, "2026-02-01T00:00:00": errDateISO,
		"1/2/2026": errDateZeros, "01.02.2026": errDateSigns, "01-02-2026": errDateSigns, "01/02/2026 00:00": errDateTime, "": errDateForm,
		"aa/bb/cccc": errDateForm, "1 février 2026": errDateForm, "01/02": errDateForm, "+1/02/2026": errDateForm, "/": errDateForm,
		"a1/02/2026": errDateForm, "01/a2/2026": errDateForm, "01/02/2a26": errDateForm, "a/02/26": errDateForm, "1/a/26": errDateForm, "1/2/2a": errDateForm, "1/2/126": errDateForm,
		"01/02-2026": errDateForm, "01-02/2026": errDateForm, "01/02/2026x": errDateForm, "31/02/2026 00:00": errDateForm, "00/13/2026": errDateNoDay, "01/32/2026": errDateNoDay, "12/31/1899": errDateMonth,
		"123456789": errDateSerial, "1234567890": errDateForm,
	} {
		if _, err := parseDay(text); !errors.Is(err, want) {
			t.Errorf("parseDay(%q): %v, want %v", text, err, want)
		}
	}
}

func FuzzParseDay(f *testing.F) {
	for _, seed := range []string{"01/02/2026", "31/02/2026", "45678", "2026-02-01", "1/2/26", "//", "é/02/2026"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := parseDay(s)
		if err != nil {
			if d != (roster.Date{}) {
				t.Fatalf("a date beside an error: %v", d)
			}
			return
		}
		if back := fmt.Sprintf("%02d/%02d/%04d", d.Day, d.Month, d.Year); back != s {
			t.Fatalf("%q became %q", s, back)
		}
		if iso, err := roster.ParseDate(d.String()); err != nil || iso != d {
			t.Fatalf("%q is no day: %v", s, err)
		}
	})
}

func TestIsMail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"a@b.example": true, "a.b+c@d-e.example": true, "é@b.example": true,
		"a": false, "a@b": false, "@b.example": false, "a@.example": false, "a@b.": false, "a@b@c.example": false,
		"a@b.c": false, "a@b.cd": true, "a@b.1d": false,
		"A <a@b.example>": false, "<a@b.example>": false, "a b@c.example": false, "a@b.example,c@d.example": false, "": false,
	} {
		if got := isMail(text); got != want {
			t.Errorf("isMail(%q) = %t", text, got)
		}
	}
}

func TestFoldedNamesAndLogins(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ pattern, first, last, want string }{
		{"{f}{last}", "Hélène", "Ó Brien-D'Été", "hobriendete"},
		{"{first}.{last}", "Jean-Pierre", "GROẞ", "jeanpierre.gross"},
		{"{l}{first}@acme.example", "Łukasz", "Søndergård", "slukasz@acme.example"},
		{"{f}{last}", "E\u0301ric", "Œuf", "eoeuf"},
		{"{f}{last}", "", "Martin", ""},
		{"{last}", "", "Martin", "martin"},
		{"{f}{last}", "Иван", "Martin", ""},
	} {
		if got := person.Login(tt.pattern, tt.first, tt.last); got != tt.want {
			t.Errorf("%s of %q %q is %q, want %q", tt.pattern, tt.first, tt.last, got, tt.want)
		}
	}
	l := logins{taken: map[string]bool{"a": true, "a2": true, "b@c.example": true}, next: map[string]int{}}
	for _, tt := range []struct{ base, want string }{{"a", "a3"}, {"a", "a4"}, {"x", "x"}, {"x", "x2"}, {"b@c.example", "b2@c.example"}} {
		if got := l.free(tt.base); got != tt.want {
			t.Errorf("free(%q) = %q, want %q", tt.base, got, tt.want)
		}
	}
}

func TestLoginPatterns(t *testing.T) {
	t.Parallel()
	for pattern, ok := range map[string]bool{
		"{f}{last}": true, "{first}.{last}": true, "x-{l}_{f}@a.b": true, "{f}": true,
		"": false, "login": false, "{name}": false, "{f}{": false, "{f} {last}": false, "{F}{last}": false,
	} {
		if message := person.CheckLogin(pattern); (message == "") != ok {
			t.Errorf("person.CheckLogin(%q) = %q", pattern, message)
		}
	}
}

func TestNamesInCapitalsAreTheSame(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lucca, file string
		want        bool
	}{
		{"MORVAN", "Morvan", true}, {"HÉRIN", "Hérin", true}, {"HÉRIN", "He\u0301rin", true}, {"Morvan", "Morvan", true},
		{"Morvan", "MORVAN", false}, {"morvan", "Morvan", false}, {"MORVAN", "Morvane", false},
	} {
		if got := sameName(tt.lucca, tt.file); got != tt.want {
			t.Errorf("sameName(%q, %q) = %t", tt.lucca, tt.file, got)
		}
	}
}
